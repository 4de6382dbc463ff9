import { gzipSync, strToU8, zipSync } from 'fflate';
import { describe, expect, it, vi } from 'vitest';
import { updateCrc32 } from '#files/crc32.ts';
import { openFiles } from '#portability/open-files.ts';
import type { ImportFile } from '#portability/open-files.ts';
import { readShardNames } from '#portability/manifest-order.ts';
import { recognizeFiles } from '#portability/recognize-files.ts';
import { readImports } from '#portability/read-imports.ts';
import {
  writeCentralRecord,
  writeEndOfArchive,
  writeLocalHeader,
} from '#portability/zip-records.ts';
import { chatgptConversation, fileOf, zipOf } from './import-files.ts';

async function open(...given: readonly ImportFile[]) {
  const { files, refused } = await openFiles(given);
  return {
    names: files.map(({ name }) => name),
    kinds: files.map(({ kind }) => kind),
    groups: files.map(({ group }) => group),
    refused: refused.map(({ name, code }) => [name, code]),
  };
}

/** Titles of all conversations in reading order, and what was said about files. */
async function read(...given: readonly ImportFile[]) {
  const recognized = await recognizeFiles(await openFiles(given));
  const titles: (string | null)[] = [];
  const refused = recognized.refused.map(({ name, code }) => `${name} ${code}`);
  for await (const outcome of readImports(recognized.files)) {
    if (outcome.kind === 'refused') refused.push(`${outcome.refused.name} ${outcome.refused.code}`);
    if (outcome.kind === 'item' && outcome.item.kind === 'conversation') {
      titles.push(outcome.item.conversation.title);
    }
  }
  return { titles, refused, summaries: recognized.summaries };
}

const one = (id: string) => [chatgptConversation(id, [{ id: `${id}-a` }])];

/** An archive within an archive, so many deep. */
function nest(depth: number, inner: Record<string, unknown>): Uint8Array {
  let archive = zipOf(inner);
  for (let level = 1; level < depth; level += 1) archive = zipOf({ 'inner.zip': archive });
  return archive;
}

/**
 * An archive with one letter in each file, and the last of them in the directory so often that there are more than
 * 100,000 entries.
 */
function crowdedArchive(names: readonly string[]): Uint8Array<ArrayBuffer> {
  const local: Uint8Array<ArrayBuffer>[] = [];
  const central: Uint8Array<ArrayBuffer>[] = [];
  const sizeOf = (parts: readonly Uint8Array[]) =>
    parts.reduce((sum, { length }) => sum + length, 0);
  const letter = Uint8Array.of(0x78);
  const sizes = { size: 1, packedSize: 1, crc32: updateCrc32(0, letter) };
  for (const name of names) {
    const entry = { name, isStored: true, modifiedAt: 0, offset: sizeOf(local), ...sizes };
    local.push(writeLocalHeader(entry), letter);
    central.push(writeCentralRecord(entry));
  }
  const last = central.at(-1) ?? letter;
  for (let count = 0; count < 100_000; count += 1) central.push(last);
  const [start, size] = [sizeOf(local), sizeOf(central)];
  const end = writeEndOfArchive({ count: central.length, start, size });
  return new Uint8Array(Buffer.concat([...local, ...central, end]));
}

