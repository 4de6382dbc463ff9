import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { detectFormat } from '#portability/detect-format.ts';
import { IMPORT_FORMATS } from '#portability/formats/registry.ts';
import { openFiles } from '#portability/open-files.ts';
import { readImports } from '#portability/read-imports.ts';
import { recognizeFiles } from '#portability/recognize-files.ts';
import { chatgptConversation, fileOf } from './import-files.ts';

async function detect(content: Parameters<typeof fileOf>[1], path = 'conversations.json') {
  const { files, refused } = await openFiles([fileOf(path, content)]);
  const [file] = files;
  if (!file) return refused[0]?.code;
  const detection = await detectFormat(file);
  if (detection.kind === 'json' || detection.kind === 'text') return detection.format.id;
  if (detection.kind === 'unknown')
    return `${detection.error.code} ${detection.error.detail ?? ''}`;
  return detection.kind === 'backup' ? `backup ${detection.source}` : detection.kind;
}

const lines = (...values: unknown[]) => values.map((value) => JSON.stringify(value)).join('\n');
const said = { role: 'user', content: 'x' };
const seedMessage = {
  message_id: 'm',
  role: 'user',
  content: 'x',
  timestamp: '2026-01-01T00:00:00',
};

/** The smallest file of each format, by the id of its reader (FORMATS 1.1). */
const FILES: Readonly<Record<string, Parameters<typeof fileOf>[1]>> = {
  'onggi-json': { format: 'onggi.conversation', format_version: 1, messages: [] },
  seed: { conversation_id: 'c', messages: [seedMessage] },
  deepseek: [
    { id: 'd', inserted_at: '2026-01-01', mapping: { root: { id: 'root', message: null } } },
  ],
  chatgpt: [null, chatgptConversation('c', [{ id: 'a' }])],
  claude: [{ uuid: 'c', name: 'n', chat_messages: [null] }],
  'claude-manifest': {
    data_files: [{ category: 'conversations', filename: 'f', export_url: 'u' }],
  },
  'claude-projects': [{ uuid: 'p', name: 'n', is_private: true, prompt_template: '', docs: [] }],
  gemini: [
    { header: 'Gemini Apps', title: 'Prompted x', time: '2026-01-01', products: ['Gemini Apps'] },
  ],
  'ai-studio': { runSettings: {}, chunkedPrompt: { chunks: [] } },
  grok: { conversations: [{ conversation: { id: 'c' }, responses: [] }] },
  perplexity: { metadata: { thread_title: 't' }, conversations: [{ query: 'q', answer: 'a' }] },
  mistral: [
    {
      id: 'm',
      chatId: 'c',
      role: 'user',
      content: 'x',
      contentChunks: [],
      createdAt: '2026-01-01',
    },
  ],
  'open-webui': [{ id: 'o', title: 't', chat: { history: { messages: {}, currentId: null } } }],
  librechat: { conversationId: 'c', endpoint: 'openAI', messages: [{ messageId: 'm' }] },
  'lobehub-state': { exportType: 'all', state: { messages: [] }, version: 7 },
  'lobehub-tables': { mode: 'pglite', schemaHash: 'h', data: { messages: [] } },
  'lobehub-topic': { version: '2.0', exportedAt: '2026-01-01', title: 't', messages: [said] },
  nextchat: { 'chat-next-web-store': { sessions: [] }, 'access-control': {} },
  betterchatgpt: {
    version: 1,
    chats: [{ id: 'b', title: 't', messages: [said], config: {}, titleSet: true }],
    folders: {},
  },
  chatbox: { 'chat-sessions-list': [], settings: {} },
  'cherry-studio': {
    time: 1,
    version: 5,
    localStorage: { 'persist:cherry-studio': '{}' },
    indexedDB: { topics: [], message_blocks: [] },
  },
  'chatbot-ui': {
    version: 4,
    history: [{ id: 1, name: 'n', messages: [said] }],
    folders: [],
    prompts: [],
  },
  'big-agi': { schema: 'vnd.agi.flash-backup', schemaVersion: 102000, storage: { indexedDB: {} } },
  'page-assist': { chat: [{ history: { id: 'h' }, messages: [] }], knowledge: [], vector: [] },
  sillytavern: lines(
    { user_name: 'u', character_name: 'c' },
    { name: 'c', is_user: false, mes: 'hi' },
  ),
  jan: lines(
    { id: '1', object: 'thread.message', thread_id: 't', role: 'user', content: [] },
    { id: '2', object: 'thread.message', thread_id: 't', role: 'assistant', content: [] },
  ),
  'openai-jsonl': lines({ messages: [said] }, { messages: [said] }),
  sharegpt: lines(
    { conversations: [{ from: 'human', value: 'x' }] },
    { conversations: [{ from: 'human', value: 'y' }] },
  ),
  'onggi-markdown': '<!-- onggi:k3v9x2 conversation {"format_version":1} -->\n# t\n',
  'gemini-html':
    '<html><body><div class="outer-cell mdl-cell"><div class="header-cell"><p>Gemini Apps<br></p></div><div class="content-cell">Prompted x<br>1 Jan 2026</div></div></body></html>',
};

