import type { Clock } from '#domain/ids.ts';
import { undoImport } from '#db/import-runs.ts';
import type { UndoneImport } from '#db/import-runs.ts';
import type { OnggiDatabase } from '#db/open-database.ts';

/** Undoes an import; see {@link undoImport} for what stays and what it throws. */
export function undoImportRun(
  db: OnggiDatabase,
  id: string,
  { clock, signal }: { readonly clock: Clock; readonly signal?: AbortSignal },
): Promise<UndoneImport> {
  return undoImport(db, id, { now: clock(), ...(signal && { signal }) });
}
