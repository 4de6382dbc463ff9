import type { LiveRead } from '#domain/conversation-store.ts';
import type { ImportRun } from '#domain/stored-rows.ts';
import { PART_STARTED_AT } from './import-parts.ts';
import { liveRead } from './live-read.ts';
import type { OnggiDatabase } from './open-database.ts';

/** The latest imports, newest first. */
export function watchImportRuns(
  { strict: db }: OnggiDatabase,
  limit: number,
): LiveRead<readonly ImportRun[]> {
  return liveRead(() =>
    db.imports.where('startedAt').above(PART_STARTED_AT).reverse().limit(limit).toArray(),
  );
}
