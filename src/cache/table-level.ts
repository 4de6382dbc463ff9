import type { OnggiDatabase } from '#db/open-database.ts';
import {
  clearCachedResponses,
  countCachedResponses,
  deleteCachedResponse,
  deleteExpiredResponses,
  getCachedResponse,
  putCachedResponse,
} from '#db/response-cache.ts';
import type { CacheBounds } from '#db/response-cache.ts';
import { CACHE_TTL_MS, characterCount, isFresh, isNewer } from './cache-level.ts';
import type { CacheLevel } from './cache-level.ts';
import { parseEntry } from './parse-entry.ts';

interface TableLimits {
  readonly maxEntries: number;
  readonly maxCharacters: number;
}

/** 8 million UTF-16 code units are 16 MB at most. */
const LIMITS: TableLimits = { maxEntries: 400, maxCharacters: 8_000_000 };

/** The level whose rows are counted when they go. */
interface TableLevel extends CacheLevel {
  /** @returns how many rows were deleted */
  removeExpired(now: number): Promise<number>;
  /** @returns how many rows were deleted */
  clear(): Promise<number>;
}

/**
 * The level in the database, table `responseCache`. When it is full, what expires first goes.
 * @param limits Only tests give others.
 */
export function createTableLevel(db: OnggiDatabase, limits = LIMITS): TableLevel {
  const bounds: CacheBounds = {
    ...limits,
    // A damaged row has no text: it is deleted when it is asked for, or when its time is over.
    charactersOf: (row) =>
      characterCount(parseEntry(row, row.cacheKey) ?? { response: '', reasoning: null }),
    stays: isNewer,
    known: new Map(),
  };
  return {
    async find(cacheKey, now) {
      const stored = await getCachedResponse(db, cacheKey);
      if (stored === undefined) return undefined;
      const entry = parseEntry(stored, cacheKey);
      if (entry && isFresh(entry, 'table', await now)) return entry;
      await deleteCachedResponse(db, cacheKey);
      return undefined;
    },
    put: (entry) => putCachedResponse(db, entry, bounds),
    remove: (cacheKey) => deleteCachedResponse(db, cacheKey),
    removeExpired: (now) => deleteExpiredResponses(db, now, now + CACHE_TTL_MS.table),
    clear: () => clearCachedResponses(db),
    countEntries: () => countCachedResponses(db),
  };
}
