/**
 * Cuts the text of a JSON file into pieces that are parsed one after another, so that memory does not
 * grow with the file (FORMATS 1, rule 3; PERFORMANCE 5). What stands inside a piece is only checked
 * for depth and size here: whether it is JSON, `JSON.parse` of the piece says.
 */
import { OnggiError } from '#domain/errors.ts';
import { MAX_ELEMENT_CHARACTERS, MAX_JSON_DEPTH } from './limits.ts';
import { createScanState, leaveString, scanJson } from './scan-json.ts';

/**
 * A piece of a JSON file. `key` is null for the top level itself, else the name of a member of the
 * top-level object.
 */
export type JsonPiece =
  /** An array begins; it may be empty. */
  | { readonly kind: 'array'; readonly key: string | null }
  /** Whole elements of the array that began last, joined by commas, without its brackets. */
  | {
      readonly kind: 'elements';
      readonly key: string | null;
      readonly text: string;
      readonly count: number;
      /** The elements, where they were parsed to find the cut; see `isParsing`. */
      readonly values?: readonly unknown[];
      /** Where in the chunk that was read last the text begins, where it is a part of that alone. */
      readonly from?: number;
    }
  /** A member of the top-level object that is no array, or a top-level scalar. */
  | { readonly kind: 'value'; readonly key: string | null; readonly text: string }
  /** An element or value that was passed over, with `onDeepElement: 'skip'`. */
  | {
      readonly kind: 'refused';
      readonly key: string | null;
      readonly reason: 'too_deep' | 'too_large';
      /** How its text begins, at most {@link HEAD_CHARACTERS}: its name may stand there. */
      readonly head: string;
    };

export interface SplitJsonOptions {
  /** What happens at an element that is too deep or too large: an error (default), or a `refused` piece. */
  readonly onDeepElement?: 'throw' | 'skip';
  /**
   * For rows that are parsed anyway: a cut is guessed where another row begins, and the parser says
   * whether it is one, which spares looking at every character. Such pieces have `values`.
   */
  readonly isParsing?: boolean;
  /** Most elements of one piece; 1,000. */
  readonly maxElements?: number;
  /** A piece ends with the element that reaches this many characters; {@link PIECE_CHARACTERS}. */
  readonly maxPieceCharacters?: number;
  readonly maxElementCharacters?: number;
  readonly maxDepth?: number;
}

/** Where in the grammar of the top level the text stands. */
type Place =
  | 'start'
  | 'scalar'
  | 'first-key'
  | 'key'
  | 'in-key'
  | 'colon'
  | 'member'
  | 'region'
  | 'after-member'
  | 'end';

/**
 * Two bytes a character, this stays below the 128 KiB above which V8 gives a string a fresh region of
 * memory, whose pages cost more than the parsing (2.04 to 0.92 times one JSON.parse of all).
 */
const PIECE_CHARACTERS = 32 * 1024;

/** What is given of an element that was passed over. */
const HEAD_CHARACTERS = 2048;

/** Longest top-level scalar that is no string: numbers and names are shorter. */
const MAX_BARE_CHARACTERS = 400;

/**
 * Cuts a JSON file. Takes any boundaries between chunks, indented files and a byte order mark.
 * @throws OnggiError `file/not-json` (also for text behind the end), `file/damaged` when the text
 * ends inside something, `file/too-deep`, `file/too-large`; and whatever `chunks` throws. Whole
 * elements that were read before an error are given first.
 */
export async function* splitJson(
  chunks: AsyncIterable<string>,
  options: SplitJsonOptions = {},
): AsyncGenerator<JsonPiece> {
  const splitter = createSplitter(options);
  try {
    for await (const chunk of chunks) yield* splitter.push(chunk);
    yield* splitter.end();
  } catch (error) {
    yield* splitter.flush();
    throw error;
  }
}

/** The elements of an `elements` piece, one text each: for parsing one by one when not all parse. */
export function splitElements(text: string): string[] {
  const state = createScanState();
  const elements: string[] = [];
  let start = 0;
  let index = 0;
  while (index < text.length) {
    index = scanJson(text, index, state, 0);
    // A bracket that closes nothing belongs to its broken element.
    if (index < text.length && text[index] === ',') {
      elements.push(text.slice(start, index));
      start = index + 1;
    }
    index += 1;
  }
  elements.push(text.slice(start));
  return elements;
}

