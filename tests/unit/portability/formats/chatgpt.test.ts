import { describe, expect, it } from 'vitest';
import type { ImportedConversation } from '#domain/imported.ts';
import { chatgpt } from '#portability/formats/chatgpt.ts';
import {
  conversationOf,
  expectToSurviveMangling,
  expectWellFormed,
  hasShared,
  messageOf,
  readAll,
  readOne,
  readShared,
  sampleOf,
  treeOf,
} from '../../../support/import-formats.ts';

type Json = Record<string, unknown>;

const T = 1_700_000_000;

function message(role: string, text: string, at: number, more: Json = {}): Json {
  return {
    author: { role },
    content: { content_type: 'text', parts: [text] },
    create_time: T + at,
    metadata: {},
    ...more,
  };
}

/** Nodes from `key<parent` and their message. */
function mapping(nodes: Record<string, Json | null>): Json {
  return Object.fromEntries(
    Object.entries(nodes).map(([name, value]) => {
      const [id = '', parent = ''] = name.split('<');
      return [id, { id, parent: parent === '' ? null : parent, message: value }];
    }),
  );
}

function conversation(nodes: Record<string, Json | null>, more: Json = {}): Json {
  return { id: 'c1', title: '김치 🥬', create_time: T, mapping: mapping(nodes), ...more };
}

function readNodes(nodes: Record<string, Json | null>, more: Json = {}): ImportedConversation {
  return readOne(chatgpt, [conversation(nodes, more)]);
}

describe('what it recognises', () => {
  const one = conversation({ 'a<': message('user', 'hi', 1) });
  it('takes a list, a wrapped list and a single conversation', () => {
    expect(chatgpt.matches(sampleOf([one]))).toBe(true);
    expect(chatgpt.matches(sampleOf([null, one]))).toBe(true);
    expect(chatgpt.matches(sampleOf({ conversations: [one] }))).toBe(true);
    expect(chatgpt.matches(sampleOf(one))).toBe(true);
    for (const file of [[one], { conversations: [one] }, one]) {
      expect(readOne(chatgpt, file).sourceId).toBe('c1');
    }
  });

  it('takes a shard whose first conversation has no mapping, by its name', () => {
    const shard = [{ id: 'x', title: 't', create_time: T }];
    expect(chatgpt.matches(sampleOf(shard, 'conversations-003.json'))).toBe(true);
    expect(chatgpt.matches(sampleOf([], 'conversations-003.json'))).toBe(true);
    expect(chatgpt.matches(sampleOf(shard, 'other.json'))).toBe(false);
  });

  it('leaves DeepSeek, Claude and others alone', () => {
    expect(chatgpt.matches(sampleOf([{ mapping: {}, inserted_at: '2025-01-01' }]))).toBe(false);
    expect(chatgpt.matches(sampleOf([{ chat_messages: [] }]))).toBe(false);
    for (const value of [null, 3, 'x', [], {}, [1, 2]]) {
      expect(chatgpt.matches(sampleOf(value))).toBe(false);
    }
  });
});

