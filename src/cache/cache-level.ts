/**
 * What the three levels have in common. From the fastest to the one that keeps longest:
 *
 *   memory  this page only            5 minutes   (memory-level.ts)
 *   keyval  all tabs, IndexedDB       1 hour      (keyval-level.ts, in the place of Redis)
 *   table   all tabs, the database    24 hours    (table-level.ts)
 */
import type { CachedResponse } from '#domain/stored-rows.ts';

/** In the order in which they are asked. */
export const CACHE_LEVELS = ['memory', 'keyval', 'table'] as const;
export type CacheLevelName = (typeof CACHE_LEVELS)[number];

/** How long a level keeps an answer, in milliseconds (specification 5.1). */
export const CACHE_TTL_MS: Readonly<Record<CacheLevelName, number>> = {
  memory: 5 * 60_000,
  keyval: 60 * 60_000,
  table: 24 * 60 * 60_000,
};

/**
 * Longer answers, reasoning counted in, are not kept: with the most entries of a level this bounds
 * what it holds.
 */
export const MAX_ENTRY_CHARACTERS = 64_000;

/** One place that keeps answers. All but `find` may reject when its storage does not work. */
export interface CacheLevel {
  /**
   * The answer of a key as long as it is fresh; what is not, is deleted.
   * @param now Epoch milliseconds; may still be on its way while the answer is read.
   */
  find(cacheKey: string, now: number | Promise<number>): Promise<CachedResponse | undefined>;
  /**
   * Keeps an answer in the place of an older one of its key, and makes room for it. Does nothing when
   * another tab kept a newer one meanwhile.
   */
  put(entry: CachedResponse): Promise<void>;
  remove(cacheKey: string): Promise<void>;
  removeExpired(now: number): Promise<unknown>;
  clear(): Promise<unknown>;
  countEntries(): Promise<number>;
}

/** A level that stands before a slower one. */
export interface FasterLevel extends CacheLevel {
  /** Keeps an answer that a slower level had, unless one that is as new or newer is there already. */
  putBehind(entry: CachedResponse): Promise<void>;
}

/** Two answers this near to each other were kept at once; one further ahead is of another clock. */
const AT_ONCE_MS = 60_000;

/** Whether an entry that is there is newer than one that was just answered, so that it stays. */
export function isNewer(
  present: Pick<CachedResponse, 'createdAt'> | undefined,
  { createdAt }: Pick<CachedResponse, 'createdAt'>,
): boolean {
  const ahead = (present?.createdAt ?? createdAt) - createdAt;
  return ahead > 0 && ahead <= AT_ONCE_MS;
}

/**
 * Whether an entry may still answer. One from the future, or one that lives longer than its level
 * allows, was written under another clock and counts as expired (SECURITY 8.4).
 */
export function isFresh(entry: CachedResponse, level: CacheLevelName, now: number): boolean {
  const { createdAt, expiresAt } = entry;
  return createdAt <= now && now < expiresAt && expiresAt <= now + CACHE_TTL_MS[level];
}

/**
 * The entry with the end of its life in a level: the level's time from now, and never more than a day
 * after the endpoint answered, however often it is promoted.
 */
export function withExpiry(
  entry: CachedResponse,
  level: CacheLevelName,
  now: number,
): CachedResponse {
  const end = entry.createdAt + CACHE_TTL_MS.table;
  return { ...entry, expiresAt: Math.min(now + CACHE_TTL_MS[level], end) };
}

/** How much of a level's room an entry takes, in UTF-16 code units. */
export function characterCount({
  response,
  reasoning,
}: Pick<CachedResponse, 'response' | 'reasoning'>): number {
  return response.length + (reasoning?.length ?? 0);
}

/** Tokens that a hit saves: those of the question and of the answer, 0 where they are unknown. */
export function savedTokensOf(
  entry: Pick<CachedResponse, 'promptTokens' | 'completionTokens'>,
): number {
  return (entry.promptTokens ?? 0) + (entry.completionTokens ?? 0);
}
