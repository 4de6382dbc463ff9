import type { OnggiDatabase } from '#db/open-database.ts';
import { OnggiError } from '#domain/errors.ts';
import { exportSql } from './export-sql.ts';
import { createBlobSink, openFileSink } from './file-sink.ts';
import type { FileSink } from './file-sink.ts';
import type { JobContext } from './portability-messages.ts';
import { SQL_MEDIA_TYPES } from './sql-format.ts';
import type { SqlFormat } from './sql-format.ts';

/** An SQL export that was written. */
export interface SqlExportResult {
  /** The file; null where it was written into a picked one. */
  readonly blob: Blob | null;
  readonly conversationCount: number;
  readonly messageCount: number;
  /** See `SqlTally`. */
  readonly leftOutCount: number;
}

/**
 * Does the worker's jobs `export-sqlite` and `export-postgres`.
 * @param handle A file the person picked, which stays as it was until all is written; null for a Blob.
 * @throws OnggiError `backup/not-written` when the file cannot be opened, and as {@link exportSql}.
 */
export async function runSqlExport(
  db: OnggiDatabase,
  format: SqlFormat,
  handle: FileSystemFileHandle | null,
  context: JobContext,
): Promise<SqlExportResult> {
  const sink = handle ? await openPicked(handle) : createBlobSink(SQL_MEDIA_TYPES[format]);
  const { rowsByTable, leftOutCount } = await exportSql(db, format, sink.stream, context);
  return {
    blob: sink.result(),
    conversationCount: rowsByTable.conversations ?? 0,
    messageCount: rowsByTable.messages ?? 0,
    leftOutCount,
  };
}

async function openPicked(handle: FileSystemFileHandle): Promise<FileSink> {
  try {
    return await openFileSink(handle);
  } catch (cause) {
    throw new OnggiError('backup/not-written', 'the picked file cannot be opened', { cause });
  }
}
