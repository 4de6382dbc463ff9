import { holdWhileLow, readBattery } from './battery-hold.ts';
import { createSearchClient } from '#search/search-client.ts';
import type { SearchClient } from '#search/search-client.ts';
import type { SearchWorkDeps } from './lazy-search.ts';
import { createSearchWorker } from './script-urls.ts';

/** The machinery behind `createLazySearch`, in the chunk that is fetched with the first use. */
export function createSearchWork(deps: SearchWorkDeps): SearchClient {
  void readBattery().then((battery) => battery && holdWhileLow(battery));
  return createSearchClient({ ...deps, createWorker: createSearchWorker });
}