describe('openFiles', () => {
  it('opens archives, archives in them and packed files, and passes over junk', async () => {
    const archive = zipOf({
      'a.json': [1],
      '__MACOSX/._a.json': 'junk',
      '.DS_Store': 'junk',
      'inner.zip': zipOf({ 'b.json': [2] }),
      'c.json.gz': gzipSync(strToU8('[3]')),
    });
    expect(await open(fileOf('x.zip', archive), fileOf('folder/d.json', [4]))).toEqual({
      names: ['x.zip/a.json', 'x.zip/c.json', 'x.zip/inner.zip/b.json', 'folder/d.json'],
      kinds: ['text', 'text', 'text', 'text'],
      groups: ['x.zip', 'x.zip', 'x.zip', 'folder'],
      refused: [],
    });
  });

  it('opens an archive of ours with more than 100,000 files, without what stands there twice', async () => {
    const kept = [
      'attachments/id-note.md',
      'documents/a.document.json',
      'index.html',
      'json/2026-11-22 옹기.json',
      // Copies of nothing stay.
      'markdown/alone.md',
      'other/html/2026-11-22 옹기.html',
    ];
    const copies = [
      'documents/a.document.txt',
      'markdown/2026-11-22 옹기.md',
      'html/2026-11-22 옹기.html',
    ];
    expect(await open(fileOf('x.zip', crowdedArchive([...kept, ...copies])))).toMatchObject({
      names: kept.map((name) => `x.zip/${name}`),
      refused: [],
    });
    expect((await open(fileOf('x.zip', crowdedArchive([...copies, ...kept])))).refused).toEqual([
      ['x.zip', 'file/too-many-entries'],
    ]);
  });

  it('opens a stored archive in an archive and a packed archive', async () => {
    const stored = zipSync({ 'inner.zip': [zipOf({ 'a.json': [1] }), { level: 0 }] });
    expect((await open(fileOf('x.zip', stored))).names).toEqual(['x.zip/inner.zip/a.json']);
    const packed = gzipSync(zipOf({ 'a.json': [1] }));
    expect((await open(fileOf('x.zip.gz', packed))).names).toEqual(['x.zip/a.json']);
  });

  it('goes three archives deep and not four', async () => {
    expect((await open(fileOf('x.zip', nest(3, { 'a.json': [1] })))).refused).toEqual([]);
    const four = await open(fileOf('x.zip', nest(4, { 'a.json': [1] })));
    expect(four.names).toEqual([]);
    expect(four.refused).toEqual([['x.zip/inner.zip/inner.zip/inner.zip', 'file/too-deep']]);
  });

  it('refuses a damaged, an empty and an encrypted one by name and opens the others', async () => {
    const locked = zipOf({ 'a.json': [1] });
    const view = new DataView(locked.buffer, locked.byteOffset);
    for (let at = 0; at < locked.length - 4; at += 1) {
      if (view.getUint32(at, true) === 0x02014b50) view.setUint16(at + 8, 1, true);
    }
    const result = await open(
      fileOf('cut.zip', zipOf({ a: 'x' }).slice(0, 30)),
      fileOf('empty.json', ''),
      fileOf('locked.zip', locked),
      fileOf('good.json', [1]),
    );
    expect(result.names).toEqual(['good.json']);
    expect(result.refused).toEqual([
      ['cut.zip', 'file/damaged'],
      ['empty.json', 'file/empty'],
      ['locked.zip', 'file/encrypted'],
    ]);
  });

  it('reads what becomes far larger than usual when it is allowed, and names the sizes before', async () => {
    // 20 MiB out of 20 kB: more than is taken of so little, and no more than a file may hold.
    const dense = `[${' '.repeat(20 * 1024 * 1024)}{"a":1}]`;
    const packed = gzipSync(strToU8(dense));
    const inside = zipOf({ 'a.json': dense });
    for (const file of [fileOf('a.json.gz', packed), fileOf('a.zip', inside)]) {
      const given = [{ file: file.file, path: file.path }];
      const read = async (isFarAllowed: boolean) => {
        const { files, refused } = await recognizeFiles(await openFiles(given, { isFarAllowed }));
        return [...files, ...refused];
      };
      expect(await read(false)).toMatchObject([
        {
          code: 'file/expands-far',
          detail: expect.stringMatching(/^0\.0\d MB → 21 MB$/) as string,
        },
      ]);
      // Known to be no export once it could be read.
      expect(await read(true)).toMatchObject([{ code: 'file/unknown-format', detail: '[{ a }]' }]);
    }
  });

  it('says of raw browser storage what it is, packed or as a folder', async () => {
    const raw = { 'Local Storage/leveldb/1.log': 'x', 'Data/notes.json': [1] };
    const expected = [['x.zip', 'file/raw-storage']];
    expect((await open(fileOf('x.zip', zipOf(raw)))).refused).toEqual(expected);
    const folder = await open(fileOf('app/IndexedDB/file__0.indexeddb.leveldb/1.ldb', 'x'));
    expect(folder.refused).toEqual([['app', 'file/raw-storage']]);
  });

  it('reads an archive of thousands of small files in a few slices of it', async () => {
    const texts = Array.from({ length: 1500 }, (_, at) => [
      `talk ${at}.md`,
      `## User\n\nhello ${at}\n\n## Assistant\n\nhi\n`,
    ]);
    const given = fileOf('x.zip', zipOf(Object.fromEntries(texts) as Record<string, unknown>));
    const slice = vi.spyOn(given.file, 'slice');
    expect((await read(given)).titles).toHaveLength(1500);
    expect(slice.mock.calls.length).toBeLessThan(20);
  });

  it('does not read pictures in archives', async () => {
    const archive = zipOf({ 'a.json': [1], 'photo.png': new Uint8Array([1]) });
    expect((await open(fileOf('x.zip', archive))).kinds).toEqual(['text', 'other']);
  });

  it('stops when told', async () => {
    await expect(
      openFiles([fileOf('a.json', [1])], { signal: AbortSignal.abort() }),
    ).rejects.toThrow();
  });
});

