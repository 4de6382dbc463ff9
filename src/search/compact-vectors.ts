/**
 * What is dead among the vectors. A row that ceased to count is overwritten where it lies; its room comes back
 * when its block has no row that counts any more, and that of the files when they are written anew.
 */
import { getEmbeddingBlocks } from '#db/embeddings.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { BLOCK_ROWS, createOpenBlock, unpackBlock } from './embedding-blocks.ts';
import type { Covered, VectorEntries } from './vector-entries.ts';

/** From this part of dead rows on, those that count are moved out of a block. */
const DEAD_PART = 0.25;
/** Where nobody asked, all is written anew when so many bytes of rows are dead, and that part of them. */
const DEAD_BYTES = 1024 * 1024;
/** Blocks that are gathered before what was gathered is stored. */
const BLOCKS_AT_ONCE = 4;

interface DeadVectors {
  /** Whether anything would become smaller, and whether it is much. */
  readonly isAny: boolean;
  readonly isWorth: boolean;
  /** Blocks of which few rows count. */
  readonly sparse: readonly number[];
}

/** Looks at how much is dead. */
export function findDead(entries: VectorEntries): DeadVectors {
  const { liveCounts, firstPlaces, passages, tail, dimension } = entries;
  const full = [...firstPlaces.keys()].filter((block) => block < tail.number);
  const liveIn = (block: number): number => liveCounts.get(block) ?? 0;
  const isSparse = (block: number, rows: number): boolean =>
    liveIn(block) > 0 && liveIn(block) <= rows * (1 - DEAD_PART);
  const sparse = full.filter((block) => isSparse(block, BLOCK_ROWS));
  // What is moved would make it full, with what is dead in it.
  const { length } = tail.passages;
  if (length > BLOCK_ROWS * DEAD_PART && isSparse(tail.number, length)) sparse.push(tail.number);
  const count = passages.rowCount();
  const dead = count - [...liveCounts.values()].reduce((sum, live) => sum + live, 0);
  return {
    isAny: sparse.length > 0 || full.some((block) => liveIn(block) === 0),
    isWorth: dead * dimension * 4 > DEAD_BYTES && dead > count * DEAD_PART,
    sparse,
  };
}

/**
 * Moves the rows that count out of some blocks to the end, so that these blocks go.
 * @param blocks Stored as they are in memory. @param store Stores what was moved. Called now and then, and at the end.
 * @param isClosed Whether the index was closed: then nothing more is read or stored.
 * @throws OnggiError `db/*`; what `store` throws
 */
export async function gatherRows(
  db: OnggiDatabase,
  entries: VectorEntries,
  blocks: readonly number[],
  store: () => Promise<void>,
  isClosed: () => boolean,
): Promise<void> {
  const { dimension, owners, passages, tail } = entries;
  if (blocks.includes(tail.number)) entries.tail = createOpenBlock(tail.number + 1, dimension);
  for (let from = 0; from < blocks.length && !isClosed(); from += BLOCKS_AT_ONCE) {
    const some = blocks.slice(from, from + BLOCKS_AT_ONCE);
    const moved = new Map<number, number>();
    const read = await getEmbeddingBlocks(db, some.map(entries.idOf));
    // Another index may be at work on the same blocks.
    if (isClosed()) return;
    for (const block of read) {
      const vectors = unpackBlock(block, dimension)?.vectors;
      if (!vectors) continue;
      for (let at = 0; at * dimension < vectors.length; at++) {
        const number = block.number * BLOCK_ROWS + at;
        const passage = passages.at(entries.placeOf(number));
        if (!passage) continue;
        const vector = vectors.subarray(at * dimension, (at + 1) * dimension);
        const next = entries.append({ ...passage, text: '' }, vector);
        if (entries.unreadable.has(number)) entries.unreadable.add(next);
        moved.set(number, next);
      }
    }
    const isMoved = ({ rows }: Covered): boolean => rows.some((row) => moved.has(row));
    for (const [id, covered] of owners) {
      if (!isMoved(covered)) continue;
      const rows = covered.rows.map((row) => moved.get(row) ?? row).sort();
      owners.set(id, { ...covered, rows });
      entries.changed.add(id);
    }
    for (const number of moved.keys()) entries.drop(number);
    await store();
  }
}
