import { getEmbeddingBlocks } from '#db/embeddings.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { BLOCK_ROWS } from './embedding-blocks.ts';

interface ExactCosinesDeps {
  readonly db: OnggiDatabase;
  readonly dimension: number;
  readonly idOf: (block: number) => string;
  /** Vectors of a block that is being filled. */
  readonly inMemory: (block: number) => Float32Array | undefined;
}

/** Blocks that are kept after they were read, newest use last: as-you-type asks for the same ones. */
const KEPT_BLOCKS = 8;

/**
 * Gives cosines of rows with a query by their float32 numbers, which are read from the table. Rows whose
 * block is not there have none.
 */
export function createExactCosines({ db, dimension, idOf, inMemory }: ExactCosinesDeps) {
  const kept = new Map<number, Float32Array>();

  async function readBlocks(blocks: readonly number[]): Promise<Map<number, Float32Array>> {
    const found = new Map<number, Float32Array>();
    for (const block of blocks) {
      const vectors = inMemory(block) ?? kept.get(block);
      if (vectors) found.set(block, vectors);
    }
    const missing = blocks.filter((block) => !found.has(block));
    for (const { number, vectors } of await getEmbeddingBlocks(db, missing.map(idOf))) {
      const read = new Float32Array(vectors);
      found.set(number, read);
      kept.set(number, read);
    }
    while (kept.size > KEPT_BLOCKS) {
      for (const [oldest] of kept) {
        kept.delete(oldest);
        break;
      }
    }
    return found;
  }

  return async (query: Float32Array, numbers: readonly number[]): Promise<Map<number, number>> => {
    const blocks = [...new Set(numbers.map((number) => Math.floor(number / BLOCK_ROWS)))];
    const vectors = await readBlocks(blocks);
    const cosines = new Map<number, number>();
    for (const number of numbers) {
      const block = vectors.get(Math.floor(number / BLOCK_ROWS));
      if (!block) continue;
      const from = (number % BLOCK_ROWS) * dimension;
      let sum = 0;
      for (let i = 0; i < dimension; i++) sum += (query[i] ?? 0) * (block[from + i] ?? 0);
      cosines.set(number, sum);
    }
    return cosines;
  };
}
