import { describe, expect, it } from 'vitest';
import type { ImportedFile } from '#portability/open-files.ts';
import { collectAttachments } from '#portability/collect-attachments.ts';
import { openFiles } from '#portability/open-files.ts';
import { readImports } from '#portability/read-imports.ts';
import { recognizeFiles } from '#portability/recognize-files.ts';
import { chatgptConversation, fileOf, zipOf } from './import-files.ts';

/** Files of one archive that count how often their names are looked at. */
function countedFiles(contents: ReadonlyMap<string, string | null>) {
  let looks = 0;
  const files = Array.from(contents, ([path, content]): ImportedFile => {
    const name = `export.zip/${path}`;
    return {
      get name() {
        looks += 1;
        return name;
      },
      group: 'export.zip',
      kind: content === null ? 'other' : 'text',
      sizeBytes: content?.length ?? 1,
      modifiedAt: 0,
      stream: () => new Blob([content ?? '']).stream(),
    };
  });
  return { files, countLooks: () => looks };
}

async function looksAt(contents: ReadonlyMap<string, string | null>): Promise<number> {
  const { files, countLooks } = countedFiles(contents);
  const { refused } = await recognizeFiles({ files, refused: [] });
  expect(refused).toEqual([]);
  return countLooks();
}

const line = (thread: number) =>
  JSON.stringify({
    id: '1',
    object: 'thread.message',
    thread_id: `t${thread}`,
    role: 'user',
    content: [{ type: 'text', text: { value: 'x' } }],
  });

const threads = (count: number) =>
  new Map(
    Array.from({ length: count }, (_, index): [string, string][] => [
      [`threads/t${index}/messages.jsonl`, `${line(index)}\n${line(index)}`],
      [`threads/t${index}/thread.json`, JSON.stringify({ id: `t${index}`, title: 'T' })],
    ]).flat(),
  );

describe('recognizeFiles', () => {
  it('reads projects of Claude for themselves and for the names that conversations go by', async () => {
    const zip = zipOf({
      'conversations.json': [
        {
          uuid: 'c',
          name: 'Pots',
          project_uuid: 'p',
          chat_messages: [{ uuid: 'm', sender: 'human', text: '옹기', created_at: '2026-01-01' }],
        },
      ],
      'projects.json': [
        {
          uuid: 'p',
          name: '부엌',
          is_private: true,
          prompt_template: '',
          docs: [{ uuid: 'd', filename: 'kiln.md', content: 'Burns hot.' }],
        },
      ],
    });
    const opened = await openFiles([fileOf('claude.zip', zip)]);
    const { files, summaries } = await recognizeFiles(opened);
    expect(summaries.map(({ format }) => format).toSorted()).toEqual(['claude', 'claude-projects']);
    const found: unknown[] = [];
    for await (const outcome of readImports(files)) {
      if (outcome.kind !== 'item') continue;
      if (outcome.item.kind === 'conversation') found.push(outcome.item.conversation.tags);
      else if (outcome.item.kind === 'document') found.push(outcome.item.document.name);
    }
    expect(found).toEqual(expect.arrayContaining([['부엌'], 'kiln.md']));
    expect(found).toHaveLength(2);
  });

  it('looks at each of 20,000 files of a group as often as at each of 5,000', async () => {
    const export20k = (count: number) =>
      new Map<string, string | null>([
        ['conversations.json', JSON.stringify([chatgptConversation('c', [{ id: 'a' }])])],
        ['chat.html', null],
        ...Array.from({ length: count }, (_, index): [string, null] => [`file-${index}.dat`, null]),
      ]);
    const few = await looksAt(export20k(5000));
    const many = await looksAt(export20k(20_000));
    expect(many).toBeLessThan(few * 4.2);
    expect(many).toBeLessThan(20_000 * 20);
  });

  it('looks for the companion of each of many threads without going over all of them', async () => {
    const few = await looksAt(threads(100));
    const many = await looksAt(threads(400));
    expect(many).toBeLessThan(few * 4.2);
  });
});

const own = {
  format: 'onggi.conversation',
  format_version: 1,
  conversation_id: 'c1',
  title: 'Ours',
  created_at: '2026-01-01T00:00:00.000+00:00',
  updated_at: '2026-01-01T00:00:00.000+00:00',
  messages: [{ message_id: 'm', role: 'user', content: 'from JSON' }],
};
const markdown = [
  '<!-- onggi:k3v9x2 conversation {"format_version":1,"conversation_id":"c1","title":"Ours"} -->',
  '',
  '<!-- onggi:k3v9x2 message {"message_id":"m","role":"user","length":13} -->',
  '## User',
  '<!-- onggi:k3v9x2 content -->',
  'from Markdown',
  '<!-- onggi:k3v9x2 end -->',
  '<!-- onggi:k3v9x2 eof {"messages":1} -->',
  '',
].join('\n');

