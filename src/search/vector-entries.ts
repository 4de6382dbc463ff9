/**
 * The vectors of one collection and embedder in memory: which row stands where and for what, whose rows
 * are whose, and what of that is not stored yet. Nothing here reads or writes anything.
 */
import type { EmbedderIdentity, EmbeddingCollection, Passage } from '#domain/embedding.ts';
import { embedderKey } from '#domain/embedding.ts';
import { BLOCK_ROWS, NO_PASSAGE, blockId, createOpenBlock } from './embedding-blocks.ts';
import type { OpenBlock } from './embedding-blocks.ts';
import { createPassageRows } from './passage-rows.ts';
import type { PassageRows } from './passage-rows.ts';
import type { PassageText } from './passages.ts';
import { createVectorRows } from './vector-rows.ts';
import type { VectorRows } from './vector-rows.ts';

/** An owner's state and rows, by their numbers, rising. */
export interface Covered {
  readonly stamp: string;
  readonly rows: Uint32Array<ArrayBuffer>;
}

export interface VectorEntries {
  readonly collection: EmbeddingCollection;
  /** Whether an endpoint made the vectors. */
  readonly isRemote: boolean;
  /** The embedder as one string. */
  readonly embedder: string;
  readonly dimension: number;
  readonly rows: VectorRows;
  readonly passages: PassageRows;
  /** Place of a block's first row. Blocks lie in memory in the order of their numbers. */
  readonly firstPlaces: Map<number, number>;
  /** Rows that count, by block. */
  readonly liveCounts: Map<number, number>;
  readonly owners: Map<string, Covered>;
  /** Owners that were put, and that are gone, since the last step. */
  readonly changed: Set<string>;
  readonly gone: Set<string>;
  /** Places that have ceased to count since the last step. */
  dead: number[];
  /** Places that do not count any more and of which something is still stored, or was never looked at. */
  readonly unexpunged: Set<number>;
  /** Rows by number whose text the model cannot read: there is a row that is never found, so that none is made. */
  readonly unreadable: Set<number>;
  /** Full blocks that are not stored yet, and the one that is being filled. */
  fullBlocks: OpenBlock[];
  tail: OpenBlock;
  /** Rows added since the last step. */
  unflushed: number;
  readonly clear: () => void;
  readonly idOf: (block: number) => string;
  readonly placeOf: (number: number) => number;
  /** Says what the row at the next place stands for; null for one that does not count. */
  readonly addPassage: (number: number, passage: Passage | null) => void;
  /** Adds a row; without numbers that are finite, one of {@link unreadable}. @returns its number */
  readonly append: (passage: PassageText, vector: Float32Array) => number;
  /** A row does not count any more. */
  readonly drop: (number: number) => void;
  /** An owner is gone, with its rows. */
  readonly remove: (ownerId: string) => void;
  /** Rows of an owner, those that `isAmong` picks, by what they stand for; see {@link passageKey}. */
  readonly knownRows: (
    ownerId: string,
    isAmong?: (passage: Passage) => boolean,
  ) => Map<string, number>;
  /** An owner's stamp as it is stored: it tells which of its rows are unreadable. */
  readonly storedStamp: (covered: Covered) => string;
  /** Takes up an owner as it is stored. */
  readonly cover: (ownerId: string, storedStamp: string, rows: Covered['rows']) => void;
  /** All owners with their stored stamps, as they are now. */
  readonly readOwners: () => readonly (readonly [string, string])[];
}

