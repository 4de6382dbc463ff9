/**
 * What the rows of vectors stand for, in columns and not objects: they come from a file as they are, and
 * 100,000 of them take 3 MB.
 */
import { PASSAGE_KINDS } from '#domain/embedding.ts';
import type { Passage } from '#domain/embedding.ts';

/** Numbers of a row: owner, kind, seq, start, end, hash of the text. */
export const PASSAGE_FIELDS = 6;
/** The owner of a row that does not count any more. */
const NOBODY = -1;

/** The fields of a row that was expunged, or never counted. */
const NOTHING = [NOBODY, 0, -1, 0, 0, 0];

export interface PassageRows {
  readonly rowCount: () => number;
  readonly memoryBytes: () => number;
  clear(): void;
  /** Makes room for `count` rows in all. */
  reserve(count: number): void;
  /** Adds a row; null is one that does not count. */
  add(number: number, passage: Passage | null): void;
  /** Adds `count` rows whose columns are then to be filled by {@link columns}. */
  extend(count: number): void;
  /** The columns of some rows, valid until rows are added. */
  columns(
    from: number,
    count: number,
  ): { readonly numbers: Uint32Array; readonly fields: Int32Array };
  /** The row does not count any more. */
  remove(place: number): void;
  /** Nothing is kept of what the row stood for, which does not count any more. */
  expunge(place: number): void;
  /** Whether something is kept of a row that does not count any more. */
  hasRest(place: number): boolean;
  /** Undefined for a row that does not count. */
  at(place: number): Passage | undefined;
  /** The stored number of a row. */
  numberOf(place: number): number;
  /** The number of a row's owner; -1 for one that does not count. */
  ownerOf(place: number): number;
  /** Owners by their numbers; those that are gone keep theirs. */
  readonly ownerIds: readonly string[];
  /** An owner's number, a new one for a new owner. */
  numberOwner(ownerId: string): number;
}

export function createPassageRows(): PassageRows {
  let count = 0;
  let numbers = new Uint32Array(0);
  let fields = new Int32Array(0);
  const ownerIds: string[] = [];
  const ownerNumbers = new Map<string, number>();

  function reserve(rows: number): void {
    if (rows <= numbers.length) return;
    const [widerNumbers, widerFields] = [
      new Uint32Array(rows),
      new Int32Array(rows * PASSAGE_FIELDS),
    ];
    widerNumbers.set(numbers);
    widerFields.set(fields);
    [numbers, fields] = [widerNumbers, widerFields];
  }

  function extend(rows: number): void {
    if (count + rows > numbers.length) reserve(Math.ceil((count + rows) * 1.25));
    count += rows;
  }

  function numberOwner(ownerId: string): number {
    const known = ownerNumbers.get(ownerId);
    if (known !== undefined) return known;
    ownerNumbers.set(ownerId, ownerIds.length);
    return ownerIds.push(ownerId) - 1;
  }

  const field = (place: number, at: number): number =>
    fields[place * PASSAGE_FIELDS + at] ?? NOBODY;
  const ownerOf = (place: number): number => (place < count ? field(place, 0) : NOBODY);

  return {
    rowCount: () => count,
    memoryBytes: () => numbers.byteLength + fields.byteLength,
    clear() {
      count = ownerIds.length = 0;
      ownerNumbers.clear();
    },
    reserve,
    extend,
    ownerIds,
    numberOwner,
    ownerOf,
    columns: (from, rows) => ({
      numbers: numbers.subarray(from, from + rows),
      fields: fields.subarray(from * PASSAGE_FIELDS, (from + rows) * PASSAGE_FIELDS),
    }),
    add(number, passage) {
      const place = count;
      extend(1);
      numbers[place] = number;
      if (!passage) fields.set(NOTHING, place * PASSAGE_FIELDS);
      else {
        const { ownerId, kind, seq, start, end, textHash } = passage;
        const row = [numberOwner(ownerId), PASSAGE_KINDS.indexOf(kind), seq, start, end, textHash];
        fields.set(row, place * PASSAGE_FIELDS);
      }
    },
    remove(place) {
      fields[place * PASSAGE_FIELDS] = NOBODY;
    },
    expunge(place) {
      fields.set(NOTHING, place * PASSAGE_FIELDS);
    },
    hasRest: (place) =>
      ownerOf(place) === NOBODY && NOTHING.some((value, at) => field(place, at) !== value),
    at(place) {
      const ownerId = ownerIds[ownerOf(place)];
      const kind = PASSAGE_KINDS[field(place, 1)];
      if (ownerId === undefined || kind === undefined) return undefined;
      const [seq, start, end] = [field(place, 2), field(place, 3), field(place, 4)];
      return { ownerId, kind, seq, start, end, textHash: field(place, 5) };
    },
    numberOf: (place) => numbers[place] ?? NaN,
  };
}
