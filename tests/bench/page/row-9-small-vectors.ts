import { createVectorRows } from '#search/vector-rows.ts';
import { alternate, ratioLine } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';
import { requestDone, transactionDone } from './raw-idb.ts';
import { createClusters, findTen } from './row-8-vectors.ts';

const DIMENSION = 384;
const COUNT = 10_000;

interface StoredVector {
  readonly id: number;
  readonly vector: readonly number[];
}

/** The ten nearest of 10,000, against reading every row and comparing it, as EntityDB does. */
export const smallVectors: BenchRow = {
  number: 9,
  async run({ isQuick }) {
    const all = createClusters(COUNT);
    const rows = await createVectorRows(DIMENSION);
    rows.add(all);
    const query = createClusters(1, 99);
    const opening = indexedDB.open('bench-vectors', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('vectors', { keyPath: 'id' });
    const store = await requestDone(opening);
    for (let from = 0; from < COUNT; from += 1000) {
      const transaction = store.transaction('vectors', 'readwrite');
      for (let id = from; id < from + 1000; id++) {
        const vector = Array.from(all.subarray(id * DIMENSION, (id + 1) * DIMENSION));
        transaction.objectStore('vectors').put({ id, vector } satisfies StoredVector);
      }
      await transactionDone(transaction);
    }
    const readAndReduce = async (): Promise<unknown> => {
      const vectors = store.transaction('vectors').objectStore('vectors');
      const stored = (await requestDone(vectors.getAll())) as readonly StoredVector[];
      return stored
        .map(({ id, vector }) => ({
          id,
          cosine: vector.reduce((sum, value, i) => sum + value * (query[i] ?? 0), 0),
        }))
        .sort((a, b) => b.cosine - a.cosine)
        .slice(0, 10);
    };
    const pairs = await alternate(() => Promise.resolve(findTen(rows, all, query)), readAndReduce, {
      samples: isQuick ? 3 : 20,
      warmUp: 2,
    });
    store.close();
    return [
      ratioLine(pairs, {
        row: '9',
        what: `nearest 10 of ${COUNT} × ${DIMENSION} / reading all rows and reducing`,
        goal: 0.02,
      }),
    ];
  },
};
