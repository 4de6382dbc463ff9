import type { CachedResponse } from '#domain/stored-rows.ts';
import { commit, read } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';

/** The row of a key as it is stored, unread; undefined when there is none. */
export function getCachedResponse(
  { relaxed: db }: OnggiDatabase,
  cacheKey: string,
): Promise<unknown> {
  return read(() => db.responseCache.get(cacheKey));
}

/**
 * Puts a row in the place of the one with its key, and deletes those that expire first when there
 * are more than `maxEntries` then. Relaxed: what is lost in a power cut is asked for again.
 */
export function putCachedResponse(
  { relaxed: db }: OnggiDatabase,
  row: CachedResponse,
  maxEntries: number,
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.responseCache, async () => {
      await db.responseCache.put(row);
      const keys = await db.responseCache.orderBy('expiresAt').primaryKeys();
      await db.responseCache.bulkDelete(keys.slice(0, Math.max(0, keys.length - maxEntries)));
    }),
  );
}

/** Counts one more hit of a row; nothing happens when it is gone. */
export function countCachedResponseHit(
  { relaxed: db }: OnggiDatabase,
  cacheKey: string,
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.responseCache, async () => {
      const row = await db.responseCache.get(cacheKey);
      if (row) await db.responseCache.update(cacheKey, { hitCount: row.hitCount + 1 });
    }),
  );
}

export function deleteCachedResponse(
  { relaxed: db }: OnggiDatabase,
  cacheKey: string,
): Promise<void> {
  return commit(() => db.responseCache.delete(cacheKey));
}

/**
 * The specification's cleanup_old_cache: deletes the rows that have expired by `now`, and those that
 * claim to live beyond `latest`, which were written under a clock that was ahead.
 */
export function deleteExpiredResponses(
  { relaxed: db }: OnggiDatabase,
  now: number,
  latest: number,
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.responseCache, async () => {
      await db.responseCache.where('expiresAt').belowOrEqual(now).delete();
      await db.responseCache.where('expiresAt').above(latest).delete();
    }),
  );
}

export function clearCachedResponses({ relaxed: db }: OnggiDatabase): Promise<void> {
  return commit(() => db.responseCache.clear());
}

/** How many there are. Reads keys only, of a table that {@link putCachedResponse} keeps small. */
export function countCachedResponses({ relaxed: db }: OnggiDatabase): Promise<number> {
  return read(async () => (await db.responseCache.toCollection().primaryKeys()).length);
}
