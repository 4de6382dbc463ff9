/** Puts the tags of an HTML text into a tree, closing what its author left open. */
import { BLOCK_ELEMENTS, MAX_HTML_DEPTH } from './html-node.ts';
import type { HtmlElement } from './html-node.ts';

/** Gone with everything inside. */
const DROPPED: ReadonlySet<string> = new Set(
  'script style iframe object applet template noscript noframes noembed svg title'.split(' '),
);
const VOID: ReadonlySet<string> = new Set(
  'area base br col embed hr img input link meta param source track wbr'.split(' '),
);
const CELLS: ReadonlySet<string> = new Set(['td', 'th']);
const NOTHING: ReadonlySet<string> = new Set();
const NOT_PARAGRAPHS: ReadonlySet<string> = new Set(
  [...BLOCK_ELEMENTS].filter((name) => name !== 'p'),
);
const TABLE_PARTS: ReadonlySet<string> = new Set(
  'table thead tbody tfoot tr td th caption'.split(' '),
);

interface Ending {
  readonly ended: ReadonlySet<string>;
  readonly within: ReadonlySet<string>;
}

function ending(ended: string, within: string): Ending {
  return { ended: new Set(ended.split(' ')), within: new Set(within.split(' ')) };
}

/** Which open elements a new one ends, and where the search for them stops. */
const ENDS: ReadonlyMap<string, Ending> = new Map([
  ['li', ending('li', 'ul ol menu td th')],
  ['dt', ending('dt dd', 'dl td th')],
  ['dd', ending('dt dd', 'dl td th')],
  ['tr', ending('tr', 'table thead tbody tfoot')],
  ['td', ending('td th', 'tr table')],
  ['th', ending('td th', 'tr table')],
  ['tbody', ending('thead tbody', 'table')],
  ['tfoot', ending('thead tbody', 'table')],
]);

/** Takes tags and texts in the order of the file. */
export interface HtmlBuilder {
  /** Whole once the last tag was given. */
  readonly root: HtmlElement;
  text(text: string): void;
  open(name: string, attributes: ReadonlyMap<string, string>): void;
  close(name: string): void;
}

/** An empty tree. Names are lower case; time for a tag does not grow with the tree. */
export function createHtmlBuilder(): HtmlBuilder {
  const root = createElement('', new Map());
  const stack: HtmlElement[] = [root];
  /** Open elements that are too deep to be kept. */
  let tooDeep = 0;
  let dropped: { readonly name: string; count: number } | undefined;
  const top = (): HtmlElement => stack.at(-1) ?? root;

  return {
    root,
    text(text) {
      if (!dropped) addText(top(), text);
    },
    open(name, attributes) {
      if (dropped) {
        if (dropped.name === name) dropped.count += 1;
        return;
      }
      if (DROPPED.has(name)) {
        dropped = { name, count: 1 };
        return;
      }
      const isVoid = VOID.has(name);
      if (tooDeep === 0) endImplied(stack, name);
      if (!isVoid && stack.length > MAX_HTML_DEPTH) {
        tooDeep += 1;
        return;
      }
      if (BLOCK_ELEMENTS.has(name)) markBlock(stack);
      const element = createElement(name, attributes);
      top().children.push(element);
      if (!isVoid) stack.push(element);
    },
    close(name) {
      if (dropped) {
        if (dropped.name === name) dropped.count -= 1;
        if (dropped.count === 0) dropped = undefined;
      } else if (!VOID.has(name)) {
        if (tooDeep > 0) tooDeep -= 1;
        else endOpen(stack, name);
      }
    },
  };
}

function createElement(name: string, attributes: ReadonlyMap<string, string>): HtmlElement {
  return { kind: 'element', name, attributes, children: [], hasBlock: false };
}

function addText({ children }: HtmlElement, text: string): void {
  const last = children.at(-1);
  if (last?.kind === 'text') last.text += text;
  else children.push({ kind: 'text', text });
}

/** Ends the open elements that cannot hold the new one: `<li>` ends the `<li>` before it. */
function endImplied(stack: HtmlElement[], name: string): void {
  const rule = ENDS.get(name);
  if (rule) cutStack(stack, (open) => rule.ended.has(open), rule.within);
  if (BLOCK_ELEMENTS.has(name)) cutStack(stack, (open) => open === 'p', NOT_PARAGRAPHS);
}

/** A stray end tag in a cell ends nothing outside of the cell. */
function endOpen(stack: HtmlElement[], name: string): void {
  cutStack(stack, (open) => open === name, TABLE_PARTS.has(name) ? NOTHING : CELLS);
}

/** Ends the innermost open element that fits and all in it, unless one of `stops` comes first. */
function cutStack(
  stack: HtmlElement[],
  fits: (name: string) => boolean,
  stops: ReadonlySet<string>,
): void {
  for (let index = stack.length - 1; index > 0; index -= 1) {
    const open = stack[index]?.name ?? '';
    if (fits(open)) {
      stack.length = index;
      return;
    }
    if (stops.has(open)) return;
  }
}

function markBlock(stack: readonly HtmlElement[]): void {
  for (let index = stack.length - 1; index >= 0; index -= 1) {
    const element = stack[index];
    if (!element || element.hasBlock) return;
    element.hasBlock = true;
  }
}
