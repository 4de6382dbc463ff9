/**
 * Gemini in Google's Takeout as a page, `MyActivity.html`: `div.outer-cell` > `div.content-cell` with
 * the prompt, names of files, the local date and the answer. Names of the file and most words are in
 * the account's language.
 */
import type { ImportedAttachment, ImportNote } from '#domain/imported.ts';
import { nodesToMarkdown } from '#portability/html-to-markdown.ts';
import { BLOCK_ELEMENTS, findElements, hasClass, textOfHtml } from '#files/html-node.ts';
import type { HtmlElement, HtmlNode } from '#files/html-node.ts';
import { parseHtml } from '#files/html-tree.ts';
import type { TextFormat } from './format.ts';
import { buildExchanges } from './gemini-exchanges.ts';
import type { GeminiExchange } from './gemini-exchanges.ts';
import { readPrompt } from './gemini-prompt.ts';
import { createFileBeside } from './read-attachment.ts';
import { readLocaleDate } from './read-locale-date.ts';
import { skipped } from './skipped.ts';

/** Reads the page; cells of other products are left alone. */
export const geminiHtmlFormat: TextFormat = {
  kind: 'text',
  id: 'gemini-html',
  source: 'gemini',
  matches: (head) => hasGeminiCell(head) || isAllStyle(head),
  *read(text, { fileName }) {
    const cells = findElements(parseHtml(text), (element) => hasClass(element, 'outer-cell'));
    if (!cells.some(isOfGemini)) yield skipped('empty_conversation', fileName);
    const exchanges: GeminiExchange[] = [];
    for (const cell of cells) {
      if (!isOfGemini(cell)) continue;
      const content = findElements(cell, isMainCell)[0];
      if (content) exchanges.push(readCell(content, fileName));
      else yield skipped('unreadable_element', textOfHtml(cell).trim());
    }
    yield* buildExchanges(exchanges);
  },
};

function hasGeminiCell(head: string): boolean {
  return /<div[^>]{0,300}\bouter-cell\b/.test(head) && /gemini|bard/i.test(head);
}

/** Google's style sheet stands before everything else and can fill all that is seen of the page. */
function isAllStyle(head: string): boolean {
  return head.includes('.mdl-') && !/<body\b/i.test(head);
}

function isOfGemini(cell: HtmlElement): boolean {
  const [header] = findElements(cell, (element) => hasClass(element, 'header-cell'));
  return !header || /gemini|bard/i.test(textOfHtml(header));
}

/** Beside it stand an empty cell on the right and one with product and place, which is not read. */
function isMainCell(element: HtmlElement): boolean {
  return (
    hasClass(element, 'content-cell') &&
    !hasClass(element, 'mdl-typography--text-right') &&
    !hasClass(element, 'mdl-typography--caption')
  );
}

function readCell(cell: HtmlElement, fileName: string): GeminiExchange {
  const notes = new Set<ImportNote>();
  const { asked, at, isZoneAssumed, answer } = splitAtDate(cell.children);
  if (isZoneAssumed) notes.add('zone_assumed');
  if (at === null) notes.add('date_unknown');
  const attachments = readFiles(asked, fileName);
  const { prompt, prefix } = readPrompt(promptText(asked, attachments));
  return {
    prompt,
    answer: nodesToMarkdown(answer),
    at,
    conversationIds: [],
    attachments,
    model: null,
    metadata: prefix === '' ? {} : { title_prefix: prefix },
    notes,
  };
}

interface SplitCell {
  readonly asked: readonly HtmlNode[];
  readonly at: number | null;
  readonly isZoneAssumed: boolean;
  readonly answer: readonly HtmlNode[];
}

/** The date stands alone on a line, after the prompt and before the first block of the answer. */
function splitAtDate(nodes: readonly HtmlNode[]): SplitCell {
  const end = nodes.findIndex(isBlock);
  const limit = end < 0 ? nodes.length : end;
  for (let index = 1; index < limit; index += 1) {
    const node = nodes[index];
    if (node?.kind !== 'text' || !isBreak(nodes[index - 1])) continue;
    const date = readLocaleDate(node.text.trim());
    if (!date) continue;
    return {
      asked: nodes.slice(0, index),
      at: date.at,
      isZoneAssumed: date.isZoneAssumed,
      answer: nodes.slice(index + 1),
    };
  }
  return {
    asked: nodes.slice(0, limit),
    at: null,
    isZoneAssumed: false,
    answer: nodes.slice(limit),
  };
}

function isBlock(node: HtmlNode): boolean {
  return node.kind === 'element' && (node.hasBlock || BLOCK_ELEMENTS.has(node.name));
}

function isBreak(node: HtmlNode | undefined): boolean {
  return node?.kind === 'element' && node.name === 'br';
}

/** Links to files that lie beside the page in the archive. */
function readFiles(nodes: readonly HtmlNode[], fileName: string): readonly ImportedAttachment[] {
  const paths = nodes.flatMap((node) => {
    if (node.kind !== 'element') return [];
    const address = node.attributes.get(node.name === 'img' ? 'src' : 'href') ?? '';
    if (address === '' || /^[a-z][a-z0-9+.-]*:/i.test(address)) return [];
    return [decodePath(address)];
  });
  return [...new Set(paths)].map((path) => createFileBeside(path, fileName));
}

function decodePath(address: string): string {
  try {
    return decodeURIComponent(address);
  } catch {
    return address;
  }
}

/** The words of the prompt; the lines that list its files are left out. */
function promptText(nodes: readonly HtmlNode[], files: readonly ImportedAttachment[]): string {
  const lines = nodes.map(textOfHtml).join('').replaceAll('\u00a0', ' ').split('\n');
  if (files.length === 0) return lines.join('\n').trim();
  const names = new Set(files.map(({ name }) => name));
  const isListed = (line: string) => names.has(line.replace(/^\s*-\s*/, '').trim());
  const first = lines.findIndex(isListed);
  const kept = lines.filter(
    (line, index) => !isListed(line) && !(index > 0 && index === first - 1 && /\d/.test(line)),
  );
  return kept.join('\n').trim();
}
