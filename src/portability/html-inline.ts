/** The inside of a paragraph as Markdown: text, emphasis, code, links, images. */
import { textOfHtml } from '#files/html-node.ts';
import type { HtmlElement, HtmlNode } from '#files/html-node.ts';

/** What surrounds a piece of text: marks that are already open are not opened again. */
interface Surroundings {
  readonly marks: ReadonlySet<string>;
  readonly isInLink: boolean;
}

const MARKS: ReadonlyMap<string, string> = new Map([
  ['b', '**'],
  ['strong', '**'],
  ['i', '*'],
  ['em', '*'],
  ['cite', '*'],
  ['s', '~~'],
  ['del', '~~'],
  ['strike', '~~'],
]);
const CODE: ReadonlySet<string> = new Set(['code', 'kbd', 'samp', 'tt']);
const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:']);

/** Inline nodes as Markdown, white space collapsed as a browser would. */
export function inlineToMarkdown(nodes: readonly HtmlNode[]): string {
  return renderAll(nodes, { marks: new Set(), isInLink: false });
}

function renderAll(nodes: readonly HtmlNode[], around: Surroundings): string {
  const pieces: string[] = [];
  // The last character, not the last of the joined text: reading that would join it anew each time.
  let last = '';
  for (const node of nodes) {
    const rendered = render(node, around);
    const piece = last === ' ' || last === '\n' ? rendered.replace(/^ +/, '') : rendered;
    if (piece === '') continue;
    pieces.push(piece);
    last = piece.at(-1) ?? '';
  }
  return pieces.join('');
}

function render(node: HtmlNode, around: Surroundings): string {
  if (node.kind === 'text') return escapeText(node.text.replace(/[ \t\n\r\f]+/g, ' '));
  const { name } = node;
  if (name === 'br') return '  \n';
  if (name === 'img') return renderImage(node, around);
  if (name === 'a') return renderLink(node, around);
  if (name === 'input') return renderCheckbox(node);
  if (CODE.has(name)) return renderCode(textOfHtml(node));
  const mark = MARKS.get(name);
  if (mark === undefined || around.marks.has(mark)) return renderAll(node.children, around);
  const marks = new Set(around.marks).add(mark);
  return wrap(renderAll(node.children, { ...around, marks }), mark);
}

/** White space goes outside of the marks: `** bold**` is not bold. */
function wrap(inner: string, mark: string): string {
  const text = inner.trim();
  if (text === '') return inner === '' ? '' : ' ';
  const before = inner.startsWith(text) ? '' : ' ';
  const after = /\s$/.test(inner) ? ' ' : '';
  return `${before}${mark}${text}${mark}${after}`;
}

function renderCode(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  if (line.trim() === '') return line;
  const longest = [...line.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length), 0);
  const ticks = '`'.repeat(longest + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${ticks}${pad}${line}${pad}${ticks}`;
}

function renderLink(link: HtmlElement, around: Surroundings): string {
  const label = renderAll(link.children, { ...around, isInLink: true });
  const address = safeAddress(link.attributes.get('href'));
  return around.isInLink || address === null ? label : toLink(label, address);
}

/** A picture is never loaded from a message: its address becomes a link. */
function renderImage(image: HtmlElement, around: Surroundings): string {
  const label = escapeText((image.attributes.get('alt') ?? '').replace(/\s+/g, ' ').trim());
  const address = safeAddress(image.attributes.get('src'));
  return around.isInLink || address === null ? label : toLink(label, address);
}

function toLink(label: string, address: string): string {
  const text = label
    .split(/ {0,2}\n/)
    .join(' ')
    .trim();
  return text === '' ? `<${address}>` : `[${text}](${address})`;
}

function renderCheckbox(input: HtmlElement): string {
  if (input.attributes.get('type')?.toLowerCase() !== 'checkbox') return '';
  return input.attributes.has('checked') ? '[x] ' : '[ ] ';
}

/** The address of a link that may be followed, written so that Markdown cannot end it early. */
function safeAddress(href: string | undefined): string | null {
  if (href === undefined || !URL.canParse(href)) return null;
  const url = new URL(href);
  if (!SCHEMES.has(url.protocol)) return null;
  return url.href.replace(/[()<>\s\\]/g, (character) =>
    encodeURIComponent(character).replace('(', '%28').replace(')', '%29'),
  );
}

/** Text that Markdown shows as it is: single underscores inside words need no escape. */
function escapeText(text: string): string {
  return text
    .replace(/[\\`*[\]]/g, '\\$&')
    .replace(/<(?=[A-Za-z/!?])/g, '\\<')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/~~/g, '\\~\\~')
    .replace(/&(?=#?\w{1,32};)/g, '&amp;');
}
