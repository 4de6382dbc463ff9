import type { Database, SqlJsStatic } from 'sql.js';
import { OnggiError } from '#domain/errors.ts';
import type { Progress } from '#domain/import-report.ts';
import { MAX_INFLATED_BYTES } from '#files/limits.ts';
import {
  SQLITE_APPLICATION_ID,
  createIndexStatements,
  createTableStatements,
  quoteName,
} from './sql-schema.ts';
import type { SqlTable } from './sql-schema.ts';
import { readSqlPages } from './sql-rows.ts';
import type { SqlPage, SqlTally, StorePages } from './sql-rows.ts';
import { toSqliteCells } from './sqlite-cells.ts';

export interface SqlExportOptions {
  /** The version of the database's schema; stands in the file. */
  readonly schemaVersion: number;
  /** Stops the export, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told after every page, with the bytes of the file so far. */
  readonly onProgress?: (progress: Progress) => void;
}

export interface SqliteExport extends SqlTally {
  /** The file, of type `application/vnd.sqlite3`. */
  readonly file: Blob;
}

/** Bytes of a page of the file, which is what SQLite takes unless told. */
const PAGE_BYTES = 4096;

/**
 * The whole store as an SQLite file (FORMATS 3.8). SQLite builds it in memory, so an export needs
 * about twice the size of its file; TOOLCHAIN 8 sets sql.js for stores of up to about 300,000
 * messages. No key is in it, and no cache, search data or history of imports and maintenance.
 * @param maxBytes Largest file: what the import reads back, because a larger one would have no way home.
 * @throws OnggiError `export/too-large` when the file or the memory for it is at its end.
 */
export async function exportSqlite(
  sqlite: SqlJsStatic,
  store: StorePages,
  options: SqlExportOptions,
  maxBytes = MAX_INFLATED_BYTES,
): Promise<SqliteExport> {
  try {
    return await build(sqlite, store, options, maxBytes);
  } catch (cause) {
    if (!isOutOfRoom(cause)) throw cause;
    throw new OnggiError('export/too-large', 'SQLite has no room for the file', { cause });
  }
}

/** SQLite at the bound of the file or of its memory, WebAssembly that cannot grow, no room for the copy. */
function isOutOfRoom(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof OnggiError) return false;
  return (
    error instanceof RangeError ||
    error instanceof WebAssembly.RuntimeError ||
    /database or disk is full|out of memory/i.test(error.message)
  );
}

async function build(
  sqlite: SqlJsStatic,
  store: StorePages,
  options: SqlExportOptions,
  maxBytes: number,
): Promise<SqliteExport> {
  const database = new sqlite.Database();
  try {
    begin(database, options.schemaVersion);
    database.run(`PRAGMA max_page_count = ${Math.trunc(maxBytes / PAGE_BYTES)}`);
    const tally: SqlTally = { rowsByTable: {}, leftOutCount: 0 };
    let doneRows = 0;
    for await (const page of readSqlPages(store, tally)) {
      options.signal?.throwIfAborted();
      insertPage(database, page);
      doneRows += page.objects.length;
      const step = page.table.name;
      const doneBytes = countPages(database) * PAGE_BYTES;
      options.onProgress?.({ step, doneBytes, totalBytes: null, doneRows, totalRows: null });
    }
    for (const statement of createIndexStatements()) database.run(statement);
    const file = new Blob([toBlobPart(database.export())], { type: 'application/vnd.sqlite3' });
    return { ...tally, file };
  } finally {
    closeQuietly(database);
  }
}

/** Memory that gave out may refuse even this; it goes with the worker. */
function closeQuietly(database: Database): void {
  try {
    database.close();
  } catch (error) {
    if (!isOutOfRoom(error)) throw error;
  }
}

function countPages(database: Database): number {
  const [result] = database.exec('PRAGMA page_count');
  return Number(result?.values[0]?.[0] ?? 0);
}

/** The same bytes, copied only where they are shared between threads, which a Blob does not take. */
function toBlobPart(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes;
  return buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer, byteOffset, byteLength)
    : new Uint8Array(bytes);
}

function begin(database: Database, schemaVersion: number): void {
  // A file that nobody else sees and that is thrown away on failure needs no journal.
  database.run('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON;');
  // 64 MiB: writing pages out again and again costs more than holding them.
  database.run('PRAGMA cache_size = -65536');
  database.run(`PRAGMA page_size = ${PAGE_BYTES}`);
  database.run(`PRAGMA application_id = ${SQLITE_APPLICATION_ID}`);
  database.run(`PRAGMA user_version = ${Math.trunc(schemaVersion)}`);
  for (const statement of createTableStatements('sqlite')) database.run(statement);
}

function insertPage(database: Database, { table, objects }: SqlPage): void {
  const statement = database.prepare(insertStatement(table));
  try {
    database.run('BEGIN');
    for (const object of objects) statement.run(toSqliteCells(table, object));
    database.run('COMMIT');
  } finally {
    statement.free();
  }
}

function insertStatement({ name, columns }: SqlTable): string {
  const names = columns.map((column) => quoteName(column.name)).join(', ');
  const places = columns.map(() => '?').join(', ');
  return `INSERT INTO ${quoteName(name)} (${names}) VALUES (${places})`;
}
