/**
 * The response cache: read through the three levels of `cache-level.ts` with promotion, written
 * through all of them.
 *
 *   find ─▶ memory ─▶ keyval ─▶ table        a hit goes into the faster levels on its way up
 *   keep ─▶ memory +  keyval +  table
 *
 * A cache is never a reason why something fails: what goes wrong in here is a miss.
 */
import { countCachedResponseHit } from '#db/response-cache.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { toStorageError } from '#db/storage-errors.ts';
import type { Clock } from '#domain/ids.ts';
import type { Message } from '#domain/message.ts';
import type { CachedResponse } from '#domain/stored-rows.ts';
import type { ChatQuestion } from '#domain/stream.ts';
import { createCacheKeys } from './cache-key.ts';
import { CACHE_LEVELS, withExpiry } from './cache-level.ts';
import type { CacheLevel, CacheLevelName } from './cache-level.ts';
import { createCacheSecret } from './cache-secret.ts';
import { NO_STATISTICS, countHit, readStatistics } from './cache-statistics.ts';
import type { CacheStatistics } from './cache-statistics.ts';
import { isKeepable } from './is-keepable.ts';
import { createKeyvalLevel } from './keyval-level.ts';
import { createKeyvalStore } from './keyval-store.ts';
import { createMemoryLevel } from './memory-level.ts';
import { createSharedTime } from './shared-time.ts';
import { createSteadyTime } from './steady-time.ts';
import type { Moment } from './steady-time.ts';
import { openTabChannel } from './tab-channel.ts';
import { createTableLevel } from './table-level.ts';

/** Storage that takes longer than this has not answered: the endpoint is asked. */
const PATIENCE_MS = 1000;
/** A hit is counted when it has been shown. */
const COUNT_DELAY_MS = 200;

/** What the cache holds and what it did. */
export interface CacheOverview extends CacheStatistics {
  /** Answers in each level now; null where the level cannot be read. `memory` is of this page. */
  readonly entries: Readonly<Record<CacheLevelName, number | null>>;
}

/** Answers that were given before. */
export interface ResponseCache {
  /**
   * The answer to a question that is equal in everything that changes an answer; undefined when
   * there is none, or when the storage does not answer. Never rejects. Counts a hit.
   */
  find(question: ChatQuestion): Promise<CachedResponse | undefined>;
  /**
   * Keeps a settled answer in the place of an older one to the same question. Does nothing with one
   * that is not whole. Never rejects.
   */
  keep(question: ChatQuestion, answer: Message): Promise<void>;
  /** Opens the storage for the first question of a page. Never rejects. */
  prepare(): Promise<void>;
  readOverview(): Promise<CacheOverview>;
  /**
   * Deletes what a level holds, or what all of them hold. Other tabs forget theirs with it.
   * @throws OnggiError `db/*` when a storage refuses; the other levels are emptied all the same.
   */
  clear(which: CacheLevelName | 'all'): Promise<void>;
  /**
   * The specification's cleanup_old_cache (8.1): deletes what has expired, from every level. After a jump
   * back of the clock that is everything.
   * @returns how many rows of the table this call deleted: what the faster levels hold are copies of these.
   * @throws OnggiError `db/*` when a storage refuses; the other levels are tidied all the same.
   */
  cleanupOldCache(): Promise<number>;
  /** As {@link cleanupOldCache}, for what nobody asked for. Never rejects. */
  removeExpired(): Promise<void>;
  /** Listens to the other tabs no more. */
  close(): void;
}

/** What the cache is made of. */
export interface ResponseCacheDeps {
  readonly db: OnggiDatabase;
  readonly clock: Clock;
  /** As {@link createSteadyTime} wants it. */
  readonly monotonic: () => number;
  /** Name of the store of idb-keyval and of the channel between tabs. Only tests give another. */
  readonly name?: string;
  readonly patienceMs?: number;
}

