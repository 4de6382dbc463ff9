import { OnggiError } from '#domain/errors.ts';
import { decodeText } from '#files/decode-text.ts';
import { baseNameOf } from '#files/file-label.ts';
import { measureJsonDepth } from '#files/scan-json.ts';
import { splitJson } from '#files/split-json.ts';
import { splitLines } from '#files/split-lines.ts';
import { MAX_IMPORT_DEPTH, MAX_WHOLE_JSON_BYTES } from '#files/limits.ts';
import type { JsonSample } from './formats/format.ts';
import { contentOf } from './open-files.ts';
import type { ImportedFile } from './open-files.ts';

/** What was seen of a file: enough to tell its format. */
export type FileSample =
  | {
      readonly kind: 'json';
      readonly sample: JsonSample;
      /** The file ends before all of the sample was there. */
      readonly isCut?: boolean;
    }
  /** The first 64 KiB. */
  | { readonly kind: 'text'; readonly head: string }
  /** Valid JSON without anything in it. */
  | { readonly kind: 'empty' };

const HEAD_CHARACTERS = 64 * 1024;
/** Members behind this much of a top-level object are not looked for, see {@link mostCharacters}. */
const MAX_SAMPLED_CHARACTERS = 32 * 1024 * 1024;
/** Lines that are looked at for a second one that can be read. */
const MAX_SAMPLED_LINES = 20;
/** Elements that are kept of each array of a top-level object. */
const SAMPLED_ELEMENTS = 3;

/**
 * Reads as much of a file as its format can be told by: of an array or of lines the first elements,
 * of an object its members, long arrays among them only in part.
 * @throws OnggiError `file/*` when the file cannot be read, or is neither JSON nor other text.
 */
export async function readSample(file: ImportedFile): Promise<FileSample> {
  return (file.bytes && seeWhole(file.bytes, file)) ?? readPart(file);
}

/** Of whole texts it keeps nothing; making one for each of many small files took as long as the files. */
const wholeDecoder = new TextDecoder();

