import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { SchemaStep } from '#db/schema-steps.ts';
import { SCHEMA_STEPS } from '#db/schema-steps.ts';
import { createStoredConversations } from '#db/stored-conversations.ts';
import { liveRead } from '#db/live-read.ts';
import { commit } from '#db/commit.ts';
import { openPageDatabase } from '#db/open-database.ts';
import {
  createTestClock,
  follow,
  freshNames,
  openForTest,
  readRaw,
  storedVersion,
} from './fresh-database.ts';
import type { Names } from './fresh-database.ts';
import { makeConversation, makeLine } from './conversation-rows.ts';

const nextStep: SchemaStep = {
  version: SCHEMA_STEPS.length + 1,
  description: 'next',
  stores: { extra: 'id' },
};
const nextSteps = [...SCHEMA_STEPS, nextStep];

/** A connection of an old tab that pays no attention to other tabs. */
async function holdOpen(name: string): Promise<IDBDatabase> {
  const held = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error(String(request.error)));
  });
  onTestFinished(() => held.close());
  return held;
}

async function putPointer(bootName: string, row: unknown): Promise<void> {
  const boot = await holdOpen(bootName);
  await new Promise<void>((resolve) => {
    const writing = boot.transaction('pointer', 'readwrite');
    writing.objectStore('pointer').put(row);
    writing.oncomplete = () => resolve();
  });
  boot.close();
}

describe('two connections on one database', () => {
  test('see each other in live reads', async () => {
    const db = await openForTest();
    const drafts = follow(liveRead(() => db.strict.drafts.toArray()));
    await drafts.until((rows) => rows.length === 0);
    await db.relaxed.drafts.put({ id: 'a', text: 'x', pasted: [], updatedAt: 1 });
    await drafts.until((rows) => rows.length === 1);
    await db.strict.drafts.delete('a');
    await drafts.until((rows) => rows.length === 0);
  });

  test('of two tabs see each other in live reads', async () => {
    const names = freshNames();
    const [left, right] = [await openForTest({ names }), await openForTest({ names })];
    const drafts = follow(liveRead(() => left.strict.drafts.toArray()));
    await drafts.until((rows) => rows.length === 0);
    await right.relaxed.drafts.put({ id: 'a', text: 'x', pasted: [], updatedAt: 1 });
    await drafts.until((rows) => rows.length === 1);
  });
});

describe('an old tab', () => {
  test('is told once and never writes into the new schema', async () => {
    const names = freshNames();
    const old = await openForTest({ names });
    const store = createStoredConversations(old, createTestClock());
    await store.addMessages(makeConversation('before'), makeLine('before', 1));
    const renewed = await openForTest({ names, steps: nextSteps });
    expect(old.heard).toEqual({ superseded: 1, blocked: 0, lost: [], reopened: 0 });
    expect(renewed.heard.blocked).toBe(0);
    await expect(
      store.addMessages(makeConversation('after'), makeLine('after', 1)),
    ).rejects.toMatchObject({ code: 'db/closed' });
    await expect(store.getConversation(makeConversation('before').id)).rejects.toMatchObject({
      code: 'db/closed',
    });
    await expect(commit(() => old.relaxed.drafts.clear())).rejects.toMatchObject({
      code: 'db/closed',
    });
    expect(await renewed.strict.conversations.toCollection().primaryKeys()).toEqual(['before']);
  });

  test('that does not let go is reported as blocking, and opening goes on after it', async () => {
    const names = freshNames();
    (await openForTest({ names })).close();
    const held = await holdOpen(names.defaultName);
    const blocked = vi.fn();
    let isOpen = false;
    const { openDatabase } = await import('#db/open-database.ts');
    const opening = openDatabase({
      clock: createTestClock(),
      events: { onBlocked: blocked, onSuperseded: vi.fn(), onLost: vi.fn() },
      steps: nextSteps,
      ...names,
    }).then((database) => {
      isOpen = true;
      return database;
    });
    await vi.waitFor(() => expect(blocked).toHaveBeenCalledOnce());
    expect(isOpen).toBe(false);
    held.close();
    const database = await opening;
    expect(await storedVersion(names.defaultName)).toBe(nextStep.version * 10);
    database.close();
  });
});

