import { expect, test } from 'vitest';
import { createMemoryLevel } from '#cache/memory-level.ts';
import { MINUTE, NOW, makeEntry } from './support.ts';

test('gives an answer back until its time is over, and forgets it then', async () => {
  const level = createMemoryLevel();
  await level.put(makeEntry('a'));
  expect(await level.find('a', NOW)).toEqual(makeEntry('a'));
  expect(await level.find('a', NOW + 5 * MINUTE - 1)).toEqual(makeEntry('a'));
  expect(await level.find('a', NOW + 5 * MINUTE)).toBeUndefined();
  expect(await level.countEntries()).toBe(0);
  expect(await level.find('b', NOW)).toBeUndefined();
});

test('takes an entry from the future for expired', async () => {
  const level = createMemoryLevel();
  await level.put(makeEntry('ahead', { createdAt: NOW + 1, expiresAt: NOW + 2 }));
  await level.put(makeEntry('too long', { expiresAt: NOW + 5 * MINUTE + 1 }));
  expect(await level.find('ahead', NOW)).toBeUndefined();
  expect(await level.find('too long', NOW)).toBeUndefined();
});

test('when there are too many, those go that were not asked for the longest', async () => {
  const level = createMemoryLevel({ maxEntries: 3, maxCharacters: 1000 });
  for (const key of ['a', 'b', 'c']) await level.put(makeEntry(key));
  await level.find('a', NOW);
  await level.put(makeEntry('d'));
  expect(await level.find('b', NOW)).toBeUndefined();
  for (const key of ['a', 'c', 'd']) expect(await level.find(key, NOW)).toBeDefined();
});

test('when there is too much text, as many go as must, reasoning counted in', async () => {
  const level = createMemoryLevel({ maxEntries: 10, maxCharacters: 100 });
  await level.put(makeEntry('a', { response: 'x'.repeat(40) }));
  await level.put(makeEntry('b', { response: 'x'.repeat(20), reasoning: 'y'.repeat(40) }));
  expect(await level.countEntries()).toBe(2);
  await level.put(makeEntry('c', { response: 'x'.repeat(41) }));
  expect(await level.find('a', NOW)).toBeUndefined();
  expect(await level.find('b', NOW)).toBeUndefined();
  expect(await level.find('c', NOW)).toBeDefined();
});

test('an answer that is replaced takes room once', async () => {
  const level = createMemoryLevel({ maxEntries: 10, maxCharacters: 100 });
  await level.put(makeEntry('a', { response: 'x'.repeat(30) }));
  for (let turn = 0; turn < 5; turn += 1) {
    await level.put(makeEntry('b', { response: 'x'.repeat(70) }));
  }
  expect(await level.find('a', NOW)).toBeDefined();
  await level.remove('b');
  await level.put(makeEntry('c', { response: 'x'.repeat(70) }));
  expect(await level.find('a', NOW)).toBeDefined();
});

test('an older answer never takes the place of a newer one', async () => {
  const level = createMemoryLevel();
  await level.put(makeEntry('a', { createdAt: NOW + 1, response: 'newer' }));
  await level.put(makeEntry('a', { response: 'older' }));
  await level.putBehind(makeEntry('a', { createdAt: NOW + 1, response: 'as new' }));
  expect(await level.find('a', NOW + 1)).toMatchObject({ response: 'newer' });
  await level.putBehind(makeEntry('a', { createdAt: NOW + 2, response: 'newest' }));
  expect(await level.find('a', NOW + 2)).toMatchObject({ response: 'newest' });
});

test('deletes what has expired and nothing else, or everything', async () => {
  const level = createMemoryLevel();
  await level.put(makeEntry('old', { expiresAt: NOW + 1 }));
  await level.put(makeEntry('new'));
  await level.removeExpired(NOW + 1);
  expect(await level.countEntries()).toBe(1);
  await level.clear();
  expect(await level.find('new', NOW)).toBeUndefined();
});
