/** Stored vectors and what they cover. Derived: they can be made again, but at a price. */
import { EMBEDDING_COLLECTIONS } from '#domain/embedding.ts';
import type { EmbeddingCollection } from '#domain/embedding.ts';
import type { EmbeddingBlock, EmbeddingCoverage } from '#domain/stored-rows.ts';
import { commit, read } from './commit.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';
import { checkSearchEpoch } from './search-epoch.ts';

/** Blocks are read ahead up to so many bytes: while one is looked at the next ones come. */
const AHEAD_BYTES = 8 * 1024 * 1024;

/**
 * The blocks of one collection and embedder, one at a time: each is about a megabyte, and some of them wait in
 * memory for their turn.
 */
export async function* readEmbeddingBlocks(
  { relaxed: db }: OnggiDatabase,
  collection: EmbeddingCollection,
  embedder: string,
): AsyncGenerator<EmbeddingBlock> {
  const ids = await read(() =>
    db.embeddings.where('[collection+embedder]').equals([collection, embedder]).primaryKeys(),
  );
  const getBlock = (at: number): Promise<EmbeddingBlock | undefined> => {
    const block = read(() => db.embeddings.get(ids[at] ?? ''));
    // Whoever looks at it hears of it; nobody may, after an error before it.
    block.catch(() => undefined);
    return block;
  };
  const coming: Promise<EmbeddingBlock | undefined>[] = [];
  let asked = 0;
  let ahead = 1;
  for (let at = 0; at < ids.length; at++) {
    while (asked < ids.length && asked <= at + ahead) coming.push(getBlock(asked++));
    const block = await coming.shift();
    if (!block) continue;
    ahead = Math.max(1, Math.floor(AHEAD_BYTES / Math.max(1, block.vectors.byteLength)));
    yield block;
  }
}

/** The blocks of those ids that are there, in their order. */
export async function getEmbeddingBlocks(
  { relaxed: db }: OnggiDatabase,
  ids: readonly string[],
): Promise<readonly EmbeddingBlock[]> {
  const blocks = await read(() => db.embeddings.bulkGet([...ids]));
  return blocks.filter((block) => block !== undefined);
}

/** All that an embedder covers. */
export async function readEmbeddingCoverage(
  { relaxed: db }: OnggiDatabase,
  embedder: string,
): Promise<readonly EmbeddingCoverage[]> {
  const rows = await read(() => coverageOf(db, embedder).toArray());
  return rows.filter(({ ownerId }) => ownerId !== NOBODY);
}

/**
 * What {@link putEmbeddings} was last given for this collection and embedder, by which a copy of the
 * vectors elsewhere knows whether it is still one; undefined when nothing is stored.
 */
export async function readEmbeddingStamp(
  { relaxed: db }: OnggiDatabase,
  collection: EmbeddingCollection,
  embedder: string,
): Promise<string | undefined> {
  return (await read(() => db.embeddingCoverage.get(stampId(embedder, collection))))?.stamp;
}

/** What one step of indexing changed. */
export interface EmbeddingChanges {
  readonly collection: EmbeddingCollection;
  /** Differs from every one before. */
  readonly stamp: string;
  readonly blocks: readonly EmbeddingBlock[];
  readonly covered: readonly Omit<EmbeddingCoverage, 'id'>[];
  readonly uncoveredIds: readonly string[];
  /** Blocks in which no row counts any more. */
  readonly emptyBlockIds: readonly string[];
}

/** Stores vectors together with what they cover, so that a crash leaves neither without the other. */
export function putEmbeddings(
  { relaxed: db }: OnggiDatabase,
  embedder: string,
  { collection, stamp, blocks, covered, uncoveredIds, emptyBlockIds }: EmbeddingChanges,
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.embeddings, db.embeddingCoverage, async () => {
      await checkSearchEpoch(db);
      await db.embeddings.bulkPut([...blocks]);
      await db.embeddings.bulkDelete([...emptyBlockIds]);
      const idOf = (ownerId: string): string => coverageId(embedder, ownerId);
      await db.embeddingCoverage.bulkDelete(uncoveredIds.map(idOf));
      await db.embeddingCoverage.bulkPut([
        ...covered.map((coverage) => ({ id: idOf(coverage.ownerId), ...coverage })),
        {
          id: stampId(embedder, collection),
          collection,
          ownerId: NOBODY,
          stamp,
          rows: new Uint32Array(0),
        },
      ]);
    }),
  );
}

/** Puts what `change` makes of a block in its place; nothing happens where there is none. */
export function changeEmbeddingBlock(
  { relaxed: db }: OnggiDatabase,
  id: string,
  change: (block: EmbeddingBlock) => EmbeddingBlock | undefined,
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.embeddings, db.embeddingCoverage, async () => {
      await checkSearchEpoch(db);
      const block = await db.embeddings.get(id);
      const changed = block && change(block);
      if (changed) await db.embeddings.put(changed);
    }),
  );
}

/** The embedders of which vectors are stored. */
export async function readStoredEmbedders({
  relaxed: db,
}: OnggiDatabase): Promise<readonly string[]> {
  const keys = await read(() => db.embeddings.orderBy('[collection+embedder]').uniqueKeys());
  const embedders = keys.map((key) => (Array.isArray(key) ? String(key[1]) : ''));
  return [...new Set(embedders)];
}

/** Bytes of all vectors of an embedder, as if every block were full but the last: none is read. */
export async function measureEmbeddings(
  { relaxed: db }: OnggiDatabase,
  embedder: string,
): Promise<number> {
  const keys = EMBEDDING_COLLECTIONS.map((collection) => [collection, embedder]);
  const blocks = db.embeddings.where('[collection+embedder]').anyOf(keys);
  const ids = await read(() => blocks.primaryKeys());
  const first = await read(() => blocks.first());
  return first ? ids.length * first.vectors.byteLength : 0;
}

/** Deletes all vectors of an embedder. */
export function deleteEmbeddings({ relaxed: db }: OnggiDatabase, embedder: string): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.embeddings, db.embeddingCoverage, async () => {
      await checkSearchEpoch(db);
      const keys = EMBEDDING_COLLECTIONS.map((collection) => [collection, embedder]);
      await db.embeddings.where('[collection+embedder]').anyOf(keys).delete();
      await coverageOf(db, embedder).delete();
    }),
  );
}

/** The owner of the row that holds the stamp of all; no owner has this id. */
const NOBODY = '';
const stampId = (embedder: string, collection: EmbeddingCollection): string =>
  `${coverageId(embedder, NOBODY)}|${collection}`;

const coverageId = (embedder: string, ownerId: string): string => `${embedder}|${ownerId}`;

function coverageOf(db: OnggiDexie, embedder: string) {
  return db.embeddingCoverage.where(':id').startsWith(coverageId(embedder, ''));
}
