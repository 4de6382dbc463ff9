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

/** Real tables with a row number, by lower-case name; the value is the name as it stands. */
export function listTables(database: Database): ReadonlyMap<string, string> {
  const sql =
    "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite%'";
  const plain = rowsOf(database, sql).filter(([, type, wr]) => type === 'table' && wr === 0);
  const names = plain.map(([name]) => String(name));
  return new Map(names.map((name) => [name.toLowerCase(), name]));
}

/** The tables of the specification and ours that the file has, by their names here. */
export function findPlainTables(database: Database): ReadonlyMap<string, PlainTable> {
  const found = new Map<string, PlainTable>();
  for (const [key, name] of listTables(database)) {
    const known = KNOWN_TABLES.find((table) => table === key);
    const table = known && describeTable(database, known, name);
    if (table) found.set(key, table);
  }
  return found;
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

/** Undefined for a table with computed columns, or without a name for its row numbers. */
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
  if (rowNumber === undefined) return undefined;
  const columns = sqlTable(known).columns.filter((column) => columnNames.has(column.name));
  return { name, rowNumber, columns };
}

/** SQLite's own words for a broken file, as ours. */
export function toDamage(error: unknown): OnggiError {
  if (error instanceof OnggiError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new OnggiError('file/damaged', message, { cause: error, detail: message });
}