const known = new Set(IMPORT_FORMATS.map(({ id }) => id));

describe('detectFormat', () => {
  it.each(Object.entries(FILES))(
    'knows %s by its structure, whatever its name',
    async (id, content) => {
      const found = await detect(content);
      expect(found).toBe(found !== id && !known.has(id) ? expect.stringContaining(id) : id);
      if (typeof content !== 'string') {
        expect(await detect(JSON.stringify(content, null, 2), 'download (3).txt')).toBe(found);
        expect(await detect(`\ufeff${JSON.stringify(content)}\r\n`, 'x')).toBe(found);
      }
    },
  );

  it('has one id for each format', () => {
    expect(known.size).toBe(IMPORT_FORMATS.length);
  });

  it('knows backups of ours, of the specification, and protected ones', async () => {
    const ours = { timestamp: '20261122_101112', format: 'onggi.backup', format_version: 1 };
    const seeds = {
      timestamp: '20261122_101112',
      sessions: [],
      conversations: [],
      messages: [],
      user_settings: [],
    };
    expect(await detect(ours)).toBe('backup onggi');
    expect(await detect(seeds)).toBe('backup seed');
    expect(await detect('age-encryption.org/v1\n-> scrypt x 18\n')).toBe('backup onggi');
  });

  it('knows database files and things that are no text', async () => {
    expect(await detect(new TextEncoder().encode('SQLite format 3\0 and pages'))).toBe('sqlite');
    expect(await detect(new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))).toBe(
      'asset',
    );
  });

  it('names the top-level keys of what it does not know, never their values', async () => {
    expect(await detect({ apples: 'secret', pears: 2 })).toBe('file/unknown-format apples, pears');
    expect(await detect([{ a: 1 }])).toBe('file/unknown-format [{ a }]');
    expect(await detect([1, 2])).toBe('file/unknown-format [number]');
    expect(await detect('just some words')).toBe('file/unknown-format ');
  });

  it.each(['[]', '{}', '[null]'])('says that %s is empty', async (text) => {
    expect(await detect(text)).toBe('file/empty ');
  });

  it('tells the format of a cut file by what is whole in it', async () => {
    const text = JSON.stringify([chatgptConversation('c', [{ id: 'a' }]), 2]);
    expect(await detect(text.slice(0, -2))).toBe('chatgpt');
    expect(await detect(text.slice(0, 30))).toBe('file/damaged ');
  });

  it('is not stopped by one element that is too deep, or by a damaged line', async () => {
    const deep = '['.repeat(5000) + ']'.repeat(5000);
    expect(
      await detect(`[${deep},${JSON.stringify(chatgptConversation('c', [{ id: 'a' }]))}]`),
    ).toBe('chatgpt');
    expect(
      await detect(
        `${JSON.stringify({ messages: [said] })}\n{broken\n${JSON.stringify({ messages: [said] })}`,
      ),
    ).toBe('openai-jsonl');
  });

  it('reads only the beginning of a long array', async () => {
    const conversation = JSON.stringify(
      chatgptConversation('c', [{ id: 'a', text: 'x'.repeat(5000) }]),
    );
    const { files } = await openFiles([
      fileOf('x.json', `[${Array(2000).fill(conversation).join(',')}]`),
    ]);
    const [file] = files;
    if (!file) throw new Error('not opened');
    const bytes = new Uint8Array(await new Response(file.stream()).arrayBuffer());
    let read = 0;
    const stream = () => {
      let at = 0;
      return new ReadableStream<Uint8Array<ArrayBuffer>>(
        {
          pull(controller) {
            if (at >= bytes.length) controller.close();
            else controller.enqueue(bytes.slice(at, (at += 65_536)));
            read += 65_536;
          },
        },
        { highWaterMark: 0 },
      );
    };
    const counting = { ...file, stream };
    expect((await detectFormat(counting)).kind).toBe('json');
    expect(read).toBeLessThan(file.sizeBytes / 4);
  });

  it('knows a long conversation of ours by what stands behind its messages, and reads its branches', async () => {
    const long = 'x'.repeat(8_500_000);
    const message = (id: string, content: string) => ({
      message_id: id,
      role: 'user',
      content,
      timestamp: '2026-01-01T00:00:00.000+00:00',
      parent_id: null,
    });
    const talk = {
      conversation_id: 'c',
      created_at: '2026-01-01T00:00:00.000+00:00',
      messages: ['a', 'b', 'c', 'd'].map((id) => message(id, long)),
      metadata: {},
      format: 'onggi.conversation',
      format_version: 1,
      branch_messages: [message('f', 'another way')],
    };
    const recognized = await recognizeFiles(await openFiles([fileOf('long.json', talk)]));
    expect(recognized.summaries.map(({ format }) => format)).toEqual(['onggi-json']);
    const ids: string[] = [];
    for await (const outcome of readImports(recognized.files)) {
      if (outcome.kind !== 'item' || outcome.item.kind !== 'native') throw new Error(outcome.kind);
      ids.push(...outcome.item.native.messages.map(({ id }) => id));
    }
    expect(ids).toEqual(['a', 'b', 'c', 'd', 'f']);
  });

  const shared = new URL('../../../../shared/samples/exports/', import.meta.url);
  it.skipIf(!existsSync(shared))('knows the public samples (needs ../shared)', async () => {
    const read = (path: string) => readFileSync(new URL(path, shared), 'utf8');
    expect(await detect(read('chatgpt/noo-bass--context-carry--conversations.json'))).toBe(
      'chatgpt',
    );
    expect(await detect(read('claude/noo-bass--context-carry--conversations.json'))).toBe('claude');
    expect(await detect(read('claude/noo-bass--context-carry--projects.json'))).toBe(
      'claude-projects',
    );
    const webui = read('openwebui/yetanotherchris--openwebui-importer--webui-json.json');
    expect(await detect(webui)).toBe('open-webui');
  });
});

