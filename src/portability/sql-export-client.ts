/** The page's side of SQL exports: one worker an export. */
import * as v from 'valibot';
import { fillPicked } from '#files/picked-file.ts';
import { parseMessage } from './portability-messages.ts';
import { runJob } from './run-job.ts';
import type { JobOptions } from './run-job.ts';
import type { SqlExportResult } from './run-sql-export.ts';
import type { SqlFormat } from './sql-format.ts';

export interface SqlExportClientDeps {
  /** A fresh portability worker. */
  readonly createWorker: () => Worker;
  /** Name of the live database. */
  readonly databaseName: () => string;
}

const Count = v.pipe(v.number(), v.minValue(0));
const Result = v.object({
  blob: v.nullable(v.instance(Blob)),
  sizeBytes: Count,
  conversationCount: Count,
  messageCount: Count,
  leftOutCount: Count,
});

/**
 * Writes the whole store as SQL; `sqlFileName` of sql-format.ts names the file.
 * @param handle A file the person picked, which stays as it was until all is written, and is gone if it
 * was empty and nothing came of it; null for a Blob.
 * @throws the signal's reason; OnggiError `db/*`, `backup/not-written`, `app/worker-failed`.
 */
export async function requestSqlExport(
  { createWorker, databaseName }: SqlExportClientDeps,
  format: SqlFormat,
  handle: FileSystemFileHandle | null,
  options?: JobOptions,
): Promise<SqlExportResult> {
  const kind = `export-${format}` as const;
  const job = { kind, databaseName: databaseName(), handle };
  const run = (): Promise<unknown> => runJob(createWorker, job, options);
  return parseMessage(Result, await fillPicked(handle, run, options?.signal));
}
