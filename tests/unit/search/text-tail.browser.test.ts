import { expect, test } from 'vitest';
import type { OnggiDatabase } from '#db/open-database.ts';
import { toMessageId } from '#domain/ids.ts';
import { openSidecarStore } from '#search/open-sidecar-store.ts';
import { memoryStore } from '#search/sidecar-memory.ts';
import type { SidecarStore } from '#search/sidecar-store.ts';
import { openTextIndex } from '#search/text-index.ts';
import { createTextIndexer } from '#search/text-indexer.ts';
import { makeMessage } from '../db/conversation-rows.ts';
import { openForTest } from '../db/fresh-database.ts';
import { findIds, openEngine, store as storeConversation } from './engine-support.ts';

async function open(db: OnggiDatabase, store: SidecarStore) {
  const index = await openTextIndex(store);
  const { signal } = new AbortController();
  const indexer = createTextIndexer(db, index, () => undefined, signal);
  await indexer.catchUp();
  return { index, indexer };
}

/** How often a store's files were written to. */
function counted(inner: SidecarStore): SidecarStore & { writes: number } {
  const store = {
    ...inner,
    writes: 0,
    async open(name: string) {
      const file = await inner.open(name);
      const append = (bytes: Uint8Array): Promise<void> | undefined => {
        store.writes += 1;
        return file.append(bytes);
      };
      return Object.defineProperty({ ...file, append, size: 0 }, 'size', { get: () => file.size });
    },
  };
  return store;
}

const put = (db: OnggiDatabase, seq: number, content: string): Promise<unknown> =>
  db.strict.messages.put(makeMessage('a', `new-${seq}`, null, { seq, content }));

const READER = 'text';
const confirmedSeq = async (db: OnggiDatabase): Promise<number> =>
  (await db.strict.feedReaders.get(READER))?.seq ?? -1;

test('fifty messages are written together, and each is found at once', async () => {
  const db = await openForTest();
  const store = counted(memoryStore());
  await storeConversation(db, 'a', ['첫째']);
  const { index, indexer } = await open(db, store);
  await indexer.compact(true);
  const [before, confirmed] = [store.writes, await confirmedSeq(db)];
  for (let seq = 1; seq <= 49; seq += 1) {
    await put(db, seq, `말 ${seq}`);
    await indexer.catchUp();
    expect(index.table.find(`mnew-${seq}`)).toBeDefined();
  }
  expect(store.writes).toBe(before);
  expect(await confirmedSeq(db)).toBe(confirmed);
  await put(db, 50, '말 50');
  await indexer.catchUp();
  // Text and log.
  expect(store.writes).toBe(before + 2);
  expect(await confirmedSeq(db)).toBe(confirmed + 50);
  expect(await index.verify()).toBe(true);
});

test('a page that is killed before anything was written loses nothing', async () => {
  const db = await openForTest();
  const store = memoryStore();
  await storeConversation(db, 'a', ['첫째']);
  const { index, indexer } = await open(db, store);
  for (const [seq, text] of [
    [1, '항아리 하나'],
    [2, '항아리 둘'],
  ] as const) {
    await put(db, seq, text);
    await indexer.catchUp();
  }
  await db.strict.messages.delete(toMessageId('new-1'));
  await indexer.catchUp();
  index.close();
  const names = [...(await store.list())].sort();
  const engine = await openEngine(db, { store });
  expect(await findIds(engine, '둘')).toEqual(['a']);
  expect(await findIds(engine, '하나')).toEqual([]);
  // Nothing was built anew.
  expect([...(await store.list())].sort()).toEqual(names);
});

test('text is read over the border between the files and what waits', async () => {
  const db = await openForTest();
  await storeConversation(db, 'a', ['written'], { title: '' });
  const { index, indexer } = await open(db, memoryStore());
  await put(db, 1, 'waits');
  await indexer.catchUp();
  const whole = new TextEncoder().encode('written\0waits\0');
  expect(index.table.byteLength).toBe(whole.length);
  for (let from = 0; from <= whole.length; from += 1) {
    for (let to = from; to <= whole.length; to += 1) {
      const bytes = new Uint8Array(to - from);
      await index.readText(bytes, from);
      expect(bytes).toEqual(whole.subarray(from, to));
    }
  }
});

test('in a table many messages become few rows', async () => {
  const db = await openForTest();
  const store = await openSidecarStore(db, 'table');
  await storeConversation(db, 'a', ['첫째']);
  const { index, indexer } = await open(db, store);
  for (let seq = 1; seq <= 200; seq += 1) {
    await put(db, seq, `말 ${seq}`);
    await indexer.catchUp();
  }
  await index.settle();
  // Without it there was one of text and one of the log for each message.
  expect((await db.strict.searchFiles.toCollection().primaryKeys()).length).toBeLessThan(20);
});