describe('trees', () => {
  it('keeps branches and shows the one that ends at current_node', () => {
    const read = readNodes(
      {
        'root<': null,
        'u<root': message('user', '질문', 1),
        'a1<u': message('assistant', 'one', 2, { metadata: { model_slug: 'gpt-4' } }),
        'a2<u': message('assistant', 'two', 3),
      },
      { current_node: 'a1' },
    );
    expect(treeOf(read)).toEqual(['u<', 'a1<u', 'a2<u']);
    expect(read.activeLeafSourceId).toBe('a1');
    expect(read.notes).toEqual([]);
    expect(messageOf(read, 'a1').modelUsed).toBe('gpt-4');
    expect(read.title).toBe('김치 🥬');
    expect(read.createdAt).toBe(T * 1000);
  });

  it.each([['gone'], [null], ['root']])('takes the newest leaf for current_node %j', (current) => {
    const read = readNodes(
      {
        'root<': null,
        'u<root': message('user', 'q', 1),
        'a2<u': message('assistant', 'newer', 9),
        'a1<u': message('assistant', 'older', 2),
      },
      { current_node: current },
    );
    expect(read.activeLeafSourceId).toBe('a2');
    expect(read.notes).toEqual(['leaf_guessed']);
  });

  it('reads parents from children where nodes name none, and the reverse', () => {
    const nodes = {
      root: { id: 'root', children: ['u'], message: null },
      u: { id: 'u', children: ['a'], message: message('user', 'q', 1) },
      a: { id: 'a', children: [], message: message('assistant', 'a', 2) },
    };
    const read = readOne(chatgpt, [{ id: 'c', mapping: nodes }]);
    expect(treeOf(read)).toEqual(['u<', 'a<u']);
    expect(read.notes).toEqual([]);
  });

  it('puts parents first whatever the order of the mapping', () => {
    const read = readNodes({
      'a<u': message('assistant', 'a', 2),
      'u<root': message('user', 'q', 1),
      'root<': null,
    });
    expect(treeOf(read)).toEqual(['u<', 'a<u']);
  });

  it('links what hangs below empty nodes to the nearest message above', () => {
    const read = readNodes({
      'root<': null,
      'u<root': message('user', 'q', 1),
      'n1<u': null,
      'n2<n1': null,
      'a<n2': message('assistant', 'a', 2),
    });
    expect(treeOf(read)).toEqual(['u<', 'a<u']);
    expect(read.notes).toEqual([]);
  });

  it('mends a missing parent and a circle, and says so', () => {
    const dangling = readNodes({ 'a<lost': message('assistant', 'a', 2) });
    expect(treeOf(dangling)).toEqual(['a<']);
    expect(dangling.notes).toContain('tree_repaired');
    const circle = readNodes({
      'a<c': message('user', 'a', 1),
      'b<a': message('assistant', 'b', 2),
      'c<b': message('user', 'c', 3),
    });
    expect(treeOf(circle)).toEqual(['a<', 'b<a', 'c<b']);
    expect(circle.notes).toContain('tree_repaired');
  });

  it('reads 30,000 turns in one chain without a stack', () => {
    const nodes: Record<string, Json | null> = {};
    for (let index = 0; index < 30_000; index += 1) {
      const role = index % 2 ? 'assistant' : 'user';
      nodes[`m${index}<${index === 0 ? '' : `m${index - 1}`}`] = message(role, 'x', index);
    }
    expect(readNodes(nodes).messages).toHaveLength(30_000);
  });
});

describe('one bad conversation', () => {
  it('is skipped by its reason and the rest goes on', () => {
    const good = conversation({ 'u<': message('user', 'q', 1) });
    const items = readAll(chatgpt, [
      null,
      7,
      { id: 'x', title: 'no mapping' },
      { id: 'y', title: 'null mapping', mapping: null },
      { id: 'z', title: '', mapping: { root: { id: 'root', message: null } } },
      { id: 'w', mapping: { a: null, b: 3, c: 'x' } },
      good,
    ]);
    expect(items.slice(0, 6)).toEqual([
      { kind: 'skipped', reason: 'not_an_object', label: null },
      { kind: 'skipped', reason: 'not_an_object', label: null },
      { kind: 'skipped', reason: 'no_messages_field', label: 'no mapping' },
      { kind: 'skipped', reason: 'no_messages_field', label: 'null mapping' },
      { kind: 'skipped', reason: 'empty_conversation', label: 'z' },
      { kind: 'skipped', reason: 'empty_conversation', label: 'w' },
    ]);
    expect(conversationOf(items[6]).messages).toHaveLength(1);
  });

  it('reads messages without author, content, metadata and date', () => {
    const read = readNodes({ 'u<': { author: { role: 'user' } }, 'a<u': {} });
    expect(read.messages.map(({ role, content }) => [role, content])).toEqual([
      ['user', ''],
      ['assistant', ''],
    ]);
    expect(read.notes).toEqual(expect.arrayContaining(['role_unknown', 'date_unknown']));
    expect(read.messages[0]?.timestamp).toBeNull();
  });

  it('derives the same id again where there is none', () => {
    const anonymous = {
      title: 't',
      create_time: T,
      mapping: mapping({ 'u<': message('user', 'q', 1) }),
    };
    const [first, second] = [readOne(chatgpt, [anonymous]), readOne(chatgpt, [anonymous])];
    expect(first.sourceId).toBe(second.sourceId);
    expect(first.isSourceIdDerived).toBe(true);
    expect(first.notes).toContain('ids_derived');
  });

  it('takes `__proto__` and `constructor` as keys like any other', () => {
    const hostile: unknown = JSON.parse(
      `{"id":"c","__proto__":{"title":"bad"},"mapping":{"__proto__":{"id":"__proto__","parent":null,"children":["constructor"],` +
        `"message":{"author":{"role":"user","__proto__":{"x":1}},"content":{"content_type":"text","parts":["q"]},"create_time":1}},` +
        `"constructor":{"parent":"__proto__","message":{"author":{"role":"assistant"},"content":{"content_type":"odd","__proto__":{"polluted":true}},"create_time":2}}}}`,
    );
    const read = readOne(chatgpt, [hostile]);
    expect(treeOf(read)).toEqual(['__proto__<', 'constructor<__proto__']);
    expect(read.title).toBeNull();
    expect(({} as Json)['polluted']).toBeUndefined();
    expectWellFormed({ kind: 'conversation', conversation: read });
  });
});

