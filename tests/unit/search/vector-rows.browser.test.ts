import { describe, expect, test } from 'vitest';
import { createRowBytes } from '#search/row-bytes.ts';
import { createVectorRows } from '#search/vector-rows.ts';

/** Numbers from -1 to 1 that are the same in every run. */
function createRandom(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state / 2 ** 31;
  };
}

/** Vectors of length 1 around a few centres, as texts of a few subjects are. */
function clustered(count: number, dimension: number, seed = 1): Float32Array {
  const random = createRandom(seed);
  const centres = Array.from({ length: 40 }, () => Array.from({ length: dimension }, random));
  const vectors = new Float32Array(count * dimension);
  for (let row = 0; row < count; row++) {
    const centre = centres[row % centres.length] ?? [];
    const vector = centre.map((value) => value + random() * 1.2);
    const length = Math.hypot(...vector);
    vectors.set(
      vector.map((value) => value / length),
      row * dimension,
    );
  }
  return vectors;
}

function exactNearest(vectors: Float32Array, query: Float32Array, limit: number): number[] {
  const { length: dimension } = query;
  const cosines = Array.from({ length: vectors.length / dimension }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < dimension; i++) {
      sum += (query[i] ?? 0) * (vectors[row * dimension + i] ?? 0);
    }
    return [sum, row] as const;
  });
  return cosines
    .sort((a, b) => b[0] - a[0])
    .slice(0, limit)
    .map(([, row]) => row);
}

function recall(found: readonly { readonly row: number }[], truth: readonly number[]): number {
  const rows = new Set(found.map(({ row }) => row));
  return truth.filter((row) => rows.has(row)).length / truth.length;
}

describe.each(['relaxed', 'simd', 'plain'] as const)('%s', (speed) => {
  test.each([256, 384, 20])('finds what an exact search finds, dimension %i', async (dimension) => {
    const vectors = clustered(3000, dimension);
    const rows = await createVectorRows(dimension, { speed });
    rows.add(vectors.subarray(0, 1000 * dimension));
    rows.add(vectors.subarray(1000 * dimension));
    expect(rows.count()).toBe(3000);
    for (let at = 0; at < 20; at++) {
      const query = clustered(1, dimension, 100 + at);
      // Among the 50 of the scan are all of the exact ten.
      expect(recall(rows.nearest(query, 50), exactNearest(vectors, query, 10))).toBe(1);
    }
  });

  test('agrees with a first pass over bits', async () => {
    const vectors = clustered(6000, 256);
    const rows = await createVectorRows(256, { speed, bitPassFrom: 4000 });
    rows.add(vectors.subarray(0, 3000 * 256));
    rows.add(vectors.subarray(3000 * 256));
    rows.remove(17);
    const query = vectors.slice(17 * 256, 18 * 256);
    const truth = exactNearest(vectors, query, 11).filter((row) => row !== 17);
    const found = rows.nearest(query, 50);
    expect(recall(found, truth)).toBe(1);
    expect(found.map(({ row }) => row)).not.toContain(17);
  });

  test('gives rows over more than one strip, and none that were removed or are zero', async () => {
    const rows = await createVectorRows(16, { speed });
    const vectors = new Float32Array(40_000 * 16);
    for (const [row, value] of [
      [5, 1],
      [20_000, 0.9],
      [39_999, 0.8],
    ] as const) {
      vectors[row * 16] = value;
      vectors[row * 16 + 1] = Math.sqrt(1 - value * value);
    }
    rows.add(vectors);
    const query = new Float32Array(16);
    query[0] = 1;
    expect(rows.nearest(query, 10).map(({ row }) => row)).toEqual([5, 20_000, 39_999]);
    rows.remove(5);
    expect(rows.nearest(query, 10).map(({ row }) => row)).toEqual([20_000, 39_999]);
    expect(rows.nearest(new Float32Array(16), 10)).toEqual([]);
  });
});

test('among 100,000 rows a first pass over bits lets the exact nearest through', async () => {
  const [count, dimension] = [100_000, 256];
  const vectors = clustered(count, dimension);
  const rows = await createVectorRows(dimension, { bitPassFrom: count });
  for (let from = 0; from < count; from += 10_000) {
    rows.add(vectors.subarray(from * dimension, (from + 10_000) * dimension));
  }
  let found = 0;
  const queries = 10;
  for (let at = 0; at < queries; at++) {
    // Near to one of the rows, as a question is to its answer.
    const row = (at * 9973) % count;
    const noise = clustered(1, dimension, 1000 + at);
    const near = vectors
      .slice(row * dimension, (row + 1) * dimension)
      .map((value, i) => value + 0.5 * (noise[i] ?? 0));
    const length = Math.hypot(...near);
    const query = near.map((value) => value / length);
    found += recall(rows.nearest(query, 50), exactNearest(vectors, query, 10));
  }
  expect(found / queries).toBeGreaterThanOrEqual(0.99);
});

test('all ways compare bytes and bits alike', async () => {
  const random = createRandom(7);
  const rows = Uint8Array.from({ length: 80 * 500 }, () => Math.abs(Math.round(random() * 127)));
  const query = Uint8Array.from({ length: 80 }, () => Math.round(random() * 127));
  for (const comparison of ['product', 'bits'] as const) {
    const results = [];
    for (const speed of ['relaxed', 'simd', 'plain'] as const) {
      const bytes = await createRowBytes(80, comparison, speed);
      bytes.view(0, 499).set(rows.subarray(0, 499 * 80));
      const found: number[] = [];
      bytes.compare(query, 0, 499, (_from, strip) => found.push(...strip));
      results.push(found);
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    expect(new Set(results[0]).size).toBeGreaterThan(10);
  }
});

test('the digest of rows is the same at any speed, and another where one bit differs', async () => {
  const random = createRandom(8);
  const vectors = Float32Array.from({ length: 20 * 300 }, () => random() * 2 - 1);
  const digests: number[] = [];
  for (const speed of ['relaxed', 'simd', 'plain'] as const) {
    const rows = await createVectorRows(20, { speed });
    rows.add(vectors);
    digests.push(rows.digest(100, 200));
    for (const at of [0, 33, 200 * 32 - 1]) {
      for (const bit of [1, 0x10, 0x80]) {
        const bytes = rows.bytes(100, 200);
        bytes[at] = (bytes[at] ?? 0) ^ bit;
        expect(rows.digest(100, 200)).not.toBe(digests[0]);
        bytes[at] = (bytes[at] ?? 0) ^ bit;
      }
    }
  }
  expect(new Set(digests).size).toBe(1);
});
