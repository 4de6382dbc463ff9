/** What stands within a line of Markdown, as HTML. See `markdown-to-html.ts`. */
import { escapeHtml } from './archive-page.ts';

/** A longer paragraph stays as it was written. */
const MAX_CHARACTERS = 20_000;
const MAX_DEPTH = 8;

const LINK =
  /!?\[((?:[^[\]\\]|\\.|\[[^[\]]{0,200}\]){0,1000})\]\(\s*(?:<([^<>\n]{0,2000})>|([^\s()<>]{0,2000}(?:\([^\s()<>]{0,500}\)[^\s()<>]{0,500}){0,4}))(?:\s+"[^"\n]{0,500}")?\s*\)/y;
const AUTOLINK = /<((?:https?:\/\/|mailto:)[^\s<>]{1,2000})>/y;
/** Not further than ASCII: Korean puts its particles right behind an address. */
const ADDRESS = /https?:\/\/[!#-&(-;=?-_a-~]{1,2000}/y;
const PICTURE = /^data:image\/(?:png|jpeg|gif|webp|avif);base64,[\w+/=]+$/i;
const WORD = /[\p{L}\p{N}]/u;

/** What the scan of one text remembers: marks that nothing closes any more. */
interface Scan {
  readonly text: string;
  readonly depth: number;
  readonly unclosed: Set<string>;
}

/** HTML of one piece, and where the next begins. */
type Piece = readonly [html: string, next: number];

/** A text within a paragraph, a heading or a cell as HTML; line breaks stay line breaks. */
export function renderInline(text: string, depth = 0): string {
  if (text.length > MAX_CHARACTERS || depth > MAX_DEPTH) return withBreaks(text);
  const scan: Scan = { text, depth, unclosed: new Set() };
  let html = '';
  let plainFrom = 0;
  let at = 0;
  while (at < text.length) {
    const piece = readPiece(scan, at);
    if (!piece) {
      at += 1;
      continue;
    }
    html += withBreaks(text.slice(plainFrom, at)) + piece[0];
    at = piece[1];
    plainFrom = at;
  }
  return html + withBreaks(text.slice(plainFrom));
}

const withBreaks = (text: string): string => escapeHtml(text).replaceAll('\n', '<br>\n');

function readPiece(scan: Scan, at: number): Piece | undefined {
  const { text } = scan;
  switch (text.charAt(at)) {
    case '\\':
      return /^[!-/:-@[-`{-~]$/.test(text.charAt(at + 1))
        ? [escapeHtml(text.charAt(at + 1)), at + 2]
        : undefined;
    case '`':
      return readCode(scan, at);
    case '!':
    case '[':
      return readLink(scan, at);
    case '<':
      return readAddress(text, at, AUTOLINK);
    case 'h':
      return WORD.test(text.charAt(at - 1)) ? undefined : readAddress(text, at, ADDRESS);
    case '*':
    case '_':
    case '~':
      return readEmphasis(scan, at);
    default:
      return undefined;
  }
}

function readCode({ text, unclosed }: Scan, at: number): Piece {
  const mark = /^`+/.exec(text.slice(at, at + 100))?.[0] ?? '`';
  const start = at + mark.length;
  const end = unclosed.has(mark) ? -1 : findRun(text, mark, start);
  if (end === -1) {
    unclosed.add(mark);
    return [mark, start];
  }
  const code = text.slice(start, end).replaceAll('\n', ' ');
  const isPadded = code.startsWith(' ') && code.endsWith(' ') && code.trim() !== '';
  return [`<code>${escapeHtml(isPadded ? code.slice(1, -1) : code)}</code>`, end + mark.length];
}

/** Where a run of exactly these marks begins; -1 where there is none. */
function findRun(text: string, mark: string, from: number): number {
  for (const { 0: run, index } of text.slice(from).matchAll(/`+/g)) {
    if (run === mark) return from + index;
  }
  return -1;
}

function readLink({ text, depth }: Scan, at: number): Piece | undefined {
  LINK.lastIndex = at;
  const found = LINK.exec(text);
  if (!found) return undefined;
  const [whole, label = '', angled, plain] = found;
  const address = angled ?? plain ?? '';
  const end = at + whole.length;
  if (whole.startsWith('!') && PICTURE.test(address)) {
    return [`<img src="${escapeHtml(address)}" alt="${escapeHtml(label)}">`, end];
  }
  // A picture of elsewhere is not loaded: its page asks for nothing.
  const shown = renderInline(label === '' ? address : label, depth + 1);
  return [isSafeAddress(address) ? toAnchor(address, shown) : shown, end];
}

function readAddress(text: string, at: number, pattern: RegExp): Piece | undefined {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  if (!found) return undefined;
  const [whole, inner] = found;
  if (inner !== undefined) return [toAnchor(inner, escapeHtml(inner)), at + whole.length];
  const bare = whole.replace(/[.,;:!?*_~]+$/, '');
  const address = bare.includes('(') ? bare : bare.replace(/\)+[.,;:!?*_~)]*$/, '');
  return [toAnchor(address, escapeHtml(address)), at + address.length];
}

const isSafeAddress = (address: string): boolean => /^(?:https?:\/\/|mailto:)/i.test(address);

function toAnchor(address: string, html: string): string {
  return `<a href="${escapeHtml(address)}" rel="noreferrer noopener">${html}</a>`;
}

const TAGS = new Map([
  ['**', 'strong'],
  ['__', 'strong'],
  ['*', 'em'],
  ['_', 'em'],
  ['~~', 'del'],
]);

/** Marks beside Korean, Chinese and Japanese letters count as well: those have no spaces between words. */
function readEmphasis(scan: Scan, at: number): Piece | undefined {
  const { text, depth, unclosed } = scan;
  const sign = text.charAt(at);
  for (const mark of [sign + sign, sign]) {
    const tag = TAGS.get(mark);
    if (!tag || !text.startsWith(mark, at) || unclosed.has(mark)) continue;
    const start = at + mark.length;
    if (!/\S/.test(text.charAt(start))) continue;
    if (sign === '_' && WORD.test(text.charAt(at - 1))) continue;
    const end = findClosing(text, mark, start);
    if (end === -1) {
      unclosed.add(mark);
      continue;
    }
    const inner = renderInline(text.slice(start, end), depth + 1);
    return [`<${tag}>${inner}</${tag}>`, end + mark.length];
  }
  // No part of a longer run is another mark.
  const run = endOfRun(text, at);
  return [escapeHtml(text.slice(at, run)), run];
}

function endOfRun(text: string, at: number): number {
  let end = at;
  while (text.charAt(end) === text.charAt(at) && end < text.length) end += 1;
  return end;
}

function findClosing(text: string, mark: string, start: number): number {
  const sign = mark.charAt(0);
  for (let at = text.indexOf(mark, start); at !== -1;) {
    const run = endOfRun(text, at);
    // Of three, the last two close the outer mark.
    const end = mark.length === 2 && run - at === 3 ? at + 1 : at;
    const isFree = mark.length === 2 || run - at !== 2;
    const isWord = sign === '_' && WORD.test(text.charAt(end + mark.length));
    if (end > start && isFree && !isWord && /\S/.test(text.charAt(at - 1))) return end;
    at = text.indexOf(mark, run);
  }
  return -1;
}