function contentOf(content: unknown, author: Json = { role: 'assistant' }): ImportedConversation {
  return readNodes({ 'm<': { author, content, create_time: T } });
}

describe('content types', () => {
  it.each<[string, Json, string]>([
    ['text', { parts: ['a', null, '', 'b'] }, 'a\n\nb'],
    ['code', { language: 'python', text: 'print(1)' }, '```python\nprint(1)\n```'],
    ['code', { language: 'unknown', text: 'a ``` b' }, '````\na ``` b\n````'],
    ['execution_output', { text: '1' }, '```\n1\n```'],
    [
      'tether_quote',
      { url: 'https://a.example/x', domain: 'a.example', title: 'A [b]', text: 'one\n\ntwo' },
      '> one\n>\n> two\n>\n> — [A \\[b\\]](<https://a.example/x>)',
    ],
    ['tether_quote', { url: 'javascript:alert(1)', title: 'T', text: 'q' }, '> q\n>\n> — T'],
    ['tether_browsing_display', { result: 'r', summary: 's' }, 's\n\n```\nr\n```'],
    [
      'sonic_webpage',
      { url: 'https://a.example', title: 'A', text: 'q' },
      '> q\n>\n> — [A](<https://a.example>)',
    ],
    ['system_error', { name: 'Timeout', text: 'too long' }, 'Timeout: too long'],
    [
      'user_editable_context',
      { user_profile: '나는 요리사', user_instructions: 'Be brief' },
      '나는 요리사\n\nBe brief',
    ],
  ])('reads %s', (content_type, fields, text) => {
    expect(contentOf({ content_type, ...fields }).messages[0]?.content).toBe(text);
  });

  it('keeps an unknown kind and an unknown part as they came', () => {
    const read = contentOf({ content_type: 'hologram', beams: 3 });
    expect(read.messages[0]?.parts).toEqual([
      { type: 'hologram', content_type: 'hologram', beams: 3 },
    ]);
    expect(read.notes).toContain('unknown_block');
    const part = contentOf({
      content_type: 'multimodal_text',
      parts: [{ content_type: 'smell', x: 1 }],
    });
    expect(part.messages[0]?.parts).toEqual([{ type: 'smell', content_type: 'smell', x: 1 }]);
  });

  it('shows custom instructions as a system message although they are flagged hidden', () => {
    const read = readNodes({
      'm<': {
        author: { role: 'user' },
        content: { content_type: 'user_editable_context', user_profile: 'p' },
        metadata: { is_visually_hidden_from_conversation: true, is_user_system_message: true },
      },
    });
    expect(read.messages[0]).toMatchObject({ role: 'system', content: 'p' });
    expect(read.messages[0]?.metadata['hidden']).toBeUndefined();
  });
});

describe('hidden messages', () => {
  const hidden = (fields: Json): unknown =>
    readNodes({ 'm<': { ...message('assistant', 'x', 1), ...fields } }).messages[0]?.metadata[
      'hidden'
    ];
  it('are kept and marked', () => {
    expect(hidden({ author: { role: 'system' } })).toBe(true);
    expect(hidden({ author: { role: 'tool', name: 'browser' } })).toBe(true);
    expect(hidden({ recipient: 'python' })).toBe(true);
    expect(hidden({ metadata: { is_visually_hidden_from_conversation: true } })).toBe(true);
  });

  it('are not what is shown: answers, output of code, pictures', () => {
    expect(hidden({ recipient: 'all' })).toBeUndefined();
    expect(hidden({ author: { role: 'user' } })).toBeUndefined();
    const output = { content_type: 'execution_output', text: '1' };
    expect(hidden({ author: { role: 'tool' }, content: output })).toBeUndefined();
    const picture = { content_type: 'image_asset_pointer', asset_pointer: 'sediment://file_1' };
    const content = { content_type: 'multimodal_text', parts: [picture] };
    expect(hidden({ author: { role: 'tool' }, content })).toBeUndefined();
  });
});

