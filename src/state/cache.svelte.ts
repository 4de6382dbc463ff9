import type { CacheLevelName } from '#cache/cache-level.ts';
import type { CacheOverview, ResponseCache } from '#cache/response-cache.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { Settings } from './settings.svelte.ts';
import type { StorageHealth } from './storage-health.svelte.ts';

/** What the settings show of the response cache, and what a click there does. */
export class Cache {
  /** Undefined until it was read once. */
  overview = $state.raw<CacheOverview | undefined>();
  readonly #cache: Omit<ResponseCache, 'close'>;
  readonly #settings: Settings;
  readonly #storage: StorageHealth;

  constructor(cache: Omit<ResponseCache, 'close'>, settings: Settings, storage: StorageHealth) {
    this.#cache = cache;
    this.#settings = settings;
    this.#storage = storage;
  }

  /** Reads what is kept now, after what has expired went. */
  readonly refresh = async (): Promise<void> => {
    await this.#cache.removeExpired();
    // A part of the app that cannot be fetched now: the card stays as it is.
    this.overview = await this.#cache.readOverview().catch(() => this.overview);
  };

  /** Deletes what a level holds, or all of them. @returns whether it is gone */
  async clear(which: CacheLevelName | 'all'): Promise<boolean> {
    try {
      await this.#cache.clear(which);
      return true;
    } catch (error) {
      this.#storage.fail(toOnggiError(error));
      return false;
    } finally {
      await this.refresh();
    }
  }

  /** Switches the cache on or off. Off, it keeps nothing of what it had either. */
  async use(useCache: boolean): Promise<void> {
    await this.#settings.update({ useCache });
    if (!useCache) await this.clear('all');
  }
}
