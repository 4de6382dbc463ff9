import { expect, test } from 'vitest';
import {
  countLostChanges,
  countMissing,
  forgetCanary,
  isDatabaseGone,
  noteCanary,
  readCanary,
} from '#db/canary.ts';
import { toConversationId } from '#domain/ids.ts';
import { makeConversation, makeMessage } from './conversation-rows.ts';
import { openForTest } from './fresh-database.ts';

function createMemory(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

async function openNoted(count: number) {
  const db = await openForTest();
  const memory = createMemory();
  await db.strict.conversations.bulkAdd(
    Array.from({ length: count }, (_value, index) =>
      makeConversation(`c${String(index).padStart(3, '0')}`, { createdAt: index }),
    ),
  );
  await noteCanary(db, 0, memory);
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
  await db.strict.conversations.bulkDelete(['c001', 'c002'].map(toConversationId));
  expect(await countMissing(db, canary)).toBe(2);
  await noteCanary(db, 1, memory);
  expect(await countMissing(db, readCanary(memory) ?? canary)).toBe(0);
});

test('tells when the newest changes are missing, though every noted conversation is there', async () => {
  const { db, memory, canary } = await openNoted(3);
  expect(await countLostChanges(db, canary)).toBe(0);
  await db.strict.messages.add(makeMessage('c001', 'm1', null));
  await noteCanary(db, 1, memory);
  const noted = readCanary(memory) ?? canary;
  // As a browser that drops the end of its records: row and change go together.
  await db.strict.changeFeed.delete(noted.lastSeq);
  expect(await countMissing(db, noted)).toBe(0);
  expect(await countLostChanges(db, noted)).toBe(1);
  expect(await countLostChanges(db, { ...noted, databaseName: 'before the restore' })).toBe(0);
});

test('keeps its note while nothing changes', async () => {
  const { db, memory, canary } = await openNoted(1);
  await noteCanary(db, 5, memory);
  expect(readCanary(memory)).toEqual(canary);
  await db.strict.conversations.add(makeConversation('c001'));
  await noteCanary(db, 6, memory);
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