test('an upgrade says that it began, and again when older tabs let go; nothing else does', async () => {
  const names = freshNames();
  const told: string[] = [];
  const { openDatabase } = await import('#db/open-database.ts');
  const openTold = async (steps: readonly SchemaStep[]) =>
    (
      await openDatabase({
        clock: createTestClock(),
        events: {
          onBlocked: () => told.push('blocked'),
          onUpgrading: () => told.push('upgrading'),
          onSuperseded: vi.fn(),
          onLost: vi.fn(),
        },
        steps,
        ...names,
      })
    ).close();
  await openTold(SCHEMA_STEPS);
  await openTold(SCHEMA_STEPS);
  expect(told).toEqual([]);
  const held = await holdOpen(names.defaultName);
  const opening = openTold(nextSteps);
  await vi.waitFor(() => expect(told).toEqual(['upgrading', 'blocked']));
  held.close();
  await opening;
  expect(told).toEqual(['upgrading', 'blocked', 'upgrading']);
});

/** What the browser does to a connection when it drops it. */
function drop(native: IDBDatabase): void {
  native.close();
  native.dispatchEvent(new Event('close'));
}

/** A file of some megabytes is written before anything is opened again. */
const PATIENCE = { timeout: 15_000 };

describe('a connection that the browser closes', () => {
  const draft = (id: string) => ({ id, text: id, pasted: [], updatedAt: 1 });

  test('is opened again without a word, in the same place', async () => {
    const db = await openForTest();
    await db.strict.drafts.put(draft('before'));
    const drafts = follow(liveRead(() => db.relaxed.drafts.toArray()));
    await drafts.until((rows) => rows.length === 1);
    const [strict, relaxed] = [db.strict.backendDB(), db.relaxed.backendDB()];
    drop(strict);
    relaxed.close();
    await vi.waitFor(() => expect(db.heard.reopened).toBe(1), PATIENCE);
    await commit(() => db.strict.drafts.put(draft('after')));
    await drafts.until((rows) => rows.length === 2);
    // What the browser says of the other old one comes late, and does not close the new one.
    relaxed.dispatchEvent(new Event('close'));
    await commit(() => db.relaxed.drafts.put(draft('at last')));
    await drafts.until((rows) => rows.length === 3);
    expect(db.heard).toEqual({ superseded: 0, blocked: 0, lost: [], reopened: 1 });
  });

  test('still hears that another page has a newer version', async () => {
    const names = freshNames();
    const db = await openForTest({ names });
    drop(db.strict.backendDB());
    await vi.waitFor(() => expect(db.heard.reopened).toBe(1), PATIENCE);
    const renewed = await openForTest({ names, steps: nextSteps });
    expect(db.heard.superseded).toBe(1);
    expect(renewed.heard.blocked).toBe(0);
    expect(await db.reopen('person')).toBe(false);
    await expect(commit(() => db.strict.drafts.clear())).rejects.toMatchObject({
      code: 'db/closed',
    });
  });

  test('is lost when that happens again at once, and can be opened by hand', async () => {
    const db = await openForTest();
    drop(db.strict.backendDB());
    await vi.waitFor(() => expect(db.heard.reopened).toBe(1), PATIENCE);
    drop(db.strict.backendDB());
    await vi.waitFor(
      () => expect(db.heard.lost.map(({ code }) => code)).toEqual(['db/lost']),
      PATIENCE,
    );
    await expect(commit(() => db.relaxed.drafts.clear())).rejects.toMatchObject({
      code: 'db/closed',
    });
    // What the screen shows does not open it again and again.
    expect(await db.reopen('read')).toBe(false);
    expect(await db.reopen('write')).toBe(false);
    // Nor does the page by itself, so soon after it was opened.
    expect(await db.reopen('itself')).toBe(false);
    expect(await db.reopen('person')).toBe(true);
    await commit(() => db.relaxed.drafts.put(draft('by hand')));
    expect(await db.strict.drafts.count()).toBe(1);
  });

  test('is lost when the database is gone: none is made in its place', async () => {
    const db = await openForTest();
    for (const connection of [db.strict, db.relaxed]) {
      const native = connection.backendDB();
      native.onversionchange = null;
      native.close();
    }
    await new Promise<void>((resolve) => {
      indexedDB.deleteDatabase(db.name).onsuccess = () => resolve();
    });
    db.strict.backendDB().dispatchEvent(new Event('close'));
    await vi.waitFor(() => expect(db.heard.lost).toHaveLength(1), PATIENCE);
    expect(await db.reopen('person')).toBe(false);
    expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain(db.name);
  });

  test('is lost when it is not what it was', async () => {
    const db = await openForTest({ isWhole: () => Promise.resolve(false) });
    drop(db.strict.backendDB());
    await vi.waitFor(() => expect(db.heard.lost).toHaveLength(1), PATIENCE);
    expect(db.heard.reopened).toBe(0);
    await expect(commit(() => db.strict.drafts.clear())).rejects.toMatchObject({
      code: 'db/closed',
    });
  });

  test('that did not open is tried by the page itself, with its own pauses', async () => {
    let isWhole = false;
    const db = await openForTest({ isWhole: () => Promise.resolve(isWhole) });
    drop(db.strict.backendDB());
    await vi.waitFor(() => expect(db.heard.lost).toHaveLength(1), PATIENCE);
    isWhole = true;
    expect(await db.reopen('write')).toBe(false);
    expect(await db.reopen('itself')).toBe(true);
  });

  test('that was closed for good is not opened again', async () => {
    const db = await openForTest();
    db.close();
    expect(await db.reopen('person')).toBe(false);
    expect(db.heard.reopened).toBe(0);
  });
});