describe('thoughts', () => {
  const thoughts = (text: string, at: number): Json => ({
    author: { role: 'assistant' },
    content: { content_type: 'thoughts', thoughts: [{ summary: 'Plan', content: text }, null] },
    create_time: T + at,
  });
  const recap = (at: number): Json => ({
    author: { role: 'assistant' },
    content: { content_type: 'reasoning_recap', content: 'Thought for 4s' },
    create_time: T + at,
  });

  it('go to the next shown answer, past hidden tool calls, and what follows is linked anew', () => {
    const read = readNodes(
      {
        'u<': message('user', 'q', 1),
        't1<u': thoughts('first', 2),
        'call<t1': message('assistant', '{}', 3, { recipient: 'web' }),
        'result<call': message('tool', 'page', 4),
        't2<result': thoughts('second', 5),
        'r<t2': recap(6),
        'a<r': message('assistant', 'answer', 7),
        'u2<a': message('user', 'more', 8),
      },
      { current_node: 'u2' },
    );
    expect(treeOf(read)).toEqual(['u<', 'call<u', 'result<call', 'a<result', 'u2<a']);
    expect(messageOf(read, 'a').reasoning).toBe(
      '**Plan**\n\nfirst\n\n**Plan**\n\nsecond\n\nThought for 4s',
    );
    expect(messageOf(read, 'call').reasoning).toBeNull();
    expect(read.activeLeafSourceId).toBe('u2');
    expect(read.notes).toEqual([]);
  });

  it('hand over what was found on the way', () => {
    const groups = [{ type: 'search_result_group', domain: 'a.example', entries: [] }];
    const search = { metadata: { search_result_groups: groups } };
    const read = readNodes({
      'u<': message('user', 'q', 1),
      't<u': { ...thoughts('look', 2), ...search },
      'a<t': message('assistant', 'answer', 3, search),
      's<a': { ...thoughts('', 4), content: { content_type: 'thoughts' }, ...search },
    });
    const found = { type: 'search_results', items: groups };
    expect(messageOf(read, 'a')).toMatchObject({
      reasoning: '**Plan**\n\nlook',
      parts: [found, found],
    });
    // Without a word and without an answer it is no message: older versions had none, and a deletion may stand there.
    expect(treeOf(read)).toEqual(['u<', 'a<u']);
  });

  it('of a talk stopped while thinking stay a message of their own', () => {
    const read = readNodes(
      { 'u<': message('user', 'q', 1), 't<u': thoughts('half', 2) },
      { current_node: 't' },
    );
    expect(messageOf(read, 't')).toMatchObject({
      role: 'assistant',
      content: '',
      reasoning: '**Plan**\n\nhalf',
      parentSourceId: 'u',
    });
    expect(read.activeLeafSourceId).toBe('t');
  });

  it('of each regenerated answer stay with it', () => {
    const read = readNodes({
      'u<': message('user', 'q', 1),
      't1<u': thoughts('one', 2),
      'a1<t1': message('assistant', 'A', 3),
      't2<u': thoughts('two', 4),
      'a2<t2': message('assistant', 'B', 5),
    });
    expect(treeOf(read)).toEqual(['u<', 'a1<u', 'a2<u']);
    expect(messageOf(read, 'a1').reasoning).toContain('one');
    expect(messageOf(read, 'a2').reasoning).toContain('two');
  });
});

