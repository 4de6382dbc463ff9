/**
 * Markdown as HTML for the pages of an archive. Whatever the text says is escaped first and stands as
 * text; tags are only those written here, so nothing in a text runs, asks or dresses up. A small part of
 * CommonMark with tables, struck text and tasks: what it does not know stays as it was written.
 */
import { escapeHtml } from './archive-page.ts';
import { renderInline } from './markdown-inline.ts';

/** Longer texts stay as they were written: nobody formats so much. */
const MAX_CHARACTERS = 200_000;
/** A longer line begins no block: the patterns go over it again and again. */
const MAX_LINE = 2000;
/** Deeper nesting is text. */
const MAX_DEPTH = 12;

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^\s`]*)[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$/;
const RULE = /^ {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?:( {1,4})(?=\S)| *$)/;
const TABLE_LINE = /^ {0,3}\|?(?:\s*:?-+:?\s*\|)+(?:\s*:?-+:?\s*)?$/;
const TASK = /^\[([ xX])\]\s+/;

/** The text as HTML. Headings begin at `h4`, below those of the page. */
export function markdownToHtml(text: string): string {
  if (text.length > MAX_CHARACTERS) return `<p class="plain">${escapeHtml(text)}</p>\n`;
  return renderBlocks(text.split(/\r\n|\r|\n/), 0, false);
}

function renderBlocks(lines: readonly string[], depth: number, isTight: boolean): string {
  if (depth > MAX_DEPTH) return renderParagraph(lines, false);
  let html = '';
  let at = 0;
  while (at < lines.length) {
    const [block, next] = readBlock(lines, at, depth, isTight);
    html += block;
    // A block has a line at least.
    at = Math.max(next, at + 1);
  }
  return html;
}

/** One block as HTML, and where the next begins. */
function readBlock(
  lines: readonly string[],
  at: number,
  depth: number,
  isTight: boolean,
): readonly [string, number] {
  const line = lines[at] ?? '';
  if (line.trim() === '') return ['', at + 1];
  if (line.length > MAX_LINE) return readText(lines, at, isTight);
  const fence = FENCE.exec(line);
  if (fence) return readCode(lines, at, fence);
  const heading = HEADING.exec(line);
  if (heading) {
    const level = Math.min(6, (heading[1]?.length ?? 1) + 3);
    return [`<h${level}>${renderInline(heading[2] ?? '')}</h${level}>\n`, at + 1];
  }
  if (RULE.test(line)) return ['<hr>\n', at + 1];
  if (QUOTE.test(line)) {
    const end = endOf(lines, at, (each) => QUOTE.test(each));
    const quoted = lines.slice(at, end).map((each) => each.replace(QUOTE, ''));
    return [`<blockquote>\n${renderBlocks(quoted, depth + 1, false)}</blockquote>\n`, end];
  }
  if (ITEM.test(line)) return readList(lines, at, depth);
  if (line.includes('|') && TABLE_LINE.test(lines[at + 1] ?? '')) return readTable(lines, at);
  return readText(lines, at, isTight);
}

function readText(
  lines: readonly string[],
  at: number,
  isTight: boolean,
): readonly [string, number] {
  const end = endOf(lines, at, (each, place) => place === at || !beginsBlock(each));
  return [renderParagraph(lines.slice(at, end), isTight), end];
}

function endOf(
  lines: readonly string[],
  at: number,
  goesOn: (line: string, place: number) => boolean,
): number {
  let end = at;
  while (end < lines.length && goesOn(lines[end] ?? '', end)) end += 1;
  return end;
}

function beginsBlock(line: string): boolean {
  if (line.trim() === '') return true;
  if (line.length > MAX_LINE) return false;
  return [FENCE, HEADING, RULE, QUOTE, ITEM].some((pattern) => pattern.test(line));
}

function renderParagraph(lines: readonly string[], isTight: boolean): string {
  const html = renderInline(lines.map((line) => line.trim()).join('\n'));
  return isTight ? `${html}\n` : `<p>${html}</p>\n`;
}

function readCode(
  lines: readonly string[],
  at: number,
  [, mark = '```', language = '']: RegExpExecArray,
): readonly [string, number] {
  const end = endOf(lines, at, (line, place) => {
    const closing = line.trim();
    const isClosing = closing.startsWith(mark) && closing.replaceAll(mark.charAt(0), '') === '';
    return place === at || !isClosing;
  });
  const code = escapeHtml(lines.slice(at + 1, end).join('\n'));
  const name = language === '' ? '' : `<span class="lang">${escapeHtml(language)}</span>`;
  return [`<pre>${name}<code>${code}</code></pre>\n`, end + 1];
}