export function createResponseCache({
  db,
  clock,
  monotonic,
  name = 'onggi-cache',
  patienceMs = PATIENCE_MS,
}: ResponseCacheDeps): ResponseCache {
  const store = createKeyvalStore(name);
  const memory = createMemoryLevel();
  const keyval = createKeyvalLevel(store);
  const table = createTableLevel(db);
  const levels: Readonly<Record<CacheLevelName, CacheLevel>> = { memory, keyval, table };
  /** Rises when something is kept or cleared: what was read before may be over. */
  let generation = 0;
  const loadSecret = createCacheSecret(store);
  const steadyTime = createSteadyTime(clock, monotonic);
  const sharedTime = createSharedTime(store, steadyTime);
  const channel = openTabChannel(name, (news) => {
    generation += 1;
    if (news.kind === 'cleared') void levels.memory.clear();
    else void levels.memory.remove(news.cacheKey);
  });

  /** In every tab, with what is on its way into it. */
  async function clearMemory(): Promise<void> {
    generation += 1;
    channel.tell({ kind: 'cleared' });
    await memory.clear();
  }

  /**
   * The slowest level first: who read an answer of it before read the clearings of the next one before too,
   * and puts nothing there any more. The memories again at the end: one may have got what was not gone yet.
   * @returns how many rows the table had
   */
  async function clearAll(): Promise<number> {
    await clearMemory();
    const [rows] = await Promise.allSettled([table.clear()]);
    const [middle] = await Promise.allSettled([keyval.clear()]);
    await clearMemory();
    return valueOf(rows, middle);
  }

  /** After a jump back of the clock nothing that was kept may answer any more. */
  async function forgetAll(moment: Moment): Promise<void> {
    await Promise.all([sharedTime.note(moment), quietly(clearAll())]);
  }

  async function cleanupOldCache(): Promise<number> {
    const moment = await sharedTime.read();
    void sharedTime.note(moment);
    if (moment.wentBack) return clearAll();
    const [rows, ...others] = await Promise.allSettled([
      table.removeExpired(moment.now),
      keyval.removeExpired(moment.now),
      memory.removeExpired(moment.now),
    ]);
    return valueOf(rows, ...others);
  }

  /** How late it is for all tabs; undefined after a jump back of the clock, which empties the cache. */
  async function checkTime(): Promise<number | undefined> {
    const moment = await sharedTime.read();
    if (moment.wentBack) {
      await forgetAll(moment);
      return undefined;
    }
    void sharedTime.note(moment);
    return moment.now;
  }

  /**
   * Puts what a slower level had into the faster ones, behind what was kept there meanwhile.
   * @param clearings Of keyval, before any level was read; undefined, where they could not be read.
   */
  function promote({ entry, level }: Hit, now: number, clearings: number | undefined): void {
    void memory.putBehind(withExpiry(entry, 'memory', now));
    if (level === 'keyval' || clearings === undefined) return;
    void quietly(keyval.putBehind(withExpiry(entry, 'keyval', now), clearings));
  }

  async function lookUp(cacheKey: string): Promise<Hit | undefined> {
    const begun = generation;
    const own = steadyTime();
    if (own.wentBack) {
      await quietly(clearAll());
      return undefined;
    }
    const known = await memory.find(cacheKey, own.now);
    if (known) return { entry: known, level: 'memory' };
    // Begun before the levels are read, so that no clearing between the two is missed.
    const clearings = quietly(keyval.readClearings());
    const reading = sharedTime.read();
    // Read together with the time it is held against: one wait less between Enter and the screen.
    const now = reading.then((moment) => moment.now);
    const [moment, kept] = await Promise.all([reading, quietly(levels.keyval.find(cacheKey, now))]);
    if (moment.wentBack) {
      await forgetAll(moment);
      return undefined;
    }
    const hit = kept
      ? { entry: kept, level: 'keyval' as const }
      : await findInTable(cacheKey, moment.now);
    // Written behind the reads: they would wait for it.
    void sharedTime.note(moment);
    if (hit) {
      const before = await clearings;
      if (generation === begun) promote(hit, moment.now, before);
    }
    return hit;
  }

  async function findInTable(cacheKey: string, now: number): Promise<Hit | undefined> {
    const entry = await quietly(levels.table.find(cacheKey, now));
    return entry && { entry, level: 'table' };
  }

  async function put(entry: CachedResponse, level: CacheLevelName, now: number): Promise<void> {
    try {
      await levels[level].put(withExpiry(entry, level, now));
    } catch {
      // The older answer must not come back in the place of the one that found no room.
      await quietly(levels[level].remove(entry.cacheKey));
    }
  }

  return {
    async find(question) {
      const hit = await within(patienceMs, async () => {
        const { cacheKey } = await createCacheKeys(await loadSecret(), question);
        return lookUp(cacheKey);
      });
      if (!hit) return undefined;
      // The answer first: these writes would stand in its way to the screen.
      setTimeout(() => {
        void quietly(countHit(store, hit.level, hit.entry));
        void quietly(countCachedResponseHit(db, hit.entry.cacheKey));
      }, COUNT_DELAY_MS);
      return hit.entry;
    },
    async keep(question, answer) {
      if (!isKeepable(answer)) return;
      const keys = await quietly(loadSecret().then((key) => createCacheKeys(key, question)));
      if (!keys) return;
      const now = (await checkTime()) ?? steadyTime().now;
      const entry = toEntry(keys, question, answer, now);
      generation += 1;
      await Promise.all(CACHE_LEVELS.map((level) => put(entry, level, now)));
      channel.tell({ kind: 'replaced', cacheKey: keys.cacheKey });
    },
    async prepare() {
      await quietly(loadSecret());
    },
    async readOverview() {
      const count = async (level: CacheLevelName) =>
        (await quietly(levels[level].countEntries())) ?? null;
      const [memory, keyval, table] = await Promise.all(CACHE_LEVELS.map(count));
      const statistics = (await quietly(readStatistics(store))) ?? NO_STATISTICS;
      return {
        ...statistics,
        entries: { memory: memory ?? null, keyval: keyval ?? null, table: table ?? null },
      };
    },
    async clear(which) {
      if (which === 'all') {
        await clearAll();
        return;
      }
      if (which === 'memory') return clearMemory();
      generation += 1;
      try {
        await levels[which].clear();
      } catch (error) {
        throw toStorageError(error);
      }
    },
    cleanupOldCache,
    async removeExpired() {
      await quietly(cleanupOldCache());
    },
    close: () => channel.close(),
  };
}

