/** The text of an HTML page, as one reads it. Nothing of the page runs, loads or is kept but its words. */
import { BLOCK_ELEMENTS } from '#files/html-node.ts';
import type { HtmlElement, HtmlNode } from '#files/html-node.ts';
import { createHtmlReader } from '#files/html-tree.ts';

/** Characters read before others get a turn. */
const PIECE_CHARACTERS = 32 * 1024;
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
  await turn();
  return textOf(reader.end());
}

function textOf(root: HtmlElement): string {
  const parts: string[] = [];
  /** Line ends that are due before the next word; and whether a space is. */
  let [due, isSpaceDue] = [0, false];

  function breakLine(count: number): void {
    due = Math.max(due, count);
    isSpaceDue = false;
  }

  function add(text: string): void {
    if (parts.length > 0 && due > 0) parts.push('\n'.repeat(due));
    else if (isSpaceDue && parts.length > 0) parts.push(' ');
    [due, isSpaceDue] = [0, false];
    parts.push(text);
  }

  function addFlowing(text: string): void {
    const words = text.split(/[\s\u00a0]+/);
    words.forEach((word, at) => {
      if (at > 0 && due === 0) isSpaceDue = true;
      if (word !== '') add(word);
    });
  }

  /** The tree is at most a hundred deep. */
  function visit(node: HtmlNode, isKept: boolean): void {
    if (node.kind === 'text') {
      if (!isKept) addFlowing(node.text);
      else if (node.text !== '') add(node.text.replace(/^\n|\n$/g, ''));
      return;
    }
    const { name, children } = node;
    if (name === 'br') {
      due = Math.min(2, due + 1);
      isSpaceDue = false;
      return;
    }
    const lines = SPACED.has(name) ? 2 : BLOCK_ELEMENTS.has(name) ? 1 : 0;
    const isCell = name === 'td' || name === 'th';
    if (lines > 0 && !isCell) breakLine(lines);
    if (name === 'li') add('- ');
    if (isCell && due === 0) add('\t');
    for (const child of children) visit(child, isKept || name === 'pre');
    if (lines > 0 && !isCell) breakLine(lines);
  }

  visit(root, false);
  return parts.join('').replace(/[ \t]+\n/g, '\n');
}
