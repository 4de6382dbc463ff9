import { expect, test } from 'vitest';
import { createTableLevel } from '#cache/table-level.ts';
import { openForTest } from '../db/fresh-database.ts';
import { HOUR, NOW, makeEntry } from './support.ts';

const daily = (key: string, fields = {}) =>
  makeEntry(key, { expiresAt: NOW + 24 * HOUR, ...fields });

test('gives an answer back for a day, and deletes it then', async () => {
  const db = await openForTest();
  const level = createTableLevel(db);
  await level.put(daily('a', { reasoning: '생각' }));
  expect(await level.find('a', NOW + 24 * HOUR - 1)).toEqual(daily('a', { reasoning: '생각' }));
  expect(await level.find('a', NOW + 24 * HOUR)).toBeUndefined();
  expect(await db.strict.responseCache.toArray()).toEqual([]);
});

test('when there are too many, what expires first goes', async () => {
  const level = createTableLevel(await openForTest(), { maxEntries: 2, maxCharacters: 1000 });
  await level.put(daily('b', { expiresAt: NOW + 2 * HOUR }));
  await level.put(daily('a', { expiresAt: NOW + HOUR }));
  await level.put(daily('c', { expiresAt: NOW + 3 * HOUR }));
  expect(await level.find('a', NOW)).toBeUndefined();
  expect(await level.countEntries()).toBe(2);
});

test('when there is too much text, as much goes as must, reasoning counted in', async () => {
  const db = await openForTest();
  const level = createTableLevel(db, { maxEntries: 10, maxCharacters: 100 });
  await level.put(daily('a', { expiresAt: NOW + HOUR, response: 'x'.repeat(40) }));
  await level.put(daily('b', { response: 'x'.repeat(20), reasoning: 'y'.repeat(40) }));
  expect(await level.countEntries()).toBe(2);
  await level.put(daily('c', { expiresAt: NOW + 2 * HOUR, response: 'x' }));
  expect(await db.strict.responseCache.toCollection().primaryKeys()).toEqual(['b', 'c']);
});

test('an answer that is replaced takes room once', async () => {
  const level = createTableLevel(await openForTest(), { maxEntries: 10, maxCharacters: 100 });
  await level.put(daily('a', { response: 'x'.repeat(30) }));
  for (let turn = 0; turn < 5; turn += 1) {
    await level.put(daily('b', { expiresAt: NOW + 25 * HOUR, response: 'x'.repeat(70) }));
  }
  expect(await level.countEntries()).toBe(2);
});

test('what another tab kept, replaced and deleted takes its room too', async () => {
  const db = await openForTest();
  const limits = { maxEntries: 10, maxCharacters: 100 };
  const [one, other] = [createTableLevel(db, limits), createTableLevel(db, limits)];
  await one.put(daily('a', { expiresAt: NOW + HOUR, response: 'x'.repeat(10) }));
  await other.put(daily('a', { expiresAt: NOW + 2 * HOUR, response: 'x'.repeat(60) }));
  await one.put(daily('b', { response: 'x'.repeat(40) }));
  expect(await one.countEntries()).toBe(2);
  await one.put(daily('c', { response: 'x' }));
  expect(await db.strict.responseCache.toCollection().primaryKeys()).toEqual(['b', 'c']);
  await other.remove('b');
  await one.put(daily('d', { response: 'x'.repeat(99) }));
  expect(await one.countEntries()).toBe(2);
});

test('the newer of two that were kept at once stays', async () => {
  const level = createTableLevel(await openForTest());
  await level.put(daily('a', { createdAt: NOW + 1, response: 'newer' }));
  await level.put(daily('a', { response: 'older' }));
  expect(await level.find('a', NOW + 1)).toMatchObject({ response: 'newer' });
});

test('deletes what has expired or claims to live too long', async () => {
  const db = await openForTest();
  const level = createTableLevel(db);
  await level.put(daily('old', { expiresAt: NOW }));
  await level.put(daily('ahead', { expiresAt: NOW + 25 * HOUR }));
  await level.put(daily('new'));
  await level.removeExpired(NOW);
  expect(await db.strict.responseCache.toCollection().primaryKeys()).toEqual(['new']);
  await level.clear();
  expect(await level.countEntries()).toBe(0);
});

test('a row of the first schema, which knew no tokens, still answers', async () => {
  const db = await openForTest();
  await db.strict.table('responseCache').put({
    cacheKey: 'aa',
    promptHash: 'bb',
    model: 'gpt',
    response: 'hello',
    createdAt: NOW,
    expiresAt: NOW + 1,
    hitCount: 0,
  });
  expect(await createTableLevel(db).find('aa', NOW)).toMatchObject({
    response: 'hello',
    promptTokens: null,
    costUsd: null,
  });
});

test('a damaged row is a miss and is deleted', async () => {
  const db = await openForTest();
  const level = createTableLevel(db);
  await db.strict.table('responseCache').put({ cacheKey: 'aa', response: 3, expiresAt: NOW + 1 });
  expect(await level.find('aa', NOW)).toBeUndefined();
  expect(await level.countEntries()).toBe(0);
});