/** No rows yet. */
export async function createVectorEntries(
  collection: EmbeddingCollection,
  identity: EmbedderIdentity,
): Promise<VectorEntries> {
  const { dimension } = identity;
  const embedder = embedderKey(identity);
  const rows = await createVectorRows(dimension);
  const passages = createPassageRows();
  const firstPlaces = new Map<number, number>();
  const liveCounts = new Map<number, number>();
  const owners = new Map<string, Covered>();
  const placeOf = (number: number): number =>
    (firstPlaces.get(blockOf(number)) ?? NaN) + (number % BLOCK_ROWS);

  const entries: VectorEntries = {
    collection,
    isRemote: identity.dtype === 'remote',
    embedder,
    dimension,
    rows,
    passages,
    firstPlaces,
    liveCounts,
    owners,
    changed: new Set(),
    gone: new Set(),
    dead: [],
    unexpunged: new Set(),
    unreadable: new Set(),
    fullBlocks: [],
    tail: createOpenBlock(0, dimension),
    unflushed: 0,
    clear() {
      const { unexpunged, unreadable } = entries;
      const known = [rows, passages, firstPlaces, liveCounts, owners, unexpunged, unreadable];
      for (const each of known) {
        each.clear();
      }
      entries.tail = createOpenBlock(0, dimension);
    },
    idOf: (block) => blockId(collection, embedder, block),
    placeOf,
    addPassage(number, passage) {
      const block = blockOf(number);
      if (!firstPlaces.has(block)) firstPlaces.set(block, passages.rowCount());
      passages.add(number, passage);
      if (passage) liveCounts.set(block, (liveCounts.get(block) ?? 0) + 1);
      else rows.remove(passages.rowCount() - 1);
    },
    append(passage, vector) {
      const { text: _text, ...stored } = passage;
      const { tail } = entries;
      const number = tail.number * BLOCK_ROWS + tail.passages.length;
      const isReadable = vector.every(Number.isFinite);
      const known = isReadable ? vector : new Float32Array(dimension);
      if (!isReadable) entries.unreadable.add(number);
      tail.vectors.set(known, tail.passages.length * dimension);
      tail.passages.push(stored);
      rows.add(known);
      entries.addPassage(number, stored);
      entries.unflushed += 1;
      if (tail.passages.length === BLOCK_ROWS) {
        entries.fullBlocks.push(tail);
        entries.tail = createOpenBlock(tail.number + 1, dimension);
      }
      return number;
    },
    drop(number) {
      entries.unreadable.delete(number);
      const place = placeOf(number);
      if (!(passages.ownerOf(place) >= 0)) return;
      const block = blockOf(number);
      const open = [...entries.fullBlocks, entries.tail].find((each) => each.number === block);
      if (open) {
        const row = number % BLOCK_ROWS;
        open.passages[row] = NO_PASSAGE;
        open.vectors.fill(0, row * dimension, (row + 1) * dimension);
      }
      passages.remove(place);
      rows.remove(place);
      entries.dead.push(place);
      entries.unexpunged.add(place);
      liveCounts.set(block, (liveCounts.get(block) ?? 0) - 1);
    },
    remove(ownerId) {
      const known = owners.get(ownerId);
      if (!known) return;
      known.rows.forEach(entries.drop);
      owners.delete(ownerId);
      entries.changed.delete(ownerId);
      entries.gone.add(ownerId);
    },
    knownRows(ownerId, isAmong = () => true) {
      const known = new Map<string, number>();
      for (const number of owners.get(ownerId)?.rows ?? []) {
        const passage = passages.at(placeOf(number));
        if (passage && isAmong(passage)) known.set(passageKey(passage), number);
      }
      return known;
    },
    storedStamp(covered) {
      if (entries.unreadable.size === 0) return covered.stamp;
      const left = [...covered.rows].filter((row) => entries.unreadable.has(row));
      return left.length > 0 ? covered.stamp + UNREADABLE + left.join() : covered.stamp;
    },
    cover(ownerId, storedStamp, own) {
      const at = storedStamp.indexOf(UNREADABLE);
      if (at < 0) {
        owners.set(ownerId, { stamp: storedStamp, rows: own });
        return;
      }
      const left = new Set(
        storedStamp
          .slice(at + UNREADABLE.length)
          .split(',')
          .map(Number),
      );
      for (const row of own) if (left.has(row)) entries.unreadable.add(row);
      owners.set(ownerId, { stamp: storedStamp.slice(0, at), rows: own });
    },
    readOwners: () => [...owners].map(([id, covered]) => [id, entries.storedStamp(covered)]),
  };
  return entries;
}

/** Ends the stored stamp of one with passages that the model cannot read; then the numbers of their rows. */
const UNREADABLE = '.unreadable:';

export const blockOf = (number: number): number => Math.floor(number / BLOCK_ROWS);

/** What tells passages of one owner apart, and whether one is still what it was. */
export function passageKey({ kind, seq, start, end, textHash }: Passage): string {
  return `${kind}.${seq}.${start}.${end}.${textHash}`;
}
