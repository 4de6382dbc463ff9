import { get, promisifyRequest } from 'idb-keyval';
import type { UseStore } from 'idb-keyval';
import * as v from 'valibot';
import type { CachedResponse } from '#domain/stored-rows.ts';
import { CACHE_TTL_MS, characterCount, isFresh, isNewer } from './cache-level.ts';
import type { CacheLevel } from './cache-level.ts';
import { parseEntry } from './parse-entry.ts';

interface KeyvalLimits {
  readonly maxEntries: number;
  readonly maxCharacters: number;
}

const LIMITS: KeyvalLimits = { maxEntries: 200, maxCharacters: 4_000_000 };

const INDEX = 'index';
const CLEARINGS = 'clearings';
const ANSWER = 'answer:';
const ALL_ANSWERS = (): IDBKeyRange => IDBKeyRange.bound(ANSWER, `${ANSWER}\uffff`);

/** What is kept, without the texts, so that making room reads none of them. */
const Index = v.fallback(
  v.array(
    v.object({
      cacheKey: v.string(),
      characters: v.number(),
      createdAt: v.fallback(v.number(), 0),
      expiresAt: v.number(),
    }),
  ),
  [],
);
type Index = v.InferOutput<typeof Index>;

/** The level that other tabs clear while this one reads. */
interface KeyvalLevel extends CacheLevel {
  /** How often any tab has cleared the level. */
  readClearings(): Promise<number>;
  /**
   * Keeps an answer that a slower level had, unless one that is as new or newer is there already, or the
   * level was cleared since.
   * @param clearings As they were before the answer was read.
   */
  putBehind(entry: CachedResponse, clearings: number): Promise<void>;
}

const toCount = (stored: unknown): number => (typeof stored === 'number' ? stored : 0);

/**
 * The level of all tabs of this browser profile. Index and answers change in one transaction. When
 * it is full, the oldest entries go.
 * @param limits Only tests give others.
 */
export function createKeyvalLevel(store: UseStore, limits = LIMITS): KeyvalLevel {
  /** Changes the index; answers that are no longer in it are deleted. Damage empties the level. */
  function change(
    edit: (index: Index, objects: IDBObjectStore) => Index,
    clearings?: number,
  ): Promise<void> {
    return store('readwrite', async (objects) => {
      if (clearings !== undefined) {
        const now: unknown = await promisifyRequest(objects.get(CLEARINGS));
        if (toCount(now) !== clearings) return;
      }
      const stored: unknown = await promisifyRequest(objects.get(INDEX));
      const before = v.parse(Index, stored);
      if (before.length === 0) objects.delete(ALL_ANSWERS());
      const after = edit(before, objects);
      const kept = new Set(after.map(({ cacheKey }) => cacheKey));
      for (const { cacheKey } of before) {
        if (!kept.has(cacheKey)) objects.delete(ANSWER + cacheKey);
      }
      objects.put(after, INDEX);
      await promisifyRequest(objects.transaction);
    });
  }

  function withinLimits(index: Index): Index {
    let characters = index.reduce((sum, entry) => sum + entry.characters, 0);
    let first = 0;
    while (index.length - first > limits.maxEntries || characters > limits.maxCharacters) {
      characters -= index[first]?.characters ?? characters;
      first += 1;
    }
    return index.slice(first);
  }

  const remove = (cacheKey: string): Promise<void> =>
    change((index) => index.filter((entry) => entry.cacheKey !== cacheKey));

  /** @param stays Whether the entry that is there stays, by when it was answered. */
  const putUnless = (
    entry: CachedResponse,
    stays: (present: { readonly createdAt: number } | undefined) => boolean,
    clearings?: number,
  ): Promise<void> =>
    change((index, objects) => {
      const { cacheKey, createdAt, expiresAt } = entry;
      if (stays(index.find((present) => present.cacheKey === cacheKey))) return index;
      objects.put(entry, ANSWER + cacheKey);
      const others = index.filter((other) => other.cacheKey !== cacheKey);
      const characters = characterCount(entry);
      return withinLimits([...others, { cacheKey, characters, createdAt, expiresAt }]);
    }, clearings);

  return {
    async find(cacheKey, now) {
      const stored: unknown = await get(ANSWER + cacheKey, store);
      if (stored === undefined) return undefined;
      const entry = parseEntry(stored, cacheKey);
      if (entry && isFresh(entry, 'keyval', await now)) return entry;
      await remove(cacheKey);
      return undefined;
    },
    put: (entry) => putUnless(entry, (present) => isNewer(present, entry)),
    async readClearings() {
      const stored: unknown = await get(CLEARINGS, store);
      return toCount(stored);
    },
    putBehind: (entry, clearings) =>
      putUnless(
        entry,
        (present) => present !== undefined && present.createdAt >= entry.createdAt,
        clearings,
      ),
    remove,
    removeExpired(now) {
      const latest = now + CACHE_TTL_MS.keyval;
      return change((index) =>
        index.filter(({ expiresAt }) => now < expiresAt && expiresAt <= latest),
      );
    },
    clear: () =>
      store('readwrite', async (objects) => {
        objects.delete(ALL_ANSWERS());
        objects.delete(INDEX);
        const before: unknown = await promisifyRequest(objects.get(CLEARINGS));
        objects.put(toCount(before) + 1, CLEARINGS);
        await promisifyRequest(objects.transaction);
      }),
    async countEntries() {
      const stored: unknown = await get(INDEX, store);
      return v.parse(Index, stored).length;
    },
  };
}
