import { expect, it, test } from 'vitest';
import { get, keys, set } from 'idb-keyval';
import { createKeyvalLevel } from '#cache/keyval-level.ts';
import { HOUR, NOW, freshStore, makeEntry } from './support.ts';

const hourly = (key: string, fields = {}) => makeEntry(key, { expiresAt: NOW + HOUR, ...fields });

test('gives an answer back for an hour, and forgets it then', async () => {
  const store = freshStore();
  const level = createKeyvalLevel(store);
  await level.put(hourly('a', { response: '답 🏺', reasoning: '생각' }));
  const other = createKeyvalLevel(store);
  expect(await other.find('a', NOW + HOUR - 1)).toEqual(
    hourly('a', { response: '답 🏺', reasoning: '생각' }),
  );
  expect(await other.find('a', NOW + HOUR)).toBeUndefined();
  expect(await other.countEntries()).toBe(0);
  expect(await get('answer:a', store)).toBeUndefined();
});

test('when there are too many or too long ones, the oldest go and no text stays behind', async () => {
  const store = freshStore();
  const level = createKeyvalLevel(store, { maxEntries: 3, maxCharacters: 100 });
  for (const key of ['a', 'b', 'c', 'd']) await level.put(hourly(key, { response: 'x' }));
  expect(await keys(store)).toEqual(['answer:b', 'answer:c', 'answer:d', 'index']);
  await level.put(hourly('e', { response: 'x'.repeat(99) }));
  expect(await keys(store)).toEqual(['answer:d', 'answer:e', 'index']);
});

test('an answer that is replaced takes room once and is young again', async () => {
  const level = createKeyvalLevel(freshStore(), { maxEntries: 2, maxCharacters: 1000 });
  for (const key of ['a', 'b', 'a', 'c']) await level.put(hourly(key));
  expect(await level.countEntries()).toBe(2);
  expect(await level.find('a', NOW)).toBeDefined();
  expect(await level.find('b', NOW)).toBeUndefined();
});

test('what a slower level had goes behind what is as new, and in the place of what is older', async () => {
  const level = createKeyvalLevel(freshStore());
  await level.put(hourly('a', { createdAt: NOW + 1, response: 'present' }));
  await level.putBehind(hourly('a', { createdAt: NOW, response: 'older' }), 0);
  await level.putBehind(hourly('a', { createdAt: NOW + 1, response: 'as new' }), 0);
  expect(await level.find('a', NOW + 1)).toMatchObject({ response: 'present' });
  await level.putBehind(hourly('a', { createdAt: NOW + 2, response: 'newer' }), 0);
  expect(await level.find('a', NOW + 2)).toMatchObject({ response: 'newer' });
  await level.putBehind(hourly('b'), 0);
  expect(await level.find('b', NOW)).toBeDefined();
});

test('the newer of two that were kept at once stays, whichever comes last', async () => {
  const level = createKeyvalLevel(freshStore());
  await level.put(hourly('a', { createdAt: NOW + 1, response: 'newer' }));
  await level.put(hourly('a', { createdAt: NOW, response: 'older' }));
  expect(await level.find('a', NOW + 1)).toMatchObject({ response: 'newer' });
  // One that says it is far ahead was written under another clock.
  await level.put(hourly('b', { createdAt: NOW + HOUR }));
  await level.put(hourly('b', { response: 'of now' }));
  expect(await level.find('b', NOW)).toMatchObject({ response: 'of now' });
});

test('answers of two tabs at once are both kept', async () => {
  const store = freshStore();
  const [one, other] = [createKeyvalLevel(store), createKeyvalLevel(store)];
  await Promise.all([one.put(hourly('a')), other.put(hourly('b')), one.put(hourly('c'))]);
  expect(await one.countEntries()).toBe(3);
});

test('deletes what has expired or claims to live too long, and leaves other things alone', async () => {
  const store = freshStore();
  await set('hmac-key', 'stays', store);
  const level = createKeyvalLevel(store);
  await level.put(hourly('old', { expiresAt: NOW + 1 }));
  await level.put(hourly('ahead', { expiresAt: NOW + 9 * HOUR }));
  await level.put(hourly('new'));
  await level.removeExpired(NOW + 1);
  expect(await keys(store)).toEqual(['answer:new', 'hmac-key', 'index']);
  await level.clear();
  expect(await keys(store)).toEqual(['clearings', 'hmac-key']);
});

it.each([
  ['no object', 'text'],
  ['an entry of another key', hourly('b')],
  ['without an answer', { ...hourly('a'), response: '' }],
  ['an answer of another type', { ...hourly('a'), response: ['x'] }],
  ['a time that is none', { ...hourly('a'), expiresAt: Number.NaN }],
])('a damaged entry (%s) is a miss and is deleted', async (_name, damaged) => {
  const store = freshStore();
  const level = createKeyvalLevel(store);
  await level.put(hourly('a'));
  await set('answer:a', damaged, store);
  expect(await level.find('a', NOW)).toBeUndefined();
  expect(await get('answer:a', store)).toBeUndefined();
});

test('damaged figures are unknown and spoil nothing else', async () => {
  const store = freshStore();
  const level = createKeyvalLevel(store);
  const damaged = { ...hourly('a'), promptTokens: -1, costUsd: 'x', hitCount: null };
  await set('answer:a', damaged, store);
  expect(await level.find('a', NOW)).toEqual(
    hourly('a', { promptTokens: null, costUsd: null, hitCount: 0 }),
  );
});

it.each([[null], ['x'], [[{ cacheKey: 1 }]], [{}]])(
  'with a damaged index (%j) it starts empty and works on',
  async (damaged) => {
    const store = freshStore();
    const level = createKeyvalLevel(store);
    await level.put(hourly('a'));
    await set('index', damaged, store);
    await level.put(hourly('b'));
    expect(await keys(store)).toEqual(['answer:b', 'index']);
    expect(await level.countEntries()).toBe(1);
  },
);

test('keeps nothing that was read before the level was cleared, however late it comes', async () => {
  const level = createKeyvalLevel(freshStore());
  await level.put(hourly('a'));
  const before = await level.readClearings();
  await level.clear();
  await level.putBehind(hourly('a'), before);
  expect(await level.countEntries()).toBe(0);
  await level.putBehind(hourly('a'), await level.readClearings());
  expect(await level.countEntries()).toBe(1);
});