describe('reading what was opened', () => {
  it('reads shards by their numbers, beside companions and files that hold nothing', async () => {
    const archive = zipOf({
      'conversations-10.json': one('ten'),
      'conversations-2.json': one('two'),
      'export_manifest.json': { version: 1 },
      'user.json': { id: 'u', email: 'x@example.com' },
      'shared_conversations.json': [{ id: 's', conversation_id: 'two' }],
      'message_feedback.json': [],
      'chat.html': '<html></html>',
    });
    const { titles, refused } = await read(fileOf('export.zip', archive));
    expect(titles).toEqual(['Title of two', 'Title of ten']);
    expect(refused).toEqual([]);
  });

  it('follows the manifest where all files that it names are there', async () => {
    const manifest = (names: readonly string[]) => ({
      version: 1,
      logical_files: { 'conversations.json': { files: names, sharded: true } },
    });
    const shards = { 'conversations-1.json': one('one'), 'conversations-2.json': one('two') };
    const order = async (names: readonly string[]) => {
      const archive = zipOf({ ...shards, 'export_manifest.json': manifest(names) });
      return (await read(fileOf('x.zip', archive))).titles;
    };
    const reversed = ['conversations-2.json', 'conversations-1.json'];
    expect(await order(reversed)).toEqual(['Title of two', 'Title of one']);
    expect(await order([...reversed, 'conversations-3.json'])).toEqual([
      'Title of one',
      'Title of two',
    ]);
  });

  it('reads both shapes of the manifest', () => {
    const files = ['conversations-000.json', 'conversations-001.json'];
    const ours = { version: 1, logical_files: { 'conversations.json': { files, sharded: true } } };
    const shards = files.map((name) => ({ name }));
    const theirs = { version: 1, files: [{ name: 'x' }, { name: 'conversations.json', shards }] };
    expect(readShardNames(ours)).toEqual(files);
    expect(readShardNames(theirs)).toEqual(files);
    for (const other of [null, 1, [], {}, { files: 3 }, { logical_files: null }]) {
      expect(readShardNames(other)).toEqual([]);
    }
  });

  it('reads several files of several products at once, bad ones beside good ones', async () => {
    const claude = [
      {
        uuid: 'c',
        name: 'From Claude',
        chat_messages: [{ uuid: 'm', sender: 'human', text: 'x' }],
      },
    ];
    const { titles, refused, summaries } = await read(
      fileOf('a.json', one('a')),
      fileOf('broken.json', '{"a":'),
      fileOf('b.json', claude),
    );
    expect(titles).toEqual(['Title of a', 'From Claude']);
    expect(refused).toEqual(['broken.json file/damaged']);
    expect(summaries.map(({ format }) => format)).toEqual(['chatgpt', 'claude']);
  });

  it('gives a thread the companion of its own folder', async () => {
    const line = (thread: string) =>
      JSON.stringify({
        id: '1',
        object: 'thread.message',
        thread_id: thread,
        role: 'user',
        content: [{ type: 'text', text: { value: 'x' } }],
      });
    const files = ['t1', 't2'].flatMap((thread): [string, unknown][] => [
      [`threads/${thread}/messages.jsonl`, `${line(thread)}\n${line(thread)}`],
      [`threads/${thread}/thread.json`, { id: thread, title: `Thread ${thread}` }],
    ]);
    const { titles } = await read(fileOf('jan.zip', zipOf(Object.fromEntries(files))));
    expect(titles).toEqual(['Thread t1', 'Thread t2']);
  });

  it('reads a chat of LibreChat that nests 1,000 messages in each other', async () => {
    let message: Record<string, unknown> | undefined;
    for (let index = 999; index >= 0; index -= 1) {
      const children = message ? [message] : [];
      message = { messageId: `m${index}`, text: `text ${index}`, sender: 'User', children };
    }
    const chat = { conversationId: 'c', endpoint: 'x', title: 'Deep', recursive: true };
    const text = JSON.stringify({ ...chat, messages: [message] });
    const recognized = await recognizeFiles(await openFiles([fileOf('chat.json', text)]));
    for await (const outcome of readImports(recognized.files)) {
      if (outcome.kind !== 'item' || outcome.item.kind !== 'conversation') throw new Error('none');
      const { messages } = outcome.item.conversation;
      expect(messages).toHaveLength(1000);
      expect(messages.at(-1)).toMatchObject({ content: 'text 999', parentSourceId: 'm998' });
    }
    expect(recognized.files).toHaveLength(1);
  });

  it('says of a file that nests a million deep that it is too deep', async () => {
    const open = '['.repeat(1_000_000);
    const close = ']'.repeat(1_000_000);
    const inObject = `{"conversationId":"c","endpoint":"x","messages":${open}${close}}`;
    const given = [
      fileOf('list.json', open + close),
      fileOf('object.json', inObject),
      fileOf('a.json', one('a')),
    ];
    const { titles, refused } = await read(...given);
    expect(titles).toEqual(['Title of a']);
    expect(refused.toSorted()).toEqual(['list.json file/too-deep', 'object.json file/too-deep']);
  });

  it('refuses an SQLite file above the limit before reading it', async () => {
    const head = new TextEncoder().encode('SQLite format 3\0');
    const [file] = (await openFiles([fileOf('big.sqlite', new Uint8Array([...head, 0]))])).files;
    if (!file) throw new Error('not opened');
    let reads = 0;
    const stream = () => {
      reads += 1;
      return file.stream();
    };
    const huge = { ...file, sizeBytes: 600 * 1024 * 1024, stream };
    const recognized = await recognizeFiles({ files: [huge], refused: [] });
    const outcomes: unknown[] = [];
    for await (const outcome of readImports(recognized.files)) outcomes.push(outcome);
    expect(outcomes).toMatchObject([{ kind: 'refused', refused: { code: 'file/too-large' } }]);
    expect(reads).toBe(0);
  });

  it('ends a file that is deeper than any, alone, within bounds', async () => {
    const deep = `{"chunkedPrompt":${'['.repeat(1_000_000)}`;
    const { titles, refused } = await read(fileOf('deep.json', deep), fileOf('a.json', one('a')));
    expect(titles).toEqual(['Title of a']);
    expect(refused).toHaveLength(1);
  });
});
