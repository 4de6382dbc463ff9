/**
 * An SQLite file of unknown origin, opened so that nothing in it can act: only plain tables are read
 * (no views, no virtual tables, no computed columns), with plain SELECTs of known columns, never
 * through an index of the file, after SQLite's own check of each table. Triggers, views and defaults
 * may hold what they like: no statement here touches them.
 */
import type { Database, SqlJsStatic, SqlValue } from 'sql.js';
import { OnggiError } from '#domain/errors.ts';
import { MAX_FIELD_CHARACTERS } from '#domain/file-fields.ts';
import type { FileObject } from '#domain/file-object.ts';
import {
  MAX_ATTACHMENT_BYTES,
  MAX_ELEMENT_CHARACTERS,
  MAX_INFLATED_BYTES,
  MAX_ROWS,
} from '#files/limits.ts';
import { SCHEMA_STEPS } from '#db/schema-steps.ts';
import { SQLITE_APPLICATION_ID, quoteName } from './sql-schema.ts';
import type { SqlColumn, SqlTableName } from './sql-schema.ts';
import { findTables, listNames, rowsOf, toDamage } from './sqlite-tables.ts';
import type { PlainTable } from './sqlite-tables.ts';

/** Largest file that is read: SQLite needs it whole in memory. */
const MAX_SQLITE_BYTES = MAX_INFLATED_BYTES;

const MAGIC = new TextEncoder().encode('SQLite format 3\0');

/** Whether bytes are the beginning of an SQLite file. Sixteen are enough. */
function isSqlite(head: Uint8Array): boolean {
  return MAGIC.every((byte, index) => head[index] === byte);
}

/** An open file. Its rows are objects with the specification's columns, as far as the file has them. */
export interface SqliteFile {
  /** An export of ours, by its mark; anybody can set that, so it vouches for nothing. */
  readonly isOurs: boolean;
  /** Tables that it has as something that could act, or without row numbers: they are not read. */
  readonly unreadTables: readonly SqlTableName[];
  /** Row numbers of a table by the value of one column, in the table's order; at most {@link MAX_ROWS}. */
  groupRows(table: SqlTableName, column: string): ReadonlyMap<string, readonly number[]>;
  /** All row numbers of a table, in its order; at most {@link MAX_ROWS}. */
  rowNumbers(table: SqlTableName): readonly number[];
  /** The rows of these numbers. What is too long for a field comes as a `Uint8Array` of one byte. */
  readRows(table: SqlTableName, numbers: readonly number[]): readonly FileObject[];
  close(): void;
}

/**
 * Opens the bytes of a file. The two header bytes that name the journal are changed in place: a
 * database left in WAL mode cannot be opened without its log.
 * @throws OnggiError `file/empty`, `file/too-large`, `file/unknown-format` (no SQLite, or one without
 * conversations and messages), `file/newer-version`, `file/damaged`.
 */
export function openSqlite(sqlite: SqlJsStatic, bytes: Uint8Array): SqliteFile {
  if (bytes.length === 0) throw new OnggiError('file/empty', 'no bytes');
  if (bytes.length > MAX_SQLITE_BYTES) throw new OnggiError('file/too-large', 'SQLite file');
  if (!isSqlite(bytes)) throw new OnggiError('file/unknown-format', 'no SQLite file');
  if (bytes.length < 512) throw new OnggiError('file/damaged', 'shorter than a page');
  bytes.fill(1, 18, 20);
  const database = new sqlite.Database(bytes);
  try {
    return inspect(database);
  } catch (error) {
    database.close();
    throw toDamage(error);
  }
}

function inspect(database: Database): SqliteFile {
  database.run(
    'PRAGMA trusted_schema = OFF; PRAGMA query_only = ON; PRAGMA cell_size_check = ON;' +
      'PRAGMA ignore_check_constraints = ON; PRAGMA temp_store = MEMORY;',
  );
  const isOurs = readNumber(database, 'PRAGMA main.application_id') === SQLITE_APPLICATION_ID;
  const version = readNumber(database, 'PRAGMA main.user_version');
  if (isOurs && version > SCHEMA_STEPS.length) {
    throw new OnggiError('file/newer-version', `schema ${version}`, { detail: String(version) });
  }
  const { plain: tables, others } = findTables(database);
  if (!tables.has('conversations') && !tables.has('messages')) {
    throw new OnggiError('file/unknown-format', 'no table of conversations', {
      detail: listNames(database).join(', '),
    });
  }
  return {
    isOurs,
    unreadTables: others,
    ...createFile(database, createTableFinder(database, tables)),
  };
}

