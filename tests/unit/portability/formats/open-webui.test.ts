import { describe, expect, it } from 'vitest';
import type { ImportedConversation } from '#domain/imported.ts';
import { openWebui } from '#portability/formats/open-webui.ts';
import {
  expectToSurviveMangling,
  hasShared,
  messageOf,
  readAll,
  readOne,
  readShared,
  sampleOf,
  treeOf,
} from '../../../support/import-formats.ts';

type Json = Record<string, unknown>;

const T = 1_740_000_000;

function message(parentId: string | null, role: string, at: number, more: Json = {}): Json {
  return { parentId, role, content: `${role} ${at}`, timestamp: T + at, ...more };
}

function chatOf(messages: Json, more: Json = {}): Json {
  return { title: '된장', models: ['llama'], history: { messages, currentId: 'a1' }, ...more };
}

function rowOf(chat: Json, more: Json = {}): Json {
  return {
    id: 'r1',
    user_id: 'u',
    title: '된장 🫙',
    chat,
    created_at: T,
    updated_at: T + 9,
    ...more,
  };
}

const TREE = {
  u: message(null, 'user', 1),
  a1: message('u', 'assistant', 2, { model: 'llama', done: true }),
  a2: message('u', 'assistant', 3, { model: 'qwen', modelName: 'Qwen', modelIdx: 1 }),
};

function readAnswer(fields: Json): ImportedConversation['messages'][number] {
  const chat = chatOf({ u: message(null, 'user', 1), a1: message('u', 'assistant', 2, fields) });
  return messageOf(readOne(openWebui, [rowOf(chat)]), 'a1');
}

describe('what it recognises', () => {
  it('takes rows, one row and the bare chat, and nothing else', () => {
    const chat = chatOf(TREE);
    for (const file of [
      [rowOf(chat)],
      [null, rowOf(chat)],
      rowOf(chat),
      chat,
      { ...chat, models: 0 },
    ]) {
      expect(openWebui.matches(sampleOf(file))).toBe(true);
    }
    for (const file of [null, 'x', [], {}, { chat: 'x' }, { history: {} }, [{ mapping: {} }]]) {
      expect(openWebui.matches(sampleOf(file))).toBe(false);
    }
  });
});

