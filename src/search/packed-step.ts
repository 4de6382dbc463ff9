/**
 * A step of the index as it lies in the log and goes into the table: what is looked up was looked up, and units
 * are columns.
 *
 * [Note: Why a step is packed] The index of a page that has just begun reads all steps before it can answer.
 * As rows of JSON, with a map of 100,000 ids, that took twenty times as long as reading the text. A snapshot of
 * the table beside the log would be quick too, but it would be one more file that can be torn, lag behind, and
 * hold names of what is gone; so the log itself is what is read at once. It tells the numbers of groups, models
 * and dead units: nothing has to be found by its id while it is read. See `packStep` for how they come about.
 */
import { joinBytes } from './columns.ts';
import type { Group } from './unit-table.ts';

export interface PackedStep {
  /** New groups get the next numbers, in this order. */
  readonly groups: readonly Group[];
  readonly goneGroupIds: readonly string[];
  /** Names of models that get the next numbers. */
  readonly models: readonly string[];
  /** Units that are gone or replaced, some of which may be of the step itself. */
  readonly dead: readonly number[];
  /** Whether some of what is dead is of a row that is gone, and not of one that was written anew. */
  readonly isRemoval: boolean;
  readonly unitCount: number;
  /** See {@link Columns}. */
  readonly columns: Uint8Array;
}

/** Columns of units in the order in which they lie, as bytes of numbers of their width, little-endian. */
export interface Columns {
  /** Epoch milliseconds, 64-bit floating point. */
  readonly times: Uint8Array;
  /** Bytes of the text with the zero byte that ends it, 32 bits. */
  readonly lengths: Uint8Array;
  /** Numbers of groups, 32 bits. */
  readonly groups: Uint8Array;
  /** Bytes of each of `keys`, 32 bits. */
  readonly keyLengths: Uint8Array;
  /** Numbers of models, 16 bits. */
  readonly models: Uint8Array;
  /** See `toFlags`, 8 bits. */
  readonly flags: Uint8Array;
  /** See `packKeys`; whatever is left. */
  readonly keys: Uint8Array;
}

/** Bytes of a unit in all columns but that of its key. */
const UNIT_BYTES = 8 + 4 + 4 + 4 + 2 + 1;

/** Bytes of all keys of a step; less than nothing where the columns are not of so many units. */
export const keyBytes = ({ columns, unitCount }: PackedStep): number =>
  columns.length - unitCount * UNIT_BYTES;

export function splitColumns({ columns, unitCount }: PackedStep): Columns {
  let end = 0;
  const take = (width: number): Uint8Array => {
    end += width * unitCount;
    return columns.subarray(end - width * unitCount, end);
  };
  // In this order.
  const times = take(8);
  const lengths = take(4);
  const groups = take(4);
  const keyLengths = take(4);
  const models = take(2);
  const flags = take(1);
  return { times, lengths, groups, keyLengths, models, flags, keys: columns.subarray(end) };
}

/** The same, to be written. */
export interface OpenColumns {
  readonly times: Float64Array;
  readonly lengths: Uint32Array;
  readonly groups: Uint32Array;
  readonly keyLengths: Uint32Array;
  readonly models: Uint16Array;
  readonly flags: Uint8Array;
  readonly keys: Uint8Array;
}

export function joinColumns(columns: OpenColumns): Uint8Array {
  const { times, lengths, groups, keyLengths, models, flags, keys } = columns;
  return joinBytes([times, lengths, groups, keyLengths, models, flags, keys]);
}
