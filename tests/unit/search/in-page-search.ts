/** Search as it is, client and server, whose worker is this page: for tests that need none of its own. */
import { onTestFinished } from 'vitest';
import type { OnggiDatabase } from '#db/open-database.ts';
import { createMeaning } from '#search/meaning.ts';
import type { MeaningDeps } from '#search/meaning.ts';
import type { MeaningHold } from '#search/meaning-run.ts';
import { createSearchClient } from '#search/search-client.ts';
import type { SearchClient } from '#search/search-client.ts';
import { serveSearch } from '#search/serve-search.ts';
import { createTestClock } from '../db/fresh-database.ts';
import { createTestEmbedder } from './support.ts';

/** A client over `db`; its index is a table, because pages have no synchronous files. */
export function openInPageSearch(
  db: OnggiDatabase,
  openEmbedder: MeaningDeps['openEmbedder'] = () => Promise.resolve(createTestEmbedder()),
  hold: () => MeaningHold | undefined = () => undefined,
): SearchClient {
  const createWorker = (): Worker => {
    const worker = {
      onerror: null,
      postMessage(_name: string, [port]: readonly MessagePort[]) {
        if (!port) throw new Error('no port');
        serveSearch(port, {
          clock: createTestClock(),
          isResident: false,
          openDatabase: () => Promise.resolve(db),
          openMeaning: (opened, _store, _askPage, onStatus) =>
            createMeaning({
              db: opened,
              clock: createTestClock(),
              openEmbedder,
              readWish: () => Promise.resolve({ chosen: { kind: 'built-in' } }),
              readHold: () => Promise.resolve(hold()),
              onStatus,
            }),
        });
      },
      terminate: () => undefined,
    };
    return worker as unknown as Worker;
  };
  const client = createSearchClient({ db, createId: () => crypto.randomUUID(), createWorker });
  onTestFinished(() => client.close());
  return client;
}

/** Changes rows below Dexie, as damage does: the change feed hears nothing of it. */
export function changeBehind(
  { strict }: OnggiDatabase,
  table: string,
  change: (store: IDBObjectStore) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const transaction = strict.backendDB().transaction(table, 'readwrite');
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(new Error(String(transaction.error)));
    change(transaction.objectStore(table));
  });
}
