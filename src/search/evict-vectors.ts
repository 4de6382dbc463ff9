import { deleteEmbeddings, measureEmbeddings, readStoredEmbedders } from '#db/embeddings.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { parseEmbedderKey } from '#domain/embedding.ts';
import type { SidecarStore } from './sidecar-store.ts';
import { removeVectorFiles } from './vector-sidecar.ts';

/** The `dtype` of vectors that an endpoint made: they may have cost money, and are not made again unasked. */
const PAID = 'remote';

/** Whether vectors are stored that cost nothing but time. */
export async function hasVectorsToEvict(db: OnggiDatabase): Promise<boolean> {
  return (await readStoredEmbedders(db)).some(isFree);
}

/** Deletes vectors that cost nothing but time, and their files. @returns about how many bytes they took */
export async function evictVectors(
  db: OnggiDatabase,
  store: SidecarStore | undefined,
): Promise<number> {
  let byteLength = 0;
  for (const key of (await readStoredEmbedders(db)).filter(isFree)) {
    // The files first: they give their room back at once, and are a copy.
    if (store) byteLength += await removeVectorFiles(store, 'conversations', key);
    byteLength += await measureEmbeddings(db, key);
    await deleteEmbeddings(db, key);
  }
  return byteLength;
}

const isFree = (key: string): boolean => parseEmbedderKey(key)?.dtype !== PAID;
