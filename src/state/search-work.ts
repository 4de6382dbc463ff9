import { createSearchClient } from '#search/search-client.ts';
import type { SearchClient } from '#search/search-client.ts';
import type { SearchWorkDeps } from './lazy-search.ts';
import { createSearchWorker } from './script-urls.ts';

/** The machinery behind `createLazySearch`, in the chunk that is fetched with the first use. */
export const createSearchWork = (deps: SearchWorkDeps): SearchClient =>
  createSearchClient({ ...deps, createWorker: createSearchWorker });
