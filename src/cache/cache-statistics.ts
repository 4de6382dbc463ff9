import { get, update } from 'idb-keyval';
import type { UseStore } from 'idb-keyval';
import * as v from 'valibot';
import type { CachedResponse } from '#domain/stored-rows.ts';
import { savedTokensOf } from './cache-level.ts';
import type { CacheLevelName } from './cache-level.ts';

const NAME = 'statistics';

const count = v.fallback(v.pipe(v.number(), v.finite(), v.minValue(0)), 0);
/** What the cache did since this browser profile began. Clearing the cache leaves it. */
export interface CacheStatistics {
  /** By the level that answered. */
  readonly hits: Readonly<Record<CacheLevelName, number>>;
  /** Tokens that were not asked for again. */
  readonly savedTokens: number;
  /** US dollars, of the hits whose price was known. */
  readonly savedCostUsd: number;
  /** Whether any of it is our estimate; true also of sums from before this was noted. */
  readonly isEstimated: boolean;
}

/** What the cache did before it did anything, and where that cannot be read. */
export const NO_STATISTICS: CacheStatistics = {
  hits: { memory: 0, keyval: 0, table: 0 },
  savedTokens: 0,
  savedCostUsd: 0,
  isEstimated: false,
};

const Statistics = v.fallback(
  v.object({
    hits: v.fallback(v.object({ memory: count, keyval: count, table: count }), NO_STATISTICS.hits),
    savedTokens: count,
    savedCostUsd: count,
    isEstimated: v.fallback(v.boolean(), true),
  }),
  NO_STATISTICS,
);

export async function readStatistics(store: UseStore): Promise<CacheStatistics> {
  const stored: unknown = await get(NAME, store);
  return v.parse(Statistics, stored);
}

/** Counts one hit, in one transaction over all tabs. */
export function countHit(
  store: UseStore,
  level: CacheLevelName,
  entry: CachedResponse,
): Promise<void> {
  const add = (stored: unknown): CacheStatistics => {
    const { hits, savedTokens, savedCostUsd, isEstimated } = v.parse(Statistics, stored);
    return {
      hits: { ...hits, [level]: hits[level] + 1 },
      savedTokens: savedTokens + savedTokensOf(entry),
      savedCostUsd: savedCostUsd + (entry.costUsd ?? 0),
      isEstimated: (savedTokens > 0 && isEstimated) || entry.isTokenCountEstimated,
    };
  };
  return update(NAME, add, store);
}
