import { expect, onTestFinished, test, vi } from 'vitest';
import { noteBackupSuccess } from '#db/backup-targets.ts';
import { readDataState } from '#db/data-state.ts';
import { keepNoting } from '#db/keep-canary.ts';
import { readThrough } from '#db/read-through.ts';
import { withExclusiveLock } from '#db/locks.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { ANSWER_LOCK_PREFIX } from '#domain/lock-names.ts';
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
  await noteCopied(db);
  return db;
}

/** As if the newest snapshot had all that is there. */
async function noteCopied(db: OnggiDatabase): Promise<void> {
  const { id: holds } = await readDataState(db);
  const copy = { at: 1, fileName: 'x', sizeBytes: 1, holds };
  await noteBackupSuccess(db, 'snapshot', copy);
}

test('every row of every table is read', async () => {
  const db = await openFilled();
  const read = watchReads(db);
  expect(await readThrough(db, 1)).toBe(true);
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
  await withExclusiveLock(`onggi-read-through:${db.name}`, () => readThrough(db, 1));
  expect(read.size).toBe(0);
  await readThrough(db, 1);
  expect(read.size).toBeGreaterThan(0);
});

test('what cannot be read is a failure', async () => {
  const db = await openFilled();
  watchReads(db, (store) => {
    if (store.name === 'messages') store.transaction.abort();
  });
  await expect(readThrough(db, 1)).rejects.toMatchObject({ name: 'OnggiError' });
});

test('nothing is read that no copy has', async () => {
  const db = await openFilled();
  const read = watchReads(db);
  await db.strict.conversations.add(makeConversation('e'));
  expect(await readThrough(db, 1)).toBe(false);
  expect([...read.keys()]).not.toContain('attachments');
  await noteCopied(db);
  expect(await readThrough(db, 1)).toBe(true);
  expect([...read.keys()]).toContain('attachments');
});

test('it waits for an answer that is being written', async () => {
  const db = await openFilled();
  const isOver = await withExclusiveLock(`${ANSWER_LOCK_PREFIX}c`, () => readThrough(db, 1));
  expect(isOver).toBe(false);
  expect(await readThrough(db, 1)).toBe(true);
});

test('much is read once a day', async () => {
  const estimate = vi.spyOn(navigator.storage, 'estimate').mockResolvedValue({ usage: 1e9 });
  onTestFinished(() => estimate.mockRestore());
  const db = await openFilled();
  const read = watchReads(db);
  const day = 24 * 60 * 60 * 1000;
  expect(await readThrough(db, day)).toBe(true);
  expect(read.size).toBeGreaterThan(0);
  read.clear();
  expect(await readThrough(db, 1.5 * day)).toBe(true);
  expect(read.size).toBe(0);
  await readThrough(db, 2.5 * day);
  expect(read.size).toBeGreaterThan(0);
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
  vi.advanceTimersByTime(40_000);
  vi.useRealTimers();
  while (!hasRead()) await indexedDB.databases();
});
