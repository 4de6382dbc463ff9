/**
 * Everything that recognised files hold, one item after another, with memory that does not grow with
 * their size: only formats that cannot be read in parts are ever parsed whole.
 */
import { OnggiError } from '#domain/errors.ts';
import type { RefusedFile } from '#domain/import-report.ts';
import type { ImportNote, ReadItem } from '#domain/imported.ts';
import { decodeText } from '#files/decode-text.ts';
import {
  MAX_IMPORT_DEPTH,
  MAX_INFLATED_BYTES,
  MAX_ROWS,
  MAX_WHOLE_JSON_BYTES,
} from '#files/limits.ts';
import { readBytes } from '#files/read-bytes.ts';
import { measureJsonDepth } from '#files/scan-json.ts';
import { splitElements, splitJson } from '#files/split-json.ts';
import { splitLines } from '#files/split-lines.ts';
import type { TextLine } from '#files/split-lines.ts';
import { withBoundedExtras } from './bounded-extras.ts';
import type { ImportFormat, JsonFormat, ReadContext } from './formats/format.ts';
import { nameInHead, nameOf } from './formats/read-each.ts';
import { member } from './formats/read-value.ts';
import { skipped } from './formats/skipped.ts';
import { contentOf, toRefusal } from './open-files.ts';
import type { SqliteTables } from './read-sqlite-tables.ts';
import type { RecognizedFile } from './recognize-files.ts';
import { withShallowExtras } from './shallow-extras.ts';

/** What reading gives: an item of a file, or what is to be said about the file itself. */
export type ReadOutcome =
  | { readonly kind: 'item'; readonly item: ReadItem; readonly file: RecognizedFile }
  | { readonly kind: 'refused'; readonly refused: RefusedFile }
  | { readonly kind: 'note'; readonly note: ImportNote; readonly label: string };

export interface ReadImportsOptions {
  readonly signal?: AbortSignal;
  /** Told the size of each chunk of bytes as it is read. */
  readonly onBytes?: (count: number) => void;
  /** Given what an SQLite file of ours holds beside its conversations and documents, before they are given. */
  readonly onStoreRows?: (rows: SqliteTables) => Promise<void>;
}

/**
 * Reads the files one after another. A file that fails ends alone: what it gave before stays, and the
 * next one follows.
 * @throws the signal's reason when it aborts; nothing else.
 */
export async function* readImports(
  files: readonly RecognizedFile[],
  options: ReadImportsOptions = {},
): AsyncGenerator<ReadOutcome> {
  for (const file of files) {
    const count = yield* readOne(file, options);
    if (count === 0 && file.twin) yield* readOne(file.twin, options);
  }
}