/** The sample of a small file of one JSON value or of other text, at once; undefined for lines and damage. */
function seeWhole(bytes: Uint8Array<ArrayBuffer>, file: ImportedFile): FileSample | undefined {
  const text = wholeDecoder.decode(bytes);
  if (!/^\s*[[{]/.test(text)) return { kind: 'text', head: text.slice(0, HEAD_CHARACTERS) };
  if (measureJsonDepth(text) > MAX_IMPORT_DEPTH) return undefined;
  const whole = parse(text);
  if (Array.isArray(whole)) {
    const [first, second] = (whole as readonly unknown[]).filter((element) => element !== null);
    if (first === undefined) return { kind: 'empty' };
    const name = baseNameOf(file.name);
    return { kind: 'json', sample: { name, isLines: false, isArray: true, first, second } };
  }
  if (typeof whole !== 'object' || whole === null) return undefined;
  const members = Object.entries(whole).map(([key, value]: [string, unknown]) => [
    key,
    Array.isArray(value) ? value.slice(0, SAMPLED_ELEMENTS) : value,
  ]);
  if (members.length === 0) return { kind: 'empty' };
  const first: unknown = Object.fromEntries(members);
  const name = baseNameOf(file.name);
  return {
    kind: 'json',
    sample: { name, isLines: false, isArray: false, first, second: undefined },
  };
}

async function readPart(file: ImportedFile): Promise<FileSample> {
  const head = await readHead(file);
  if (!/^\s*[[{]/.test(head)) return { kind: 'text', head };
  const name = baseNameOf(file.name);
  if (isWholeLine(head)) {
    const lines = await readFirstLines(file);
    if (lines.length > 1) return toLineSample(name, lines);
  }
  try {
    const { isCut, structure } = await readStructure(file);
    return structure ? { kind: 'json', sample: { name, ...structure }, isCut } : { kind: 'empty' };
  } catch (error) {
    if (!(error instanceof OnggiError) || error.code !== 'file/not-json') throw error;
    // Lines longer than the head, or a text that merely begins with a bracket.
    const lines = await readFirstLines(file);
    if (lines.length > 1) return toLineSample(name, lines);
    return { kind: 'text', head };
  }
}

function toLineSample(name: string, [first, second]: readonly unknown[]): FileSample {
  return { kind: 'json', sample: { name, isLines: true, isArray: true, first, second } };
}

async function readHead(file: ImportedFile): Promise<string> {
  let head = '';
  for await (const text of decodeText(contentOf(file))) {
    head += text;
    if (head.length >= HEAD_CHARACTERS) break;
  }
  return head.slice(0, HEAD_CHARACTERS);
}

/** Whether the head holds a first line that is a value of its own: an indented file does not. */
function isWholeLine(head: string): boolean {
  const end = head.search(/\S\s*\n/);
  return end !== -1 && parseObject(head.slice(0, head.indexOf('\n', end))) !== undefined;
}

/**
 * The values of the first two lines that are any; empty when the first line is none. A damaged line
 * among lines is passed over: it costs itself, not the file.
 */
async function readFirstLines(file: ImportedFile): Promise<readonly unknown[]> {
  const values: unknown[] = [];
  let seen = 0;
  for await (const lines of splitLines(decodeText(contentOf(file)))) {
    for (const line of lines) {
      const value = line === null ? undefined : parseObject(line);
      if (value === undefined && values.length === 0) return [];
      if (value !== undefined) values.push(value);
      seen += 1;
      if (values.length === 2 || seen === MAX_SAMPLED_LINES) return values;
    }
  }
  return seen > 1 ? [...values, undefined] : values;
}

function parseObject(line: string): unknown {
  // An indented file shows here that it is none of lines, before anything is parsed.
  if (!/^\s*[[{].*[\]}]\s*$/s.test(line) || measureJsonDepth(line) > MAX_IMPORT_DEPTH) {
    return undefined;
  }
  return parse(line);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Structure = Pick<JsonSample, 'isLines' | 'isArray' | 'first' | 'second'>;

async function readStructure(file: ImportedFile): Promise<{
  readonly isCut: boolean;
  readonly structure: Structure | undefined;
}> {
  let isCut = false;
  const elements: unknown[] = [];
  const members = new Map<string, unknown>();
  let isArray = false;
  let refusal: 'too_deep' | 'too_large' | undefined;
  let seen = 0;
  const pieces = splitJson(decodeText(contentOf(file)), {
    onDeepElement: 'skip',
    maxDepth: MAX_IMPORT_DEPTH,
    maxElements: SAMPLED_ELEMENTS,
    maxPieceCharacters: 1024 * 1024,
  });
  try {
    for await (const piece of pieces) {
      if (piece.kind === 'array' && piece.key === null) isArray = true;
      else if (piece.kind === 'array') members.set(piece.key ?? '', []);
      else if (piece.kind === 'elements' && piece.key === null) {
        elements.push(...parseElements(piece.text).filter((element) => element !== null));
      } else if (piece.kind === 'elements') addElements(members, piece.key ?? '', piece.text);
      else if (piece.kind === 'value') members.set(piece.key ?? '', parse(piece.text));
      else refusal ??= piece.reason;
      seen += 'text' in piece ? piece.text.length : 0;
      if (elements.length >= 2 || seen > mostCharacters(members)) break;
    }
  } catch (error) {
    // Of a file that ends early, what was whole tells its format all the same.
    isCut = error instanceof OnggiError && error.code === 'file/damaged';
    if (!isCut || elements.length + members.size === 0) throw error;
  }
  if (refusal !== undefined && elements.length + members.size === 0) {
    const code = refusal === 'too_deep' ? 'file/too-deep' : 'file/too-large';
    throw new OnggiError(code, 'nothing in it can be read');
  }
  if (isArray) {
    const [first, second] = elements;
    const found = { isLines: false, isArray, first, second };
    return { isCut, structure: elements.length === 0 ? undefined : found };
  }
  const first: unknown = Object.fromEntries(members);
  const found = { isLines: false, isArray, first, second: undefined };
  return { isCut, structure: members.size === 0 ? undefined : found };
}

/**
 * How much of a top-level object is gone through for its members. A conversation with the specification's
 * keys may be one of ours, which says so, and has its branches, behind its messages: of such a file all is
 * looked at that can be read at all.
 */
function mostCharacters(members: ReadonlyMap<string, unknown>): number {
  const mayBeOurs = members.has('conversation_id') && members.has('messages');
  return mayBeOurs ? MAX_WHOLE_JSON_BYTES : MAX_SAMPLED_CHARACTERS;
}

function parseElements(text: string): readonly unknown[] {
  const parsed = parse(`[${text}]`);
  return Array.isArray(parsed) ? parsed : [];
}

function addElements(members: Map<string, unknown>, key: string, text: string): void {
  const known = members.get(key);
  if (!Array.isArray(known) || known.length >= SAMPLED_ELEMENTS) return;
  members.set(key, [...(known as unknown[]), ...parseElements(text)].slice(0, SAMPLED_ELEMENTS));
}
