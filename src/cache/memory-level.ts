import type { CachedResponse } from '#domain/stored-rows.ts';
import { characterCount, isFresh, isNewer } from './cache-level.ts';
import type { FasterLevel } from './cache-level.ts';

interface MemoryLimits {
  readonly maxEntries: number;
  readonly maxCharacters: number;
}

/** 2 million UTF-16 code units are 4 MB at most. */
const LIMITS: MemoryLimits = { maxEntries: 100, maxCharacters: 2_000_000 };

/**
 * The level of this page. When it is full, the entries go that were not asked for the longest.
 * @param limits Only tests give others.
 */
export function createMemoryLevel(limits = LIMITS): FasterLevel {
  /** The one that was asked for last stands last. */
  const entries = new Map<string, CachedResponse>();
  let characters = 0;

  function remove(cacheKey: string): void {
    const entry = entries.get(cacheKey);
    if (!entry) return;
    entries.delete(cacheKey);
    characters -= characterCount(entry);
  }

  function put(entry: CachedResponse): void {
    remove(entry.cacheKey);
    entries.set(entry.cacheKey, entry);
    characters += characterCount(entry);
    makeRoom();
  }

  function makeRoom(): void {
    for (const cacheKey of entries.keys()) {
      if (entries.size <= limits.maxEntries && characters <= limits.maxCharacters) return;
      remove(cacheKey);
    }
  }

  return {
    async find(cacheKey, now) {
      const entry = entries.get(cacheKey);
      if (!entry) return undefined;
      entries.delete(cacheKey);
      entries.set(cacheKey, entry);
      if (isFresh(entry, 'memory', await now)) return entry;
      remove(cacheKey);
      return undefined;
    },
    put(entry) {
      if (!isNewer(entries.get(entry.cacheKey), entry)) put(entry);
      return Promise.resolve();
    },
    putBehind(entry) {
      const present = entries.get(entry.cacheKey);
      if (!present || present.createdAt < entry.createdAt) put(entry);
      return Promise.resolve();
    },
    remove(cacheKey) {
      remove(cacheKey);
      return Promise.resolve();
    },
    removeExpired(now) {
      for (const [cacheKey, entry] of [...entries]) {
        if (!isFresh(entry, 'memory', now)) remove(cacheKey);
      }
      return Promise.resolve();
    },
    clear() {
      entries.clear();
      characters = 0;
      return Promise.resolve();
    },
    countEntries: () => Promise.resolve(entries.size),
  };
}
