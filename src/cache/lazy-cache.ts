import type { ResponseCache, ResponseCacheDeps } from './response-cache.ts';

interface LazyResponseCache extends Omit<ResponseCache, 'close'> {
  /**
   * Empties the cache for a write that found no room: nothing else comes back by itself.
   * @returns whether there was anything in the storage
   */
  makeRoom(): Promise<boolean>;
}

/**
 * The cache, fetched with its first use: nothing of it belongs to the first load. A part that cannot be
 * fetched is a cache that has nothing, and is fetched again the next time.
 */
export function createLazyResponseCache(deps: ResponseCacheDeps): LazyResponseCache {
  let loaded: Promise<ResponseCache> | undefined;

  function load(): Promise<ResponseCache> {
    loaded ??= import('./response-cache.ts')
      .then(({ createResponseCache }) => createResponseCache(deps))
      .catch((error: unknown) => {
        loaded = undefined;
        throw error;
      });
    return loaded;
  }

  const loadQuietly = (): Promise<ResponseCache | undefined> => load().catch(() => undefined);

  return {
    find: async (question) => (await loadQuietly())?.find(question),
    keep: async (question, answer) => (await loadQuietly())?.keep(question, answer),
    prepare: async () => (await loadQuietly())?.prepare(),
    cleanupOldCache: async () => (await load()).cleanupOldCache(),
    removeExpired: async () => (await loadQuietly())?.removeExpired(),
    readOverview: async () => (await load()).readOverview(),
    clear: async (which) => (await load()).clear(which),
    async makeRoom() {
      const cache = await load();
      const { entries } = await cache.readOverview();
      if (!entries.keyval && !entries.table) return false;
      await cache.clear('all');
      return true;
    },
  };
}