describe('citations', () => {
  it('takes the anchors out of answers and keeps what they point to', () => {
    const text =
      'Kimchi is fermented \uE200cite\uE202turn0search0\uE202turn0search1\uE201. ' +
      'By \uE200entity\uE202["company","OpenAI","AI"]\uE201 too.\uE201';
    const read = readNodes({
      'm<': message('assistant', text, 1, {
        metadata: {
          citations: [
            {
              start_ix: 1,
              end_ix: 2,
              metadata: { type: 'webpage', title: 'A', url: 'https://a.example', text: 'q' },
            },
          ],
          content_references: [
            null,
            {
              type: 'grouped_webpages',
              items: [
                {
                  title: 'B',
                  url: 'https://b.example',
                  supporting_websites: [{ title: 'C', url: 'https://c.example' }],
                },
                { title: 'A again', url: 'https://a.example' },
              ],
            },
            { type: 'file', name: 'notes.pdf', matched_text: 'x' },
          ],
        },
      }),
    });
    expect(read.messages[0]?.content).toBe('Kimchi is fermented. By OpenAI too.');
    expect(read.messages[0]?.metadata['citations']).toEqual([
      { title: 'A', url: 'https://a.example', text: 'q' },
      { title: 'B', url: 'https://b.example', text: null },
      { title: 'C', url: 'https://c.example', text: null },
      { title: 'notes.pdf', url: null, text: null },
    ]);
  });

  it('leaves a person’s own private-use characters as they are', () => {
    const read = readNodes({ 'm<': message('user', 'my \uE200icon\uE201', 1) });
    expect(read.messages[0]?.content).toBe('my \uE200icon\uE201');
  });

  it('are taken out of a million opened anchors', () => {
    const read = readNodes({ 'm<': message('assistant', '\uE200'.repeat(1_000_000), 1) });
    expect(read.messages[0]?.content).toBe('');
  });
});

describe('files', () => {
  it('are found by id, named and typed by the other files of the archive', () => {
    const read = readOne(
      chatgpt,
      [
        conversation({
          'm<': message('user', '', 1, {
            content: {
              content_type: 'multimodal_text',
              parts: [
                {
                  content_type: 'image_asset_pointer',
                  asset_pointer: 'file-service://file-abc',
                  size_bytes: 9,
                  metadata: { dalle: { prompt: 'a jar' } },
                },
                { content_type: 'image_asset_pointer', asset_pointer: 'sediment://file_new' },
                { content_type: 'audio_transcription', text: '안녕' },
                {
                  content_type: 'real_time_user_audio_video_asset_pointer',
                  audio_asset_pointer: {
                    content_type: 'audio_asset_pointer',
                    asset_pointer: 'sediment://file_voice',
                    format: 'wav',
                    size_bytes: 5,
                  },
                  frames_asset_pointers: [],
                },
                'see this',
              ],
            },
            metadata: {
              attachments: [
                null,
                { id: 'file-abc', name: 'photo.png', mime_type: 'image/png', size: 10 },
                {
                  id: 'file-doc',
                  name: 'notes.pdf',
                  mime_type: 'application/pdf',
                  size: 20,
                  library_file_id: 'lib1',
                },
              ],
            },
          }),
        }),
      ],
      {
        'conversation_asset_file_names.json': { 'file_voice.dat': 'voice.wav', __proto__: 'x' },
        'library_files.json': [
          null,
          {
            file_id: 'file_new',
            id: { id: 'L' },
            file_name: '항아리.webp',
            mime_type: 'image/webp',
            file_size_bytes: 77,
          },
        ],
      },
    );
    expect(read.messages[0]?.content).toBe('안녕\n\nsee this');
    expect(read.messages[0]?.attachments).toEqual([
      { name: 'photo.png', mediaType: 'image/png', sizeBytes: 10, assetKeys: ['file-abc'] },
      {
        name: 'notes.pdf',
        mediaType: 'application/pdf',
        sizeBytes: 20,
        assetKeys: ['file-doc', 'lib1'],
      },
      { name: '항아리.webp', mediaType: 'image/webp', sizeBytes: 77, assetKeys: ['file_new'] },
      { name: 'voice.wav', mediaType: 'audio/wav', sizeBytes: 5, assetKeys: ['file_voice'] },
    ]);
    expect(read.messages[0]?.parts).toEqual([{ type: 'image_prompts', items: ['a jar'] }]);
  });
});

