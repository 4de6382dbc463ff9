import type { ConversationStatus } from '#domain/conversation.ts';
import { closePage, escapeHtml, openPage, toLink } from './archive-page.ts';
import type { ArchiveTexts } from './archive-texts.ts';
import { onOneLine } from './storable-text.ts';

/** A conversation of the archive as the index lists it. */
export interface ArchiveEntry {
  /** At most 200 characters; null without one. */
  readonly title: string | null;
  readonly createdAt: number;
  readonly messageCount: number;
  readonly status: ConversationStatus;
  readonly isPinned: boolean;
  /** Name of its files without folder and ending. */
  readonly name: string;
}

/** A document of the archive as the index lists it. */
export interface ArchiveDocument {
  readonly title: string;
  /** Of its text. */
  readonly path: string;
}

interface IndexOptions {
  readonly documents: readonly ArchiveDocument[];
  readonly texts: ArchiveTexts;
  readonly exportedAt: number;
  readonly isAnonymised: boolean;
  readonly isMarkdownOnly: boolean;
}

/** The page that lists the conversations of an archive by month, newest first, in pieces. */
export function* writeArchiveIndex(
  entries: readonly ArchiveEntry[],
  { texts, exportedAt, isAnonymised, isMarkdownOnly, documents }: IndexOptions,
): Generator<string> {
  const { locale, heading } = texts;
  // An anonymised day is a day in UTC; in another zone it would be the one before.
  const zone = isAnonymised ? { timeZone: 'UTC' } : {};
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', ...zone });
  const month = new Intl.DateTimeFormat(locale, { year: 'numeric', month: 'long', ...zone });
  yield openPage({ locale, title: heading });
  yield `<h1>${escapeHtml(heading)}</h1>\n<p class="meta">${escapeHtml(
    [
      texts.exportedOn.replace('{date}', day.format(exportedAt)),
      texts.conversations.replace('{count}', String(entries.length)),
      ...(isAnonymised ? [texts.anonymised] : []),
    ].join(' · '),
  )}</p>\n`;
  if (entries.length === 0) yield `<p>${escapeHtml(texts.nothing)}</p>\n`;
  let lastMonth: string | undefined;
  for (const entry of entries.toSorted((a, b) => b.createdAt - a.createdAt)) {
    const at = toShownInstant(entry.createdAt);
    const thisMonth = month.format(at);
    if (thisMonth !== lastMonth) {
      yield `${lastMonth === undefined ? '' : '</ul>\n'}<h2>${escapeHtml(thisMonth)}</h2>\n<ul class="list">\n`;
    }
    lastMonth = thisMonth;
    yield writeEntry(entry, day.format(at), { texts, isMarkdownOnly });
  }
  yield lastMonth === undefined ? '' : '</ul>\n';
  yield* writeDocuments(documents, texts);
  yield closePage();
}

function* writeDocuments(
  documents: readonly ArchiveDocument[],
  texts: ArchiveTexts,
): Generator<string> {
  if (documents.length === 0) return;
  yield `<h2>${escapeHtml(texts.documents)}</h2>\n<ul class="list">\n`;
  for (const { title, path } of documents) {
    const name = escapeHtml(onOneLine(title) || texts.untitled);
    yield `<li><a class="title" dir="auto" href="${toLink(path, false)}">${name}</a></li>\n`;
  }
  yield '</ul>\n';
}

/** Dates that no calendar shows would throw. */
function toShownInstant(at: number): number {
  return Math.min(Math.max(at, -8.64e15), 8.64e15);
}

function writeEntry(
  entry: ArchiveEntry,
  day: string,
  { texts, isMarkdownOnly }: Pick<IndexOptions, 'texts' | 'isMarkdownOnly'>,
): string {
  const { title, name, messageCount, status, isPinned } = entry;
  const read = isMarkdownOnly ? `${name}.md` : `html/${name}.html`;
  const others = isMarkdownOnly
    ? []
    : [
        `<a href="${toLink(`markdown/${name}.md`, false)}">Markdown</a>`,
        `<a href="${toLink(`json/${name}.json`, false)}">JSON</a>`,
      ];
  const marks = [
    day,
    texts.messages.replace('{count}', String(messageCount)),
    ...(isPinned ? [texts.pinned] : []),
    ...(status === 'archived' ? [texts.archived] : []),
    ...(status === 'deleted' ? [texts.inTrash] : []),
  ];
  return (
    `<li><a class="title" dir="auto" href="${toLink(read, false)}">` +
    `${escapeHtml(onOneLine(title ?? '') || texts.untitled)}</a>\n` +
    `<p class="meta">${[escapeHtml(marks.join(' · ')), ...others].join(' · ')}</p></li>\n`
  );
}
