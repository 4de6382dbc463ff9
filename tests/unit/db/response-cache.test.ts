import { expect, test } from 'vitest';
import {
  countCachedResponseHit,
  countCachedResponses,
  deleteCachedResponse,
  getCachedResponse,
  putCachedResponse,
} from '#db/response-cache.ts';
import type { CacheBounds } from '#db/response-cache.ts';
import { NOW, makeEntry } from '../cache/support.ts';
import { openForTest } from './fresh-database.ts';

const boundsOf = (maxEntries: number): CacheBounds => ({
  maxEntries,
  maxCharacters: 1000,
  charactersOf: ({ response }) => response.length,
  stays: () => false,
  known: new Map(),
});

test('a row is read, replaced and deleted by its key', async () => {
  const db = await openForTest();
  expect(await getCachedResponse(db, 'a')).toBeUndefined();
  await putCachedResponse(db, makeEntry('a'), boundsOf(10));
  await putCachedResponse(db, makeEntry('a', { response: 'new' }), boundsOf(10));
  expect(await getCachedResponse(db, 'a')).toEqual(makeEntry('a', { response: 'new' }));
  expect(await countCachedResponses(db)).toBe(1);
  await deleteCachedResponse(db, 'a');
  await deleteCachedResponse(db, 'a');
  expect(await countCachedResponses(db)).toBe(0);
});

test('rows of two tabs at once stay within the bound', async () => {
  const db = await openForTest();
  await Promise.all(
    Array.from({ length: 12 }, (_value, at) =>
      putCachedResponse(db, makeEntry(`k${at}`, { expiresAt: NOW + at }), boundsOf(5)),
    ),
  );
  expect(await db.strict.responseCache.toCollection().primaryKeys()).toEqual(
    ['k7', 'k8', 'k9', 'k10', 'k11'].sort(),
  );
});

test('hits at once are all counted, and one of a row that is gone is nothing', async () => {
  const db = await openForTest();
  await putCachedResponse(db, makeEntry('a'), boundsOf(10));
  await Promise.all([1, 2, 3].map(() => countCachedResponseHit(db, 'a')));
  expect(await getCachedResponse(db, 'a')).toMatchObject({ hitCount: 3 });
  await countCachedResponseHit(db, 'gone');
  expect(await countCachedResponses(db)).toBe(1);
});