describe('conversations', () => {
  it('keep all branches of the history and the shown one', () => {
    const read = readOne(openWebui, [
      rowOf(chatOf(TREE, { messages: [{ id: 'u', role: 'user', content: 'only the path' }] }), {
        archived: true,
        pinned: true,
        folder_id: 'f1',
        meta: { tags: ['sauce', null] },
      }),
    ]);
    expect(treeOf(read)).toEqual(['u<', 'a1<u', 'a2<u']);
    expect(read).toMatchObject({
      sourceId: 'r1',
      title: '된장 🫙',
      status: 'archived',
      isPinned: true,
      tags: ['sauce'],
      chatModel: 'llama',
      createdAt: T * 1000,
      updatedAt: (T + 9) * 1000,
      activeLeafSourceId: 'a1',
      metadata: { folder_id: 'f1' },
      notes: [],
    });
    expect(messageOf(read, 'a2')).toMatchObject({
      modelUsed: 'qwen',
      metadata: { model_name: 'Qwen', model_index: 1 },
    });
  });

  it('take options, tag objects and a folder with a name', () => {
    const chat = chatOf(TREE, {
      params: { temperature: 0.3, system: '짧게' },
      tags: [{ name: 'x' }, 'y', 'x'],
    });
    expect(readOne(openWebui, [rowOf(chat, { folder: { name: 'Pantry' } })])).toMatchObject({
      temperature: 0.3,
      systemPrompt: '짧게',
      tags: ['x', 'y', 'Pantry'],
    });
  });

  it('find a parent through childrenIds, and mend a circle and a lost leaf', () => {
    const read = readOne(openWebui, [
      rowOf(
        chatOf({
          u: message(null, 'user', 1, { childrenIds: ['a1'] }),
          a1: message('lost', 'assistant', 2),
          x: message('y', 'user', 3),
          y: message('x', 'assistant', 4),
        }),
      ),
    ]);
    expect(treeOf(read)).toEqual(['u<', 'a1<u', 'x<', 'y<x']);
    expect(read.notes).toContain('tree_repaired');
    const lost = chatOf(TREE, { history: { messages: TREE, currentId: 'gone' } });
    expect(readOne(openWebui, lost)).toMatchObject({
      activeLeafSourceId: 'a2',
      notes: expect.arrayContaining(['leaf_guessed', 'ids_derived']) as unknown,
    });
  });

  it('derive the same id for a chat without one', () => {
    const chat = { ...chatOf(TREE), id: '' };
    expect(readOne(openWebui, chat).sourceId).toBe(readOne(openWebui, chat).sourceId);
  });

  it('of very old versions have only a list', () => {
    const chat = {
      models: ['m'],
      messages: [{ role: 'user', content: 'q' }, null, { role: 'assistant', content: 'a' }],
    };
    const read = readOne(openWebui, rowOf(chat));
    expect(read.messages.map(({ content }) => content)).toEqual(['q', 'a']);
    expect(read.messages[1]?.parentSourceId).toBe(read.messages[0]?.sourceId);
  });

  it('that are bad, empty or a shared copy are skipped alone', () => {
    const items = readAll(openWebui, [
      null,
      { id: 'a', title: 'A', chat: null },
      { id: 'b', title: 'B', chat: { history: null } },
      { id: 'c', title: 'C', chat: { history: { messages: { x: null, y: 3 } } } },
      rowOf(chatOf(TREE), { user_id: 'shared-r1' }),
      rowOf(chatOf(TREE)),
    ]);
    expect(items.map((item) => (item.kind === 'skipped' ? item.reason : item.kind))).toEqual([
      'not_an_object',
      'no_messages_field',
      'no_messages_field',
      'empty_conversation',
      'shared_copy',
      'conversation',
    ]);
  });

  it('take `__proto__` as a key like any other', () => {
    const file: unknown = JSON.parse(
      '{"models":[],"history":{"currentId":"__proto__","messages":{"__proto__":{"role":"user","content":"q","timestamp":1740000000,"childrenIds":["constructor"]},"constructor":{"role":"assistant","content":"a","timestamp":1740000001}}}}',
    );
    expect(treeOf(readOne(openWebui, file))).toEqual(['__proto__<', 'constructor<__proto__']);
  });
});

