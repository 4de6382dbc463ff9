import type { Database, SqlJsStatic } from 'sql.js';
import type { Progress } from '#domain/import-report.ts';
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
  /** Told after every page; the bytes of an SQLite file are known only at its end. */
  readonly onProgress?: (progress: Progress) => void;
}

export interface SqliteExport extends SqlTally {
  /** The file, of type `application/vnd.sqlite3`. */
  readonly file: Blob;
}

/**
 * The whole store as an SQLite file (FORMATS 3.8). SQLite builds it in memory, so an export needs
 * about twice the size of its file; TOOLCHAIN 8 sets sql.js for stores of up to about 300,000
 * messages. No key is in it, and no cache, search data or history of imports and maintenance.
 */
export async function exportSqlite(
  sqlite: SqlJsStatic,
  store: StorePages,
  options: SqlExportOptions,
): Promise<SqliteExport> {
  const database = new sqlite.Database();
  try {
    begin(database, options.schemaVersion);
    const tally: SqlTally = { rowsByTable: {}, leftOutCount: 0 };
    let doneRows = 0;
    for await (const page of readSqlPages(store, tally)) {
      options.signal?.throwIfAborted();
      insertPage(database, page);
      doneRows += page.objects.length;
      const step = page.table.name;
      options.onProgress?.({ step, doneBytes: 0, totalBytes: null, doneRows, totalRows: null });
    }
    for (const statement of createIndexStatements()) database.run(statement);
    const file = new Blob([toBlobPart(database.export())], { type: 'application/vnd.sqlite3' });
    return { ...tally, file };
  } finally {
    database.close();
  }
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
