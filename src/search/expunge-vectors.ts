/**
 * Overwrites what is stored of vectors that do not count any more. What somebody deleted for good is to be
 * gone, and not only to be found no more: from a vector much of its text can be guessed.
 *
 * [Note: Expunging] Indexing only marks rows as dead, in a coverage that does not name them and in the log
 * of the files. Afterwards, once the change feed was followed to its end, their bytes are overwritten where
 * they lie: one block of the table for each that has any, and the very places in the files. The tables come
 * first; what a crash leaves is seen when the vectors are read the next time, and done again.
 */
import { changeEmbeddingBlock } from '#db/embeddings.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { Clock } from '#domain/ids.ts';
import { BLOCK_ROWS, expungeRows, packBlock } from './embedding-blocks.ts';
import type { VectorCopy } from './vector-copy.ts';
import { blockOf } from './vector-entries.ts';
import type { VectorEntries } from './vector-entries.ts';

/**
 * Everything put and removed is stored already.
 * @param goOn Called between blocks; what it throws ends the work, which is then taken up the next time.
 * @throws OnggiError `db/*`
 */
export async function expungeVectors(
  db: OnggiDatabase,
  entries: VectorEntries,
  copy: VectorCopy,
  clock: Clock,
  goOn: () => void,
): Promise<void> {
  const { passages, rows, collection, embedder, dimension, unexpunged } = entries;
  const places = [...unexpunged].sort((a, b) => a - b);
  if (places.length === 0) return;
  const rowsByBlock = new Map<number, number[]>();
  for (const place of places) {
    const number = passages.numberOf(place);
    const own = rowsByBlock.get(blockOf(number)) ?? [];
    own.push(number % BLOCK_ROWS);
    rowsByBlock.set(blockOf(number), own);
  }
  for (const [block, own] of rowsByBlock) {
    goOn();
    const { tail } = entries;
    // The last one is in memory, where its dead rows are zeros since they died.
    const change =
      block === tail.number
        ? () => packBlock(tail, collection, embedder, clock())
        : (stored: Parameters<typeof expungeRows>[0]) => expungeRows(stored, own, dimension);
    await changeEmbeddingBlock(db, entries.idOf(block), change);
  }
  for (const place of places) {
    passages.expunge(place);
    rows.expunge(place);
  }
  await copy.write((to) => to.expunge(places));
  for (const place of places) unexpunged.delete(place);
}