describe('answers', () => {
  it('give up the thoughts that stand in their text, escaped or not', () => {
    const escaped =
      '<details type="reasoning" done="true" duration="5">\n<summary>Thought for 5 seconds</summary>\n&gt; 1 &lt; 2\n&gt; so\n</details>\nAnswer';
    expect(readAnswer({ content: escaped })).toMatchObject({
      content: 'Answer',
      reasoning: '1 < 2\nso',
    });
    const plain =
      '<details type="reasoning" done="true">\n<summary>…</summary>\n> a &lt; b\n>\n> c\n</details>\nAnswer';
    expect(readAnswer({ content: plain })).toMatchObject({
      content: 'Answer',
      reasoning: 'a &lt; b\n\nc',
    });
    const cut = 'Before\n<details type="reasoning" done="false">\n> still';
    expect(readAnswer({ content: cut })).toMatchObject({ content: 'Before', reasoning: 'still' });
  });

  it('keep tool calls as parts and code as text', () => {
    const read = readAnswer({
      content:
        'A <details type="tool_calls" done="true" id="1" name="search" arguments="{&quot;q&quot;:1}" result="ok">\n<summary>Tool Executed</summary>\n</details>\nB ' +
        '<details type="code_interpreter" done="true">\n<summary>Analyzed</summary>\n```python\n1\n```\n</details>',
    });
    expect(read.parts).toEqual([
      { type: 'tool_calls', id: '1', name: 'search', arguments: '{"q":1}', result: 'ok' },
    ]);
    expect(read.content).toBe('A \nB ```python\n1\n```');
  });

  it('leave such elements in a question alone, and read a million openings', () => {
    const text = '<details type="reasoning">x</details>';
    const read = readOne(openWebui, chatOf({ a1: message(null, 'user', 1, { content: text }) }));
    expect(read.messages[0]?.content).toBe(text);
    const openings = '<details type="reasoning" '.repeat(200_000);
    expect(readAnswer({ content: openings }).content).toBe(openings);
    expect(readAnswer({ content: `${openings}>` }).content).toBe('');
    expect(readAnswer({ content: `<details type="x" ${'a'.repeat(1_000_000)}>` }).content).toBe('');
  });

  it('read the items of output', () => {
    const call = { type: 'function_call', name: 'f', call_id: '1', arguments: '{}' };
    const odd = { type: 'hologram' };
    const read = readAnswer({
      content: '',
      output: [
        { type: 'reasoning', summary: [{ type: 'summary_text', text: '요약' }], content: [] },
        call,
        odd,
        { type: 'message', content: [{ type: 'output_text', text: 'Hello' }, null] },
      ],
    });
    expect(read).toMatchObject({ content: 'Hello', reasoning: '요약', parts: [call, odd] });
  });

  it('keep pictures and unknown parts of output', () => {
    const drawn = { type: 'image_generation_call', id: 'i', status: 'completed' };
    const odd = { type: 'hologram', beams: 3 };
    const read = readAnswer({
      content: '',
      output: [
        { ...drawn, result: 'iVBORw0KGgo=', output_format: 'webp' },
        {
          type: 'message',
          content: [
            { type: 'output_text', text: 'Here.' },
            { type: 'input_image', image_url: 'data:image/png;base64,AAAA' },
            odd,
          ],
        },
      ],
    });
    expect(read).toMatchObject({
      content: 'Here.',
      parts: [drawn, odd],
      attachments: [
        { name: 'image.webp', dataUrl: 'data:image/webp;base64,iVBORw0KGgo=' },
        { dataUrl: 'data:image/png;base64,AAAA' },
      ],
    });
    expect(JSON.stringify(read.parts)).not.toContain('iVBORw0KGgo=');
  });

  it('keep code that was run, next questions and merged answers as parts', () => {
    const execution = { id: 'x', name: 'kiln', code: '1', result: { output: '1' } };
    const read = readAnswer({
      code_executions: [execution],
      followUps: ['And then?'],
      merged: { status: true, content: 'Both say so.' },
    });
    expect(read.parts).toEqual([
      { type: 'code_executions', items: [execution] },
      { type: 'follow_ups', items: ['And then?'] },
      { type: 'merged', status: true, content: 'Both say so.' },
    ]);
  });

  it('keep what else stands in a list of content parts', () => {
    const linked = { type: 'image_url', image_url: { url: 'https://pots.example/p.png' } };
    const odd = { type: 'hologram', beams: 3 };
    const chat = chatOf({
      u: message(null, 'user', 1, {
        content: [
          { type: 'text', text: '이게 뭐야?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          linked,
          odd,
          'and this',
        ],
      }),
      a1: message('u', 'assistant', 2),
    });
    const conversation = readOne(openWebui, [rowOf(chat)]);
    expect(messageOf(conversation, 'u')).toMatchObject({
      content: '이게 뭐야?\n\nand this',
      attachments: [{ mediaType: 'image/png', dataUrl: 'data:image/png;base64,AAAA' }],
      parts: [linked, odd],
    });
    expect(conversation.notes).toEqual(expect.arrayContaining(['asset_missing', 'unknown_block']));
  });

  it('carry thumbs, usage, errors and ends', () => {
    expect(readAnswer({ annotation: { rating: -1, comment: '틀림' } })).toMatchObject({
      rating: 1,
      feedback: '틀림',
      metadata: { source_rating: { rating: -1, comment: '틀림' } },
    });
    expect(readAnswer({ annotation: { rating: '1' } }).rating).toBe(5);
    expect(readAnswer({ usage: { prompt_tokens: 3, completion_tokens: 4 } })).toMatchObject({
      promptTokens: 3,
      completionTokens: 4,
      tokenCount: 4,
    });
    expect(
      readAnswer({ usage: { prompt_eval_count: 1, eval_count: 2, total_duration: 1_500_000_000 } }),
    ).toMatchObject({ promptTokens: 1, completionTokens: 2, responseTimeMs: 1500 });
    expect(readAnswer({ done: false }).status).toBe('interrupted');
    expect(readAnswer({ error: { content: 'x' } })).toMatchObject({
      status: 'error',
      metadata: { error: { content: 'x' } },
    });
  });

  it('carry sources and files', () => {
    const read = readAnswer({
      sources: [
        {
          source: { name: 'Doc' },
          document: ['one', 'two'],
          metadata: [{ source: 'https://a.example', title: 'A' }, { name: 'b.pdf' }],
        },
        { source: { name: 'C', url: 'https://c.example' } },
        null,
      ],
      files: [
        { type: 'image', url: 'data:image/png;base64,AAAA' },
        {
          type: 'file',
          id: 'f1',
          name: 'n.pdf',
          size: 3,
          file: {
            filename: 'n.pdf',
            meta: { content_type: 'application/pdf' },
            data: { content: '글' },
          },
        },
        null,
      ],
    });
    expect(read.metadata['citations']).toEqual([
      { title: 'A', url: 'https://a.example', text: 'one' },
      { title: 'b.pdf', url: null, text: 'two' },
      { title: 'C', url: 'https://c.example', text: null },
    ]);
    expect(read.attachments).toEqual([
      {
        name: 'file.png',
        mediaType: 'image/png',
        sizeBytes: null,
        assetKeys: [],
        dataUrl: 'data:image/png;base64,AAAA',
      },
      { name: 'n.pdf', mediaType: 'application/pdf', sizeBytes: 3, assetKeys: ['f1'], text: '글' },
    ]);
  });
});

it('survives every field being of the wrong type', () => {
  const answer = message('u', 'assistant', 2, {
    id: 'a1',
    childrenIds: [],
    model: 'm',
    done: true,
    output: [{ type: 'reasoning', summary: [{ text: 's' }] }],
    usage: { prompt_tokens: 1 },
    annotation: { rating: 1, comment: 'c' },
    sources: [{ source: { name: 'n', url: 'u' }, document: ['d'], metadata: [{ source: 's' }] }],
    files: [
      {
        type: 'file',
        id: 'f',
        url: 'data:image/png;base64,AA',
        file: { filename: 'x', meta: { content_type: 'a/b' }, data: { content: 'c' } },
      },
    ],
  });
  const chat = chatOf(
    { u: message(null, 'user', 1, { childrenIds: ['a1'] }), a1: answer },
    { params: { temperature: 1, system: 's' }, tags: [{ name: 't' }], timestamp: T },
  );
  expectToSurviveMangling(openWebui, [rowOf(chat, { meta: { tags: ['x'] } })]);
  expectToSurviveMangling(openWebui, chat);
});

it.skipIf(!hasShared)('reads the public sample (needs ../shared)', () => {
  const file = readShared('openwebui/yetanotherchris--openwebui-importer--webui-json.json');
  expect(openWebui.matches(sampleOf(file))).toBe(true);
  const read = readOne(openWebui, file);
  expect(read).toMatchObject({
    title: '🧠 Goldwater Rule Ethics',
    chatModel: 'deepseek/deepseek-chat:free',
    createdAt: 1_744_577_557_127,
    isSourceIdDerived: true,
    notes: ['ids_derived'],
  });
  expect(read.messages).toHaveLength(2);
  expect(read.messages[1]).toMatchObject({
    promptTokens: 26,
    completionTokens: 310,
    timestamp: 1_744_577_557_000,
  });
  expect(read.activeLeafSourceId).toBe('a9436447-add3-4bd8-a25f-6ce54b73903c');
});