/** An answer, and the level that had it. */
interface Hit {
  readonly entry: CachedResponse;
  readonly level: CacheLevelName;
}

function toEntry(
  keys: { readonly cacheKey: string; readonly promptHash: string },
  { chatModel }: ChatQuestion,
  answer: Message,
  now: number,
): CachedResponse {
  const { promptTokens, completionTokens, isTokenCountEstimated, costUsd } = answer;
  return {
    ...keys,
    model: chatModel,
    response: answer.content,
    reasoning: answer.reasoning,
    promptTokens,
    completionTokens,
    isTokenCountEstimated,
    costUsd,
    createdAt: now,
    expiresAt: now,
    hitCount: 0,
  };
}

/** The value of the first; what failed in any of them is thrown. */
function valueOf<T>(
  first: PromiseSettledResult<T>,
  ...others: readonly PromiseSettledResult<unknown>[]
): T {
  if (first.status === 'rejected') throw toStorageError(first.reason);
  for (const other of others) if (other.status === 'rejected') throw toStorageError(other.reason);
  return first.value;
}

/** What `work` gives, or undefined when it fails. */
function quietly<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch(() => undefined);
}

/** What `work` gives, or undefined when it fails or takes longer than `limitMs`. */
async function within<T>(limitMs: number, work: () => Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs);
  });
  try {
    return await Promise.race([quietly(work()), limit]);
  } finally {
    clearTimeout(timer);
  }
}
