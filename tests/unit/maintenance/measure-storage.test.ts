import { expect, test } from 'vitest';
import { measureStorage, weigh } from '#maintenance/measure-storage.ts';
import { openForTest } from '../db/fresh-database.ts';
import { makeConversation, makeLine } from '../db/conversation-rows.ts';

test('weigh counts two bytes a letter where one is not enough, and bytes as they are', () => {
  expect(weigh('abcd')).toBe(9);
  expect(weigh('옹기')).toBe(9);
  expect(weigh(new ArrayBuffer(100))).toBe(105);
  expect(weigh({ a: [null, 1] })).toBe(5 + 6 + 5 + 2 + 9);
});

test('says what each table holds, largest first, in about its size', async () => {
  const db = await openForTest();
  await db.strict.conversations.add(makeConversation('c'));
  const content = 'x'.repeat(5000);
  const rows = makeLine('c', 1500, { content }).map((row, seq) => ({ ...row, seq }));
  await db.strict.messages.bulkAdd(rows);
  const report = await measureStorage(db, new AbortController().signal);
  const [largest] = report?.tables ?? [];
  expect(largest).toMatchObject({ name: 'messages', rowCount: 1500 });
  expect(largest?.aboutBytes).toBeGreaterThan(1500 * 5000);
  expect(largest?.aboutBytes).toBeLessThan(1500 * 6500);
  expect(report?.tables.find(({ name }) => name === 'conversations')?.rowCount).toBe(1);
});

test('can be stopped', async () => {
  const db = await openForTest();
  await db.strict.conversations.add(makeConversation('c'));
  expect(await measureStorage(db, AbortSignal.abort())).toBeUndefined();
});
