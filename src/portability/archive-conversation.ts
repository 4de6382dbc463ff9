import { toIsoInstant } from '#domain/instants.ts';
import type { Message } from '#domain/message.ts';
import { closePage, escapeHtml, openPage, toLink } from './archive-page.ts';
import type { ArchiveTexts } from './archive-texts.ts';
import { splitBranches } from './conversation-fields.ts';
import type { WholeConversation } from './conversation-fields.ts';
import { markdownToHtml } from './markdown-to-html.ts';
import { onOneLine } from './storable-text.ts';

interface PageOptions {
  readonly texts: ArchiveTexts;
  /** Path of an attachment's file in the archive; undefined when it is not there. */
  readonly pathOf: (attachmentId: string) => string | undefined;
  readonly isAnonymised: boolean;
}

/**
 * Files a browser may show without running anything in them. Others, HTML and SVG among them, are
 * named and not linked: opened from the disk they would run (SECURITY 5, rule 6).
 */
const LINKED_ENDING =
  /\.(?:png|jpe?g|gif|webp|avif|bmp|txt|md|csv|json|pdf|mp3|wav|ogg|m4a|mp4|webm|mov|docx|xlsx|pptx|zip)$/i;

/** A conversation as a page to read, in pieces. Nothing of a text is ever read as HTML. */
export function* writeArchiveConversation(
  whole: WholeConversation,
  options: PageOptions,
): Generator<string> {
  const { texts, isAnonymised } = options;
  const { path, branches } = splitBranches(whole);
  const title = onOneLine(whole.conversation.title ?? '') || texts.untitled;
  const zone = isAnonymised ? { timeZone: 'UTC' } : {};
  const style = isAnonymised ? ({ dateStyle: 'medium' } as const) : LONG;
  const time = new Intl.DateTimeFormat(texts.locale, { ...style, ...zone });
  yield openPage({ locale: texts.locale, title });
  yield `<p class="meta"><a href="../index.html">${escapeHtml(texts.backToList)}</a></p>\n`;
  yield `<h1 dir="auto">${escapeHtml(title)}</h1>\n`;
  for (const message of path) yield* writeMessage(message, time, options);
  if (branches.length > 0) {
    yield `<details><summary>${escapeHtml(texts.otherVersions)}</summary>\n`;
    for (const message of branches) yield* writeMessage(message, time, options);
    yield '</details>\n';
  }
  yield closePage();
}

const LONG = { dateStyle: 'medium', timeStyle: 'short' } as const;

function* writeMessage(
  message: Message,
  time: Intl.DateTimeFormat,
  { texts, pathOf }: PageOptions,
): Generator<string> {
  const { role, content, reasoning, timestamp, attachments } = message;
  const iso = toIsoInstant(timestamp);
  yield (
    `<article class="${role}"><h3>${escapeHtml(texts.roles[role])}` +
    `<time datetime="${iso}">${escapeHtml(time.format(Date.parse(iso)))}</time></h3>\n`
  );
  if (reasoning !== null && reasoning !== '') {
    yield `<details><summary>${escapeHtml(texts.reasoning)}</summary>`;
    yield `<div class="text prose" dir="auto">${markdownToHtml(reasoning)}</div></details>\n`;
  }
  // What a person or a program wrote stands as it was written; an answer is Markdown.
  yield role === 'assistant'
    ? `<div class="text prose" dir="auto">${markdownToHtml(content)}</div>\n`
    : `<div class="text" dir="auto">${escapeHtml(content)}</div>\n`;
  if (attachments.length > 0) {
    const names = attachments.map(({ id, name }) => writeAttachment(name, pathOf(id)));
    yield `<p class="meta">${escapeHtml(texts.attachments)}: ${names.join(', ')}</p>\n`;
  }
  yield '</article>\n';
}

function writeAttachment(name: string, path: string | undefined): string {
  const shown = escapeHtml(onOneLine(name) || '–');
  if (path === undefined || !LINKED_ENDING.test(path)) return shown;
  return `<a href="${toLink(path, true)}" rel="noreferrer">${shown}</a>`;
}