/** @returns how many items the file gave. */
async function* readOne(
  file: RecognizedFile,
  options: ReadImportsOptions,
): AsyncGenerator<ReadOutcome, number> {
  let count = 0;
  let isTaken = false;
  try {
    for await (const item of readFile(file, options)) {
      options.signal?.throwIfAborted();
      count += 1;
      isTaken ||= item.kind !== 'skipped';
      if (count > MAX_ROWS) throw new OnggiError('file/too-many-rows', `more than ${MAX_ROWS}`);
      yield { kind: 'item', item: withBoundedExtras(withShallowExtras(item)), file };
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    const refused = toRefusal(file.file.name, error);
    if (!isTaken || !isDamage(refused)) yield { kind: 'refused', refused };
    else {
      const { name } = refused;
      yield { kind: 'refused', refused: { name, code: 'file/read-in-part', detail: null } };
      yield { kind: 'note', note: 'file_cut', label: name };
    }
  }
  return count;
}

/** Whether the bytes end or turn into something else: what was read before that is good. */
function isDamage({ code }: RefusedFile): boolean {
  return code === 'file/damaged' || code === 'file/not-json';
}

function readFile(file: RecognizedFile, options: ReadImportsOptions): AsyncIterable<ReadItem> {
  const { detection } = file;
  if (detection.kind === 'sqlite') return readSqlite(file, options);
  const { format } = detection;
  if (format.kind === 'text') return readText(format, file, options);
  return readJson(format, file, options);
}

async function* readJson(
  format: JsonFormat,
  file: RecognizedFile,
  options: ReadImportsOptions,
): AsyncGenerator<ReadItem> {
  if (file.detection.kind !== 'json') return;
  const { sample } = file.detection;
  const text = decodeText(contentOf(file.file), options.onBytes);
  const isWhole = format.unit === 'whole' || !(sample.isArray || hasElements(format, sample.first));
  const valuesOf = (given: AsyncIterable<string>): AsyncIterable<ReadValue> =>
    sample.isLines ? readLines(given) : readElements(given, sample.isArray, format);
  if (isWhole && sample.isArray) yield* readTogether(format, valuesOf(boundedText(text)), file);
  else if (isWhole) yield* readSafely(format, await parseWhole(text), file);
  else {
    for await (const value of valuesOf(text)) {
      if (value.kind === 'value') yield* readSafely(format, value.value, file);
      else yield toSkipped(value);
    }
  }
}

/** Values of which only all together are conversations. Where they end early, those before it are read. */
async function* readTogether(
  format: JsonFormat,
  values: AsyncIterable<ReadValue>,
  file: RecognizedFile,
): AsyncGenerator<ReadItem> {
  const all: unknown[] = [];
  let damage: OnggiError | undefined;
  try {
    for await (const value of values) {
      if (value.kind === 'value') all.push(value.value);
      else yield toSkipped(value);
    }
  } catch (error) {
    const refusal = toRefusal(file.file.name, error);
    if (all.length === 0 || !isDamage(refusal)) throw error;
    damage = new OnggiError(refusal.code, 'the file ends early', { cause: error });
  }
  yield* readSafely(format, all, file);
  if (damage) throw damage;
}

function hasElements({ elementKeys = [] }: JsonFormat, first: unknown): boolean {
  return elementKeys.some((key) => Array.isArray(member(first, key)));
}

/** A reader that fails at one value loses that value alone; what it says by an OnggiError holds for the file. */
function* readSafely(
  format: ImportFormat,
  value: unknown,
  { file, companions }: RecognizedFile,
): Generator<ReadItem> {
  const context: ReadContext = { fileName: file.name, fileDate: file.modifiedAt, companions };
  try {
    if (format.kind === 'json') yield* format.read(value, context);
    else yield* format.read(String(value), context);
  } catch (error) {
    if (error instanceof OnggiError) throw error;
    yield skipped('unreadable_element', nameOf(value));
  }
}

/** A parsed value, or why there is none. */
type ReadValue = { readonly kind: 'value'; readonly value: unknown } | RefusedValue;

interface RefusedValue {
  readonly kind: 'refused';
  readonly reason: 'too_deep' | 'too_large' | 'unreadable_element';
  /** How its text begins, where it is known. */
  readonly head?: string | undefined;
}

function toSkipped({ reason, head }: RefusedValue): ReadItem {
  return skipped(reason, head === undefined ? null : nameInHead(head));
}

/** The elements of the top-level array, or of the arrays that the format names. */
async function* readElements(
  text: AsyncIterable<string>,
  isArray: boolean,
  { elementKeys = [] }: JsonFormat,
): AsyncGenerator<ReadValue> {
  const isWanted = (key: string | null): boolean =>
    isArray ? key === null : key !== null && elementKeys.includes(key);
  for await (const piece of splitJson(text, {
    onDeepElement: 'skip',
    maxDepth: MAX_IMPORT_DEPTH,
  })) {
    if (!isWanted(piece.key)) continue;
    if (piece.kind === 'refused') yield piece;
    else if (piece.kind === 'elements') yield* parseElements(piece.text);
  }
}

function* parseElements(text: string): Generator<ReadValue> {
  for (const value of parseTogether(text) ?? splitElements(text).map(parseOne)) yield value;
}

function parseTogether(text: string): readonly ReadValue[] | undefined {
  try {
    const values = JSON.parse(`[${text}]`) as readonly unknown[];
    return values.map((value) => ({ kind: 'value', value }));
  } catch {
    return undefined;
  }
}

function parseOne(text: string): ReadValue {
  try {
    return { kind: 'value', value: JSON.parse(text) as unknown };
  } catch {
    return { kind: 'refused', reason: 'unreadable_element' };
  }
}

/**
 * The value of each line.
 * @throws OnggiError `file/damaged` when the last line is none: the file was cut there.
 */
async function* readLines(text: AsyncIterable<string>): AsyncGenerator<ReadValue> {
  /** Given once another line follows it. */
  let broken: RefusedValue | undefined;
  for await (const lines of splitLines(text)) {
    for (const line of lines) {
      if (broken) yield broken;
      broken = undefined;
      const value = readLine(line);
      if (value.kind === 'refused' && value.reason === 'unreadable_element') broken = value;
      else yield value;
    }
  }
  if (broken) throw new OnggiError('file/damaged', 'the last line is no JSON');
}

function readLine(line: TextLine): ReadValue {
  if (line === null) return { kind: 'refused', reason: 'too_large' };
  if (measureJsonDepth(line) > MAX_IMPORT_DEPTH) return { kind: 'refused', reason: 'too_deep' };
  return parseOne(line);
}

/** @throws OnggiError `file/too-large`, as it is read, above what is ever held of one file. */
async function* boundedText(text: AsyncIterable<string>): AsyncGenerator<string> {
  let length = 0;
  for await (const piece of text) {
    length += piece.length;
    if (length > MAX_WHOLE_JSON_BYTES) {
      throw new OnggiError('file/too-large', 'this format can only be read whole');
    }
    yield piece;
  }
}

async function readAll(text: AsyncIterable<string>): Promise<string> {
  const pieces: string[] = [];
  for await (const piece of boundedText(text)) pieces.push(piece);
  return pieces.join('');
}

async function parseWhole(text: AsyncIterable<string>): Promise<unknown> {
  const json = await readAll(text);
  if (measureJsonDepth(json) > MAX_IMPORT_DEPTH) {
    throw new OnggiError('file/too-deep', 'the file is nested too deep');
  }
  try {
    const value: unknown = JSON.parse(json.startsWith('\ufeff') ? json.slice(1) : json);
    return value;
  } catch (cause) {
    throw new OnggiError('file/damaged', 'no whole JSON', { cause });
  }
}

async function* readText(
  format: ImportFormat,
  file: RecognizedFile,
  { onBytes }: ReadImportsOptions,
): AsyncGenerator<ReadItem> {
  const text = await readAll(decodeText(contentOf(file.file), onBytes));
  yield* readSafely(format, text, file);
}

/** SQLite and its reader are fetched only for such a file. */
async function* readSqlite(
  { file }: RecognizedFile,
  { onStoreRows }: ReadImportsOptions,
): AsyncGenerator<ReadItem> {
  // Whole in memory is the only way SQLite reads: what is too large is refused before a byte is read.
  if (file.sizeBytes > MAX_INFLATED_BYTES) {
    throw new OnggiError('file/too-large', `SQLite of ${file.sizeBytes} bytes`);
  }
  const [
    { loadSqlite },
    { openSqlite },
    { readSqliteDocuments, readSqliteItems },
    { readSqliteTables },
  ] = await Promise.all([
    import('./load-sqlite.ts'),
    import('./open-sqlite.ts'),
    import('./import-sqlite.ts'),
    import('./read-sqlite-tables.ts'),
  ]);
  const bytes = await readBytes(file.stream(), MAX_INFLATED_BYTES);
  const database = openSqlite(await loadSqlite(), bytes);
  try {
    const items = readSqliteItems(database, file.modifiedAt);
    // Its visits are here before the rows that name them; not before something of the file was read.
    let next = items.next();
    if (database.isOurs) await onStoreRows?.(readSqliteTables(database));
    for (; !next.done; next = items.next()) yield next.value;
    if (database.isOurs) yield* readSqliteDocuments(database);
  } finally {
    database.close();
  }
}
