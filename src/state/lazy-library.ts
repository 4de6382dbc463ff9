import type { OnggiDatabase } from '#db/open-database.ts';
import type { Clock } from '#domain/ids.ts';
import type { Library } from './library.svelte.ts';
import type { StorageHealth } from './storage-health.svelte.ts';

export interface LibraryDeps {
  readonly db: OnggiDatabase;
  readonly clock: Clock;
  readonly storage: Pick<StorageHealth, 'fail' | 'recover'>;
}

/** The library, which is fetched with its first use. */
export interface LazyLibrary {
  /** The same one each time, so that adding goes on elsewhere. */
  readonly load: () => Promise<Library>;
  /** Whether files are being added. */
  readonly isAdding: () => boolean;
}

export function createLazyLibrary(deps: LibraryDeps): LazyLibrary {
  let loaded: Promise<Library> | undefined;
  let library: Library | undefined;
  return {
    isAdding: () => library?.adding !== undefined,
    load() {
      loaded ??= import('./library.svelte.ts').then((it) => (library = new it.Library(deps)));
      // A chunk that could not be fetched is asked for again by the next click.
      loaded.catch(() => (loaded = undefined));
      return loaded;
    },
  };
}
