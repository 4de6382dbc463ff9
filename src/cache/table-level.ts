import type { OnggiDatabase } from '#db/open-database.ts';
import {
  clearCachedResponses,
  countCachedResponses,
  deleteCachedResponse,
  deleteExpiredResponses,
  getCachedResponse,
  putCachedResponse,
} from '#db/response-cache.ts';
import { CACHE_TTL_MS, isFresh } from './cache-level.ts';
import type { CacheLevel } from './cache-level.ts';
import { parseEntry } from './parse-entry.ts';

/** With entries of 64,000 characters at most: 50 MB in the worst case, a few in a usual one. */
const MAX_ENTRIES = 400;

/**
 * The level in the database, table `responseCache`. When it is full, what expires first goes.
 * @param maxEntries Only tests give another.
 */
export function createTableLevel(db: OnggiDatabase, maxEntries = MAX_ENTRIES): CacheLevel {
  return {
    async find(cacheKey, now) {
      const stored = await getCachedResponse(db, cacheKey);
      if (stored === undefined) return undefined;
      const entry = parseEntry(stored, cacheKey);
      if (entry && isFresh(entry, 'table', now)) return entry;
      await deleteCachedResponse(db, cacheKey);
      return undefined;
    },
    put: (entry) => putCachedResponse(db, entry, maxEntries),
    remove: (cacheKey) => deleteCachedResponse(db, cacheKey),
    removeExpired: (now) => deleteExpiredResponses(db, now, now + CACHE_TTL_MS.table),
    clear: () => clearCachedResponses(db),
    countEntries: () => countCachedResponses(db),
  };
}
