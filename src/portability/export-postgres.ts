/**
 * The whole store as a text that psql loads into PostgreSQL 15 (FORMATS 3.8): one transaction, rows
 * as `COPY … FROM stdin`, which psql streams line by line and in which only a backslash, a tab and a
 * line's end have a meaning. It is read and written page by page; memory does not grow with it.
 */
import type { FileObject } from '#domain/file-object.ts';
import { readInstant, toIsoInstant } from '#domain/instants.ts';
import type { SqlExportOptions } from './export-sqlite.ts';
import { createIndexStatements, createTableStatements, quoteName } from './sql-schema.ts';
import type { SqlColumn, SqlTable } from './sql-schema.ts';
import { readSqlPages, toJsonText } from './sql-rows.ts';
import type { SqlTally, StorePages } from './sql-rows.ts';
import { toCleanJson, toSqlId, toSqlText } from './sql-text.ts';

/** Text is given out in pieces of about this many characters. */
const PIECE_CHARACTERS = 256 * 1024;
/** Bytes of a file that become hexadecimal digits at once. */
const HEX_BYTES = 64 * 1024;

const HEAD = `-- Conversations of onggi, for PostgreSQL 15 and newer.
-- Load it with psql into an empty database whose encoding is UTF8:
--   createdb -E UTF8 -T template0 onggi
--   psql -d onggi -f this-file.sql
-- Either everything is loaded or nothing.
\\set ON_ERROR_STOP on
BEGIN;
SET LOCAL client_encoding = 'UTF8';
SET LOCAL standard_conforming_strings = on;
SET LOCAL datestyle = 'ISO, YMD';
SET LOCAL timezone = 'UTC';
`;

/**
 * The text, piece by piece. What PostgreSQL refuses is left out of it: U+0000 is dropped and a lone
 * surrogate becomes U+FFFD, in columns and inside JSON; instants outside the years 1 to 9999 become
 * the nearest inside. Such a change is not undone by anything: this file has no way back.
 * @param tally Counted up while the text is read.
 * @throws the reason of `options.signal`, and whatever reading the store throws.
 */
export async function* writePostgres(
  store: StorePages,
  tally: SqlTally,
  options: SqlExportOptions,
): AsyncGenerator<string> {
  yield HEAD;
  yield `-- Schema version ${Math.trunc(options.schemaVersion)}\n\n`;
  yield `${createTableStatements('postgres').join('\n\n')}\n\n`;
  let open: SqlTable | undefined;
  let doneRows = 0;
  let doneBytes = 0;
  for await (const { table, objects } of readSqlPages(store, tally)) {
    options.signal?.throwIfAborted();
    if (open !== table) yield (open ? END_OF_ROWS : '') + copyStatement(table);
    open = table;
    for (const piece of joinPieces(rowPieces(table, objects))) {
      doneBytes += piece.length;
      yield piece;
    }
    doneRows += objects.length;
    const step = table.name;
    options.onProgress?.({ step, doneBytes, totalBytes: null, doneRows, totalRows: null });
  }
  if (open) yield END_OF_ROWS;
  yield `${createIndexStatements().join('\n')}\n\nCOMMIT;\n`;
}

const END_OF_ROWS = '\\.\n\n';

function copyStatement({ name, columns }: SqlTable): string {
  const names = columns.map((column) => quoteName(column.name)).join(', ');
  return `COPY ${quoteName(name)} (${names}) FROM stdin;\n`;
}

/** A line a row, cut only inside long bytes. */
function* rowPieces(table: SqlTable, objects: readonly FileObject[]): Generator<string> {
  for (const object of objects) {
    for (const [index, column] of table.columns.entries()) {
      const value = object[column.name];
      if (index > 0) yield '\t';
      if (column.kind === 'bytes' && value instanceof ArrayBuffer) yield* bytePieces(value);
      else yield toCopyField(column, value);
    }
    yield '\n';
  }
}

function* joinPieces(pieces: Iterable<string>): Generator<string> {
  let waiting: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    waiting.push(piece);
    length += piece.length;
    if (length < PIECE_CHARACTERS) continue;
    yield waiting.join('');
    waiting = [];
    length = 0;
  }
  if (length > 0) yield waiting.join('');
}

const HEX = Array.from({ length: 256 }, (_value, byte) => byte.toString(16).padStart(2, '0'));

function* bytePieces(buffer: ArrayBuffer): Generator<string> {
  // The backslash of bytea's own "\x", escaped for COPY.
  yield '\\\\x';
  for (let from = 0; from < buffer.byteLength; from += HEX_BYTES) {
    const length = Math.min(HEX_BYTES, buffer.byteLength - from);
    let digits = '';
    for (const byte of new Uint8Array(buffer, from, length)) digits += HEX[byte] ?? '';
    yield digits;
  }
}

const NULL_FIELD = '\\N';
const LETTERS: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};

function escapeField(text: string): string {
  return text.replace(/[\\\t\n\r]/g, (character) => LETTERS[character] ?? character);
}

/** One field of COPY's text format. What the column cannot hold is NULL. */
export function toCopyField(column: SqlColumn, value: unknown): string {
  const field = toFieldText(column, value);
  if (field !== null) return escapeField(field);
  return column.kind === 'text' && column.rule === 'NOT NULL' ? '' : NULL_FIELD;
}

function toFieldText({ kind }: SqlColumn, value: unknown): string | null {
  switch (kind) {
    case 'id':
      return typeof value === 'string' ? toSqlId(value) : null;
    case 'text':
      return typeof value === 'string' ? toSqlText(value) : null;
    case 'date':
      return typeof value === 'string' ? value : null;
    case 'instant':
      return toTimestamp(value);
    case 'integer':
      // BIGINT holds more, but a number beyond this is no longer the one that was meant.
      return Number.isSafeInteger(value) ? String(value) : null;
    case 'real':
    case 'decimal':
      return typeof value === 'number' && Number.isFinite(value) ? String(value) : null;
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : null;
    case 'json': {
      const json = toJsonText(value);
      return json === null ? null : toCleanJson(json);
    }
    case 'bytes':
      return null;
  }
}

const FIRST_INSTANT = Date.parse('0001-01-01T00:00:00Z');
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z');

function toTimestamp(value: unknown): string | null {
  const at = readInstant(value)?.at;
  if (at === undefined) return null;
  return toIsoInstant(Math.min(LAST_INSTANT, Math.max(FIRST_INSTANT, at)));
}
