/** Rows of bytes of one width, and two ways to compare one row with all: by WebAssembly SIMD, or plainly. */
import { canRun, loadKernel } from './kernel/load-kernel.ts';
import relaxedKernel from './kernel/vectors-relaxed.as.ts?kernel';
import kernel from './kernel/vectors.as.ts?kernel';
import { mixIn } from './checksum.ts';

/** What the kernels export; see kernel/vectors.as.ts. The relaxed one has no `compareBits`. */
interface VectorExports {
  readonly memory: WebAssembly.Memory;
  readonly multiplyRows: Compare;
  readonly compareBits: Compare;
  readonly keepBetter: (
    products: number,
    scales: number,
    count: number,
    offset: number,
    least: number,
    kept: number,
  ) => number;
  readonly digestBytes: (bytes: number, length: number, sums: number) => void;
}
type Compare = (query: number, rows: number, count: number, width: number, results: number) => void;

/** Rows that are compared at a time: bounds the working space, whatever the number of rows. */
const STRIP_ROWS = 16_384;
const PAGE_BYTES = 65_536;
/** Rows of a strip among which is chosen at a time: the least that is kept rises in between. */
const CHOICE_ROWS = 1024;
/** The query lies first, then results and scales of a strip, what is chosen of it, then the rows. */
const QUERY_BYTES = 16_384;
const SCALES_AT = QUERY_BYTES + STRIP_ROWS * 4;
const CHOICE_AT = SCALES_AT + STRIP_ROWS * 4;
const ROWS_AT = CHOICE_AT + CHOICE_ROWS * 4;
/** By so much a number of 32 bits may be too small, of itself. */
const ROUNDING = 1e-6;
/** Memory grows by this part of itself, so that little of it lies idle. */
const GROWTH = 1.15;

/**
 * How a row is compared: scalar product of a query of signed bytes with rows of bytes from 0 to 127, or
 * number of agreeing bits.
 */
export type Comparison = 'product' | 'bits';

/** Which instructions do it: with a product of four bytes at once, with SIMD as such, or none. */
export type Speed = 'relaxed' | 'simd' | 'plain';

/** The quickest that this browser has. */
export function bestSpeed(): Speed {
  if (!canRun(kernel)) return 'plain';
  return canRun(relaxedKernel) ? 'relaxed' : 'simd';
}

/** Many rows of bytes. */
export interface RowBytes {
  readonly memoryBytes: () => number;
  /** Bytes of the rows `[from, from + count)`, to be written or read at once; valid until the next call. */
  view(from: number, count: number): Uint8Array;
  /**
   * Compares `query` (one row) with the rows `[first, first + count)` and calls `onStrip` for stretches of
   * them in order; the results are overwritten by the next stretch.
   */
  compare(
    query: Uint8Array,
    first: number,
    count: number,
    onStrip: (from: number, results: Int32Array) => void,
  ): void;
  /**
   * Compares `query` with the first rows, as many as there are `scales`, and calls `onRow` in order for each
   * whose `(product - offset) * scale` is more than `least()`, which may rise meanwhile, and for few others.
   */
  choose(
    query: Uint8Array,
    by: {
      readonly scales: Float32Array;
      readonly offset: number;
      readonly least: () => number;
    },
    onRow: (row: number, product: number) => void,
  ): void;
  /**
   * Goes on with the digest of rows one after the other: {@link DIGEST_SUMS} sums, zero at first. The same at
   * any speed; another where a byte differs.
   * @param count A multiple of 4 but for the last ones.
   */
  digest(first: number, count: number, sums: Int32Array): void;
}

/** Sums of a digest. */
export const DIGEST_SUMS = 16;

/** @param width Bytes of a row: a multiple of 16, at most 16,384. */
export async function createRowBytes(
  width: number,
  comparison: Comparison,
  speed: Speed,
): Promise<RowBytes> {
  if (width > QUERY_BYTES) throw new RangeError(`a row of ${width} bytes`);
  const isRelaxed = speed === 'relaxed' && comparison === 'product';
  const exports =
    speed === 'plain'
      ? undefined
      : await loadKernel<VectorExports>(isRelaxed ? relaxedKernel : kernel);
  if (!exports) return createPlainRows(width, comparison);
  const compare = comparison === 'product' ? exports.multiplyRows : exports.compareBits;
  return createKernelRows(width, exports, compare);
}

