import {
  createImportedConversation,
  createImportedMessage,
  deriveSourceId,
} from '#domain/imported.ts';
import type { ImportedMessage, ReadItem } from '#domain/imported.ts';
import type { TextFormat } from './format.ts';
import { readDate } from './read-said.ts';
import type { NoteSet } from './read-said.ts';
import { chain, readRole } from './read-value.ts';
import { skipped } from './skipped.ts';

const HEAD = /^\ufeff?\s{0,16}# ([^\n]*)\n\s{0,16}\*\*Date\*\*: ([^\n]*)/;
const ROLE_HEADING = /^## (User|Assistant|System|Function|Tool)$/;
const TIMESTAMP = /^\*(\d{4}-\d{2}-\d{2}[T ][\d:.,+-]+Z?)\*$/;

/**
 * The Markdown of the specification (`export_conversation_markdown`, section 10), which has neither
 * ids nor marks of where a text ends: roles are a guess, and said to be one.
 */
export const seedMarkdown: TextFormat = {
  kind: 'text',
  id: 'seed-markdown',
  source: 'seed',
  matches: (head) =>
    HEAD.test(head) &&
    !head.includes('<!-- onggi:') &&
    head.split(/\r?\n/).some((line) => ROLE_HEADING.test(line)),
  read: readSeedMarkdown,
};

function* readSeedMarkdown(text: string): Generator<ReadItem> {
  const notes: NoteSet = new Set(['roles_guessed', 'ids_derived']);
  const head = HEAD.exec(text);
  const title = head?.[1]?.trim() ?? '';
  const lines = text.slice(head?.[0].length ?? 0).split(/\r?\n/);
  const date = head?.[2]?.trim() ?? '';
  const createdAt = readDate(notes, date);
  const messages = readSections(lines).map((section, index) =>
    toMessage(section, notes, title, index),
  );
  if (messages.length === 0) {
    yield skipped('empty_conversation', title);
    return;
  }
  if (messages.some(({ timestamp }) => timestamp === null)) notes.add('date_unknown');
  const dates = messages.flatMap(({ timestamp }) => timestamp ?? []);
  const [first] = messages;
  const conversation = createImportedConversation({
    source: 'seed',
    // The date as it is written: a file keeps its id in whatever zone it is read.
    sourceId: deriveSourceId('seed', date === '' ? title : date, first?.content ?? null),
    isSourceIdDerived: true,
    // What the specification writes where there is no title.
    title: title === '' || title === 'Conversation' ? null : title,
    createdAt: createdAt ?? dates[0] ?? null,
    updatedAt: dates.at(-1) ?? createdAt,
    activeLeafSourceId: messages.at(-1)?.sourceId ?? null,
    messages: chain(messages),
    notes: [...notes],
  });
  yield { kind: 'conversation', conversation };
}

interface Section {
  readonly role: string;
  readonly lines: string[];
  /** The line that looks like the instant of its end, and the empty lines behind it. */
  end: { readonly instant: string; readonly blanks: string[] } | null;
}

/**
 * The messages by their headings. Where the file has timestamps, a heading counts only right behind
 * one: a heading of that name within an answer then stays text.
 */
function readSections(lines: readonly string[]): readonly Section[] {
  const hasTimestamps = lines.some((line) => TIMESTAMP.test(line));
  const sections: Section[] = [];
  for (const line of lines) {
    const section = sections.at(-1);
    const role = ROLE_HEADING.exec(line)?.[1];
    if (role !== undefined && (!section || section.end || !hasTimestamps)) {
      sections.push({ role, lines: [], end: null });
    } else if (section) {
      addLine(section, line);
    }
  }
  return sections;
}

function addLine(section: Section, line: string): void {
  if (section.end && line.trim() === '') {
    section.end.blanks.push(line);
    return;
  }
  if (section.end) {
    // It was no end after all: an answer may hold a line that looks like a timestamp.
    section.lines.push(`*${section.end.instant}*`, ...section.end.blanks);
    section.end = null;
  }
  const instant = TIMESTAMP.exec(line)?.[1];
  if (instant === undefined) section.lines.push(line);
  else section.end = { instant, blanks: [] };
}

/** The text without the empty lines that the layout puts around it. */
function contentOf({ lines, end }: Section): string {
  const inner = lines.slice(lines[0] === '' ? 1 : 0);
  if (inner.at(-1) === '') inner.pop();
  while (!end && inner.at(-1) === '') inner.pop();
  return inner.join('\n');
}

function toMessage(
  section: Section,
  notes: NoteSet,
  title: string,
  position: number,
): ImportedMessage {
  const { role, end } = section;
  const content = contentOf(section);
  return createImportedMessage({
    sourceId: deriveSourceId('seed', title, position, role, content),
    isSourceIdDerived: true,
    parentSourceId: null,
    role: readRole(role).role,
    content,
    timestamp: readDate(notes, end?.instant),
  });
}
