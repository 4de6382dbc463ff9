import { requestResult } from './idb-request.ts';
import { inTime } from './in-time.ts';

/** What an object store holds, and some of its rows. */
export interface StoreSample {
  readonly rowCount: number;
  readonly rows: readonly unknown[];
}

/**
 * Counts the rows of each store of any database, in whatever version, and reads at most `most` of them, spread
 * over all. Opening one with Dexie would upgrade it.
 * @returns undefined where it is gone, goes meanwhile, or does not answer.
 */
export async function sampleDatabase(
  name: string,
  most: number,
): Promise<readonly StoreSample[] | undefined> {
  const request = indexedDB.open(name);
  // It was deleted meanwhile: none is made.
  request.onupgradeneeded = () => request.transaction?.abort();
  const opening = requestResult(request);
  try {
    const database = await inTime(opening);
    // Whoever deletes or upgrades it does not wait for this.
    database.onversionchange = () => database.close();
    const samples: StoreSample[] = [];
    for (const store of database.objectStoreNames) {
      const sampled = sampleStore(database.transaction(store).objectStore(store), most);
      samples.push(await inTime(sampled));
    }
    return samples;
  } catch {
    return undefined;
  } finally {
    void opening.then(
      (database) => database.close(),
      () => undefined,
    );
  }
}

async function sampleStore(store: IDBObjectStore, most: number): Promise<StoreSample> {
  const keys = await requestResult(store.getAllKeys());
  const step = Math.max(1, Math.floor(keys.length / most));
  const chosen = keys.filter((_key, at) => at % step === 0).slice(0, most);
  const rows = chosen.map((key) => requestResult<unknown>(store.get(key)));
  return { rowCount: keys.length, rows: await Promise.all(rows) };
}
