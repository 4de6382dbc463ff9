import { describe, expect, it } from 'vitest';
import { grok } from '#portability/formats/grok.ts';
import {
  expectToSurviveMangling,
  messageOf,
  readAll,
  readOne,
  sampleOf,
  treeOf,
} from '../../../support/import-formats.ts';

type Json = Record<string, unknown>;

const MS = 1_755_000_000_000;

function response(id: string, parent: string | null, sender: string, more: Json = {}): Json {
  return {
    response: {
      _id: id,
      conversation_id: 'c1',
      parent_response_id: parent,
      sender,
      message: `${id} 안녕`,
      create_time: { $date: { $numberLong: String(MS + Number(id.slice(1))) } },
      model: 'grok-4',
      ...more,
    },
    share_link: null,
  };
}

const CONVERSATION = {
  conversation: {
    id: 'c1',
    title: '메주 🫘',
    summary: 'short',
    create_time: '2026-01-01T00:00:00Z',
    modify_time: '2026-01-02T00:00:00Z',
    starred: true,
    temporary: true,
    leaf_response_id: 'r3',
  },
  responses: [
    response('r1', null, 'human'),
    response('r2', 'r1', 'ASSISTANT', {
      message:
        'Salt<grok:render card_id="1" type="render_inline_citation"><argument name="citation_id">1</argument></grok:render> it.',
      thinking_trace: '생각',
      cited_web_search_results: [{ title: 'A', url: 'https://a.example', preview: 'p' }],
      web_search_results: [{ title: 'A', url: 'https://a.example' }, { url: 'https://b.example' }],
      steps: [{ text: ['look'] }],
      file_attachments: ['file-1'],
      image_attachments: [{ id: 'img-1', file_name: 'a.png' }],
    }),
    response('r3', 'r1', 'assistant', { create_time: '2026-01-01T00:00:05Z', partial: true }),
    response('r4', 'r1', 'assistant', { error: 'overloaded' }),
  ],
};
const FILE = { conversations: [CONVERSATION], projects: [], media_generations: [{ id: 'x' }] };

it('is recognised by its conversations, and nothing else is', () => {
  expect(grok.matches(sampleOf(FILE, 'prod-grok-backend.json'))).toBe(true);
  expect(grok.matches(sampleOf([CONVERSATION]))).toBe(true);
  const sharegpt = { conversations: [{ from: 'human', value: 'x' }] };
  for (const file of [null, 'x', [], {}, { conversations: [] }, sharegpt, { conversations: 'x' }]) {
    expect(grok.matches(sampleOf(file))).toBe(false);
  }
});

describe('a conversation', () => {
  it('is read with branches, its leaf, thoughts, sources and files', () => {
    const read = readOne(grok, FILE);
    expect(treeOf(read)).toEqual(['r1<', 'r2<r1', 'r3<r1', 'r4<r1']);
    expect(read).toMatchObject({
      title: '메주 🫘',
      summary: 'short',
      isPinned: true,
      createdAt: Date.UTC(2026, 0, 1),
      updatedAt: Date.UTC(2026, 0, 2),
      activeLeafSourceId: 'r3',
      metadata: { is_temporary: true },
      notes: [],
    });
    expect(messageOf(read, 'r1')).toMatchObject({
      role: 'user',
      timestamp: MS + 1,
      modelUsed: null,
      metadata: {},
    });
    expect(messageOf(read, 'r2')).toMatchObject({
      role: 'assistant',
      content: 'Salt it.',
      reasoning: '생각',
      modelUsed: 'grok-4',
      metadata: {
        source_role: 'ASSISTANT',
        citations: [{ title: 'A', url: 'https://a.example', text: 'p' }],
      },
      parts: [
        { type: 'steps', items: [{ text: ['look'] }] },
        {
          type: 'search_results',
          items: [{ title: 'A', url: 'https://a.example' }, { url: 'https://b.example' }],
        },
      ],
      attachments: [
        { name: 'a.png', assetKeys: ['img-1'] },
        { name: 'file-1', assetKeys: ['file-1'] },
      ],
    });
    expect(messageOf(read, 'r3').status).toBe('interrupted');
    expect(messageOf(read, 'r4')).toMatchObject({
      status: 'error',
      metadata: { error: 'overloaded' },
    });
  });

  it.each([
    ['a<grok:render x/>b', 'ab'],
    ['a<grok:render x>b', 'ab'],
    ['a<grok:render x', 'a<grok:render x'],
    ['<grok:render a>1</grok:render>mid<grok:render b>2</grok:render>', 'mid'],
    ['no tags', 'no tags'],
    [`${'<grok:render '.repeat(100_000)}>`, ''],
  ])('loses its render tags', (said, content) => {
    const file = [
      {
        conversation: { id: 'c' },
        responses: [response('r1', null, 'assistant', { message: said })],
      },
    ];
    expect(readOne(grok, file).messages[0]?.content).toBe(content);
  });

  it('is a chain where no response names a parent, and keeps a question’s own tags', () => {
    const responses = [
      response('r1', null, 'human', { message: '<grok:render x>' }),
      null,
      response('r2', null, 'assistant'),
    ];
    const read = readOne(grok, [{ conversation: { conversation_id: 'c9' }, responses }]);
    expect(read.sourceId).toBe('c9');
    expect(treeOf(read)).toEqual(['r1<', 'r2<r1']);
    expect(messageOf(read, 'r1').content).toBe('<grok:render x>');
  });

  it('with a lost leaf, a lost parent and a circle is mended', () => {
    const responses = [
      response('r1', 'lost', 'human'),
      response('r2', 'r3', 'assistant'),
      response('r3', 'r2', 'human'),
    ];
    const read = readOne(grok, [
      { conversation: { id: 'c', leaf_response_id: 'gone' }, responses },
    ]);
    expect(treeOf(read)).toEqual(['r1<', 'r2<', 'r3<r2']);
    expect(read.notes).toEqual(['tree_repaired', 'leaf_guessed']);
    expect(read.activeLeafSourceId).toBe('r3');
  });
});

it('skips what is bad alone', () => {
  const bad = [null, { conversation: { title: 'T' } }, { conversation: null, responses: [null] }];
  const items = readAll(grok, { conversations: [...bad, CONVERSATION] });
  expect(items.map((item) => (item.kind === 'skipped' ? item.reason : item.kind))).toEqual([
    'not_an_object',
    'no_messages_field',
    'empty_conversation',
    'conversation',
  ]);
});

it('survives every field being of the wrong type', () => {
  expectToSurviveMangling(grok, FILE);
});
