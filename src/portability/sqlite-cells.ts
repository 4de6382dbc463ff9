import { isFileObject } from '#domain/file-object.ts';
import type { FileObject } from '#domain/file-object.ts';
import { OWN_KEY } from '#domain/file-rows.ts';
import type { SqlColumn, SqlTable } from './sql-schema.ts';
import { toJsonObject, toJsonText } from './sql-rows.ts';
import { isChangedByStorage, isStoredFrom, toSqlId, toSqlText } from './sql-text.ts';

/** What sql.js binds. */
export type SqliteCell = number | string | Uint8Array | null;

/**
 * Among our own fields of a row: texts that SQLite would give back changed, by column, as they were.
 * JSON escapes what the column cannot hold.
 */
const EXACT = 'exact';

/** A row in the order of the table's columns, ready to be bound. */
export function toSqliteCells(table: SqlTable, object: FileObject): SqliteCell[] {
  const row = withExactTexts(table, object);
  return table.columns.map((column) => toCell(column, row[column.name]));
}

function toCell(column: SqlColumn, value: unknown): SqliteCell {
  switch (column.kind) {
    case 'id':
      return typeof value === 'string' ? toSqlId(value) : null;
    case 'text':
    case 'date':
    case 'instant':
      if (typeof value === 'string') return toSqlText(value);
      return column.kind === 'text' && column.rule === 'NOT NULL' ? '' : null;
    case 'integer':
    case 'real':
    case 'decimal':
      return typeof value === 'number' && Number.isFinite(value) ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? Number(value) : null;
    case 'json':
      return toJsonText(value);
    case 'bytes':
      return value instanceof ArrayBuffer ? new Uint8Array(value) : null;
  }
}

function withExactTexts(table: SqlTable, object: FileObject): FileObject {
  if (table.ownFieldsIn === null) return object;
  const changed = table.columns.flatMap(({ name, kind }): [string, string][] => {
    const value = object[name];
    const isText = kind === 'text' && typeof value === 'string';
    return isText && isChangedByStorage(value) ? [[name, value]] : [];
  });
  if (changed.length === 0) return object;
  const exact = { [EXACT]: Object.fromEntries(changed) };
  const holder = toJsonObject(object[table.ownFieldsIn]);
  if (table.ownFieldsIn === 'extra') return { ...object, extra: { ...holder, ...exact } };
  const own = holder[OWN_KEY];
  const joined = { ...holder, [OWN_KEY]: { ...(isFileObject(own) ? own : {}), ...exact } };
  return { ...object, metadata: joined };
}

/**
 * The row with the texts it was written from, as far as nobody changed the columns since.
 * @param own Our own fields of this row.
 */
export function withTextsRestored(
  table: SqlTable,
  object: FileObject,
  own: FileObject,
): FileObject {
  const exact = Object.hasOwn(own, EXACT) ? own[EXACT] : undefined;
  if (!isFileObject(exact)) return object;
  const restored = table.columns.flatMap(({ name, kind }): [string, string][] => {
    const before = kind === 'text' && Object.hasOwn(exact, name) ? exact[name] : undefined;
    const stored = object[name];
    if (typeof before !== 'string' || typeof stored !== 'string') return [];
    return isStoredFrom(stored, before) ? [[name, before]] : [];
  });
  return { ...object, ...Object.fromEntries(restored) };
}