interface Splitter {
  push(chunk: string): Generator<JsonPiece>;
  /** @throws OnggiError `file/damaged`, `file/not-json`. */
  end(): Generator<JsonPiece>;
  /** The whole elements that were not given yet. */
  flush(): Generator<JsonPiece>;
}

function createSplitter(options: SplitJsonOptions): Splitter {
  const {
    onDeepElement = 'throw',
    isParsing = false,
    maxElements = 1000,
    maxPieceCharacters = PIECE_CHARACTERS,
    maxElementCharacters = MAX_ELEMENT_CHARACTERS,
    maxDepth = MAX_JSON_DEPTH,
  } = options;
  const scan = createScanState();
  let place: Place = 'start';
  let key: string | null = null;
  let isInObject = false;
  /** The region is an array; else it is the value of one member. */
  let isArray = false;
  /** Text of the piece in the making out of earlier chunks. */
  let held: string[] = [];
  let heldLength = 0;
  /** Where in the piece the element begins that is being read. */
  let elementOffset = 0;
  /** Whole elements of the piece. */
  let count = 0;
  let isFirstElement = true;
  let hasContent = false;
  let refusal: 'too_deep' | 'too_large' | null = null;
  /** Of the refused element. */
  let head = '';
  /** Guesses at a cut that were none in this region: a file that is not ours stops them. */
  let missCount = 0;

  function* push(chunk: string): Generator<JsonPiece> {
    let index = 0;
    while (index < chunk.length) {
      if (place === 'region') index = yield* readRegion(chunk, index);
      else if (place === 'in-key') index = readKey(chunk, index);
      else if (place === 'scalar') index = readScalar(chunk, index);
      else {
        const unit = chunk.charCodeAt(index);
        if (isSpace(unit)) index += 1;
        else index += yield* readMark(unit);
      }
    }
  }

  /** Reads one character of the top level; gives how many were taken. */
  function* readMark(unit: number): Generator<JsonPiece, number> {
    if (place === 'start') {
      if (unit === 0xfeff) return 1;
      if (unit === 0x7b) {
        isInObject = true;
        place = 'first-key';
      } else if (unit === 0x5b) yield* beginArray();
      else return beginScalar(unit);
      return 1;
    }
    if (unit === 0x22 && (place === 'first-key' || place === 'key')) return beginKey();
    if (unit === 0x7d && (place === 'first-key' || place === 'after-member')) place = 'end';
    else if (unit === 0x2c && place === 'after-member') place = 'key';
    else if (unit === 0x3a && place === 'colon') place = 'member';
    else if (place === 'member' && unit === 0x5b) yield* beginArray();
    else if (place === 'member') return beginRegion(false);
    else throw notJson();
    return 1;
  }

  function* beginArray(): Generator<JsonPiece> {
    beginRegion(true);
    yield { kind: 'array', key };
  }

  function beginRegion(array: boolean): number {
    place = 'region';
    isArray = array;
    scan.depth = floorOfRegion();
    isFirstElement = true;
    missCount = 0;
    beginPiece();
    beginElement(0);
    return 0;
  }

  /** Open brackets around the elements, or around the value of a member. */
  function floorOfRegion(): number {
    return Number(isInObject) + Number(isArray);
  }

  function beginPiece(): void {
    held = [];
    heldLength = 0;
    count = 0;
  }

  function beginElement(offset: number): void {
    elementOffset = offset;
    hasContent = false;
    refusal = null;
    scan.deepest = scan.depth;
  }

  function* readRegion(chunk: string, from: number): Generator<JsonPiece, number> {
    /** Where in the chunk the text begins that is not held yet, and the element. */
    let pieceStart = from;
    let elementStart = from;
    let index = from;
    for (;;) {
      const rows =
        isParsing && index === pieceStart && isAtPiece() ? guessRows(chunk, index) : null;
      if (rows) {
        yield { kind: 'elements', key, ...rows, from: index };
        index += rows.text.length + 1;
        isFirstElement = false;
        [pieceStart, elementStart] = [index, index];
        continue;
      }
      index = scanJson(chunk, index, scan, floorOfRegion());
      hasContent ||= hasText(chunk, elementStart, index);
      const found = refusal === null ? findRefusal(heldLength + index - pieceStart) : null;
      if (found) {
        hold(chunk.slice(pieceStart, index));
        if (onDeepElement === 'throw') throw refusalError(found);
        head = headOfElement();
        yield* flush();
        beginPiece();
        refusal = found;
      }
      if (index === chunk.length) {
        // Of what stands before an element nothing is kept: there may be a gigabyte of spaces.
        if (refusal === null) hold(chunk.slice(pieceStart, hasContent ? index : elementStart));
        return index;
      }
      const text = chunk.slice(pieceStart, index);
      if (!isArray || chunk.charCodeAt(index) !== 0x2c) {
        yield* endRegion(text, chunk.charCodeAt(index));
        return index + 1;
      }
      if (!hasContent) throw notJsonAfter(text);
      index += 1;
      isFirstElement = false;
      if (yield* endElement(text)) pieceStart = index;
      elementStart = index;
      beginElement(heldLength + index - pieceStart);
    }
  }

  /** Nothing of a piece was read yet. */
  function isAtPiece(): boolean {
    return isArray && count === 0 && heldLength === 0 && !hasContent && refusal === null;
  }

  /**
   * Whole rows from `from` up to a comma of the array: a text that begins with a row and is valid
   * between brackets ends with a row. Null where no cut is found, or the scan has to judge.
   */
  function guessRows(chunk: string, from: number): ParsedRows | null {
    const next = missCount < MAX_MISSES ? findNextRow(chunk, from, maxPieceCharacters) : -1;
    if (next === -1) return null;
    const text = chunk.slice(from, next - 1);
    const values = tryParse(`[${text}]`);
    const levels = maxDepth - floorOfRegion();
    if (values && values.length <= maxElements && values.every((row) => isShallow(row, levels))) {
      return { text, count: values.length, values };
    }
    missCount += 1;
    return null;
  }

  function findRefusal(pieceLength: number): 'too_deep' | 'too_large' | null {
    if (scan.deepest > maxDepth) return 'too_deep';
    return pieceLength - elementOffset > maxElementCharacters ? 'too_large' : null;
  }

  function headOfElement(): string {
    let from = elementOffset;
    let text = '';
    for (const part of held) {
      if (from < part.length) text += part.slice(from, from + HEAD_CHARACTERS - text.length);
      from = Math.max(0, from - part.length);
      if (text.length === HEAD_CHARACTERS) break;
    }
    return text;
  }

  function hold(text: string): void {
    held.push(text);
    heldLength += text.length;
  }

  /** Counts an element that ended; true when the piece was given and another begins. */
  function* endElement(text: string): Generator<JsonPiece, boolean> {
    if (refusal !== null) {
      yield { kind: 'refused', key, reason: refusal, head };
      beginPiece();
      return true;
    }
    count += 1;
    const length = heldLength + text.length;
    // A row that went over the edge of a chunk goes alone, so that guessing can go on behind it.
    const isGuessing = isParsing && heldLength > 0 && missCount < MAX_MISSES;
    if (count < maxElements && length < maxPieceCharacters && !isGuessing) return false;
    yield { kind: 'elements', key, text: joined(text), count };
    beginPiece();
    return true;
  }

  /** Ends an array at its bracket, or a value at a comma or at the brace of the object. */
  function* endRegion(text: string, mark: number): Generator<JsonPiece> {
    if (isArray) {
      if (mark !== 0x5d || (!hasContent && !isFirstElement)) throw notJsonAfter(text);
      if (refusal !== null) yield { kind: 'refused', key, reason: refusal, head };
      else if (hasContent) {
        yield { kind: 'elements', key, text: joined(text), count: count + 1 };
      } else yield* flush();
      place = isInObject ? 'after-member' : 'end';
    } else {
      if (mark === 0x5d || !hasContent) throw notJson();
      if (refusal !== null) yield { kind: 'refused', key, reason: refusal, head };
      else yield { kind: 'value', key, text: joined(text) };
      place = mark === 0x2c ? 'key' : 'end';
    }
    beginPiece();
  }

  /** Keeps the text before the error: whole elements in it are still given. */
  function notJsonAfter(text: string): OnggiError {
    hold(text);
    return notJson();
  }

  function joined(text: string): string {
    return held.reduce((all, part) => all + part, '') + text;
  }

  function* flush(): Generator<JsonPiece> {
    if (place !== 'region' || !isArray) return;
    if (count > 0) {
      // The last whole element ends before the comma in front of the one that is being read.
      const text = held.join('').slice(0, Math.max(0, elementOffset - 1));
      yield { kind: 'elements', key, text, count };
    }
    beginPiece();
  }

  function beginKey(): number {
    place = 'in-key';
    scan.isInString = true;
    scan.isEscaped = false;
    beginPiece();
    hold('"');
    return 1;
  }

  function readKey(chunk: string, from: number): number {
    const index = leaveString(chunk, from, scan);
    hold(chunk.slice(from, index));
    if (heldLength > maxElementCharacters) throw refusalError('too_large');
    if (scan.isInString) return index;
    key = parseKey(held.join(''));
    beginPiece();
    place = 'colon';
    return index;
  }

  function beginScalar(unit: number): number {
    // A quote, a minus, a digit, or the first letter of true, false, null.
    if (!/["\-\dtfn]/.test(String.fromCharCode(unit))) throw notJson();
    place = 'scalar';
    scan.isInString = unit === 0x22;
    hold(String.fromCharCode(unit));
    return 1;
  }

  function readScalar(chunk: string, from: number): number {
    const isString = held[0]?.startsWith('"') ?? false;
    if (scan.isInString) leaveString(chunk, from, scan);
    hold(chunk.slice(from));
    if (heldLength > maxElementCharacters) throw refusalError('too_large');
    if (!isString && heldLength > MAX_BARE_CHARACTERS) throw notJson();
    return chunk.length;
  }

  function* end(): Generator<JsonPiece> {
    if (place === 'end') return;
    if (place === 'start') throw new OnggiError('file/not-json', 'empty JSON');
    if (place !== 'scalar' || scan.isInString) {
      throw new OnggiError('file/damaged', 'JSON ends in the middle');
    }
    const text = held.join('');
    if (!isJson(text)) throw notJson();
    yield { kind: 'value', key: null, text };
  }

  return { push, end, flush };
}

interface ParsedRows {
  readonly text: string;
  readonly count: number;
  readonly values: readonly unknown[];
}

/** Longest beginning of a row that is looked for: a brace and the name of its first member. */
const MAX_OPENING = 64;
/** Guesses that may fail in one array before it is only scanned. */
const MAX_MISSES = 16;

/**
 * Where the last row within `reach` begins that opens like the one at `from`; -1 without one. A quote
 * within a string has a backslash in front, so the opening is hardly ever found in a text.
 */
function findNextRow(chunk: string, from: number, reach: number): number {
  if (!chunk.startsWith('{"', from)) return -1;
  const nameEnd = chunk.indexOf('"', from + 2);
  if (nameEnd === -1 || nameEnd - from > MAX_OPENING) return -1;
  const boundary = `},${chunk.slice(from, nameEnd + 1)}`;
  const found = chunk.lastIndexOf(boundary, from + reach);
  return found > from ? found + 2 : -1;
}

function tryParse(text: string): readonly unknown[] | null {
  try {
    return JSON.parse(text) as readonly unknown[];
  } catch {
    return null;
  }
}

/** Whether arrays and objects are nested at most `levels` deep. */
function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  for (const key in value) {
    const inner: unknown = (value as Readonly<Record<string, unknown>>)[key];
    if (typeof inner === 'object' && inner !== null && !isShallow(inner, levels - 1)) return false;
  }
  return true;
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}

function hasText(text: string, from: number, to: number): boolean {
  for (let index = from; index < to; index += 1) {
    if (!isSpace(text.charCodeAt(index))) return true;
  }
  return false;
}

function parseKey(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch (cause) {
    throw new OnggiError('file/not-json', 'unreadable key', { cause });
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function notJson(): OnggiError {
  return new OnggiError('file/not-json', 'this is not JSON');
}

function refusalError(reason: 'too_deep' | 'too_large'): OnggiError {
  return reason === 'too_deep'
    ? new OnggiError('file/too-deep', 'an element is nested too deep')
    : new OnggiError('file/too-large', 'an element is too large');
}