test('a worker makes no database in the place of one that is gone', async () => {
  const events = { onSuperseded: vi.fn(), onBlocked: vi.fn(), onLost: vi.fn() };
  const name = `db-${crypto.randomUUID()}`;
  await expect(openPageDatabase(name, { clock: () => 0, events })).rejects.toMatchObject({
    code: 'db/lost',
  });
  expect((await indexedDB.databases()).map((each) => each.name)).not.toContain(name);
});

test('closing by ourselves is no event', async () => {
  const db = await openForTest();
  db.close();
  expect(db.heard).toEqual({ superseded: 0, blocked: 0, lost: [], reopened: 0 });
});

describe('the boot database', () => {
  const namesOf = async (names: Names): Promise<string> => (await openForTest({ names })).name;

  test('names the default at first and what it was told afterwards', async () => {
    const names = freshNames();
    expect(await namesOf(names)).toBe(names.defaultName);
    const restored = `${names.defaultName}-restored`;
    await putPointer(names.bootName, { id: 'live', databaseName: restored });
    expect(await namesOf(names)).toBe(restored);
  });

  test.each([
    ['no name', { id: 'live' }],
    ['an empty name', { id: 'live', databaseName: '' }],
    ['a number', { id: 'live', databaseName: 3 }],
  ])('with %s in it opens nothing', async (_name, row) => {
    const names = freshNames();
    (await openForTest({ names })).close();
    await putPointer(names.bootName, row);
    await expect(openForTest({ names })).rejects.toMatchObject({ code: 'db/row-damaged' });
  });

  test('says when the browser emptied damaged storage', async () => {
    const original = indexedDB.open.bind(indexedDB);
    const open = vi.spyOn(indexedDB, 'open').mockImplementation((name, version) => {
      const request = original(name, version);
      request.addEventListener('upgradeneeded', (event) =>
        Object.defineProperty(event, 'dataLoss', { value: 'total' }),
      );
      return request;
    });
    onTestFinished(() => open.mockRestore());
    const names = freshNames();
    const db = await openForTest({ names });
    expect(db.dataLoss).toBe(true);
    expect((await openForTest({ names })).dataLoss).toBe(false);
  });

  test.each([
    ['SecurityError', '', 'db/unavailable'],
    ['InvalidStateError', 'did not allow mutations', 'db/unavailable'],
    ['UnknownError', 'Internal error opening backing store for indexedDB.open.', 'db/no-space'],
  ])('that refuses with %s "%s" gives %s', async (name, message, code) => {
    const open = vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException(message, name);
    });
    onTestFinished(() => open.mockRestore());
    await expect(openForTest()).rejects.toMatchObject({ code });
  });
});

test('a failed copy stops the upgrade and leaves neither a copy nor a change', async () => {
  const names = freshNames();
  const db = await openForTest({ names });
  await db.strict.messages.bulkAdd(makeLine('c', 3));
  db.close();
  const add = vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(() => {
    throw new DOMException('', 'QuotaExceededError');
  });
  try {
    await expect(openForTest({ names, steps: nextSteps })).rejects.toMatchObject({
      code: 'db/quota',
    });
  } finally {
    add.mockRestore();
  }
  expect(await storedVersion(names.defaultName)).toBe(SCHEMA_STEPS.length * 10);
  expect(await storedVersion(`${names.defaultName}-before-v${nextStep.version}`)).toBeUndefined();
  expect(await readRaw(names.defaultName, 'messages')).toHaveLength(3);
});
