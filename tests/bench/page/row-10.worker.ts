/** Row 10 in a worker: only there files can be read at once. */
import { openNamedDatabase } from '#db/open-database.ts';
import type { Passage } from '#domain/embedding.ts';
import { openOpfsStore } from '#search/sidecar-opfs.ts';
import { openVectorIndex } from '#search/vector-index.ts';
import type { Pairs } from './bench-row.ts';
import { alternate } from './bench-row.ts';
import { createClusters, createSweep } from './row-8-vectors.ts';

const DIMENSION = 384;
const OWNER_ROWS = 50;
/** The vectors come from a seed by blocks, so that the worker never holds them all. */
const FILL_ROWS = 2000;

/** What the row asks. */
export interface AskReady {
  readonly databaseName: string;
  readonly count: number;
  readonly samples: number;
}
/** Times with the files and with the table alone. */
export interface ReadyTimes {
  readonly pairs: Pairs;
  readonly tablePairs: Pairs;
  /** Questions to the index that is open, for so many owners, against a sweep of its bytes. */
  readonly asked: readonly { readonly limit: number; readonly pairs: Pairs }[];
}

/** For ten, as the issue says; for as many as the search screen fuses. */
const LIMITS = [10, 200];
const QUERIES = 20;

addEventListener('message', ({ data }: MessageEvent<AskReady>) => {
  void measure(data).then((times) => postMessage(times));
});

async function measure({ databaseName, count, samples }: AskReady): Promise<ReadyTimes> {
  const clock = (): number => Date.now();
  const ignore = (): undefined => undefined;
  const db = await openNamedDatabase(databaseName, {
    clock,
    events: { onSuperseded: ignore, onBlocked: ignore, onLost: ignore },
  });
  const store = await openOpfsStore(databaseName);
  if (!store) throw new Error('no file system of the origin');
  const identity = {
    id: 'b',
    revision: '1',
    dtype: 'q8',
    dimension: DIMENSION,
    pipelineVersion: 1,
  };
  const deps = { db, clock, collection: 'conversations', identity } as const;
  const filled = await openVectorIndex({ ...deps, store });
  for (let from = 0; from < count; from += FILL_ROWS) {
    const vectors = createClusters(FILL_ROWS, from + 1);
    for (let at = 0; at < FILL_ROWS; at += OWNER_ROWS) {
      const id = `owner-${from + at}`;
      const passages = Array.from({ length: OWNER_ROWS }, (_, seq) => passageOf(id, seq));
      const own = vectors.subarray(at * DIMENSION, (at + OWNER_ROWS) * DIMENSION);
      filled.put({ id, stamp: '1' }, passages, own);
    }
    await filled.flush();
  }
  filled.close();

  // Two in turns: one that was closed a moment ago takes 15 ms to open, and readings follow each other.
  const plainNames = ['bench-bytes-a', 'bench-bytes-b'] as const;
  for (const name of plainNames) {
    const plain = await store.open(name);
    await plain.append(new Uint8Array(count * DIMENSION).fill(7));
    await plain.flush();
    plain.close();
  }
  let readings = 0;
  const readBytes = async (): Promise<void> => {
    const file = await store.open(plainNames[readings++ % 2 === 0 ? 0 : 1]);
    await file.read(new Uint8Array(count * DIMENSION), 0);
    file.close();
  };
  const query = createClusters(1, 99);
  const open = async (from?: typeof store): Promise<void> => {
    const index = await openVectorIndex({ ...deps, store: from });
    await index.nearest(query, 10);
    index.close();
  };
  const pairs = await alternate(() => open(store), readBytes, { samples, warmUp: 2 });
  const readRaw = (): Promise<void> => readRawBlocks(db.relaxed.backendDB());
  const tablePairs = await alternate(() => open(), readRaw, { samples: 5, warmUp: 1 });
  for (const name of plainNames) await store.remove(name);
  const index = await openVectorIndex({ ...deps, store });
  const sweep = await createSweep(count * DIMENSION);
  const queries = createClusters(QUERIES, 77);
  let questions = 0;
  const asked: { limit: number; pairs: Pairs }[] = [];
  for (const limit of LIMITS) {
    const ask = (): Promise<unknown> => {
      const at = (questions++ % QUERIES) * DIMENSION;
      return index.nearest(queries.subarray(at, at + DIMENSION), limit);
    };
    asked.push({ limit, pairs: await alternate(ask, sweep, { samples, warmUp: 2 }) });
  }
  index.close();
  db.close();
  return { pairs, tablePairs, asked };
}

/** Every stored block once, one after the other, by IndexedDB itself. */
async function readRawBlocks(raw: IDBDatabase): Promise<void> {
  const table = raw.transaction('embeddings').objectStore('embeddings');
  for (const id of await resultOf(table.getAllKeys())) await resultOf(table.get(id));
}

const resultOf = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB failed'));
  });

function passageOf(ownerId: string, seq: number): Passage & { readonly text: string } {
  return { ownerId, kind: 'message', seq, start: 0, end: 1, textHash: seq, text: '' };
}
