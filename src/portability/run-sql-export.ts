import type { OnggiDatabase } from '#db/open-database.ts';
import { exportSql } from './export-sql.ts';
import { openSink } from './file-sink.ts';
import type { JobContext } from './portability-messages.ts';
import { SQL_MEDIA_TYPES } from './sql-format.ts';
import type { SqlFormat } from './sql-format.ts';

/** An SQL export that was written. */
export interface SqlExportResult {
  /** The file; null where it was written into a picked one. */
  readonly blob: Blob | null;
  readonly sizeBytes: number;
  readonly conversationCount: number;
  readonly messageCount: number;
  /** See `SqlTally`. */
  readonly leftOutCount: number;
}

/**
 * Does the worker's jobs `export-sqlite` and `export-postgres`.
 * @param handle A file the person picked, which stays as it was until all is written; null for a Blob.
 * @throws as {@link exportSql} and {@link openSink}.
 */
export async function runSqlExport(
  db: OnggiDatabase,
  format: SqlFormat,
  handle: FileSystemFileHandle | null,
  context: JobContext,
): Promise<SqlExportResult> {
  const sink = await openSink(handle, SQL_MEDIA_TYPES[format]);
  const written = await exportSql(db, format, sink.stream, context);
  const { sizeBytes, rowsByTable, leftOutCount } = written;
  return {
    blob: sink.result(),
    sizeBytes,
    conversationCount: rowsByTable.conversations ?? 0,
    messageCount: rowsByTable.messages ?? 0,
    leftOutCount,
  };
}
