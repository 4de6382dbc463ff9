/** Pieces of the text index in a table, for browsers without a file system of the origin. */
import type { SearchFilePart } from '#domain/stored-rows.ts';
import { commit, read } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';
import { checkSearchEpoch } from './search-epoch.ts';

/** The ids of all pieces whose id begins with `prefix`, in order. */
export function listSearchParts(
  { relaxed: db }: OnggiDatabase,
  prefix: string,
): Promise<readonly string[]> {
  return read(() => db.searchFiles.where('id').startsWith(prefix).primaryKeys());
}

/** @returns undefined when it is not there. */
export async function readSearchPart(
  { relaxed: db }: OnggiDatabase,
  id: string,
): Promise<Uint8Array | undefined> {
  return (await read(() => db.searchFiles.get(id)))?.bytes;
}

/** Adds pieces and takes others away, at once. */
export function changeSearchParts(
  { relaxed: db }: OnggiDatabase,
  added: readonly SearchFilePart[],
  removed: readonly string[],
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.searchFiles, db.embeddingCoverage, async () => {
      await checkSearchEpoch(db);
      await db.searchFiles.bulkDelete([...removed]);
      await db.searchFiles.bulkPut([...added]);
    }),
  );
}
