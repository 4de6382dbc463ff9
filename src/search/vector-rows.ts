/**
 * Vectors in memory, a byte a number, and the exact search among them: every row is looked at (an
 * index of neighbours costs more to build than it saves up to a million rows; PERFORMANCE section 3).
 */
import { createBest } from './best.ts';
import { createRowBytes } from './row-bytes.ts';
import type { RowBytes } from './row-bytes.ts';

/** From this many rows on a first pass over one bit a number chooses what is looked at. */
const BIT_PASS_FROM = 500_000;
/** How many rows that first pass lets through for each one that is wanted, and at least. */
const [BIT_PASS_FACTOR, BIT_PASS_LEAST] = [20, 1000];

/** A row and its cosine with the query, up to the rounding of bytes (about 0.005). */
export interface NearRow {
  readonly row: number;
  readonly cosine: number;
}

/** Vectors of one length, numbered from 0 in the order in which they came. */
export interface VectorRows {
  readonly dimension: number;
  readonly isFast: boolean;
  /** Rows that were added, removed ones too. */
  readonly count: () => number;
  readonly memoryBytes: () => number;
  /** Adds vectors of length 1 (or zeros, which are never found), one after the other in one array. */
  add(vectors: Float32Array): void;
  /** The row is not found any more. */
  remove(row: number): void;
  /** The nearest rows, nearest first; fewer where there are fewer. */
  nearest(query: Float32Array, limit: number): readonly NearRow[];
  /** Reads every byte once; for the bench. */
  sweep(): number;
}

interface VectorRowsOptions {
  /** False: plain TypeScript. By default what this browser can do. */
  readonly withSimd?: boolean;
  readonly bitPassFrom?: number;
}

/** No rows yet. */
export async function createVectorRows(
  dimension: number,
  { withSimd, bitPassFrom = BIT_PASS_FROM }: VectorRowsOptions = {},
): Promise<VectorRows> {
  const width = Math.ceil(dimension / 16) * 16;
  const bitWidth = Math.ceil(dimension / 128) * 16;
  const bytes = await createRowBytes(width, 'product', withSimd);
  let bits: RowBytes | undefined;
  const emptyBits = await createRowBytes(bitWidth, 'bits', withSimd);
  let count = 0;
  /** What a row's bytes are multiplied with; 0 for a removed row. */
  let scales = new Float32Array(1024);

  function ensureScales(rows: number): void {
    if (rows <= scales.length) return;
    const wider = new Float32Array(Math.ceil(rows * 1.25));
    wider.set(scales);
    scales = wider;
  }

  function addBits(from: number, rows: number, to: RowBytes): void {
    const source = bytes.view(from, rows);
    const target = to.view(from, rows).fill(0);
    for (let row = 0; row < rows; row++) {
      writeBits(source, row * width, dimension, target, row * bitWidth);
    }
  }

  function scanAll(query: Uint8Array, scale: number, limit: number): readonly NearRow[] {
    const best = createBest(limit);
    bytes.compare(query, count, (from, products) => {
      for (let at = 0; at < products.length; at++) {
        const rowScale = scales[from + at] ?? 0;
        const cosine = (products[at] ?? 0) * rowScale * scale;
        if (rowScale !== 0 && cosine > best.least()) best.offer(from + at, cosine);
      }
    });
    return best.list();
  }

  function scanByBits(query: Uint8Array, scale: number, limit: number, of: RowBytes) {
    const queryBits = new Uint8Array(bitWidth);
    writeBits(query, 0, dimension, queryBits, 0);
    const first = createBest(Math.max(BIT_PASS_LEAST, limit * BIT_PASS_FACTOR));
    of.compare(queryBits, count, (from, agreements) => {
      for (let at = 0; at < agreements.length; at++) {
        const agreement = agreements[at] ?? 0;
        if (agreement > first.least() && scales[from + at] !== 0) first.offer(from + at, agreement);
      }
    });
    const best = createBest(limit);
    const signed = new Int8Array(query.buffer, query.byteOffset, query.length);
    for (const { row } of first.list()) {
      const view = bytes.view(row, 1);
      const other = new Int8Array(view.buffer, view.byteOffset, width);
      let product = 0;
      for (let i = 0; i < width; i++) product += (signed[i] ?? 0) * (other[i] ?? 0);
      const cosine = product * (scales[row] ?? 0) * scale;
      if (cosine > best.least()) best.offer(row, cosine);
    }
    return best.list();
  }

  return {
    dimension,
    isFast: bytes.isFast,
    count: () => count,
    memoryBytes: () => bytes.memoryBytes() + scales.byteLength + (bits ?? emptyBits).memoryBytes(),
    add(vectors) {
      const rows = vectors.length / dimension;
      ensureScales(count + rows);
      const target = bytes.view(count, rows);
      for (let row = 0; row < rows; row++) {
        const vector = vectors.subarray(row * dimension, (row + 1) * dimension);
        scales[count + row] = toBytes(vector, target.subarray(row * width, (row + 1) * width));
      }
      if (bits) addBits(count, rows, bits);
      count += rows;
      if (!bits && count >= bitPassFrom) {
        bits = emptyBits;
        addBits(0, count, bits);
      }
    },
    remove(row) {
      scales[row] = 0;
    },
    nearest(query, limit) {
      const queryBytes = new Uint8Array(width);
      const scale = toBytes(query, queryBytes);
      if (scale === 0 || limit < 1) return [];
      return bits ? scanByBits(queryBytes, scale, limit, bits) : scanAll(queryBytes, scale, limit);
    },
    sweep: () => bytes.sweep(count),
  };
}

/** Rounds a vector to signed bytes between -127 and 127. @returns what they are multiplied with */
function toBytes(vector: Float32Array, target: Uint8Array): number {
  let largest = 0;
  for (const value of vector) largest = Math.max(largest, Math.abs(value));
  if (largest === 0 || !Number.isFinite(largest)) {
    target.fill(0);
    return 0;
  }
  const factor = 127 / largest;
  for (let i = 0; i < vector.length; i++) target[i] = Math.round((vector[i] ?? 0) * factor);
  return largest / 127;
}

/** One bit a number: whether it is negative. */
function writeBits(
  bytes: Uint8Array,
  from: number,
  dimension: number,
  target: Uint8Array,
  to: number,
): void {
  for (let i = 0; i < dimension; i++) {
    if ((bytes[from + i] ?? 0) > 127) {
      const at = to + (i >> 3);
      target[at] = (target[at] ?? 0) | (1 << (i & 7));
    }
  }
}
