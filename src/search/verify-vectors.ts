/** Compares stored vectors with what is in memory. */
import { readEmbeddingBlocks } from '#db/embeddings.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { EmbeddingBlock } from '#domain/stored-rows.ts';
import { BLOCK_ROWS, unpackBlock } from './embedding-blocks.ts';
import type { VectorCopy } from './vector-copy.ts';
import { blockOf, passageKey } from './vector-entries.ts';
import type { VectorEntries } from './vector-entries.ts';

/** What of the stored vectors cannot be read. */
export interface DamagedVectors {
  readonly blockIds: readonly string[];
  readonly isCopyDamaged: boolean;
}

/** Reads every stored block once; of the files, the exact numbers. */
export async function verifyVectors(
  db: OnggiDatabase,
  entries: VectorEntries,
  copy: VectorCopy,
  signal: AbortSignal,
): Promise<DamagedVectors> {
  const { collection, embedder, liveCounts } = entries;
  const blockIds: string[] = [];
  let isCopyDamaged = false;
  const unseen = new Set([...liveCounts].flatMap(([block, live]) => (live > 0 ? block : [])));
  for await (const block of readEmbeddingBlocks(db, collection, embedder)) {
    signal.throwIfAborted();
    unseen.delete(block.number);
    if (!isBlockSound(entries, block)) blockIds.push(block.id);
    if (!(await isCopySound(entries, copy, block.number))) isCopyDamaged = true;
  }
  blockIds.push(...[...unseen].map(entries.idOf));
  return { blockIds, isCopyDamaged };
}

/** Whether the files have the same exact numbers as they were given for a block. */
async function isCopySound(
  { firstPlaces, passages, dimension }: VectorEntries,
  copy: VectorCopy,
  block: number,
): Promise<boolean> {
  const files = copy.files();
  const first = firstPlaces.get(block);
  if (!files || first === undefined) return true;
  let count = 0;
  const end = Math.min(first + BLOCK_ROWS, files.rowCount());
  while (first + count < end && blockOf(passages.numberOf(first + count)) === block) count += 1;
  return count === 0 || files.readExact(first, new Float32Array(count * dimension));
}

/** Whether a stored block has all rows that count of those in memory. */
function isBlockSound(
  { firstPlaces, passages, dimension }: VectorEntries,
  block: EmbeddingBlock,
): boolean {
  const content = unpackBlock(block, dimension);
  if (!content) return false;
  const first = firstPlaces.get(block.number);
  if (first === undefined) return true;
  for (let place = first; blockOf(passages.numberOf(place)) === block.number; place += 1) {
    const passage = passages.at(place);
    if (!passage) continue;
    const row = place - first;
    const stored = content.passages[row];
    if (stored?.ownerId !== passage.ownerId) return false;
    if (passageKey(stored) !== passageKey(passage)) return false;
    const vector = content.vectors.subarray(row * dimension, (row + 1) * dimension);
    if (!vector.every(Number.isFinite)) return false;
  }
  return true;
}