describe('what else it says', () => {
  it('reads archived, pinned, model, project and the end of an answer', () => {
    const read = readNodes(
      {
        'a<': message('assistant', 'cut', 1, {
          metadata: { finish_details: { type: 'max_tokens' } },
        }),
        'b<a': message('assistant', 'stopped', 2, {
          metadata: { finish_details: { type: 'interrupted' } },
        }),
        'c<b': message('assistant', 'bad', 3, { status: 'error' }),
        'd<c': message('assistant', 'half', 4, { status: 'in_progress', weight: 0 }),
      },
      {
        is_archived: true,
        pinned_time: 5,
        default_model_slug: 'gpt-5',
        gizmo_id: 'g-1',
        gizmo_type: 'snorlax',
        is_do_not_remember: true,
      },
    );
    expect(read).toMatchObject({ status: 'archived', isPinned: true, chatModel: 'gpt-5' });
    expect(read.metadata).toEqual({
      gizmo_id: 'g-1',
      gizmo_type: 'snorlax',
      is_do_not_remember: true,
    });
    expect(read.messages.map(({ status, finishReason }) => [status, finishReason])).toEqual([
      ['complete', 'length'],
      ['stopped', 'interrupted'],
      ['error', null],
      ['interrupted', null],
    ]);
    expect(messageOf(read, 'd').metadata['weight']).toBe(0);
  });

  it('turns thumbs into ratings with their words', () => {
    const file = [
      conversation({ 'a<': message('assistant', 'x', 1), 'b<a': message('assistant', 'y', 2) }),
    ];
    const read = readOne(chatgpt, file, {
      'message_feedback.json': [
        null,
        { id: 'a', conversation_id: 'c1', rating: 'thumbsUp', content: '{}' },
        {
          message_id: 'b',
          conversation_id: 'c1',
          rating: 'thumbsDown',
          content: '{"text":"틀렸어요","tags":["not-factual"]}',
        },
      ],
    });
    expect(messageOf(read, 'a')).toMatchObject({
      rating: 5,
      feedback: null,
      metadata: { source_rating: 'thumbsUp' },
    });
    expect(messageOf(read, 'b')).toMatchObject({ rating: 1, feedback: '틀렸어요\nnot-factual' });
  });
});

const FULL = [
  conversation(
    {
      'root<': null,
      'u<root': message('user', '질문 🥬', 1, {
        id: 'u',
        content: {
          content_type: 'multimodal_text',
          parts: [
            't',
            {
              content_type: 'image_asset_pointer',
              asset_pointer: 'sediment://file_1',
              size_bytes: 3,
              metadata: { dalle: { prompt: 'p' } },
            },
          ],
        },
        metadata: {
          attachments: [
            { id: 'file_1', name: 'n.png', mime_type: 'image/png', size: 1, library_file_id: 'l' },
          ],
        },
      }),
      't<u': {
        author: { role: 'assistant' },
        content: {
          content_type: 'thoughts',
          thoughts: [{ summary: 's', content: 'c', chunks: ['k'] }],
        },
        create_time: T,
      },
      'q<t': {
        author: { role: 'tool', name: 'browser' },
        content: { content_type: 'tether_quote', url: 'https://a.example', title: 't', text: 'x' },
        recipient: 'all',
      },
      'a<q': message('assistant', 'a \uE200cite\uE202x\uE201', 2, {
        status: 'finished_successfully',
        weight: 1,
        recipient: 'all',
        metadata: {
          model_slug: 'm',
          finish_details: { type: 'stop' },
          citations: [{ metadata: { title: 't', url: 'u', text: 'x' } }],
          content_references: [{ items: [{ title: 'a', url: 'b' }] }],
        },
      }),
    },
    { current_node: 'a', is_archived: false, is_starred: true, default_model_slug: 'm' },
  ),
];

it('survives every field being of the wrong type', () => {
  expectToSurviveMangling(chatgpt, FULL);
  for (const companion of [null, 0, '', 'x', [], {}, [null, 1, {}], { a: [null], b: 1 }]) {
    const companions = {
      'message_feedback.json': companion,
      'library_files.json': companion,
      'conversation_asset_file_names.json': companion,
    };
    for (const item of readAll(chatgpt, FULL, companions)) expectWellFormed(item);
  }
});

it.skipIf(!hasShared)('reads the public sample (needs ../shared)', () => {
  const items = readAll(chatgpt, readShared('chatgpt/noo-bass--context-carry--conversations.json'));
  const [first, second] = items.map(conversationOf);
  expect(items).toHaveLength(2);
  expect((first?.messages.length ?? 0) + (second?.messages.length ?? 0)).toBe(5);
  expect(first?.metadata).toMatchObject({ gizmo_id: 'gizmo-project-1' });
  expect(first?.activeLeafSourceId).toBe('msg-2');
  expect(second && treeOf(second)).toEqual([
    'msg-a<',
    'msg-b-branch1<msg-a',
    'msg-b-branch2<msg-a',
  ]);
  expect(second?.activeLeafSourceId).toBe('msg-b-branch2');
});