describe('a small file out of an archive', () => {
  const SMALL: readonly string[] = [
    '{"a":1}',
    ' \n[null, {"messages":[{"role":"user","content":"옹기"}]}, null, 3]',
    '[]',
    '[null]',
    '{}',
    '{"chats":[1,2,3,4,5],"version":1,"__proto__":{"a":1}}',
    '{"a":1}\n{"b":2}',
    '{"messages":[{"role":"user","content":"x"}]}\n{"messages":',
    '{"a":[1,2',
    '[text] that is no JSON',
    '\ufeff{"version":1,"chats":[]}',
    `${'['.repeat(5000)}${']'.repeat(5000)}`,
    'words',
    '## User\nhello\n## Assistant\nhello',
  ];

  it.each(SMALL)('is told by its bytes as by a stream of them: %.40s', async (text) => {
    const { files } = await openFiles([fileOf('a.json', text)]);
    const [file] = files;
    if (!file) throw new Error('not opened');
    const bytes = new Uint8Array(await new Response(file.stream()).arrayBuffer());
    expect(await detectFormat({ ...file, bytes })).toEqual(await detectFormat(file));
  });

  it('is told without a stream', async () => {
    const { files } = await openFiles([fileOf('a.json', '{"a":1}')]);
    const [file] = files;
    if (!file) throw new Error('not opened');
    const bytes = new TextEncoder().encode('{"messages":[{"role":"user","content":"x"}]}');
    const stream = () => {
      throw new Error('asked for a stream');
    };
    const detection = await detectFormat({ ...file, bytes, stream });
    expect(detection).toMatchObject({ kind: 'json', format: { id: 'openai-jsonl' } });
  });
});
