import type { CachedResponse } from '#domain/stored-rows.ts';
import { commit, read } from './commit.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';

/** The row of a key as it is stored, unread; undefined when there is none. */
export function getCachedResponse(
  { relaxed: db }: OnggiDatabase,
  cacheKey: string,
): Promise<unknown> {
  return read(() => db.responseCache.get(cacheKey));
}

/** What the table may hold, and how that is reckoned. */
export interface CacheBounds {
  readonly maxEntries: number;
  /** Of the texts of all rows, in UTF-16 code units. */
  readonly maxCharacters: number;
  readonly charactersOf: (row: CachedResponse) => number;
  /** Whether the row that is there stays, and the other one is not put. */
  readonly stays: (present: CachedResponse, row: CachedResponse) => boolean;
  /** What is known of rows that were read or put before, so that each is read once. Changed by a put. */
  readonly known: Map<string, { readonly expiresAt: unknown; readonly characters: number }>;
}

/** Rows whose texts are read at once to learn how long they are. */
const MEASURED_ROWS = 20;

/**
 * Puts a row in the place of the one with its key, and deletes those that expire first until all are
 * within the bounds. Relaxed: what is lost in a power cut is asked for again.
 */
export function putCachedResponse(
  { relaxed: db }: OnggiDatabase,
  row: CachedResponse,
  bounds: CacheBounds,
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.responseCache, async () => {
      const present = await db.responseCache.get(row.cacheKey);
      if (present && bounds.stays(present, row)) return;
      await db.responseCache.put(row);
      const rows = await measureRows(db, bounds);
      let characters = rows.reduce((sum, one) => sum + one.characters, 0);
      let first = 0;
      while (rows.length - first > bounds.maxEntries || characters > bounds.maxCharacters) {
        characters -= rows[first]?.characters ?? characters;
        first += 1;
      }
      await db.responseCache.bulkDelete(rows.slice(0, first).map(({ cacheKey }) => cacheKey));
    }),
  );
}

/** How long each row is, what expires first standing first. A row that was replaced is read anew. */
async function measureRows(
  db: OnggiDexie,
  { charactersOf, known }: CacheBounds,
): Promise<readonly { readonly cacheKey: string; readonly characters: number }[]> {
  const present = new Map<string, unknown>();
  await db.responseCache.orderBy('expiresAt').eachKey((expiresAt, { primaryKey }) => {
    present.set(primaryKey, expiresAt);
  });
  for (const cacheKey of known.keys()) if (!present.has(cacheKey)) known.delete(cacheKey);
  const unknown = [...present]
    .filter(([cacheKey, expiresAt]) => known.get(cacheKey)?.expiresAt !== expiresAt)
    .map(([cacheKey]) => cacheKey);
  for (let first = 0; first < unknown.length; first += MEASURED_ROWS) {
    const rows = await db.responseCache.bulkGet(unknown.slice(first, first + MEASURED_ROWS));
    for (const row of rows) {
      if (!row) continue;
      known.set(row.cacheKey, { expiresAt: row.expiresAt, characters: charactersOf(row) });
    }
  }
  return [...present.keys()].map((cacheKey) => ({
    cacheKey,
    characters: known.get(cacheKey)?.characters ?? 0,
  }));
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
 * Deletes the rows that have expired by `now`, and those that claim to live beyond `latest`, which were
 * written under a clock that was ahead.
 * @returns how many this call deleted; what another tab deleted first is not among them.
 */
export function deleteExpiredResponses(
  { relaxed: db }: OnggiDatabase,
  now: number,
  latest: number,
): Promise<number> {
  return commit(() =>
    db.transaction('rw', db.responseCache, async () => {
      const expired = await db.responseCache.where('expiresAt').belowOrEqual(now).delete();
      return expired + (await db.responseCache.where('expiresAt').above(latest).delete());
    }),
  );
}

/** @returns how many rows there were. */
export function clearCachedResponses({ relaxed: db }: OnggiDatabase): Promise<number> {
  return commit(() => db.responseCache.toCollection().delete());
}

/** How many there are. Reads keys only, of a table that {@link putCachedResponse} keeps small. */
export function countCachedResponses({ relaxed: db }: OnggiDatabase): Promise<number> {
  return read(async () => (await db.responseCache.toCollection().primaryKeys()).length);
}
