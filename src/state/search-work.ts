import { createSearchClient } from '#search/search-client.ts';
import type { SearchClient } from '#search/search-client.ts';
import { hasVectorsToEvict } from '#search/evict-vectors.ts';
import { holdWhileLow, readBattery } from './battery-hold.ts';
import type { SearchWorkDeps } from './lazy-search.ts';
import { createSearchWorker } from './script-urls.ts';

/** So long a write waits for room, milliseconds: what is not saved after two seconds is to be told. */
const PATIENCE_MS = 1500;

export interface LoadedSearchWork extends SearchClient {
  /**
   * Lets go of vectors for a write that found no room: they can be made again.
   * @returns whether any went in time; what goes later is told all the same
   */
  makeRoom(): Promise<boolean>;
}

/** The machinery behind `createLazySearch`, in the chunk that is fetched with the first use. */
export function createSearchWork(deps: SearchWorkDeps): LoadedSearchWork {
  void readBattery().then((battery) => battery && holdWhileLow(battery));
  const client = createSearchClient({ ...deps, createWorker: createSearchWorker });

  async function evict(): Promise<boolean> {
    if (!(await hasVectorsToEvict(deps.db))) return false;
    let byteLength = 0;
    await client.ask({ kind: 'evict' }, (answer) => {
      if (answer.kind === 'evicted') ({ byteLength } = answer);
    });
    if (byteLength > 0) deps.onEvicted();
    return byteLength > 0;
  }

  return {
    ...client,
    makeRoom() {
      const patience = new Promise<boolean>((resolve) =>
        setTimeout(() => resolve(false), PATIENCE_MS),
      );
      return Promise.race([evict().catch(() => false), patience]);
    },
  };
}
