import kernel from '#search/kernel/vectors.as.ts?kernel';
import type { VectorRows } from '#search/vector-rows.ts';
import { createVectorRows } from '#search/vector-rows.ts';
import type { BenchLine } from './bench-line.ts';
import { alternate, ratioLine } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';
import { createRandom } from './seeded-data.ts';

const DIMENSION = 384;
const SCANNED = 50;
const WANTED = 10;
const RECALL_QUERIES = 20;

/** Finding the ten nearest of many vectors, against reading their bytes once. */
export const vectors: BenchRow = {
  number: 8,
  async run({ isQuick }) {
    const lines: BenchLine[] = [];
    const sizes = isQuick ? [10_000] : [100_000, 300_000];
    for (const [at, count] of sizes.entries()) {
      lines.push(...(await measure(count, at === 0 ? 1.5 : 2, at === 0 ? '8' : '8c', isQuick)));
    }
    return lines;
  },
};

async function measure(
  count: number,
  goal: number,
  row: string,
  isQuick: boolean,
): Promise<readonly BenchLine[]> {
  const all = createClusters(count);
  const rows = await createVectorRows(DIMENSION);
  for (let from = 0; from < count; from += 1000) {
    rows.add(all.subarray(from * DIMENSION, (from + 1000) * DIMENSION));
  }
  const sweep = await createSweep(count * DIMENSION);
  const queries = createClusters(RECALL_QUERIES + 1, 99);
  let at = 0;
  const nextQuery = (): Float32Array => {
    at = (at + 1) % RECALL_QUERIES;
    return queries.subarray(at * DIMENSION, (at + 1) * DIMENSION);
  };
  const pairs = await alternate(() => Promise.resolve(findTen(rows, all, nextQuery())), sweep, {
    samples: isQuick ? 5 : 30,
  });
  let missed = 0;
  for (let query = 0; query < RECALL_QUERIES; query++) {
    const vector = nextQuery();
    const found = new Set(findTen(rows, all, vector));
    missed += exactTen(all, vector).filter((each) => !found.has(each)).length;
  }
  const share = missed / (RECALL_QUERIES * WANTED);
  return [
    ratioLine(pairs, {
      row,
      what: `nearest 10 of ${count} × ${DIMENSION} / reading their bytes in WebAssembly`,
      goal,
      note: rows.speed,
    }),
    {
      row: row === '8' ? '8b' : '8d',
      what: `of the exact 10 nearest of ${count}, missed`,
      unit: 'x',
      value: share,
      goal: 0.01,
      spread: null,
      n: RECALL_QUERIES,
      note: `recall@10 ${(1 - share).toFixed(3)}; ${(rows.memoryBytes() / (count * DIMENSION)).toFixed(2)} bytes of memory a number`,
    },
  ];
}

/** Reads as many bytes once, in WebAssembly. */
export async function createSweep(byteLength: number): Promise<() => Promise<number>> {
  const { instance } = await WebAssembly.instantiate(kernel);
  const exports = instance.exports as unknown as {
    readonly memory: WebAssembly.Memory;
    readonly sweep: (bytes: number, length: number) => number;
  };
  exports.memory.grow(Math.ceil(byteLength / 65_536));
  new Uint8Array(exports.memory.buffer).fill(7);
  return () => Promise.resolve(exports.sweep(0, byteLength));
}

/** As the index does it, but for the files from which it reads the best; with them it is row 10d. */
export function findTen(
  rows: VectorRows,
  all: Float32Array,
  query: Float32Array,
): readonly number[] {
  const near = rows
    .nearest(query, SCANNED)
    .map(({ row }) => [cosine(all, row, query), row] as const);
  return near
    .sort((a, b) => b[0] - a[0])
    .slice(0, WANTED)
    .map(([, row]) => row);
}

function exactTen(all: Float32Array, query: Float32Array): readonly number[] {
  const cosines = Array.from(
    { length: all.length / DIMENSION },
    (_, row) => [cosine(all, row, query), row] as const,
  );
  return cosines
    .sort((a, b) => b[0] - a[0])
    .slice(0, WANTED)
    .map(([, row]) => row);
}

function cosine(all: Float32Array, row: number, query: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < DIMENSION; i++) sum += (all[row * DIMENSION + i] ?? 0) * (query[i] ?? 0);
  return sum;
}

/** Vectors of length 1 around 200 centres, the same in every run. */
export function createClusters(count: number, seed = 1): Float32Array<ArrayBuffer> {
  const random = createRandom(seed);
  const centreRandom = createRandom(5);
  const centres = Float32Array.from({ length: 200 * DIMENSION }, () => centreRandom() * 2 - 1);
  const vectors = new Float32Array(count * DIMENSION);
  for (let row = 0; row < count; row++) {
    const centre = Math.floor(random() * 200) * DIMENSION;
    let sum = 0;
    for (let i = 0; i < DIMENSION; i++) {
      const value = (centres[centre + i] ?? 0) + (random() * 2 - 1) * 1.2;
      vectors[row * DIMENSION + i] = value;
      sum += value * value;
    }
    const factor = 1 / Math.sqrt(sum);
    for (let i = 0; i < DIMENSION; i++) {
      vectors[row * DIMENSION + i] = (vectors[row * DIMENSION + i] ?? 0) * factor;
    }
  }
  return vectors;
}
