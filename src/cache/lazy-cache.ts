import type { ResponseCache, ResponseCacheDeps } from './response-cache.ts';

/**
 * The cache, fetched with its first use: nothing of it belongs to the first load. A part that cannot be
 * fetched is a cache that has nothing, and is fetched again the next time.
 */
export function createLazyResponseCache(deps: ResponseCacheDeps): Omit<ResponseCache, 'close'> {
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
    removeExpired: async () => (await loadQuietly())?.removeExpired(),
    readOverview: async () => (await load()).readOverview(),
    clear: async (which) => (await load()).clear(which),
  };
}
