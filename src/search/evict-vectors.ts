import { deleteEmbeddings, measureEmbeddings, readStoredEmbedders } from '#db/embeddings.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { EMBEDDING_COLLECTIONS, parseEmbedderKey } from '#domain/embedding.ts';
import type { SidecarStore } from './sidecar-store.ts';
import { removeVectorFiles } from './vector-sidecar.ts';

/** The `dtype` of vectors that an endpoint made: they may have cost money, and are not made again unasked. */
const PAID = 'remote';

/** Whether vectors are stored that cost nothing but time. */
export async function hasVectorsToEvict(db: OnggiDatabase): Promise<boolean> {
  return (await readStoredEmbedders(db)).some(isFree);
}

/**
 * Deletes vectors that cost nothing but time, and their files.
 * @param onFreed Called with about how many bytes something took when it is gone.
 */
export async function evictVectors(
  db: OnggiDatabase,
  store: SidecarStore | undefined,
  onFreed: (byteLength: number) => void,
): Promise<void> {
  for (const key of (await readStoredEmbedders(db)).filter(isFree)) {
    // The files first: they give their room back at once, and are a copy.
    for (const collection of EMBEDDING_COLLECTIONS) {
      if (store) onFreed(await removeVectorFiles(store, collection, key));
    }
    const byteLength = await measureEmbeddings(db, key);
    await deleteEmbeddings(db, key);
    onFreed(byteLength);
  }
}

function isFree(key: string): boolean {
  const dtype = parseEmbedderKey(key)?.dtype;
  return dtype !== undefined && dtype !== PAID;
}
