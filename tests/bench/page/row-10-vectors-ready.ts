import type { Passage } from '#domain/embedding.ts';
import { openVectorIndex } from '#search/vector-index.ts';
import { alternate, ratioLine } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';
import { createClusters } from './row-8-vectors.ts';

const DIMENSION = 384;
const OWNER_ROWS = 50;

/** Vectors after a reload until the first can be found, against reading as many bytes from OPFS. */
export const vectorsReady: BenchRow = {
  number: 10,
  async run({ fixtures, isQuick }) {
    const count = isQuick ? 10_000 : 100_000;
    const { database: db } = await fixtures.empty();
    const deps = {
      db,
      clock: () => Date.now(),
      collection: 'conversations',
      identity: { id: 'b', revision: '1', dtype: 'q8', dimension: DIMENSION, pipelineVersion: 1 },
    } as const;
    const all = createClusters(count);
    const index = await openVectorIndex(deps);
    for (let from = 0; from < count; from += OWNER_ROWS) {
      const id = `owner-${from}`;
      const passages = Array.from({ length: OWNER_ROWS }, (_, seq) => passageOf(id, seq));
      const vectors = all.subarray(from * DIMENSION, (from + OWNER_ROWS) * DIMENSION);
      index.put({ id, stamp: '1' }, passages, vectors);
      if (index.unflushedCount() > 2000) await index.flush();
    }
    await index.flush();
    const root = await navigator.storage.getDirectory();
    const handle = await root.getFileHandle('bench-vectors', { create: true });
    const writable = await handle.createWritable();
    await writable.write(new Uint8Array(all.buffer, 0, count * DIMENSION));
    await writable.close();
    const query = createClusters(1, 99);
    const pairs = await alternate(
      async () => (await openVectorIndex(deps)).nearest(query, 10),
      async () => (await handle.getFile()).arrayBuffer(),
      { samples: isQuick ? 3 : 5, warmUp: 1 },
    );
    await root.removeEntry('bench-vectors');
    return [
      ratioLine(pairs, {
        row: '10',
        what: `${count} × ${DIMENSION} vectors ready after a reload / reading their bytes from OPFS`,
        goal: 2,
      }),
    ];
  },
};

function passageOf(ownerId: string, seq: number): Passage & { readonly text: string } {
  return { ownerId, kind: 'message', seq, start: 0, end: 1, textHash: seq, text: '' };
}
