import { expect, onTestFinished, test } from 'vitest';
import type { FoundPage, SearchStatus } from '#domain/search.ts';
import { NO_MEANING } from '#search/meaning-run.ts';
import type { SearchWork } from '#state/lazy-search.ts';
import { Search } from '#state/search.svelte.ts';
import { foundGroup } from './search-rows.ts';

const statusOf = (version: number): SearchStatus => ({
  phase: 'ready',
  indexedCount: 1,
  totalCount: 1,
  version,
  storage: 'memory',
  isFast: true,
  meaning: NO_MEANING,
});

const namesOf = (count: number): string[] => Array.from({ length: count }, (_, at) => `c${at}`);

/** Search whose order is `ids`, as it stands when it is asked. */
function createWork(ids: string[]): SearchWork {
  return {
    watchStatus: () => () => undefined,
    ask(request, onAnswer) {
      if (request.kind !== 'find') return Promise.reject(new Error(request.kind));
      const groups = ids.slice(request.offset, request.offset + request.limit).map(foundGroup);
      const page: FoundPage = {
        groups,
        groupCount: ids.length,
        placeCount: ids.length,
        searchedCount: ids.length,
        totalCount: ids.length,
        isWhole: true,
        isQueryCut: false,
        tookMs: 1,
      };
      onAnswer({ kind: 'found', page });
      return Promise.resolve();
    },
  };
}

async function askNewest(ids: string[]): Promise<Search> {
  const search = new Search(createWork(ids));
  search.ask('word', 'newest');
  await expect.poll(() => search.isSearching).toBe(false);
  return search;
}

test('shows each conversation once, whatever came in front while one scrolled', async () => {
  const ids = namesOf(50);
  const search = await askNewest(ids);
  expect(search.groups.map(({ id }) => id)).toEqual(ids.slice(0, 20));
  ids.unshift('new');
  search.more();
  await expect.poll(() => search.groups.length).toBe(39);
  expect(search.groups.map(({ id }) => id)).toEqual(namesOf(39));
});

test('shows a conversation by its new name when it was renamed, though nothing was added', async () => {
  const names = ['old name'];
  let tell: (status: SearchStatus) => void = () => undefined;
  const work: SearchWork = {
    ...createWork(names),
    watchStatus(onStatus) {
      tell = onStatus;
      return () => undefined;
    },
  };
  const search = new Search(work);
  onTestFinished(search.follow());
  tell(statusOf(1));
  search.ask('name');
  await expect.poll(() => search.groups.map(({ id }) => id)).toEqual(['old name']);
  names[0] = 'new name';
  tell(statusOf(2));
  await expect.poll(() => search.groups.map(({ id }) => id), { timeout: 5000 }).toEqual(names);
});

test('comes to the end though a whole page was already shown', async () => {
  const ids = namesOf(30);
  const search = await askNewest(ids);
  ids.unshift(...Array.from({ length: 20 }, (_, at) => `new${at}`));
  for (let pages = 0; search.hasMore; pages += 1) {
    expect(pages).toBeLessThan(3);
    search.more();
    await expect.poll(() => search.isSearching).toBe(false);
  }
  expect(search.groups.map(({ id }) => id)).toEqual(namesOf(30));
});
