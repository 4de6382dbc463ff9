import { describe, expect, it } from 'vitest';
import type { ImportedMessage } from '#domain/imported.ts';
import { librechat } from '#portability/formats/librechat.ts';
import {
  expectToSurviveMangling,
  messageOf,
  readAll,
  readOne,
  sampleOf,
  treeOf,
} from '../../../support/import-formats.ts';

type Json = Record<string, unknown>;

const ROOT = '00000000-0000-0000-0000-000000000000';

function message(messageId: string, parent: string | null, more: Json = {}): Json {
  const isCreatedByUser = messageId.startsWith('u');
  return {
    messageId,
    ...(parent !== null && { parentMessageId: parent }),
    isCreatedByUser,
    sender: isCreatedByUser ? 'User' : 'GPT-4',
    text: `${messageId} 안녕`,
    createdAt: `2026-01-01T00:00:0${messageId.slice(1)}.000Z`,
    ...more,
  };
}

function file(messages: unknown, more: Json = {}): Json {
  return {
    conversationId: 'c1',
    endpoint: 'openAI',
    title: '김장',
    exportAt: '10:00:00 GMT+0900',
    branches: true,
    recursive: false,
    options: { model: 'gpt-4', temperature: 0.5, promptPrefix: 'Be kind', modelLabel: 'Cook' },
    messages,
    ...more,
  };
}

const FLAT = [
  message('u1', ROOT),
  message('a2', 'u1', { model: 'gpt-4', tokenCount: 7, endpoint: 'openAI' }),
  message('a3', 'u1'),
  message('u4', 'a2'),
];

function readAnswer(fields: Json): ImportedMessage {
  return messageOf(
    readOne(librechat, file([message('u1', ROOT), message('a2', 'u1', fields)])),
    'a2',
  );
}

describe('the three shapes', () => {
  it('are recognised, and nothing else is', () => {
    const nested = file([message('u1', null, { children: [] })], { recursive: true });
    for (const one of [file(FLAT), nested, [file(FLAT)], file([])]) {
      expect(librechat.matches(sampleOf(one))).toBe(true);
    }
    const lobehub = { version: '2.0', exportedAt: 'x', messages: [] };
    const seed = { conversation_id: 'x', messages: [{ message_id: 'm' }] };
    for (const one of [null, 'x', [], {}, lobehub, seed, { conversationId: 'x' }]) {
      expect(librechat.matches(sampleOf(one))).toBe(false);
    }
  });

  it('flat with all branches', () => {
    const read = readOne(librechat, file(FLAT));
    expect(treeOf(read)).toEqual(['u1<', 'a2<u1', 'a3<u1', 'u4<a2']);
    expect(read.activeLeafSourceId).toBe('u4');
    expect(read).toMatchObject({
      sourceId: 'c1',
      title: '김장',
      chatModel: 'gpt-4',
      temperature: 0.5,
      systemPrompt: 'Be kind',
      createdAt: Date.UTC(2026, 0, 1, 0, 0, 1),
      updatedAt: Date.UTC(2026, 0, 1, 0, 0, 4),
      metadata: { endpoint: 'openAI', model_label: 'Cook' },
      notes: ['leaf_guessed'],
    });
    expect(messageOf(read, 'a2')).toMatchObject({
      role: 'assistant',
      modelUsed: 'gpt-4',
      tokenCount: 7,
      metadata: { sender: 'GPT-4', endpoint: 'openAI' },
    });
    expect(messageOf(read, 'u1')).toMatchObject({ role: 'user', modelUsed: null, metadata: {} });
  });

  it.each([
    [true, 'archived'],
    [false, 'active'],
    [undefined, null],
    ['yes', null],
  ])('with the archive as %j', (isArchived, status) => {
    expect(readOne(librechat, file(FLAT, { isArchived })).status).toBe(status);
  });

  it('nested, whatever the inner messages name as parent, also under its old name', () => {
    const tree = [
      message('u1', ROOT, {
        children: [
          message('a2', 'u1', { children: [message('u4', null)] }),
          null,
          message('a3', 'x'),
        ],
      }),
    ];
    const expected = ['u1<', 'a2<u1', 'u4<a2', 'a3<u1'];
    expect(treeOf(readOne(librechat, file(tree, { recursive: true })))).toEqual(expected);
    const old = file(undefined, { recursive: true, messagesTree: tree });
    expect(treeOf(readOne(librechat, old))).toEqual(expected);
  });

  it('flat without parents, as a chain', () => {
    const list = [message('u1', null), message('a2', null), message('u3', null)];
    expect(treeOf(readOne(librechat, file(list, { branches: false })))).toEqual([
      'u1<',
      'a2<u1',
      'u3<a2',
    ]);
  });

  it('nested 50,000 deep do not need a stack', () => {
    let inner = message('u1', null, { messageId: 'x0' });
    for (let index = 1; index < 50_000; index += 1) {
      inner = message('u1', null, { messageId: `x${index}`, children: [inner] });
    }
    expect(readOne(librechat, file([inner])).messages).toHaveLength(50_000);
  });

  it('with a lost parent or a circle are mended', () => {
    const list = [message('u1', 'lost'), message('a2', 'u3'), message('u3', 'a2')];
    const read = readOne(librechat, file(list));
    expect(treeOf(read)).toEqual(['u1<', 'a2<', 'u3<a2']);
    expect(read.notes).toContain('tree_repaired');
  });
});

