/** Rows of bytes of one width, and two ways to compare one row with all: by WebAssembly SIMD, or plainly. */
import { canRun, loadKernel } from './kernel/load-kernel.ts';
import relaxedKernel from './kernel/vectors-relaxed.as.ts?kernel';
import kernel from './kernel/vectors.as.ts?kernel';

/** What the kernels export; see kernel/vectors.as.ts. The relaxed one has no `compareBits`. */
interface VectorExports {
  readonly memory: WebAssembly.Memory;
  readonly multiplyRows: Compare;
  readonly compareBits: Compare;
}
type Compare = (query: number, rows: number, count: number, width: number, results: number) => void;

/** Rows that are compared at a time: bounds the working space, whatever the number of rows. */
const STRIP_ROWS = 16_384;
const PAGE_BYTES = 65_536;
/** The query lies first, then the results of a strip, then the rows. */
const QUERY_BYTES = 16_384;
const ROWS_AT = QUERY_BYTES + STRIP_ROWS * 4;
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
}

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
  return createKernelRows(width, exports.memory, compare);
}

function createKernelRows(
  width: number,
  memory: WebAssembly.Memory,
  kernelCompare: Compare,
): RowBytes {
  const reach = (byteLength: number): void => {
    const present = memory.buffer.byteLength;
    if (byteLength <= present) return;
    const wanted = Math.max(byteLength, Math.min(present * GROWTH, byteLength * GROWTH));
    memory.grow(Math.ceil((wanted - present) / PAGE_BYTES));
  };
  reach(ROWS_AT);
  return {
    memoryBytes: () => memory.buffer.byteLength,
    view(from, count) {
      reach(ROWS_AT + (from + count) * width);
      return new Uint8Array(memory.buffer, ROWS_AT + from * width, count * width);
    },
    compare(query, first, count, onStrip) {
      new Uint8Array(memory.buffer).set(query);
      for (let from = first; from < first + count; from += STRIP_ROWS) {
        const rows = Math.min(STRIP_ROWS, first + count - from);
        kernelCompare(0, ROWS_AT + from * width, rows, width, QUERY_BYTES);
        onStrip(from, new Int32Array(memory.buffer, QUERY_BYTES, rows));
      }
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
