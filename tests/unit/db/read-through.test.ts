import { expect, onTestFinished, test, vi } from 'vitest';
import { keepNoting } from '#db/keep-canary.ts';
import { readThrough } from '#db/read-through.ts';
import { withExclusiveLock } from '#db/locks.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { makeConversation, makeLine } from './conversation-rows.ts';
import { createTestClock, createTestIds, openForTest } from './fresh-database.ts';

type GetAllKeys = (this: IDBObjectStore, ...given: unknown[]) => IDBRequest<IDBValidKey[]>;

/** Watches what is asked of the real stores of a database. @returns keys that were given, by table */
function watchReads(
  { name }: OnggiDatabase,
  onRead = (_store: IDBObjectStore): void => undefined,
): Map<string, Set<string>> {
  const read = new Map<string, Set<string>>();
  const { prototype } = IDBObjectStore;
  const real = Object.getOwnPropertyDescriptor(prototype, 'getAllKeys')?.value as GetAllKeys;
  const spy = vi.spyOn(prototype, 'getAllKeys').mockImplementation(function (
    this: IDBObjectStore,
    ...given: unknown[]
  ) {
    const request = Reflect.apply(real, this, given);
    if (this.transaction.db.name !== name) return request;
    onRead(this);
    const keys = read.get(this.name) ?? new Set();
    read.set(this.name, keys);
    request.addEventListener('success', () =>
      request.result.forEach((key) => keys.add(JSON.stringify(key))),
    );
    return request;
  });
  onTestFinished(() => spy.mockRestore());
  return read;
}

async function openFilled() {
  const db = await openForTest();
  await db.strict.conversations.bulkAdd([makeConversation('c'), makeConversation('d')]);
  // More than are asked for at once.
  await db.strict.messages.bulkAdd(makeLine('c', 1203));
  await db.strict.drafts.add({ id: 'new', text: '초안', pasted: [], updatedAt: 1 });
  return db;
}

test('every row of every table is read', async () => {
  const db = await openFilled();
  const read = watchReads(db);
  await readThrough(db);
  const tables = db.strict.tables.map(({ name }) => name);
  expect([...read.keys()].sort()).toEqual([...tables].sort());
  for (const table of tables) {
    const keys = await db.strict.table(table).toCollection().primaryKeys();
    expect([...(read.get(table) ?? [])].sort(), table).toEqual(
      keys.map((key) => JSON.stringify(key)).sort(),
    );
  }
});

test('of several tabs one reads', async () => {
  const db = await openFilled();
  const read = watchReads(db);
  await withExclusiveLock(`onggi-read-through:${db.name}`, () => readThrough(db));
  expect(read.size).toBe(0);
  await readThrough(db);
  expect(read.size).toBeGreaterThan(0);
});

test('what cannot be read is a failure', async () => {
  const db = await openFilled();
  watchReads(db, (store) => {
    if (store.name === 'messages') store.transaction.abort();
  });
  await expect(readThrough(db)).rejects.toMatchObject({ name: 'OnggiError' });
});

test('a page reads by itself, some time after its start', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'requestIdleCallback'] });
  onTestFinished(() => void vi.useRealTimers());
  const db = await openFilled();
  const read = watchReads(db);
  const hasRead = () => read.has('attachments');
  keepNoting(db, { clock: createTestClock(), createId: createTestIds() });
  await db.strict.drafts.get('new');
  expect(hasRead()).toBe(false);
  vi.advanceTimersByTime(20_000);
  vi.useRealTimers();
  while (!hasRead()) await indexedDB.databases();
});
