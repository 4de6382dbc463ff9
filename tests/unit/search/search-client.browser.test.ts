import { expect, onTestFinished, test } from 'vitest';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { SearchStatus } from '#domain/search.ts';
import { createSearchClient } from '#search/search-client.ts';
import { openForTest } from '../db/fresh-database.ts';

const createWorker = () =>
  new Worker(new URL('../../../src/search/search.worker.ts', import.meta.url), { type: 'module' });

/** A tab of its own, as far as search is concerned. */
function openTab(db: OnggiDatabase) {
  const workers: Worker[] = [];
  const client = createSearchClient({
    db,
    createId: () => crypto.randomUUID(),
    createWorker: () => {
      const worker = createWorker();
      workers.push(worker);
      return worker;
    },
  });
  onTestFinished(() => client.close());
  const statuses: SearchStatus[] = [];
  client.watchStatus((status) => statuses.push(status));
  return { client, workers, statuses };
}

test('one tab runs the worker, and the next takes over when it closes', async () => {
  const db = await openForTest();
  const first = openTab(db);
  await expect.poll(() => first.statuses.at(-1)?.phase, { timeout: 20_000 }).toBe('ready');
  const second = openTab(db);
  await expect.poll(() => second.statuses.at(-1)?.phase).toBe('ready');
  expect([first.workers.length, second.workers.length]).toEqual([1, 0]);
  expect(first.statuses.at(-1)?.isFast).toBe(true);
  first.client.close();
  await expect.poll(() => second.workers.length).toBe(1);
});
