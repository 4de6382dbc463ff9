import { getEmbeddingBlocks } from '#db/embeddings.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { BLOCK_ROWS } from './embedding-blocks.ts';

interface ExactCosinesDeps {
  readonly db: OnggiDatabase;
  readonly dimension: number;
  readonly idOf: (block: number) => string;
  /** Vectors of a block that is being filled. */
  readonly inMemory: (block: number) => Float32Array | undefined;
  /** Reads one row from the files into `target`; false where they do not have it. */
  readonly readRow: (number: number, target: Float32Array<ArrayBuffer>) => Promise<boolean>;
}

/** Blocks that are kept after they were read, newest use last: as-you-type asks for the same ones. */
const KEPT_BLOCKS = 8;

/**
 * Gives cosines of rows with a query by their float32 numbers: from memory, from the files, or from the
 * table. Rows whose block is not there have none.
 */
export function createExactCosines(deps: ExactCosinesDeps) {
  const { db, dimension, idOf, inMemory, readRow } = deps;
  const kept = new Map<number, Float32Array>();

  async function readBlocks(blocks: readonly number[]): Promise<Map<number, Float32Array>> {
    const found = new Map<number, Float32Array>();
    for (const block of blocks) {
      const vectors = kept.get(block);
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
    const row = new Float32Array(dimension);
    const cosines = new Map<number, number>();
    const elsewhere: number[] = [];
    for (const number of numbers) {
      const vectors = inMemory(blockOf(number));
      if (vectors) cosines.set(number, product(query, vectors, placeIn(number) * dimension));
      else if (await readRow(number, row)) cosines.set(number, product(query, row, 0));
      else elsewhere.push(number);
    }
    const blocks = await readBlocks([...new Set(elsewhere.map(blockOf))]);
    for (const number of elsewhere) {
      const vectors = blocks.get(blockOf(number));
      if (vectors) cosines.set(number, product(query, vectors, placeIn(number) * dimension));
    }
    return cosines;
  };
}

const blockOf = (number: number): number => Math.floor(number / BLOCK_ROWS);
const placeIn = (number: number): number => number % BLOCK_ROWS;

function product(query: Float32Array, vectors: Float32Array, from: number): number {
  let sum = 0;
  for (let i = 0; i < query.length; i++) sum += (query[i] ?? 0) * (vectors[from + i] ?? 0);
  return sum;
}