describe('messages', () => {
  it('take their text from the parts, and keep thoughts, calls and unknown parts', () => {
    const call = { type: 'tool_call', tool_call: { name: 'search', args: '{}', output: 'ok' } };
    const odd = { type: 'hologram' };
    const read = readAnswer({
      text: 'flat',
      content: [
        { type: 'think', think: '생각' },
        { type: 'text', text: 'one' },
        call,
        odd,
        null,
        { type: 'text', text: { value: 'two' } },
      ],
    });
    expect(read).toMatchObject({ content: 'one\n\ntwo', reasoning: '생각', parts: [call, odd] });
  });

  it('split thoughts that older versions wrote into the text', () => {
    expect(readAnswer({ text: ':::thinking\n생각\n:::\n\nAnswer' })).toMatchObject({
      content: 'Answer',
      reasoning: '생각',
    });
    expect(readAnswer({ text: ':::thinking\nnever ends' })).toMatchObject({
      content: ':::thinking\nnever ends',
      reasoning: null,
    });
  });

  it('say how they ended', () => {
    expect(readAnswer({ error: true }).status).toBe('error');
    expect(readAnswer({ unfinished: true }).status).toBe('interrupted');
    expect(readAnswer({ finish_reason: 'length' }).finishReason).toBe('length');
    expect(readAnswer({ text: '', content: [{ type: 'error', error: 'no quota' }] })).toMatchObject(
      {
        status: 'error',
        content: 'no quota',
      },
    );
  });

  it('carry feedback, files and web results', () => {
    const read = readAnswer({
      feedback: { rating: 'thumbsDown', tag: 'not_helpful', text: '별로' },
      files: [
        { file_id: 'f1', filename: '사진.png', type: 'image/png', bytes: 12, text: 'seen' },
        null,
      ],
      content: [{ type: 'image_file', image_file: { file_id: 'f2', filename: 'b.png' } }],
      attachments: [
        {
          type: 'web_search',
          web_search: { organic: [{ title: 'A', link: 'https://a.example', snippet: 's' }] },
        },
      ],
    });
    expect(read).toMatchObject({ rating: 1, feedback: '별로\nnot_helpful' });
    expect(read.metadata['source_rating']).toMatchObject({ rating: 'thumbsDown' });
    expect(read.attachments).toEqual([
      { name: '사진.png', mediaType: 'image/png', sizeBytes: 12, assetKeys: ['f1'], text: 'seen' },
      { name: 'b.png', mediaType: null, sizeBytes: null, assetKeys: ['f2'] },
    ]);
    expect(read.metadata['citations']).toEqual([
      { title: 'A', url: 'https://a.example', text: 's' },
    ]);
  });

  it('keep the bytes that parts hold as files, and addresses as they came', () => {
    const linked = { type: 'image_url', image_url: { url: 'https://pots.example/p.png' } };
    const read = readAnswer({
      content: [
        { type: 'text', text: 'A' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
        { type: 'video_url', video_url: { url: 'data:video/mp4;base64,AA==' } },
        { type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } },
        linked,
      ],
    });
    expect(read.attachments).toMatchObject([
      { name: 'image.png', dataUrl: 'data:image/png;base64,AA==' },
      { name: 'video.mp4', dataUrl: 'data:video/mp4;base64,AA==' },
      { name: 'audio.mp3', dataUrl: 'data:audio/mp3;base64,AA==' },
    ]);
    expect(read.parts).toEqual([linked]);
  });

  it('keep what tools attached and is no file', () => {
    const found = { type: 'file_search', file_search: { sources: [{ fileName: 'kiln.pdf' }] } };
    const nothing = { type: 'web_search', web_search: { organic: [] } };
    const odd = { type: 'hologram', hologram: {} };
    const read = readOne(
      librechat,
      file([message('a1', null, { attachments: [found, nothing, odd, { filepath: '/x' }] })]),
    );
    expect(read.messages[0]).toMatchObject({
      attachments: [],
      parts: [found, nothing, odd, { type: 'attachment', filepath: '/x' }],
    });
    expect(read.notes).toContain('unknown_block');
    const known = readOne(librechat, file([message('a1', null, { attachments: [found] })]));
    expect(known.notes).not.toContain('unknown_block');
  });

  it('that miss everything get derived ids and notes', () => {
    const read = readOne(librechat, file([{}, null, 3, { text: 'x' }], { conversationId: null }));
    expect(read.messages).toHaveLength(2);
    expect(new Set(read.messages.map(({ sourceId }) => sourceId)).size).toBe(2);
    expect(read.notes).toEqual(
      expect.arrayContaining(['ids_derived', 'role_unknown', 'date_unknown', 'value_ignored']),
    );
  });
});

it('skips what is no conversation by its reason', () => {
  const items = readAll(librechat, [null, file(null), file([]), file(FLAT)]);
  expect(items.map((item) => (item.kind === 'skipped' ? item.reason : item.kind))).toEqual([
    'not_an_object',
    'no_messages_field',
    'empty_conversation',
    'conversation',
  ]);
});

it('survives every field being of the wrong type', () => {
  const answer = message('a2', 'u1', {
    content: [
      { type: 'think', think: 't' },
      { type: 'text', text: { value: 'v' } },
      { type: 'error', error: 'e' },
    ],
    feedback: { rating: 'thumbsUp', tag: { key: 'k' }, text: 't' },
    files: [{ file_id: 'f', filename: 'n', type: 'a/b', bytes: 1 }],
    attachments: [{ type: 'web_search', web_search: { organic: [{ title: 't', link: 'l' }] } }],
    plugin: { name: 'p' },
    tokenCount: 3,
    children: [message('u3', null)],
  });
  expectToSurviveMangling(librechat, [
    file([message('u1', ROOT, { children: [answer] })], { tags: ['t'] }),
  ]);
  expectToSurviveMangling(librechat, file(FLAT));
});
