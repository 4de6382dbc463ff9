import type { OnggiDatabase } from '#db/open-database.ts';
import type { EmbedTexts } from '#domain/embedding.ts';
import type { SearchStatus } from '#domain/search.ts';
import type { SearchClient } from '#search/search-client.ts';
import type { LoadedSearchWork } from './search-work.ts';

export interface SearchWorkDeps {
  /** Told that vectors went to make room. */
  readonly onEvicted: () => void;
  readonly db: OnggiDatabase;
  readonly createId: () => string;
  readonly embedTexts: EmbedTexts;
}

/** Search, whose machinery is fetched with the first use: nothing of it belongs to the first load. */
export interface SearchWork {
  /** As the client's. */
  readonly ask: SearchClient['ask'];
  /**
   * Starts the worker, or waits in line for it, and calls `onStatus` with every change until the
   * returned function is called.
   */
  watchStatus(onStatus: (status: SearchStatus) => void): () => void;
}

export function createLazySearch(
  deps: SearchWorkDeps,
): SearchWork & Pick<LoadedSearchWork, 'makeRoom'> {
  let loaded: Promise<LoadedSearchWork> | undefined;
  const load = (): Promise<LoadedSearchWork> => {
    loaded ??= import('./search-work.ts').then(({ createSearchWork }) => createSearchWork(deps));
    // A chunk that could not be fetched is asked for again by the next use.
    loaded.catch(() => (loaded = undefined));
    return loaded;
  };
  return {
    ask: async (...given) => (await load()).ask(...given),
    makeRoom: async () => (await load()).makeRoom(),
    watchStatus(onStatus) {
      // A chunk that is missing is met by whoever asks.
      const watching = load().then(
        (client) => client.watchStatus(onStatus),
        () => undefined,
      );
      return () => void watching.then((stop) => stop?.());
    },
  };
}
