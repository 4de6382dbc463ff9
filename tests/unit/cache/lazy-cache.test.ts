import { expect, test } from 'vitest';
import { createLazyResponseCache } from '#cache/lazy-cache.ts';
import { HOUR, makeQuestion, makeStoredAnswer, openPage } from './support.ts';

test('does all that the cache does', async () => {
  const { db, name, clock } = await openPage();
  const cache = createLazyResponseCache({ db, name, clock, monotonic: () => 0 });
  const question = makeQuestion();
  expect(await cache.find(question)).toBeUndefined();
  await cache.keep(question, makeStoredAnswer('kept'));
  expect((await cache.find(question))?.response).toBe('kept');
  expect((await cache.readOverview()).entries).toEqual({ memory: 1, keyval: 1, table: 1 });
  clock.now += 2 * HOUR;
  await cache.removeExpired();
  expect((await cache.readOverview()).entries).toEqual({ memory: 0, keyval: 0, table: 1 });
  await cache.clear('all');
  expect((await cache.readOverview()).entries).toEqual({ memory: 0, keyval: 0, table: 0 });
});
