import type { OnggiDatabase } from '#db/open-database.ts';
import type { Clock } from '#domain/ids.ts';
import type { Library } from './library.svelte.ts';
import type { StorageHealth } from './storage-health.svelte.ts';

export interface LibraryDeps {
  readonly db: OnggiDatabase;
  readonly clock: Clock;
  readonly storage: Pick<StorageHealth, 'fail' | 'recover'>;
}

/** Gives the library, fetched with the first use; the same one each time, so that adding goes on elsewhere. */
export function createLazyLibrary(deps: LibraryDeps): () => Promise<Library> {
  let loaded: Promise<Library> | undefined;
  return () => {
    loaded ??= import('./library.svelte.ts').then(({ Library }) => new Library(deps));
    // A chunk that could not be fetched is asked for again by the next click.
    loaded.catch(() => (loaded = undefined));
    return loaded;
  };
}