function createKernelRows(
  width: number,
  { memory, keepBetter, digestBytes }: VectorExports,
  kernelCompare: Compare,
): RowBytes {
  const reach = (byteLength: number): void => {
    const present = memory.buffer.byteLength;
    if (byteLength <= present) return;
    const wanted = Math.max(byteLength, Math.min(present * GROWTH, byteLength * GROWTH));
    memory.grow(Math.ceil((wanted - present) / PAGE_BYTES));
  };
  reach(ROWS_AT);
  const compare: RowBytes['compare'] = (query, first, count, onStrip) => {
    new Uint8Array(memory.buffer).set(query);
    for (let from = first; from < first + count; from += STRIP_ROWS) {
      const rows = Math.min(STRIP_ROWS, first + count - from);
      kernelCompare(0, ROWS_AT + from * width, rows, width, QUERY_BYTES);
      onStrip(from, new Int32Array(memory.buffer, QUERY_BYTES, rows));
    }
  };
  return {
    memoryBytes: () => memory.buffer.byteLength,
    view(from, count) {
      reach(ROWS_AT + (from + count) * width);
      return new Uint8Array(memory.buffer, ROWS_AT + from * width, count * width);
    },
    compare,
    choose(query, { scales, offset, least }, onRow) {
      const stripScales = new Float32Array(memory.buffer, SCALES_AT, STRIP_ROWS);
      const chosen = new Uint32Array(memory.buffer, CHOICE_AT, CHOICE_ROWS);
      compare(query, 0, scales.length, (from, products) => {
        // Behind the last row lie products of other strips: a scale of 0 makes nothing of them.
        stripScales.fill(0, products.length);
        stripScales.set(scales.subarray(from, from + products.length));
        for (let at = 0; at < products.length; at += CHOICE_ROWS) {
          const rows = Math.min(CHOICE_ROWS, Math.ceil((products.length - at) / 4) * 4);
          const bar = least();
          const kept = keepBetter(
            QUERY_BYTES + at * 4,
            SCALES_AT + at * 4,
            rows,
            offset,
            bar - Math.abs(bar) * ROUNDING,
            CHOICE_AT,
          );
          for (let index = 0; index < kept; index++) {
            const row = at + (chosen[index] ?? 0);
            if (row < products.length) onRow(from + row, products[row] ?? 0);
          }
        }
      });
    },
    digest(first, count, sums) {
      const kept = new Int32Array(memory.buffer, 0, DIGEST_SUMS);
      kept.set(sums);
      digestBytes(ROWS_AT + first * width, count * width, 0);
      sums.set(kept);
    },
  };
}

function createPlainRows(width: number, comparison: Comparison): RowBytes {
  let bytes = new Uint8Array(0);
  const compareRow = comparison === 'product' ? productOf : agreementOf;
  return {
    memoryBytes: () => bytes.byteLength,
    view(from, count) {
      const end = (from + count) * width;
      if (bytes.length < end) {
        const wider = new Uint8Array(Math.ceil(end * GROWTH));
        wider.set(bytes);
        bytes = wider;
      }
      return bytes.subarray(from * width, end);
    },
    compare(query, first, count, onStrip) {
      for (let from = first; from < first + count; from += STRIP_ROWS) {
        const results = new Int32Array(Math.min(STRIP_ROWS, first + count - from));
        for (let row = 0; row < results.length; row++) {
          results[row] = compareRow(query, bytes, (from + row) * width);
        }
        onStrip(from, results);
      }
    },
    choose(query, { scales, offset, least }, onRow) {
      for (const [row, scale] of scales.entries()) {
        const product = compareRow(query, bytes, row * width);
        if ((product - offset) * scale > least()) onRow(row, product);
      }
    },
    digest(first, count, sums) {
      const words = new Int32Array(bytes.buffer, first * width, (count * width) / 4);
      for (let at = 0; at < words.length; at++) {
        const sum = at % DIGEST_SUMS;
        sums[sum] = mixIn(sums[sum] ?? 0, words[at] ?? 0);
      }
    },
  };
}

/** The scalar product of a query with the row whose bytes begin at `at`. */
export function productOf(query: Uint8Array, bytes: Uint8Array, at: number): number {
  let sum = 0;
  for (let i = 0; i < query.length; i++) {
    // A byte of the query as a signed one.
    sum += (((query[i] ?? 0) << 24) >> 24) * (bytes[at + i] ?? 0);
  }
  return sum;
}

function agreementOf(query: Uint8Array, bytes: Uint8Array, at: number): number {
  let differing = 0;
  for (let i = 0; i < query.length; i++) {
    for (let rest = (query[i] ?? 0) ^ (bytes[at + i] ?? 0); rest > 0; rest &= rest - 1) differing++;
  }
  return query.length * 8 - differing;
}
