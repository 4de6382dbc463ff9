import { unzipSync } from 'fflate';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { createConversation } from '#domain/conversation.ts';
import type { Conversation } from '#domain/conversation.ts';
import { LOCAL_USER_ID, toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import type { Progress } from '#domain/import-report.ts';
import { createMessage } from '#domain/message.ts';
import { ENGLISH_ARCHIVE_TEXTS } from '#portability/archive-texts.ts';
import type { WholeConversation } from '#portability/conversation-fields.ts';
import { writeArchive } from '#portability/export-archive.ts';
import { exportConversations } from '#portability/export-conversations.ts';
import type { ExportOptions, ExportTally } from '#portability/running-export.ts';
import { ExportRequestMessage, nameExport } from '#portability/export-request.ts';
import type { ExportRequest } from '#portability/export-request.ts';
import type { ExportSource } from '#portability/export-source.ts';
import { onggiJson } from '#portability/formats/onggi-json.ts';
import { onggiMarkdown } from '#portability/formats/onggi-markdown.ts';
import { openFiles } from '#portability/open-files.ts';
import { previewAnonymised } from '#portability/preview-anonymised.ts';
import { readImports } from '#portability/read-imports.ts';
import { recognizeFiles } from '#portability/recognize-files.ts';

const AT = Date.UTC(2026, 10, 22, 12);
const CONTEXT = { fileName: '', fileDate: 0, companions: new Map<string, unknown>() };
const HOSTILE = '</div><script>alert(1)</script><img src=x onerror=alert(1)> & "quoted"';

function createWhole(id: string, fields: Partial<Conversation> = {}): WholeConversation {
  const conversationId = toConversationId(id);
  const messages = ['user', 'assistant', 'assistant'].map((role, seq) =>
    createMessage({
      id: toMessageId(`${id}-m${seq}`),
      conversationId,
      sessionId: toSessionId('s'),
      parentId: seq === 0 ? null : toMessageId(`${id}-m0`),
      seq,
      role: role === 'user' ? 'user' : 'assistant',
      content: `${HOSTILE} ${id} ${seq} write to kim@example.com`,
      reasoning: seq === 1 ? HOSTILE : null,
      timestamp: AT + seq,
      attachments:
        seq === 0
          ? [
              { id: `${id}-file`, name: '그림.png', mediaType: 'image/png', sizeBytes: 3 },
              { id: `${id}-page`, name: '../evil.html', mediaType: 'text/html', sizeBytes: 3 },
              { id: `${id}-gone`, name: 'gone.txt', mediaType: 'text/plain', sizeBytes: 3 },
            ]
          : [],
    }),
  );
  const conversation = createConversation({
    id: conversationId,
    sessionId: toSessionId('s'),
    createdAt: AT,
    updatedAt: AT,
    title: HOSTILE,
    titleOrigin: 'person',
    activeLeafId: toMessageId(`${id}-m1`),
    messageCount: 3,
    lastSeq: 2,
    ...fields,
  });
  return { conversation, messages };
}

const ALL = [
  createWhole('aaaaaaaa-0000-4000-8000-000000000001'),
  createWhole('aaaaaaaa-0000-4000-8000-000000000002', { status: 'archived', pinned: 1 }),
  createWhole('aaaaaaaa-0000-4000-8000-000000000003', { status: 'deleted', deletedAt: AT }),
];
const IDS = ALL.map(({ conversation }) => conversation.id);

const DOCUMENTS = [`${HOSTILE}.md`, `${HOSTILE}.md`, 'gone'].map((name, index) => ({
  ...{ id: `d${index}`, name, mediaType: 'text/plain', sizeBytes: 3, createdAt: AT, updatedAt: AT },
  metadata: { source: 'file' },
  text: name === 'gone' ? null : `${HOSTILE} \ud800 \0 ${index}`,
}));

/** The database of these tests: only what an export asks for. */
const SOURCE: ExportSource = {
  readConversationIds: (statuses) =>
    Promise.resolve(
      ALL.filter(({ conversation }) => statuses.includes(conversation.status)).map(
        ({ conversation }) => conversation.id,
      ),
    ),
  readWhole: (id) => Promise.resolve(ALL.find(({ conversation }) => conversation.id === id)),
  readBytes: (id) => Promise.resolve(id.endsWith('gone') ? undefined : Uint8Array.of(1, 2, 3)),
  async *readDocumentPages() {
    await Promise.resolve();
    yield DOCUMENTS;
  },
  async *readUsagePages() {
    await Promise.resolve();
    const counts = { requestCount: 1, promptTokens: 1, completionTokens: 1, totalTokens: 2 };
    const rest = { totalCostUsd: 0, unpricedCount: 0, totalResponseTimeMs: 0, timedCount: 0 };
    yield [
      {
        ...{ id: 'x', userId: LOCAL_USER_ID, date: '2026-11-22', model: 'm', errorCount: 0 },
        ...counts,
        ...rest,
      },
    ];
  },
};

const REQUEST: ExportRequest = {
  kind: 'json',
  selection: { kind: 'all', includesTrash: false },
  anonymise: null,
  withBranches: true,
  withAttachments: false,
  skipsPoorAnswers: false,
};

interface Exported {
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly tally: ExportTally;
}

async function run(
  request: Partial<ExportRequest>,
  more: Partial<ExportOptions> = {},
  source: ExportSource = SOURCE,
): Promise<Exported> {
  const chunks: Uint8Array[] = [];
  const sink = new WritableStream<Uint8Array<ArrayBuffer>>({
    write: (chunk) => void chunks.push(chunk),
  });
  const options: ExportOptions = {
    appVersion: '0.1.0',
    now: AT,
    createId: () => crypto.randomUUID(),
    texts: ENGLISH_ARCHIVE_TEXTS,
    ...more,
  };
  const tally = await exportConversations(source, { ...REQUEST, ...request }, sink, options);
  const bytes = new Uint8Array(Buffer.concat(chunks));
  expect(tally.sizeBytes).toBe(bytes.length);
  return { bytes, text: new TextDecoder().decode(bytes), tally };
}

const only = (index: number): Pick<ExportRequest, 'selection'> => ({
  selection: { kind: 'ids', ids: IDS.slice(index, index + 1) },
});

const files = (bytes: Uint8Array): Record<string, string> =>
  Object.fromEntries(
    Object.entries(unzipSync(bytes)).map(([name, file]) => [name, new TextDecoder().decode(file)]),
  );

function readNative(value: unknown): WholeConversation {
  const [item] = onggiJson.read(value, CONTEXT);
  if (item?.kind !== 'native') throw new Error('not read');
  return { conversation: item.native.conversation, messages: item.native.messages };
}

describe('export as JSON', () => {
  it('is one object for one conversation and an array for all', async () => {
    const one = await run(only(0));
    expect(readNative(JSON.parse(one.text))).toEqual(ALL[0]);
    const all = await run({});
    expect((JSON.parse(all.text) as unknown[]).map(readNative)).toEqual(ALL.slice(0, 2));
    expect(all.tally).toMatchObject({ conversationCount: 2, messageCount: 6, leftOutCount: 0 });
  });

  it('takes the trash only when asked, and an empty selection for an empty array', async () => {
    const all = await run({ selection: { kind: 'all', includesTrash: true } });
    expect(JSON.parse(all.text)).toHaveLength(3);
    expect(JSON.parse((await run({ selection: { kind: 'ids', ids: [] } })).text)).toEqual([]);
  });

  it('holds the shown branch alone without branches', async () => {
    const { text, tally } = await run({ ...only(0), withBranches: false });
    expect(JSON.parse(text)).toMatchObject({ branch_messages: [], message_count: 2 });
    expect(tally.messageCount).toBe(2);
  });

  it('carries bytes when asked, and never in an anonymised file', async () => {
    expect((await run({ ...only(0), withAttachments: true })).text).toContain('"data": "AQID"');
    const anonymise = { dropsTitles: true, dropsFeedback: true, cutsTimes: true };
    const { text } = await run({ ...only(0), withAttachments: true, anonymise });
    expect(text).not.toContain('AQID');
    expect(text).not.toContain('kim@');
    for (const id of IDS) expect(text).not.toContain(id);
  });

  it('refuses one that is gone and passes over it among several', async () => {
    const gone = toConversationId('gone');
    await expect(run({ selection: { kind: 'ids', ids: [gone] } })).rejects.toMatchObject({
      code: 'chat/not-found',
    });
    const { text, tally } = await run({ selection: { kind: 'ids', ids: [gone, ...IDS] } });
    expect(JSON.parse(text)).toHaveLength(3);
    expect(tally.leftOutCount).toBe(1);
  });
});

describe('export of other kinds', () => {
  it('writes one conversation as Markdown', async () => {
    const { text } = await run({ kind: 'markdown', ...only(0) });
    const [item] = onggiMarkdown.read(text, CONTEXT);
    expect(item?.kind === 'native' && item.native.messages).toEqual(ALL[0]?.messages);
    await expect(run({ kind: 'markdown' })).rejects.toMatchObject({ code: 'app/unexpected' });
  });

  it('writes lines for training and counts what says nothing', async () => {
    expect((await run({ kind: 'fine-tuning' })).text.trim().split('\n')).toHaveLength(2);
    const { text, tally } = await run({ kind: 'sharegpt' });
    expect(text.endsWith('\n')).toBe(true);
    expect(tally).toMatchObject({ conversationCount: 2, leftOutCount: 0 });
  });

  it('writes usage as CSV', async () => {
    const { text } = await run({ kind: 'usage-csv' });
    expect(text).toMatch(/^date,model,.*\r\n2026-11-22,m,1,1,1,2,0,0,,0,0\r\n$/);
  });
});

describe('export as an archive', () => {
  it('holds everything to be read back', async () => {
    const { bytes } = await run({ kind: 'archive', withAttachments: true });
    const found = files(bytes);
    const json = Object.entries(found).filter(([name]) => name.startsWith('json/'));
    expect(json.map(([, text]) => readNative(JSON.parse(text)))).toEqual(ALL.slice(0, 2));
    const markdown = Object.entries(found).filter(([name]) => name.startsWith('markdown/'));
    expect(markdown).toHaveLength(2);
    for (const [, text] of markdown) expect(onggiMarkdown.matches(text, '')).toBe(true);
    expect(Object.keys(found).filter((name) => name.startsWith('attachments/'))).toEqual([
      `attachments/${IDS[0]}-file-그림.png`,
      `attachments/${IDS[0]}-page-evil.html`,
      `attachments/${IDS[1]}-file-그림.png`,
      `attachments/${IDS[1]}-page-evil.html`,
    ]);
  });

  it('shows hostile texts as text, asks for nothing and runs nothing', async () => {
    const { bytes } = await run({ kind: 'archive', withAttachments: true });
    const pages = Object.entries(files(bytes)).filter(
      ([name]) => name.endsWith('.html') && !name.startsWith('attachments/'),
    );
    expect(pages).toHaveLength(3);
    for (const [, page] of pages) {
      expect(page).not.toMatch(/<script|<img|<iframe|<link|<form|https?:\/\//i);
      expect(page).not.toMatch(/<[^>]*\son\w+=/i);
      expect(page).toContain("default-src 'none'");
      expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    }
  });

  it('links files that exist, and none that a browser would run', async () => {
    const { bytes } = await run({ kind: 'archive', withAttachments: true });
    const found = files(bytes);
    let count = 0;
    for (const [name, page] of Object.entries(found)) {
      if (name !== 'index.html' && !name.startsWith('html/')) continue;
      for (const [, href = ''] of page.matchAll(/href="([^"]*)"/g)) {
        const target = new URL(
          href,
          `file:///a/${name.split('/').map(encodeURIComponent).join('/')}`,
        );
        expect(Object.keys(found)).toContain(
          decodeURIComponent(target.pathname).slice('/a/'.length),
        );
        expect(target.pathname).not.toContain('evil');
        count += 1;
      }
    }
    // Three of each conversation and two documents in the index; back and one attachment on each page.
    expect(count).toBe(2 * 3 + 2 + 2 * 2);
  });

  it('lists by month with dates and counts', async () => {
    const { bytes } = await run({
      kind: 'archive',
      selection: { kind: 'all', includesTrash: true },
    });
    const index = files(bytes)['index.html'] ?? '';
    expect(index).toContain('<h2>November 2026</h2>');
    expect(index.match(/Messages: 3/g)).toHaveLength(3);
    expect(index).toMatch(/Pinned · Archived/);
    expect(index).toContain('In the trash');
    const empty = await run({ kind: 'archive', selection: { kind: 'ids', ids: [] } });
    expect(files(empty.bytes)['index.html']).toContain('There are no conversations here.');
  });

  it('holds nothing of the original when anonymised', async () => {
    const anonymise = { dropsTitles: true, dropsFeedback: true, cutsTimes: true };
    const { bytes } = await run({ kind: 'archive', anonymise, withAttachments: true });
    const found = files(bytes);
    const text = Object.entries(found).flat().join('\n');
    for (const gone of [...IDS, 'kim@example', '그림', '-m0', 'T12:00'])
      expect(text).not.toContain(gone);
    expect(Object.keys(found).filter((name) => name.startsWith('attachments/'))).toEqual([]);
    const names = Object.keys(found).filter((name) => name.startsWith('json/'));
    expect(names).toEqual(['json/2026-11-22.json', 'json/2026-11-22 (2).json']);
  });

  it('of Markdown alone holds a file for each conversation and the index, and comes back', async () => {
    const { bytes } = await run({ kind: 'markdown-files', withAttachments: true });
    const found = files(bytes);
    const names = Object.keys(found);
    expect(names).toHaveLength(3);
    const [index, ...others] = names.toSorted((a, b) => b.length - a.length).toReversed();
    expect(index).toBe('index.html');
    for (const name of others) expect(name).toMatch(/^2026-11-22 [^/]+\.md$/);
    const page = found['index.html'] ?? '';
    const links = [...page.matchAll(/href="([^"]*)"/g)].map(([, href = '']) => href);
    const paths = links.map((href) => new URL(href, 'file:///').pathname.slice(1));
    expect(paths.map(decodeURIComponent).toSorted()).toEqual(others.toSorted());
    const file = new File([new Uint8Array(bytes)], 'onggi_markdown.zip');
    const recognized = await recognizeFiles(await openFiles([{ file, path: file.name }]));
    const ids = [];
    for await (const outcome of readImports(recognized.files)) {
      if (outcome.kind !== 'item') expect.fail(outcome.kind);
      const { item } = outcome;
      if (item.kind !== 'native') expect.fail(item.kind);
      ids.push(item.native.conversation.id);
      expect(item.native.messages).toHaveLength(3);
    }
    expect(ids.toSorted()).toEqual(IDS.slice(0, 2));
  });

  it('comes back through our own import, pages and files of messages left aside', async () => {
    const { bytes } = await run({ kind: 'archive', withAttachments: true });
    const file = new File([new Uint8Array(bytes)], 'onggi_archive.zip');
    const recognized = await recognizeFiles(await openFiles([{ file, path: file.name }]));
    expect(recognized.refused).toEqual([]);
    expect(recognized.summaries.map(({ format }) => format)).toEqual([
      ...['onggi-document', 'onggi-document', 'onggi-json', 'onggi-json'],
    ]);
    const found: unknown[] = [];
    const documents: unknown[] = [];
    for await (const outcome of readImports(recognized.files)) {
      if (outcome.kind === 'item' && outcome.item.kind === 'document') {
        const { row, text } = outcome.item.document;
        documents.push({ ...row, text });
        continue;
      }
      if (outcome.kind !== 'item' || outcome.item.kind !== 'native') throw new Error('not read');
      const { conversation, messages } = outcome.item.native;
      found.push({ conversation, messages });
    }
    expect(documents).toHaveLength(2);
    expect(documents).toEqual(expect.arrayContaining(DOCUMENTS.slice(0, 2)));
    expect(found).toHaveLength(2);
    expect(found).toEqual(expect.arrayContaining(ALL.slice(0, 2)));
    const image = recognized.files[0]?.findAsset([`${IDS[0]}-file`]);
    expect(image?.name).toContain('그림.png');
  });
});

describe('an archive that our own import would refuse', () => {
  const TOO_MANY = 100_001;

  it('of too many conversations is not begun', async () => {
    let readCount = 0;
    const ids = Array.from({ length: TOO_MANY }, (_, index) => toConversationId(`c${index}`));
    const source: ExportSource = {
      ...SOURCE,
      readConversationIds: () => Promise.resolve(ids),
      readWhole: () => {
        readCount += 1;
        return Promise.resolve(undefined);
      },
    };
    await expect(run({ kind: 'archive' }, {}, source)).rejects.toMatchObject({
      code: 'file/too-large',
    });
    expect(readCount).toBe(0);
  });

  it('of too many files of messages is not finished', async () => {
    async function* all() {
      await Promise.resolve();
      yield* ALL;
    }
    const writeUpTo = (mostFiles: number) =>
      writeArchive(all(), () => Promise.resolve(), {
        ...{ appVersion: '0.1.0', texts: ENGLISH_ARCHIVE_TEXTS, exportedAt: AT, mostFiles },
        ...{ isAnonymised: false, isMarkdownOnly: false, readBytes: SOURCE.readBytes },
        conversationCount: ALL.length,
      });
    // Of each conversation its JSON and two files; and the index. Pages and Markdown count for nothing.
    await writeUpTo(10);
    await expect(writeUpTo(9)).rejects.toMatchObject({ code: 'file/too-large' });
    await expect(writeUpTo(3)).rejects.toMatchObject({ code: 'file/too-large' });
  });
});

describe('a conversation that our own import would not take', () => {
  const [first] = ALL;
  const exportUpTo = (among: number, alone: number, request: Partial<ExportRequest> = {}) =>
    run(request, { mostCharacters: { among, alone } });

  it('is refused by its name, as one of several and as the only one', async () => {
    const { length } = (await run(only(0))).text;
    const refusal = { code: 'export/conversation-too-large', detail: HOSTILE };
    await exportUpTo(length, length, only(0));
    await expect(exportUpTo(length, length - 1, only(0))).rejects.toMatchObject(refusal);
    await exportUpTo(length + 100, 0);
    await expect(exportUpTo(length - 100, length)).rejects.toMatchObject(refusal);
  });

  it('is refused as Markdown too, under its id where it has no title', async () => {
    if (!first) throw new Error('no conversations');
    const { conversation, messages } = first;
    const untitled = { conversation: { ...conversation, title: null }, messages };
    const source = { ...SOURCE, readWhole: () => Promise.resolve(untitled) };
    const asked = { ...only(0), kind: 'markdown' as const };
    const { length } = (await run(asked, {}, source)).text;
    const upTo = (alone: number) => run(asked, { mostCharacters: { among: 0, alone } }, source);
    await upTo(length);
    await expect(upTo(length - 1)).rejects.toMatchObject({ detail: conversation.id });
  });

  it.each([
    ['archive', 'json/'],
    ['markdown-files', ''],
  ] as const)('is refused in a ZIP (%s) too, by the file that comes back', async (kind, folder) => {
    const asked = { ...only(0), kind };
    const entries = files((await run(asked)).bytes);
    const [path = ''] = Object.keys(entries).filter(
      (name) => name.startsWith(folder) && /\.(?:json|md)$/.test(name),
    );
    const { length } = entries[path] ?? '';
    const upTo = (alone: number) => run(asked, { mostCharacters: { among: 0, alone } });
    await upTo(length);
    const refusal = { code: 'export/conversation-too-large', detail: HOSTILE };
    await expect(upTo(length - 1)).rejects.toMatchObject(refusal);
  });
});

describe('documents of the library', () => {
  it('stand in an archive of everything, and in no other', async () => {
    const whole = files((await run({ kind: 'archive' })).bytes);
    const names = Object.keys(whole).filter((name) => name.startsWith('documents/'));
    expect(names).toHaveLength(4);
    expect(new Set(names).size).toBe(4);
    const texts = names.filter((name) => name.endsWith('.document.txt'));
    expect(texts.map((name) => whole[name])).toEqual(
      DOCUMENTS.slice(0, 2).map(({ text }) => text?.replaceAll('\ud800', '\ufffd')),
    );
    expect(whole['index.html']).toContain('<h2>Documents</h2>');
    const anonymise = { dropsTitles: true, dropsFeedback: true, cutsTimes: true };
    for (const request of [only(0), { anonymise }]) {
      const { bytes } = await run({ kind: 'archive', ...request });
      expect(Object.keys(files(bytes)).join('\n')).not.toContain('documents/');
    }
  });
});

describe('a running export', () => {
  it('tells how far it is', async () => {
    const seen: Progress[] = [];
    await run({}, { onProgress: (progress) => seen.push(progress) });
    expect(seen.map(({ doneRows, totalRows }) => [doneRows, totalRows])).toEqual([
      [0, 2],
      [1, 2],
    ]);
  });

  it('leaves no half a file when it is cancelled', async () => {
    const controller = new AbortController();
    const reason = new Error('cancelled');
    const states: string[] = [];
    const sink = new WritableStream<Uint8Array<ArrayBuffer>>({
      close: () => void states.push('closed'),
      abort: (why) => void states.push(`aborted ${String(why)}`),
    });
    const running = exportConversations(SOURCE, { ...REQUEST, kind: 'archive' }, sink, {
      appVersion: '0.1.0',
      now: AT,
      createId: () => crypto.randomUUID(),
      texts: ENGLISH_ARCHIVE_TEXTS,
      signal: controller.signal,
      onProgress: ({ doneRows }) => doneRows === 1 && controller.abort(reason),
    });
    await expect(running).rejects.toBe(reason);
    expect(states).toEqual(['aborted Error: cancelled']);
  });

  it('says beforehand what an anonymised one would mask', async () => {
    const preview = await previewAnonymised(SOURCE, { kind: 'all', includesTrash: false });
    expect(preview.counts.email).toBe(6);
  });
});

describe('request of an export', () => {
  it('is read from a message and refused when it is none', () => {
    const anonymise = { dropsTitles: false, dropsFeedback: true, cutsTimes: true };
    for (const request of [REQUEST, { ...REQUEST, ...only(0), anonymise }]) {
      expect(v.parse(ExportRequestMessage, structuredClone(request))).toEqual(request);
    }
    for (const wrong of [null, 3, {}, { ...REQUEST, kind: 'x' }, { ...REQUEST, selection: {} }]) {
      expect(v.is(ExportRequestMessage, wrong)).toBe(false);
    }
  });

  it('names the file after its title or its kind, and the day', () => {
    const at = new Date(2026, 10, 22, 23, 59).getTime();
    const named = (kind: ExportRequest['kind'], title: string | null = null) =>
      nameExport({ kind, anonymise: null }, title, at);
    expect(named('json', '옹기: 항아리')).toEqual({
      fileName: 'onggi_옹기-항아리_20261122.json',
      mediaType: 'application/json',
    });
    expect(named('markdown-files').fileName).toBe('onggi_markdown_20261122.zip');
    expect(named('archive').fileName).toBe('onggi_archive_20261122.zip');
    expect(named('usage-csv').fileName).toBe('onggi_usage_20261122.csv');
  });
});
