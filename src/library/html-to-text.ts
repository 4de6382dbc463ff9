/** The text of an HTML page, as one reads it. Nothing of the page runs, loads or is kept but its words. */
import { BLOCK_ELEMENTS } from '#files/html-node.ts';
import type { HtmlNode } from '#files/html-node.ts';
import { createHtmlReader } from '#files/html-tree.ts';

/** Characters read before others get a turn. */
const PIECE_CHARACTERS = 32 * 1024;
/** Elements walked through before others get a turn. */
const PIECE_NODES = 4000;
/** Blocks with an empty line around them; the others only begin on a line of their own. */
const SPACED: ReadonlySet<string> = new Set(
  'p h1 h2 h3 h4 h5 h6 ul ol dl table pre blockquote figure section article'.split(' '),
);

/** @param turn Awaited now and then; what it throws ends the work. */
export async function htmlToText(html: string, turn: () => Promise<void>): Promise<string> {
  const reader = createHtmlReader(html);
  for (let at = 0; at < html.length; at += PIECE_CHARACTERS) {
    await turn();
    reader.read(Math.min(at + PIECE_CHARACTERS, html.length));
  }
  const writer = createTextWriter();
  let count = 0;
  for (const _node of walk(reader.end(), writer, false)) {
    if (count % PIECE_NODES === 0) await turn();
    count += 1;
  }
  return writer.end();
}

/** Yields at each node. The tree is at most a hundred deep. */
function* walk(node: HtmlNode, writer: TextWriter, isKept: boolean): Generator<void> {
  yield;
  if (node.kind === 'text') {
    if (isKept) writer.addKept(node.text);
    else writer.addFlowing(node.text);
    return;
  }
  const { name, children } = node;
  if (name === 'br') {
    writer.addLineEnd();
    return;
  }
  const isCell = name === 'td' || name === 'th';
  const lines = isCell ? 0 : SPACED.has(name) ? 2 : BLOCK_ELEMENTS.has(name) ? 1 : 0;
  if (lines > 0) writer.breakLine(lines);
  if (name === 'li') writer.beginItem();
  if (name === 'tr') writer.beginRow();
  if (isCell) writer.beginCell();
  if (name === 'pre') writer.beginKept();
  for (const child of children) yield* walk(child, writer, isKept || name === 'pre');
  if (name === 'pre') writer.endKept();
  if (name === 'li' || name === 'tr') writer.forgetMark();
  if (lines > 0) writer.breakLine(lines);
}

type TextWriter = ReturnType<typeof createTextWriter>;

/** Puts words, lines, items and cells together as they are read. */
function createTextWriter() {
  const parts: string[] = [];
  /** Line ends that are due before the next word; and whether a space is. */
  let [due, isSpaceDue] = [0, false];
  /** What the next word stands behind on its line: the dash of an item, the tabs of a row. */
  let mark = '';
  /** Pieces when the row began, and cells of it so far. */
  let [rowStart, cellCount] = [0, 0];
  /** Whether kept text begins: the first line end after `<pre>` is not of the text. */
  let isKeptStart = false;

  function add(text: string): void {
    if (parts.length > 0 && due > 0) parts.push('\n'.repeat(due));
    else if (isSpaceDue && mark === '' && parts.length > 0) parts.push(' ');
    if (mark !== '') parts.push(mark);
    [due, isSpaceDue, mark] = [0, false, ''];
    parts.push(text);
  }

  return {
    /** Lines around a block. None between a mark and its first word. */
    breakLine(count: number): void {
      if (mark === '') due = Math.max(due, count);
      isSpaceDue = false;
    },
    addLineEnd(): void {
      if (mark === '') due = Math.min(2, due + 1);
      isSpaceDue = false;
    },
    addFlowing(text: string): void {
      const words = text.split(/[\s\u00a0]+/);
      words.forEach((word, at) => {
        if (at > 0 && due === 0) isSpaceDue = true;
        if (word !== '') add(word);
      });
    },
    beginKept(): void {
      isKeptStart = true;
    },
    addKept(text: string): void {
      const kept = isKeptStart ? text.replace(/^\n/, '') : text;
      isKeptStart = false;
      if (kept !== '') add(kept);
    },
    endKept(): void {
      isKeptStart = false;
      const last = parts.at(-1);
      if (last?.endsWith('\n')) parts[parts.length - 1] = last.slice(0, -1);
    },
    beginItem(): void {
      mark = `${mark.replace('- ', '')}- `;
    },
    beginRow(): void {
      [rowStart, cellCount] = [parts.length, 0];
    },
    beginCell(): void {
      cellCount += 1;
      if (cellCount === 1) return;
      mark += '\t';
      // In one line with the cell before it.
      if (parts.length > rowStart) [due, isSpaceDue] = [0, false];
    },
    forgetMark(): void {
      mark = '';
    },
    end: (): string =>
      parts
        .join('')
        .split('\n')
        .map((line) => line.trimEnd())
        .join('\n'),
  };
}
