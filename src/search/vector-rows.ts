/**
 * Vectors in memory, a byte a number (seven bits, because there is an instruction for that), and the exact search among them: every row is looked at (an
 * index of neighbours costs more to build than it saves up to a million rows; PERFORMANCE section 3).
 */
import { createBest } from './best.ts';
import { DIGEST_SUMS, bestSpeed, createRowBytes, productOf } from './row-bytes.ts';
import type { Speed } from './row-bytes.ts';
import { mixIn } from './checksum.ts';

/** From this many rows on a first pass over one bit a number chooses what is looked at. */
const BIT_PASS_FROM = 500_000;
/** How many rows that first pass lets through for each one that is wanted, and at least. */
const [BIT_PASS_FACTOR, BIT_PASS_LEAST] = [20, 4000];

/** A row and its cosine with the query, up to the rounding of bytes (about 0.01). */
export interface NearRow {
  readonly row: number;
  readonly cosine: number;
}

/** Vectors of one length, numbered from 0 in the order in which they came. */
export interface VectorRows {
  readonly dimension: number;
  /** Bytes of a row. */
  readonly width: number;
  readonly speed: Speed;
  /** Rows that were added, removed ones too. */
  readonly count: () => number;
  readonly memoryBytes: () => number;
  clear(): void;
  /** Adds vectors of length 1 (or zeros, which are never found), one after the other in one array. */
  add(vectors: Float32Array): void;
  /** Adds `count` rows whose bytes and {@link scales} are then to be filled with what such rows had before. */
  extend(count: number): Uint8Array;
  /** The bytes of some rows; valid until rows are added. */
  bytes(from: number, count: number): Uint8Array;
  /** What the bytes of some rows are multiplied with; valid until rows are added. */
  scales(from: number, count: number): Float32Array;
  /** A number made of the bytes of some rows, the same at any speed; it differs where a byte differs. */
  digest(from: number, count: number): number;
  /** The same, stretch by stretch. */
  createDigest(): RowDigest;
  /** Adds a row's vector, up to the rounding of bytes, to the numbers of `sum`. */
  addTo(sum: Float32Array, row: number): void;
  /** The row is not found any more. */
  remove(row: number): void;
  /** Nothing is kept of a row that was removed. */
  expunge(row: number): void;
  /** The nearest rows, nearest first; fewer where there are fewer. */
  nearest(query: Float32Array, limit: number): readonly NearRow[];
}

/** A digest of rows that come one stretch after the other. */
export interface RowDigest {
  /** @param count A multiple of 4 but for the last stretch. */
  add(from: number, count: number): void;
  value(): number;
}

interface VectorRowsOptions {
  /** By default the best that this browser can do. */
  readonly speed?: Speed;
  readonly bitPassFrom?: number;
}