async function readContents(entries: Record<string, unknown>) {
  const recognized = await recognizeFiles(await openFiles([fileOf('ours.zip', zipOf(entries))]));
  const contents: string[] = [];
  const refused = recognized.refused.map(({ name }) => name);
  for await (const outcome of readImports(recognized.files)) {
    if (outcome.kind === 'refused') refused.push(outcome.refused.name);
    if (outcome.kind !== 'item' || outcome.item.kind !== 'native') continue;
    contents.push(...outcome.item.native.messages.map(({ content }) => content.trim()));
  }
  return { contents, refused, formats: recognized.summaries.map(({ format }) => format) };
}

describe('the Markdown copies of an archive of ours', () => {
  it('are passed over where the JSON of the same name is there', async () => {
    const found = await readContents({ 'json/x.json': own, 'markdown/x.md': markdown });
    expect(found).toEqual({ contents: ['from JSON'], refused: [], formats: ['onggi-json'] });
  });

  it('are read where the JSON is missing or of another conversation', async () => {
    expect((await readContents({ 'markdown/x.md': markdown })).contents).toEqual(['from Markdown']);
    const two = await readContents({ 'json/y.json': own, 'markdown/x.md': markdown });
    expect(two.formats).toEqual(['onggi-json', 'onggi-markdown']);
  });

  it('stand in for JSON that is damaged, which is still named', async () => {
    const cut = JSON.stringify(own).slice(0, -20);
    const found = await readContents({ 'json/x.json': cut, 'markdown/x.md': markdown });
    expect(found.contents).toEqual(['from Markdown']);
    expect(found.refused).toEqual(['ours.zip/json/x.json']);
  });
});

describe('the summary says that a reader was written from documentation', () => {
  const chat = { conversation: { id: 'c' }, responses: [] };
  it.each([
    { name: 'prod-grok-backend.json', content: { conversations: [chat] }, isTold: true },
    { name: 'manifest.json', content: { data_files: [{ category: 'c' }] }, isTold: true },
    {
      name: 'conversations.json',
      content: [chatgptConversation('c', [{ id: 'a' }])],
      isTold: false,
    },
  ])('of $name: $isTold', async ({ name, content, isTold }) => {
    const { summaries } = await recognizeFiles(await openFiles([fileOf(name, content)]));
    expect(summaries.map((file) => file.isFromDocumentation)).toEqual([isTold]);
  });
});

const png = (shade: number) => Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, shade);

/** The last byte of each file that a message of one of these exports gets; null for one that is missing. */
async function readShades(entries: Record<string, unknown>) {
  const recognized = await recognizeFiles(await openFiles([fileOf('export.zip', zipOf(entries))]));
  const shades: Record<string, number | null | undefined> = {};
  for await (const outcome of readImports(recognized.files)) {
    if (outcome.kind !== 'item' || outcome.item.kind !== 'conversation') continue;
    const { conversation } = outcome.item;
    const { findAsset } = outcome.file;
    const collected = collectAttachments(
      conversation,
      () => true,
      findAsset,
      () => 'id',
    );
    for await (const { bytes, messageSourceId } of collected) {
      shades[messageSourceId] = bytes?.at(-1) ?? null;
    }
  }
  return shades;
}

describe('the files of messages', () => {
  const chat = (id: string) => [
    {
      id: `m-${id}`,
      chatId: id,
      role: 'user',
      content: 'Look',
      contentChunks: [],
      createdAt: '2026-01-01T00:00:00.000Z',
      files: [{ type: 'image', name: 'screenshot.png' }],
    },
  ];

  it('are those of their own chat, whatever others call theirs', async () => {
    const chats = { 'chat-a.json': chat('a'), 'chat-b.json': chat('b') };
    const [one, two] = ['a', 'b'].map((id) => `chat-${id}-files/screenshot.png`) as [
      string,
      string,
    ];
    const both = await readShades({ ...chats, [one]: png(1), [two]: png(2) });
    expect(both).toEqual({ 'm-a': 1, 'm-b': 2 });
    expect(await readShades({ ...chats, [one]: png(1) })).toEqual({ 'm-a': 1, 'm-b': null });
  });

  it('are never the account or the conversations', async () => {
    const attachments = [
      { id: 'user', name: 'user' },
      { id: 'conversations', name: 'c' },
    ];
    const said = attachments.map((attachment) => ({
      id: `m-${attachment.id}`,
      metadata: { attachments: [attachment] },
    }));
    const shades = await readShades({
      'conversations.json': [chatgptConversation('c', said)],
      'user.json': { email: 'a@example.com' },
    });
    expect(shades).toEqual({ 'm-user': null, 'm-conversations': null });
  });
});