function readList(lines: readonly string[], at: number, depth: number): readonly [string, number] {
  const isOrdered = /\d/.test(ITEM.exec(lines[at] ?? '')?.[2] ?? '');
  const first = /\d+/.exec(lines[at] ?? '')?.[0] ?? '1';
  const items: string[][] = [];
  let width = 0;
  let isLoose = false;
  let place = at;
  for (; place < lines.length; place += 1) {
    const line = lines[place] ?? '';
    const item = ITEM.exec(line);
    const current = items.at(-1);
    const isSame = item && /\d/.test(item[2] ?? '') === isOrdered && !RULE.test(line);
    if (line.trim() === '') {
      // Whether the list goes on, the next line says.
      const end = endOf(lines, place, (each) => each.trim() === '');
      const next = lines[end] ?? '';
      if (indentOf(next) < width && !ITEM.test(next)) break;
      isLoose ||= indentOf(next) < width || (current?.length ?? 0) === 1;
      current?.push('');
      place = end - 1;
    } else if (current && indentOf(line) >= width) current.push(line.slice(width));
    else if (isSame) {
      width = item[0].length + (item[3] === undefined ? 1 : 0);
      items.push([line.slice(width)]);
    } else if (current && current.at(-1) !== '' && !beginsBlock(line)) current.push(line);
    else break;
  }
  const tag = isOrdered ? 'ol' : 'ul';
  const start = isOrdered && first !== '1' ? ` start="${Number(first)}"` : '';
  const inner = items.map((item) => `<li>${renderItem(item, depth, !isLoose)}</li>\n`).join('');
  return [`<${tag}${start}>\n${inner}</${tag}>\n`, place];
}

function renderItem(item: readonly string[], depth: number, isTight: boolean): string {
  const [first = '', ...others] = item;
  const task = TASK.exec(first);
  const mark = task ? (task[1] === ' ' ? '☐ ' : '☑ ') : '';
  const rest = task ? first.slice(task[0].length) : first;
  return mark + renderBlocks([rest, ...others], depth + 1, isTight).trimEnd();
}

const indentOf = (line: string): number => line.length - line.trimStart().length;

function readTable(lines: readonly string[], at: number): readonly [string, number] {
  const aligned = cellsOf(lines[at + 1] ?? '').map((cell) => {
    const isEnd = cell.endsWith(':');
    return isEnd ? (cell.startsWith(':') ? 'center' : 'end') : '';
  });
  const end = endOf(lines, at, (line) => line.includes('|'));
  const row = (line: string, tag: string): string => {
    const cells = cellsOf(line).slice(0, aligned.length);
    const html = aligned.map((align, place) => {
      const style = align === '' ? '' : ` class="${align}"`;
      return `<${tag}${style}>${renderInline(cells[place] ?? '')}</${tag}>`;
    });
    return `<tr>${html.join('')}</tr>\n`;
  };
  const body = lines.slice(at + 2, end).map((line) => row(line, 'td'));
  const head = `<thead>${row(lines[at] ?? '', 'th')}</thead>`;
  return [
    `<div class="table"><table>${head}<tbody>\n${body.join('')}</tbody></table></div>\n`,
    end,
  ];
}

function cellsOf(line: string): readonly string[] {
  const inner = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}