/** No rows yet. */
export async function createVectorRows(
  dimension: number,
  { speed = bestSpeed(), bitPassFrom = BIT_PASS_FROM }: VectorRowsOptions = {},
): Promise<VectorRows> {
  const width = Math.ceil(dimension / 16) * 16;
  const bitWidth = Math.ceil(dimension / 128) * 16;
  const [bytes, bits] = await Promise.all([
    createRowBytes(width, 'product', speed),
    createRowBytes(bitWidth, 'bits', speed),
  ]);
  let bitCount = 0;
  let count = 0;
  /** What a row's bytes are multiplied with; 0 for a removed row. */
  let scales = new Float32Array(1024);

  function ensureScales(rows: number): void {
    if (rows <= scales.length) return;
    const wider = new Float32Array(Math.ceil(rows * 1.25));
    wider.set(scales);
    scales = wider;
  }

  /** Brings the bits up to the rows. */
  function addBits(): void {
    const rows = count - bitCount;
    const source = bytes.view(bitCount, rows);
    const target = bits.view(bitCount, rows).fill(0);
    bitCount = count;
    for (let row = 0; row < rows; row++) {
      const isNegative = (i: number): boolean => (source[row * width + i] ?? 0) < MIDDLE;
      writeBits(isNegative, dimension, target, row * bitWidth);
    }
  }

  function scanAll({ bytes: query, factor, offset }: Query, limit: number): readonly NearRow[] {
    const best = createBest(limit);
    const by = {
      scales: scales.subarray(0, count),
      offset,
      least: () => best.least() / factor,
    };
    bytes.choose(query, by, (row, product) => {
      const scale = scales[row] ?? 0;
      if (scale !== 0) best.offer(row, (product - offset) * scale * factor);
    });
    return best.list();
  }

  function scanByBits({ bytes: query, factor, offset }: Query, limit: number) {
    if (bitCount < count) addBits();
    const queryBits = new Uint8Array(bitWidth);
    writeBits((i) => (query[i] ?? 0) > 127, dimension, queryBits, 0);
    const first = createBest(Math.max(BIT_PASS_LEAST, limit * BIT_PASS_FACTOR));
    let least = first.least();
    bits.compare(queryBits, 0, count, (from, agreements) => {
      for (let at = 0; at < agreements.length; at++) {
        const agreement = agreements[at] ?? 0;
        if (agreement <= least || scales[from + at] === 0) continue;
        first.offer(from + at, agreement);
        least = first.least();
      }
    });
    const best = createBest(limit);
    for (const { row } of first.list()) {
      const product = productOf(query, bytes.view(row, 1), 0);
      const cosine = (product - offset) * (scales[row] ?? 0) * factor;
      if (cosine > best.least()) best.offer(row, cosine);
    }
    return best.list();
  }

  function createDigest(): RowDigest {
    const sums = new Int32Array(DIGEST_SUMS);
    return {
      add: (from, rows) => bytes.digest(from, rows, sums),
      value: () => sums.reduce(mixIn, DIGEST_SUMS) >>> 0,
    };
  }

  return {
    dimension,
    width,
    speed,
    count: () => count,
    memoryBytes: () => bytes.memoryBytes() + scales.byteLength + bits.memoryBytes(),
    clear() {
      count = bitCount = 0;
    },
    extend(rows) {
      ensureScales(count + rows);
      count += rows;
      return bytes.view(count - rows, rows);
    },
    bytes: (from, rows) => bytes.view(from, rows),
    scales: (from, rows) => scales.subarray(from, from + rows),
    digest(from, rows) {
      const digest = createDigest();
      digest.add(from, rows);
      return digest.value();
    },
    createDigest,
    add(vectors) {
      const rows = vectors.length / dimension;
      ensureScales(count + rows);
      const target = bytes.view(count, rows);
      for (let row = 0; row < rows; row++) {
        const vector = vectors.subarray(row * dimension, (row + 1) * dimension);
        scales[count + row] = toRow(vector, target.subarray(row * width, (row + 1) * width));
      }
      count += rows;
    },
    addTo(sum, row) {
      const scale = scales[row] ?? 0;
      const own = bytes.view(row, 1);
      for (let i = 0; i < dimension; i++) {
        sum[i] = (sum[i] ?? 0) + ((own[i] ?? MIDDLE) - MIDDLE) * scale;
      }
    },
    remove(row) {
      scales[row] = 0;
    },
    expunge(row) {
      scales[row] = 0;
      bytes.view(row, 1).fill(0);
      if (row < bitCount) bits.view(row, 1).fill(0);
    },
    nearest(vector, limit) {
      const query = toQuery(vector, width);
      if (query.factor === 0 || limit < 1) return [];
      return count >= bitPassFrom ? scanByBits(query, limit) : scanAll(query, limit);
    },
  };
}

/** Rows are stored as bytes around this one, so that all are positive. */
const MIDDLE = 64;

/** A query as signed bytes. */
interface Query {
  readonly bytes: Uint8Array;
  /** What products are multiplied with. */
  readonly factor: number;
  /** What every product has too much because rows lie around {@link MIDDLE}. */
  readonly offset: number;
}

/** Rounds a vector to bytes between -127 and 127. */
function toQuery(vector: Float32Array, width: number): Query {
  const bytes = new Uint8Array(width);
  const largest = largestOf(vector);
  let sum = 0;
  for (let i = 0; i < vector.length && largest > 0; i++) {
    const rounded = Math.round(((vector[i] ?? 0) * 127) / largest);
    bytes[i] = rounded;
    sum += rounded;
  }
  return { bytes, factor: largest / 127, offset: sum * MIDDLE };
}

/** Rounds a vector to bytes between 1 and 127. @returns what they are multiplied with; 0 for zeros */
function toRow(vector: Float32Array, target: Uint8Array): number {
  const largest = largestOf(vector);
  const factor = largest === 0 ? 0 : 63 / largest;
  for (let i = 0; i < vector.length; i++)
    target[i] = Math.round((vector[i] ?? 0) * factor) + MIDDLE;
  return largest / 63;
}

/** Largest absolute value; 0 where something is not a number. */
function largestOf(vector: Float32Array): number {
  let largest = 0;
  for (const value of vector) largest = Math.max(largest, Math.abs(value));
  return Number.isFinite(largest) ? largest : 0;
}

function writeBits(
  isSet: (i: number) => boolean,
  dimension: number,
  target: Uint8Array,
  to: number,
): void {
  for (let i = 0; i < dimension; i++) {
    if (!isSet(i)) continue;
    const at = to + (i >> 3);
    target[at] = (target[at] ?? 0) | (1 << (i & 7));
  }
}
