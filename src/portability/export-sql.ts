import type { OnggiDatabase } from '#db/open-database.ts';
import { SCHEMA_STEPS } from '#db/schema-steps.ts';
import { writePostgres } from './export-postgres.ts';
import { exportSqlite } from './export-sqlite.ts';
import type { SqlExportOptions } from './export-sqlite.ts';
import { loadSqlite } from './load-sqlite.ts';
import { readStorePages } from './read-store-pages.ts';
import type { SqlFormat } from './sql-format.ts';
import type { SqlTally } from './sql-rows.ts';

/** What an SQL export wrote. */
export interface WrittenSql extends SqlTally {
  readonly sizeBytes: number;
}

/**
 * Writes the whole store into `sink` and closes it; when it fails or is cancelled the sink is aborted
 * with the reason, so that no half a file is left. For a worker.
 * @throws OnggiError `db/*`, `app/worker-failed` (SQLite could not be fetched); the reason of
 * `signal`; what the sink throws.
 */
export async function exportSql(
  db: OnggiDatabase,
  format: SqlFormat,
  sink: WritableStream<Uint8Array<ArrayBuffer>>,
  options: Omit<SqlExportOptions, 'schemaVersion'>,
): Promise<WrittenSql> {
  const all = { ...options, schemaVersion: SCHEMA_STEPS.length };
  try {
    return format === 'sqlite' ? await toSqlite(db, sink, all) : await toPostgres(db, sink, all);
  } catch (error) {
    await sink.abort(error).catch(() => undefined);
    throw error;
  }
}

async function toSqlite(
  db: OnggiDatabase,
  sink: WritableStream<Uint8Array<ArrayBuffer>>,
  options: SqlExportOptions,
): Promise<WrittenSql> {
  const { file, ...tally } = await exportSqlite(await loadSqlite(), readStorePages(db), options);
  await file.stream().pipeTo(sink, { preventAbort: true, ...signalOf(options) });
  return { ...tally, sizeBytes: file.size };
}

async function toPostgres(
  db: OnggiDatabase,
  sink: WritableStream<Uint8Array<ArrayBuffer>>,
  options: SqlExportOptions,
): Promise<WrittenSql> {
  const tally: SqlTally = { rowsByTable: {}, leftOutCount: 0 };
  const encoder = new TextEncoder();
  const writer = sink.getWriter();
  let sizeBytes = 0;
  try {
    for await (const piece of writePostgres(readStorePages(db), tally, options)) {
      options.signal?.throwIfAborted();
      await writer.ready;
      const bytes = encoder.encode(piece);
      sizeBytes += bytes.length;
      await writer.write(bytes);
    }
    await writer.close();
  } finally {
    writer.releaseLock();
  }
  return { ...tally, sizeBytes };
}

function signalOf({ signal }: SqlExportOptions): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}
