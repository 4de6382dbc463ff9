import { MAX_FIELD_CHARACTERS } from '#domain/file-fields.ts';
import { isFileObject } from '#domain/file-object.ts';
import type { FileObject } from '#domain/file-object.ts';
import { OWN_KEY } from '#domain/file-rows.ts';
import { MAX_ELEMENT_CHARACTERS, MAX_JSON_DEPTH } from '#files/limits.ts';
import { measureJsonDepth } from '#files/scan-json.ts';
import type { SqlColumn, SqlTable } from './sql-schema.ts';
import { fromSqlId } from './sql-text.ts';
import { withTextsRestored } from './sqlite-cells.ts';

/** A row of an SQL table as an object that the readers of domain/file-rows.ts take. */
export interface SqlObject {
  readonly object: FileObject;
  /** Our own fields of it; undefined when the row is not from onggi. */
  readonly own: FileObject | undefined;
  /** A value was left out: JSON that is none, too deep or too long. */
  readonly isChanged: boolean;
}

/**
 * Undoes what sqlite-cells.ts does to a row: ids, texts and JSON as they were. Numbers where the
 * table has texts become texts, because SQLite lets any column hold anything.
 */
export function readSqlRow(table: SqlTable, row: FileObject): SqlObject {
  let isChanged = false;
  const entries = table.columns.flatMap((column): [string, unknown][] => {
    if (!Object.hasOwn(row, column.name)) return [];
    const value = readCell(column, row[column.name], mostCharacters(table));
    if (value !== undefined) return [[column.name, value]];
    isChanged = true;
    return [];
  });
  const object: FileObject = Object.fromEntries(entries);
  const holder = table.ownFieldsIn === null ? undefined : object[table.ownFieldsIn];
  const own = table.ownFieldsIn === 'metadata' ? ownMember(holder) : holder;
  if (!isFileObject(own)) return { object, own: undefined, isChanged };
  return { object: withTextsRestored(table, object, own), own, isChanged };
}

function ownMember(metadata: unknown): unknown {
  return isFileObject(metadata) && Object.hasOwn(metadata, OWN_KEY) ? metadata[OWN_KEY] : undefined;
}

/** Undefined when the value must be left out. */
function readCell({ kind }: SqlColumn, value: unknown, mostInJson: number): unknown {
  if (value === null) return null;
  switch (kind) {
    case 'id':
      if (typeof value === 'number') return String(value);
      return typeof value === 'string' ? fromSqlId(value) : value;
    case 'text':
      return typeof value === 'number' ? String(value) : value;
    case 'json':
      return typeof value === 'string' ? parseShallow(value, mostInJson) : undefined;
    default:
      return value;
  }
}

/**
 * The metadata of a message hold its reasoning and blocks too, those of a conversation its instructions: what
 * both may have is bounded where they are imported, see [Note: What a row may weigh].
 */
function mostCharacters({ name }: SqlTable): number {
  return ['messages', 'conversations'].includes(name)
    ? MAX_ELEMENT_CHARACTERS
    : MAX_FIELD_CHARACTERS;
}

function parseShallow(json: string, mostCharacters: number): unknown {
  if (json.length > mostCharacters || measureJsonDepth(json) > MAX_JSON_DEPTH) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
