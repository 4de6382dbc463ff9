import { expect, onTestFinished, test, vi } from 'vitest';
import {
  countLostChanges,
  findMissing,
  forgetCanary,
  isDatabaseGone,
  isLossNoted,
  noteCanary,
  noteLoss,
  readCanary,
} from '#db/canary.ts';
import type { Canary } from '#db/canary.ts';
import { boundFeed, confirmFeed } from '#db/feed-reader.ts';
import { requestResult } from '#db/idb-request.ts';
import { undoImport } from '#db/import-runs.ts';
import { purgeConversations } from '#db/many-conversations.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { SCHEMA_STEPS } from '#db/schema-steps.ts';
import { APP_VERSION } from '#domain/app-version.ts';
import { toConversationId } from '#domain/ids.ts';
import { makeConversation, makeMessage } from './conversation-rows.ts';
import { createTestIds, openForTest } from './fresh-database.ts';

function createMemory(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

const createId = createTestIds();

async function countMissing(db: OnggiDatabase, canary: Canary): Promise<number> {
  return (await findMissing(db, canary)).get('conversations')?.size ?? 0;
}

/** Takes rows away as a damaged disk does: nothing else is written. */
async function lose(
  db: OnggiDatabase,
  ids: readonly string[],
  table = 'conversations',
): Promise<void> {
  const database = await requestResult(indexedDB.open(db.name));
  const store = database.transaction(table, 'readwrite').objectStore(table);
  for (const id of ids) await requestResult(store.delete(id));
  database.close();
}

async function openNoted(count: number) {
  const db = await openForTest();
  const memory = createMemory();
  await db.strict.conversations.bulkAdd(
    Array.from({ length: count }, (_value, index) =>
      makeConversation(`c${String(index).padStart(3, '0')}`, { createdAt: index }),
    ),
  );
  await noteCanary(db, { now: 0, createId, isTidying: true, memory });
  const canary = readCanary(memory);
  if (!canary) throw new Error('nothing noted');
  return { db, memory, canary };
}

test('notes the oldest and the newest, and finds them all where nothing is lost', async () => {
  const { db, canary } = await openNoted(40);
  expect(canary.conversationIds).toHaveLength(24);
  expect(canary.conversationIds).toContain('c000');
  expect(canary.conversationIds).toContain('c039');
  expect(await isDatabaseGone(canary)).toBe(false);
  expect(await countMissing(db, canary)).toBe(0);
});

test('tells a database that is gone, and makes none by looking', async () => {
  const { canary } = await openNoted(1);
  const gone = { ...canary, databaseName: `gone-${crypto.randomUUID()}` };
  expect(await isDatabaseGone(gone)).toBe(true);
  expect((await indexedDB.databases()).some(({ name }) => name === gone.databaseName)).toBe(false);
});

test('counts what is missing, and forgets it once it was noted anew', async () => {
  const { db, memory, canary } = await openNoted(3);
  await lose(db, ['c001', 'c002']);
  await db.strict.conversations.add(makeConversation('new'));
  expect(await countMissing(db, canary)).toBe(2);
  await noteCanary(db, { now: 70_000, createId, isTidying: true, memory });
  expect(await countMissing(db, readCanary(memory) ?? canary)).toBe(0);
});

test('tells when the newest changes are missing, though every noted conversation is there', async () => {
  const { db, memory, canary } = await openNoted(3);
  expect(await countLostChanges(db, canary)).toBe(0);
  await db.strict.messages.add(makeMessage('c001', 'm1', null));
  await noteCanary(db, { now: 1, createId, memory });
  const noted = readCanary(memory) ?? canary;
  // As a browser that drops the end of its records: row and change go together.
  await db.strict.changeFeed.delete(noted.lastSeq);
  expect(await countMissing(db, noted)).toBe(0);
  expect(await countLostChanges(db, noted)).toBe(1);
  expect(await countLostChanges(db, { ...noted, databaseName: 'before the restore' })).toBe(0);
});

test('keeps its note while nothing changes', async () => {
  const { db, memory, canary } = await openNoted(1);
  await noteCanary(db, { now: 5, createId, memory });
  expect(readCanary(memory)).toEqual(canary);
  await db.strict.conversations.add(makeConversation('c001'));
  await noteCanary(db, { now: 6, createId, memory });
  expect(readCanary(memory)?.notedAt).toBe(6);
});

test('reads the note of a version that counted no changes', () => {
  const memory = createMemory();
  memory.setItem('onggi.canary', '{"databaseName":"onggi","conversationIds":[],"notedAt":1}');
  expect(readCanary(memory)?.lastSeq).toBe(0);
});

test('says nothing of a database that another one replaced', async () => {
  const { db, canary } = await openNoted(3);
  await db.strict.conversations.clear();
  expect(await countMissing(db, { ...canary, databaseName: 'before the restore' })).toBe(0);
});

test.each(['', 'null', '{', '{"databaseName":""}', '[]'])('reads %j as nothing', (text) => {
  const memory = createMemory();
  memory.setItem('onggi.canary', text);
  expect(readCanary(memory)).toBeUndefined();
});

test('forgets', async () => {
  const { memory } = await openNoted(1);
  forgetCanary(memory);
  expect(readCanary(memory)).toBeUndefined();
});

test('takes nothing for lost that a person deleted and no note was made of', async () => {
  const { db, canary } = await openNoted(5);
  await db.strict.imports.add({
    id: 'i',
    startedAt: 1,
    endedAt: 2,
    fileNames: [],
    report: null,
    createdIds: ['c001', 'c002'].map(toConversationId),
    addedIds: {},
    undoneAt: null,
  });
  await undoImport(db, 'i', { now: 3 });
  await purgeConversations(db, [toConversationId('c003')]);
  // The app is closed before the next note; search has seen everything.
  await confirmFeed(db, 'search', Number(await db.strict.changeFeed.orderBy(':id').lastKey()));
  expect(await countMissing(db, canary)).toBe(0);
  expect(await countLostChanges(db, canary)).toBe(0);
  await lose(db, ['c000']);
  expect(await countMissing(db, canary)).toBe(1);
});

test('takes nothing for lost that a person deleted in changes that are kept no longer', async () => {
  const { db, canary } = await openNoted(5);
  await purgeConversations(db, [toConversationId('c003')]);
  for (let at = 0; at < 8; at += 1) {
    await db.strict.conversations.add(makeConversation(`new-${at}`, { createdAt: 100 + at }));
  }
  expect(await boundFeed(db, 6)).toBe(true);
  expect(await countMissing(db, canary)).toBe(0);
  expect(await countLostChanges(db, canary)).toBe(0);
});

test('says which installation noted it, with which version, and keeps its name', async () => {
  const { db, memory, canary } = await openNoted(1);
  expect(canary).toMatchObject({
    installId: expect.stringMatching(/^id-/) as string,
    appVersion: APP_VERSION,
    schemaVersion: SCHEMA_STEPS.length,
  });
  await db.strict.conversations.add(makeConversation('c001'));
  await noteCanary(db, { now: 1, createId, memory });
  expect(readCanary(memory)?.installId).toBe(canary.installId);
  forgetCanary(memory);
  expect(readCanary(memory)).toBeUndefined();
  await noteCanary(db, { now: 2, createId, memory });
  expect(readCanary(memory)).toMatchObject({ installId: canary.installId, notedAt: 2 });
});

test('reads notes of older versions, and adds to them at the next start', async () => {
  const { db, memory, canary } = await openNoted(1);
  const {
    installId: _id,
    appVersion: _version,
    schemaVersion: _schema,
    rows: _rows,
    ...old
  } = canary;
  memory.setItem('onggi.canary', JSON.stringify(old));
  expect(readCanary(memory)).toEqual({ ...old, rows: {} });
  await noteCanary(db, { now: 9, createId, memory });
  expect(readCanary(memory)).toMatchObject({ appVersion: APP_VERSION, notedAt: 9 });
});

test('keeps in mind that a database was gone until the person decided', async () => {
  const { memory } = await openNoted(1);
  expect(isLossNoted(memory)).toBe(false);
  noteLoss(memory);
  expect(isLossNoted(memory)).toBe(true);
  forgetCanary(memory);
  expect(isLossNoted(memory)).toBe(false);
});

/** A row in each table whose loss is noticed, with its key. */
const ROWS: readonly (readonly [table: string, key: string, row: object])[] = [
  ['messages', 'm', makeMessage('c000', 'm', null)],
  ['attachments', 'a', { id: 'a', conversationId: 'c000', messageId: 'm' }],
  ['documents', 'd', { id: 'd', createdAt: 1 }],
  ['documentChunks', 'x', { id: 'x', documentId: 'd', seq: 0, text: 'text' }],
  ['userSettings', 'local', { userId: 'local' }],
  ['endpoints', 'e', { id: 'e' }],
  ['secrets', 'e', { id: 'e' }],
  ['keyRing', 'k', { id: 'k' }],
  ['usageStatistics', 'u', { id: 'u', userId: 'local', date: '2026-11-28', model: 'x' }],
];

async function openWithRow(table: string, row: object) {
  const { db, memory } = await openNoted(1);
  await db.strict.table(table).add(row);
  await noteCanary(db, { now: 1, createId, memory });
  const canary = readCanary(memory);
  if (!canary) throw new Error('nothing noted');
  return { db, canary };
}

test.each(ROWS)('tells a row of %s that is lost', async (table, key, row) => {
  const { db, canary } = await openWithRow(table, row);
  expect(await findMissing(db, canary)).toEqual(new Map());
  await lose(db, [key], table);
  expect(await findMissing(db, canary)).toEqual(new Map([[table, new Set([key])]]));
});

test.each(ROWS)('takes no row of %s for lost that somebody removed', async (table, key, row) => {
  const { db, canary } = await openWithRow(table, row);
  await db.strict.table(table).delete(key);
  expect(await findMissing(db, canary)).toEqual(new Map());
});

test('takes no row for lost of a table that was emptied on purpose', async () => {
  const { db, canary } = await openWithRow('secrets', { id: 'e' });
  await db.strict.secrets.clear();
  expect(await findMissing(db, canary)).toEqual(new Map());
});

/** Ids as they are made, in order. */
const uuids = (count: number): string[] =>
  Array.from({ length: count }, () => crypto.randomUUID()).sort();

async function openWithMany(ids: readonly string[]) {
  const { db, memory } = await openNoted(1);
  await db.strict.messages.bulkAdd(
    ids.map((id, index) => makeMessage('c000', id, null, { timestamp: (index * 7919) % 3000 })),
  );
  await noteCanary(db, { now: 70_000, createId, isTidying: true, memory });
  const canary = readCanary(memory);
  if (!canary) throw new Error('nothing noted');
  return { db, memory, canary };
}

test.each([
  ['made at random', uuids(3000)],
  ['that count', Array.from({ length: 3000 }, (_none, index) => `session-7/${index + 10_000}`)],
  ['of other writing', Array.from({ length: 3000 }, (_none, index) => `대화-${index + 10_000}`)],
  [
    'of which few are of another kind',
    [...uuids(300), ...uuids(2700).map((id) => `message_${id}`)],
  ],
  ['of which two are of another kind', [...uuids(2998), 'm1', 'm2']],
  [
    'that count, with no zeros before',
    Array.from({ length: 3000 }, (_none, index) => String(index)).sort(),
  ],
  [
    'of which each second half is of another kind',
    [...uuids(1500), ...Array.from({ length: 1500 }, (_none, index) => `대화-${index + 10_000}`)],
  ],
])('tells a run of neighbours that is lost from the middle, among ids %s', async (_name, ids) => {
  const { db, canary } = await openWithMany(ids);
  expect(await findMissing(db, canary)).toEqual(new Map());
  // One file of a damaged table: a twelfth of the rows.
  await lose(db, ids.slice(1400, 1650), 'messages');
  expect((await findMissing(db, canary)).get('messages')?.size).toBeGreaterThan(0);
});

test('tells passages that are lost from the inside of one document among others', async () => {
  const { db, memory } = await openNoted(1);
  const [book, ...notes] = uuids(9);
  const passages = (id: string | undefined, count: number) =>
    Array.from({ length: count }, (_none, seq) => ({
      id: `${id}.${seq}`,
      documentId: id,
      seq,
      text: 'x',
    }));
  await db.strict
    .table('documentChunks')
    .bulkAdd([...passages(book, 2000), ...notes.flatMap((id) => passages(id, 5))]);
  await noteCanary(db, { now: 70_000, createId, isTidying: true, memory });
  const canary = readCanary(memory);
  if (!canary) throw new Error('nothing noted');
  expect(await findMissing(db, canary)).toEqual(new Map());
  const inner = passages(book, 2000)
    .map(({ id }) => id)
    .sort()
    .slice(700, 1100);
  await lose(db, inner, 'documentChunks');
  expect((await findMissing(db, canary)).get('documentChunks')?.size).toBeGreaterThan(0);
});

test('takes nothing for lost that a person deleted from the middle, before and after the next note', async () => {
  const ids = uuids(3000);
  const { db, memory, canary } = await openWithMany(ids);
  await db.strict.table('messages').bulkDelete(ids.slice(1400, 1700));
  expect(await findMissing(db, canary)).toEqual(new Map());
  // The keys from the middle are older than this note.
  await noteCanary(db, { now: 71_000, createId, memory });
  const later = readCanary(memory) ?? canary;
  expect(later.spread).toEqual(canary.spread);
  expect(later.lastSeq).toBeGreaterThan(canary.lastSeq);
  expect(await findMissing(db, later)).toEqual(new Map());
});

test('takes nothing for lost where a power cut left an older note, and later ones let go of nothing', async () => {
  const ids = uuids(300);
  const { db, memory, canary } = await openWithMany(ids);
  await db.strict.table('messages').bulkDelete(ids.slice(0, 200));
  for (const now of [80_000, 200_000, 500_000]) {
    await noteCanary(db, { now, createId, isTidying: true, memory });
    await confirmFeed(db, 'search', Number(await db.strict.changeFeed.orderBy(':id').lastKey()));
    await db.strict.conversations.add(makeConversation(`at-${now}`));
  }
  expect(readCanary(memory)?.lastSeq).toBeGreaterThan(canary.lastSeq);
  expect(await findMissing(db, canary)).toEqual(new Map());
});

test('lets go of the feed behind notes that no power cut brings back', async () => {
  const { db, memory } = await openNoted(1);
  const first = Number(await db.strict.changeFeed.orderBy(':id').firstKey());
  for (let minute = 0; minute <= 40; minute += 5) {
    await db.strict.conversations.add(makeConversation(`at-${minute}`));
    await noteCanary(db, { now: minute * 60_000, createId, isTidying: true, memory });
  }
  await confirmFeed(db, 'search', Number(await db.strict.changeFeed.orderBy(':id').lastKey()));
  expect(Number(await db.strict.changeFeed.orderBy(':id').firstKey())).toBeGreaterThan(first);
});

test('notes nothing that is not on the disk yet', async () => {
  const order: string[] = [];
  const { transaction: begin } = IDBDatabase.prototype as {
    transaction: (...args: never) => unknown;
  };
  // Dexie takes the function when it opens a database.
  const spy = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
    this: IDBDatabase,
    ...args
  ) {
    const transaction = Reflect.apply(begin, this, args) as IDBTransaction;
    transaction.addEventListener('complete', () => {
      order.push(`${transaction.mode} ${transaction.durability}`);
    });
    return transaction;
  });
  onTestFinished(() => spy.mockRestore());
  const { db, memory } = await openNoted(1);
  await db.relaxed.conversations.add(makeConversation('c001'));
  order.length = 0;
  const setItem = (key: string, value: string): void => {
    order.push('noted');
    memory.setItem(key, value);
  };
  await noteCanary(db, { now: 2, createId, memory: { ...memory, setItem } });
  expect(order.slice(-2)).toEqual(['readwrite strict', 'noted']);
});
