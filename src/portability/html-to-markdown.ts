/**
 * HTML answers as Markdown (FORMATS 1, rule 11). The result is untrusted text like any other message.
 * Every walk recurses at most {@link MAX_HTML_DEPTH} deep, which the tree guarantees.
 */
import { inlineToMarkdown } from './html-inline.ts';
import { BLOCK_ELEMENTS, textOfHtml } from '#files/html-node.ts';
import type { HtmlElement, HtmlNode } from '#files/html-node.ts';
import { parseHtml } from '#files/html-tree.ts';

/** Lists and quotations nest at most so deep: every level repeats a prefix on every line below. */
const MAX_NESTING = 12;

/**
 * Headings, lists, tables, code, emphasis and links as Markdown; links to http, https and mailto only;
 * images as links or their alternative text; scripts, styles and frames are gone. Characters that
 * Markdown would take for markup are escaped.
 */
export function htmlToMarkdown(html: string): string {
  return nodesToMarkdown(parseHtml(html).children);
}

/** {@link htmlToMarkdown} for nodes of a tree that is already there. */
export function nodesToMarkdown(nodes: readonly HtmlNode[]): string {
  return blocksOf(nodes, 0)
    .map(({ text }) => text)
    .join('\n\n');
}

interface Block {
  readonly kind: 'list' | 'other';
  readonly text: string;
}

function block(kind: Block['kind'], text: string): readonly Block[] {
  return text === '' ? [] : [{ kind, text }];
}

function other(text: string): readonly Block[] {
  return block('other', text);
}

function blocksOf(nodes: readonly HtmlNode[], nesting: number): readonly Block[] {
  const blocks: Block[] = [];
  let run: HtmlNode[] = [];
  function endRun(): void {
    blocks.push(...other(guardLines(inlineToMarkdown(run).trim())));
    run = [];
  }
  for (const node of nodes) {
    if (node.kind === 'text' || !(BLOCK_ELEMENTS.has(node.name) || node.hasBlock)) {
      run.push(node);
      continue;
    }
    endRun();
    for (const block of blockToMarkdown(node, nesting)) blocks.push(block);
  }
  endRun();
  return blocks;
}

function blockToMarkdown(element: HtmlElement, nesting: number): readonly Block[] {
  const { name, children } = element;
  const heading = /^h([1-6])$/.exec(name);
  if (heading) {
    const text = blocksOf(children, nesting)
      .map((block) => block.text)
      .join(' ');
    const line = oneLine(text);
    return line === '' ? [] : other(`${'#'.repeat(Number(heading[1]))} ${line}`);
  }
  if (name === 'hr') return other('---');
  if (name === 'pre') return other(codeBlock(element));
  if (name === 'table') return tableToBlocks(element, nesting);
  if (nesting < MAX_NESTING) {
    if (name === 'ul' || name === 'ol') return block('list', listToMarkdown(element, nesting + 1));
    if (name === 'blockquote') {
      const inner = joinBlocks(blocksOf(children, nesting + 1));
      return other(inner === '' ? '' : prefixLines(inner, '> '));
    }
  }
  return blocksOf(children, nesting);
}

function joinBlocks(blocks: readonly Block[]): string {
  return blocks
    .map(({ kind, text }, index) => (index === 0 ? '' : kind === 'list' ? '\n' : '\n\n') + text)
    .join('');
}

function listToMarkdown(list: HtmlElement, nesting: number): string {
  const start = Math.min(Number(/^\d+/.exec(list.attributes.get('start') ?? '')?.[0] ?? 1), 1e8);
  const items: string[] = [];
  for (const child of list.children) {
    const isItem = child.kind === 'element' && child.name === 'li';
    const text = joinBlocks(blocksOf(isItem ? child.children : [child], nesting));
    if (text === '' && !isItem) continue;
    const marker = list.name === 'ol' ? `${start + items.length}. ` : '- ';
    items.push(marker + prefixLines(text, ' '.repeat(marker.length)).trimStart());
  }
  return items.join('\n');
}

function prefixLines(text: string, prefix: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? prefix.trimEnd() : prefix + line))
    .join('\n');
}

/** A fence longer than any run of backticks inside. */
function codeBlock(pre: HtmlElement): string {
  const text = textOfHtml(pre).replace(/^\n/, '').trimEnd();
  if (text === '') return '';
  const longest = [...text.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length), 2);
  const fence = '`'.repeat(longest + 1);
  return `${fence}${languageOf(pre)}\n${text}\n${fence}`;
}

function languageOf(pre: HtmlElement): string {
  const code = pre.children.find((child) => child.kind === 'element' && child.name === 'code');
  for (const element of [code, pre]) {
    if (element?.kind !== 'element') continue;
    const found = /(?:^|\s)lang(?:uage)?-([\w+#.-]{1,30})/.exec(
      element.attributes.get('class') ?? '',
    );
    if (found?.[1] !== undefined) return found[1];
  }
  return '';
}

function tableToBlocks(table: HtmlElement, nesting: number): readonly Block[] {
  const rows: HtmlElement[][] = [];
  /** Captions, and what broken tables have outside of their cells. */
  const loose: HtmlNode[] = [];
  function collect(element: HtmlElement): void {
    for (const child of element.children) {
      if (child.kind === 'element' && child.name === 'tr') {
        rows.push(child.children.filter(isCell));
        for (const inner of child.children) if (!isCell(inner)) loose.push(inner);
      } else if (child.kind === 'element' && /^(thead|tbody|tfoot)$/.test(child.name)) {
        collect(child);
      } else loose.push(child);
    }
  }
  collect(table);
  const captions = blocksOf(loose, nesting);
  const columns = rows.reduce((most, row) => Math.max(most, row.length), 0);
  // One column is layout, not a table.
  if (columns < 2) {
    return [
      ...captions,
      ...rows.flatMap((row) => row.flatMap((cell) => blocksOf(cell.children, nesting))),
    ];
  }
  const [head = [], ...body] = rows.map((row) => row.map((cell) => cellText(cell, nesting)));
  const header = [...head, ...Array.from({ length: columns - head.length }, () => '')];
  const lines = [rowLine(header), rowLine(header.map(() => '---')), ...body.map(rowLine)];
  return [...captions, { kind: 'other', text: lines.join('\n') }];
}

function isCell(node: HtmlNode): node is HtmlElement {
  return node.kind === 'element' && (node.name === 'td' || node.name === 'th');
}

function cellText(cell: HtmlElement, nesting: number): string {
  const text = blocksOf(cell.children, nesting)
    .map((block) => block.text)
    .join(' ');
  return oneLine(text).replaceAll('|', '\\|');
}

function rowLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

// Not /\s*\n\s*/: on a long run of spaces that takes the square of its length.
function oneLine(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ');
}

/** Escapes what would make a paragraph's line a heading, a quotation, a list or a rule. */
function guardLines(text: string): string {
  return text
    .split('\n')
    .map((line) =>
      line
        .replace(/^(\s{0,3})(#{1,6}(?:\s|$)|>|[+-](?:\s|$)|[-=]+\s*$|~~~)/, '$1\\$2')
        .replace(/^(\s{0,3}\d{1,9})([.)](?:\s|$))/, '$1\\$2'),
    )
    .join('\n');
}