function readNumber(database: Database, pragma: string): number {
  const value = rowsOf(database, pragma)[0]?.[0];
  return typeof value === 'number' ? value : 0;
}

/** Complaints of SQLite's check that say nothing about whether a table can be read. */
const HARMLESS = /^(ok$|NULL value in |non-[A-Z]+ value in |[A-Z]+ value in |CHECK constraint )/;

/** Gives a table once SQLite has checked its pages, which it does at its first use. */
function createTableFinder(database: Database, tables: ReadonlyMap<string, PlainTable>) {
  const checked = new Set<string>();
  return (name: SqlTableName): PlainTable | undefined => {
    const table = tables.get(name);
    if (!table || checked.has(name)) return table;
    const said = rowsOf(database, `PRAGMA main.quick_check(${quoteName(table.name)})`);
    const problem = said.map(([line]) => String(line)).find((line) => !HARMLESS.test(line));
    if (problem !== undefined) {
      throw new OnggiError('file/damaged', `${name}: ${problem}`, { detail: problem });
    }
    checked.add(name);
    return table;
  };
}

function createFile(
  database: Database,
  find: (name: SqlTableName) => PlainTable | undefined,
): Omit<SqliteFile, 'isOurs' | 'unreadTables'> {
  function numbersWith(name: SqlTableName, column: string | null): readonly SqlValue[][] {
    const table = find(name);
    if (!table || (column !== null && !table.columns.some((known) => known.name === column))) {
      return [];
    }
    const second =
      column === null ? '' : `, ${selectColumn({ name: column, kind: 'id', rule: '' })}`;
    const from = `main.${quoteName(table.name)} NOT INDEXED`;
    const limit = MAX_ROWS + 1;
    return rowsOf(database, `SELECT ${table.rowNumber}${second} FROM ${from} LIMIT ${limit}`);
  }

  return {
    rowNumbers: (table) => bounded(numbersWith(table, null)).map(([number]) => Number(number)),
    groupRows: (table, column) => groupNumbers(bounded(numbersWith(table, column))),
    readRows(name, numbers) {
      const table = find(name);
      return table ? readRows(database, table, numbers) : [];
    },
    close: () => database.close(),
  };
}

function bounded(rows: readonly SqlValue[][]): readonly SqlValue[][] {
  if (rows.length > MAX_ROWS) throw new OnggiError('file/too-many-rows', 'SQLite table');
  return rows;
}

function groupNumbers(rows: readonly SqlValue[][]): ReadonlyMap<string, readonly number[]> {
  const groups = new Map<string, number[]>();
  for (const [number, value] of rows) {
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    const list = groups.get(String(value));
    if (list) list.push(Number(number));
    else groups.set(String(value), [Number(number)]);
  }
  return groups;
}

/** `octet_length` looks at the size alone, so that a value of a gigabyte is never loaded. */
function selectColumn({ name, kind }: SqlColumn): string {
  const quoted = quoteName(name);
  // A UTF-16 unit takes at most three bytes; JSON holds several fields.
  const mostOfText = kind === 'json' ? MAX_ELEMENT_CHARACTERS : 3 * MAX_FIELD_CHARACTERS;
  const most = kind === 'bytes' ? MAX_ATTACHMENT_BYTES : mostOfText;
  return `CASE WHEN octet_length(${quoted}) > ${most} THEN zeroblob(1) ELSE ${quoted} END`;
}

function readRows(
  database: Database,
  { name, rowNumber, columns }: PlainTable,
  numbers: readonly number[],
): readonly FileObject[] {
  if (columns.length === 0) return [];
  const list = columns.map(selectColumn).join(', ');
  const statement = database.prepare(
    `SELECT ${list} FROM main.${quoteName(name)} NOT INDEXED WHERE ${rowNumber} = ?`,
  );
  try {
    return numbers.flatMap((number) => {
      statement.bind([number]);
      if (!statement.step()) return [];
      const values = statement.get();
      return [Object.fromEntries(columns.map((column, index) => [column.name, values[index]]))];
    });
  } finally {
    statement.free();
  }
}
