import { expect, test } from 'vitest';
import { purgeConversations } from '#db/many-conversations.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import { openSidecarStore } from '#search/open-sidecar-store.ts';
import { memoryStore } from '#search/sidecar-memory.ts';
import type { SidecarStore } from '#search/sidecar-store.ts';
import { openTextIndex } from '#search/text-index.ts';
import { createTextIndexer } from '#search/text-indexer.ts';
import { openForTest } from '../db/fresh-database.ts';
import { findIds, openEngine, store as storeConversation } from './engine-support.ts';
import { hasBytes, placesOf } from './stored-bytes.ts';
import { startTestClient } from './support.ts';

/** An index with its indexer, in this page. */
async function open(db: OnggiDatabase, store: SidecarStore) {
  const index = await openTextIndex(store);
  const { signal } = new AbortController();
  const indexer = createTextIndexer(db, index, () => undefined, signal);
  await indexer.catchUp();
  return { index, indexer };
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

async function placesOfTexts(
  texts: readonly string[],
  ...where: [OnggiDatabase, SidecarStore]
): Promise<readonly string[]> {
  const places: string[] = [];
  for (const text of texts) places.push(...(await placesOf(bytesOf(text), ...where)));
  return [...new Set(places)];
}

async function fill(db: OnggiDatabase): Promise<void> {
  await storeConversation(db, 'kept', ['apple 사과', 'second answer'], { title: 'fruit' });
  await storeConversation(db, 'gone', ['hush 비밀', 'quiet answer 🤫'], {
    title: 'confidential',
    tags: ['undercover'],
  });
  await storeConversation(db, 'last', ['orange 귤'], { title: 'more fruit' });
}

const SECRETS = ['hush 비밀', 'quiet answer 🤫', 'confidential', 'undercover', 'renamed before'];

test.each(['memory', 'table'] as const)(
  'of what was purged no text, title or tag is left in the files (%s)',
  async (kind) => {
    const db = await openForTest();
    const store = await openSidecarStore(db, kind);
    await fill(db);
    const { index, indexer } = await open(db, store);
    await db.strict.conversations.update(toConversationId('gone'), { title: 'renamed before' });
    await indexer.catchUp();
    expect((await placesOfTexts(SECRETS, db, store)).length).toBeGreaterThan(1);
    await purgeConversations(db, [toConversationId('gone')]);
    await indexer.catchUp();
    await indexer.expunge();
    expect(await placesOfTexts(SECRETS, db, store)).toEqual([]);
    expect(index.isExpungeDue).toBe(false);
    expect(await index.verify()).toBe(true);
    index.close();

    // The files are read again as they are, and nothing is built anew.
    const names = [...(await store.list())].sort();
    const again = await openTextIndex(store);
    expect(again.isExpungeDue).toBe(false);
    expect(await again.verify()).toBe(true);
    again.close();
    const engine = await openEngine(db, { store });
    expect([...(await store.list())].sort()).toEqual(names);
    expect(await findIds(engine, 'apple')).toEqual(['kept']);
    expect((await findIds(engine, 'fruit')).sort()).toEqual(['kept', 'last']);
    expect(await findIds(engine, 'hush')).toEqual([]);
    engine.close();
    expect(await placesOfTexts(SECRETS, db, store)).toEqual([]);
  },
);

test('a deleted message is gone, its conversation stays', async () => {
  const db = await openForTest();
  const store = memoryStore();
  await fill(db);
  const { index, indexer } = await open(db, store);
  await db.strict.messages.delete(toMessageId('kept-1'));
  await indexer.catchUp();
  await indexer.expunge();
  expect(await placesOfTexts(['second answer'], db, store)).toEqual([]);
  expect((await placesOfTexts(['apple 사과', 'hush 비밀'], db, store)).length).toBeGreaterThan(0);
  expect(await index.verify()).toBe(true);
});

test('what was left before a crash, and by earlier versions, is gone with the next visit', async () => {
  const db = await openForTest();
  const store = memoryStore();
  await fill(db);
  const { index, indexer } = await open(db, store);
  await purgeConversations(db, [toConversationId('gone')]);
  await indexer.catchUp();
  index.close();
  expect((await placesOfTexts(SECRETS, db, store)).length).toBeGreaterThan(0);
  const engine = await openEngine(db, { store });
  await expect.poll(() => placesOfTexts(SECRETS, db, store), { timeout: 10_000 }).toEqual([]);
  expect(await findIds(engine, 'apple')).toEqual(['kept']);
});

test('one of many costs the steps it stands in, and a question is answered meanwhile', async () => {
  const db = await openForTest();
  let written = 0;
  const inner = memoryStore();
  const store: SidecarStore = {
    ...inner,
    async open(name) {
      const file = await inner.open(name);
      const count =
        <Given extends [Uint8Array, ...unknown[]]>(
          write: (...given: Given) => Promise<void> | undefined,
        ) =>
        (...given: Given) => {
          written += given[0].length;
          return write(...given);
        };
      return Object.defineProperty(
        {
          ...file,
          append: count((bytes: Uint8Array) => file.append(bytes)),
          overwrite: count((bytes: Uint8Array, at: number) => file.overwrite(bytes, at)),
          size: 0,
        },
        'size',
        { get: () => file.size },
      );
    },
  };
  const long = '나머지 '.repeat(20_000);
  for (let at = 0; at < 40; at += 1) await storeConversation(db, `long-${at}`, [`${long} ${at}`]);
  await fill(db);
  const { index, indexer } = await open(db, store);
  const whole = index.table.byteLength;
  await purgeConversations(db, [toConversationId('gone')]);
  await indexer.catchUp();
  written = 0;
  await indexer.expunge();
  expect(await placesOfTexts(SECRETS, db, inner)).toEqual([]);
  expect(written).toBeLessThan(whole / 100);
  written = 0;
  await indexer.expunge();
  expect(written).toBe(0);
});

test('an answer that grows is not overwritten over and over', async () => {
  const db = await openForTest();
  const store = memoryStore();
  await fill(db);
  const { index, indexer } = await open(db, store);
  const id = toMessageId('last-0');
  for (const content of ['orange 귤 and', 'orange 귤 and more of it']) {
    await db.strict.messages.update(id, { content });
    await indexer.catchUp();
  }
  expect(index.isExpungeDue).toBe(false);
  expect(index.table.unexpungedUnits.length).toBe(2);
});

test('a cut in the middle of it leaves an index that is built anew, not a wrong one', async () => {
  const db = await openForTest();
  const inner = memoryStore();
  let isBroken = false;
  const store: SidecarStore = {
    ...inner,
    async open(name) {
      const file = await inner.open(name);
      if (!name.startsWith('log-')) return file;
      return Object.defineProperty(
        {
          ...file,
          append(bytes: Uint8Array) {
            if (isBroken) throw new DOMException('full', 'QuotaExceededError');
            return file.append(bytes);
          },
          size: 0,
        },
        'size',
        { get: () => file.size },
      );
    },
  };
  await fill(db);
  const { index, indexer } = await open(db, store);
  await purgeConversations(db, [toConversationId('gone')]);
  await indexer.catchUp();
  await index.settle();
  isBroken = true;
  await expect(indexer.expunge()).rejects.toThrow();
  index.close();
  const again = await openTextIndex(inner);
  expect(await again.verify()).toBe(false);
  again.close();
  const engine = await openEngine(db, { store: inner });
  await engine.rebuild();
  expect(await findIds(engine, 'apple')).toEqual(['kept']);
  expect(await placesOfTexts(SECRETS, db, inner)).toEqual([]);
});

test('in the file system of the origin nothing is left of words and vectors', async () => {
  const db = await openForTest();
  const secret = 'My parrot Kokoschka keeps a secret ledger';
  await storeConversation(db, 'gone', [secret], { title: 'Kokoschka confidential' });
  await storeConversation(db, 'kept', ['네트워크 프린터를 어떻게 설정하나요?']);
  const client = startTestClient(db);
  const phases: string[] = [];
  client.watchStatus(({ phase, meaning }) => phases.push(`${phase} ${meaning.phase}`));
  const ask = { kind: 'near', text: 'parrot', limit: 1, leastCosine: 0.3, isInPassing: false };
  await client.ask({ ...ask, kind: 'near' }, () => undefined);
  await expect.poll(() => phases.at(-1), { timeout: 20_000 }).toBe('ready ready');
  const [block] = await db.strict.embeddings.toArray();
  const coverage = await db.strict.embeddingCoverage.toArray();
  const [row = 0] = coverage.find(({ ownerId }) => ownerId === 'gone')?.rows ?? [];
  const width = (block?.vectors.byteLength ?? 0) / ((block?.passages.byteLength ?? 24) / 24);
  const vector = new Uint8Array(block?.vectors.slice(row * width, (row + 1) * width) ?? []);
  expect(new Float32Array(vector.buffer).some((value) => value !== 0)).toBe(true);

  const places = async (): Promise<readonly string[]> => {
    const found = [...(await placesOf(vector, db))];
    const files = await readFolder(db.name);
    for (const [name, bytes] of files) {
      const parts = [vector, bytesOf('kokoschka'), bytesOf('Kokoschka')];
      if (parts.some((part) => hasBytes(bytes, part))) found.push(name);
    }
    return found.sort();
  };
  // The block, the digits, the folded text, and the title in its log.
  expect((await places()).length).toBe(4);
  await purgeConversations(db, [toConversationId('gone')]);
  await expect.poll(places, { timeout: 20_000 }).toEqual([]);
  const found: unknown[] = [];
  await client.ask({ ...ask, kind: 'near', text: '네트워크 프린터 설정' }, (answer) =>
    found.push(answer),
  );
  expect(found).toMatchObject([{ groups: [{ id: 'kept' }] }]);
});

/** The files of search of a database, which the worker has open. */
async function readFolder(name: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const root = await navigator.storage.getDirectory();
  const search = await root.getDirectoryHandle('search');
  const folder = await search.getDirectoryHandle(name.replace(/[^\w-]/g, '_'));
  const files = new Map<string, Uint8Array>();
  for await (const file of folder.keys()) {
    const handle = await folder.getFileHandle(file);
    files.set(file, new Uint8Array(await (await handle.getFile()).arrayBuffer()));
  }
  return files;
}
