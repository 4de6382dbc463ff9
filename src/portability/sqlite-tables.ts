import type { Database, SqlValue } from 'sql.js';
import { OnggiError } from '#domain/errors.ts';
import { quoteName, sqlTable } from './sql-schema.ts';
import type { SqlColumn, SqlTableName } from './sql-schema.ts';

/** A table of the file that can be read without running anything of it. */
export interface PlainTable {
  /** As the file spells it. */
  readonly name: string;
  /** Which of rowid's names is not a column's. */
  readonly rowNumber: string;
  /** Known columns that the file has. */
  readonly columns: readonly SqlColumn[];
}

/**
 * What a statement of ours gives.
 * @throws OnggiError `file/damaged`.
 */
export function rowsOf(database: Database, sql: string): readonly SqlValue[][] {
  try {
    return database.exec(sql)[0]?.values ?? [];
  } catch (error) {
    throw toDamage(error);
  }
}

/**
 * The first names of tables and views of the file, as they stand. From the schema's own rows: SQLite's list of
 * tables compiles every view to count its columns, and of views upon views that takes as long as they like.
 */
export function listNames(database: Database): readonly string[] {
  const sql = `SELECT name FROM main.sqlite_schema
    WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%' LIMIT 10`;
  return rowsOf(database, sql).map(([name]) => String(name));
}

/** What a file has under the names of the specification's tables and ours. */
export interface FoundTables {
  readonly plain: ReadonlyMap<string, PlainTable>;
  /** Names under which there is something else: a view, a table with computed columns or without row numbers. */
  readonly others: readonly SqlTableName[];
}

/** Finds the tables by their names, whatever their case. */
export function findTables(database: Database): FoundTables {
  const plain = new Map<string, PlainTable>();
  const others: SqlTableName[] = [];
  const names = KNOWN_TABLES.map((name) => `'${name}'`).join(', ');
  const sql = `SELECT name, type = 'table' AND rootpage > 0 FROM main.sqlite_schema
    WHERE type IN ('table', 'view') AND lower(name) IN (${names})`;
  for (const [name, isTable] of rowsOf(database, sql)) {
    const known = KNOWN_TABLES.find((table) => table === String(name).toLowerCase());
    if (!known) continue;
    const table = isTable === 1 ? describeTable(database, known, String(name)) : undefined;
    if (table) plain.set(known, table);
    else others.push(known);
  }
  return { plain, others };
}

/** The tables that are read back. */
const KNOWN_TABLES: readonly SqlTableName[] = [
  'user_settings',
  'sessions',
  'conversations',
  'messages',
  'usage_statistics',
  'endpoints',
  'drafts',
  'attachments',
  'documents',
];

/** Undefined for a table with computed columns, without row numbers or without a name for them. */
function describeTable(
  database: Database,
  known: SqlTableName,
  name: string,
): PlainTable | undefined {
  const info = rowsOf(database, `PRAGMA main.table_xinfo(${quoteName(name)})`);
  // cid, name, type, notnull, dflt_value, pk, hidden
  if (info.some(([, , , , , , hidden]) => hidden !== 0)) return undefined;
  const columnNames = new Set(info.map(([, column]) => String(column).toLowerCase()));
  const rowNumber = ['_rowid_', 'rowid', 'oid'].find((candidate) => !columnNames.has(candidate));
  if (rowNumber === undefined || !hasRowNumbers(database, name, rowNumber)) return undefined;
  const columns = sqlTable(known).columns.filter((column) => columnNames.has(column.name));
  return { name, rowNumber, columns };
}

/** Not a table WITHOUT ROWID: there this is no statement. */
function hasRowNumbers(database: Database, name: string, rowNumber: string): boolean {
  try {
    database.prepare(`SELECT ${rowNumber} FROM main.${quoteName(name)}`).free();
    return true;
  } catch {
    return false;
  }
}

/** SQLite's own words for a broken file, as ours. */
export function toDamage(error: unknown): OnggiError {
  if (error instanceof OnggiError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new OnggiError('file/damaged', message, { cause: error, detail: message });
}
