/** How rows of vectors lie in the blocks of the table `embeddings`. */
import { PASSAGE_KINDS } from '#domain/embedding.ts';
import type { EmbeddingCollection, Passage } from '#domain/embedding.ts';
import type { EmbeddingBlock } from '#domain/stored-rows.ts';

export const BLOCK_ROWS = 1024;
/** Int32 numbers that describe a row; see `EmbeddingBlock.passages`. */
const FIELDS = 6;

/** A block that is being filled. */
export interface OpenBlock {
  readonly number: number;
  readonly passages: Passage[];
  /** Room for a whole block. */
  readonly vectors: Float32Array<ArrayBuffer>;
}

export function createOpenBlock(number: number, dimension: number): OpenBlock {
  return { number, passages: [], vectors: new Float32Array(BLOCK_ROWS * dimension) };
}

/** Id of a block; ids stand in the order of the blocks. */
export const blockId = (collection: string, embedder: string, number: number): string =>
  `${collection}|${embedder}|${String(number).padStart(8, '0')}`;

/** The row of the table for a block, full or not. */
export function packBlock(
  { number, passages, vectors }: OpenBlock,
  collection: EmbeddingCollection,
  embedder: string,
  now: number,
): EmbeddingBlock {
  const ownerIds = [...new Set(passages.map(({ ownerId }) => ownerId))];
  const placeOf = new Map(ownerIds.map((ownerId, place) => [ownerId, place]));
  const fields = new Int32Array(passages.length * FIELDS);
  passages.forEach(({ ownerId, kind, seq, start, end, textHash }, row) => {
    const place = placeOf.get(ownerId) ?? 0;
    fields.set([place, PASSAGE_KINDS.indexOf(kind), seq, start, end, textHash], row * FIELDS);
  });
  const dimension = vectors.length / BLOCK_ROWS;
  return {
    id: blockId(collection, embedder, number),
    collection,
    embedder,
    number,
    ownerIds,
    passages: fields.buffer,
    vectors: vectors.buffer.slice(0, passages.length * dimension * 4),
    updatedAt: now,
  };
}

/** What stands in a block for a row that was expunged. */
export const NO_PASSAGE: Passage = {
  ownerId: '',
  kind: 'message',
  seq: -1,
  start: 0,
  end: 0,
  textHash: 0,
};

/** The same block with zeros for some rows; undefined when it is not what this code writes. */
export function expungeRows(
  block: EmbeddingBlock,
  rows: readonly number[],
  dimension: number,
): EmbeddingBlock | undefined {
  const content = unpackBlock(block, dimension);
  if (!content) return undefined;
  const passages = [...content.passages];
  const vectors = new Float32Array(BLOCK_ROWS * dimension);
  vectors.set(content.vectors);
  for (const row of rows) {
    if (row >= passages.length) continue;
    passages[row] = NO_PASSAGE;
    vectors.fill(0, row * dimension, (row + 1) * dimension);
  }
  const { number, collection, embedder, updatedAt } = block;
  return packBlock({ number, passages, vectors }, collection, embedder, updatedAt);
}

/** Rows of a stored block; undefined when it is not what this code writes. */
export function unpackBlock(
  block: EmbeddingBlock,
  dimension: number,
):
  | { readonly passages: readonly Passage[]; readonly vectors: Float32Array<ArrayBuffer> }
  | undefined {
  // A row of an older state of this code has other fields.
  const { passages: fields, vectors, ownerIds } = block as Partial<EmbeddingBlock>;
  if (!(fields instanceof ArrayBuffer) || !(vectors instanceof ArrayBuffer) || !ownerIds) {
    return undefined;
  }
  const rows = fields.byteLength / 4 / FIELDS;
  if (!Number.isInteger(rows) || vectors.byteLength !== rows * dimension * 4) return undefined;
  const numbers = new Int32Array(fields);
  const at = (row: number, field: number): number => numbers[row * FIELDS + field] ?? 0;
  const passages = Array.from({ length: rows }, (_, row) => ({
    ownerId: ownerIds[at(row, 0)] ?? '',
    kind: PASSAGE_KINDS[at(row, 1)] ?? 'message',
    seq: at(row, 2),
    start: at(row, 3),
    end: at(row, 4),
    textHash: at(row, 5),
  }));
  return { passages, vectors: new Float32Array(vectors) };
}
