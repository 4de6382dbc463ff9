/** Results as a person sees them: titles and snippets from the rows as they are now. */
import type { OnggiDatabase } from '#db/open-database.ts';
import {
  readChunkRange,
  readChunksById,
  readMessageRanges,
  readMessagesById,
} from '#db/search-rows.ts';
import { densestPlace } from '#domain/densest-place.ts';
import { findPlaces, foldText } from '#domain/fold-text.ts';
import { initialsOf, toInitialsPattern } from '#domain/korean-search.ts';
import { toMessageId } from '#domain/ids.ts';
import type { Role } from '#domain/message.ts';
import { fenceAt, markdownToLine, plainToLine } from '#domain/readable-text.ts';
import type { DocumentChunk } from '#domain/stored-rows.ts';
import type { FoundField, FoundGroup, FoundPlace, MarkedText } from '#domain/search.ts';
import { needlesOf } from '#domain/search-query.ts';
import type { SearchQuery } from '#domain/search-query.ts';
import type { FoundUnits } from './find-units.ts';
import type { UnitTable } from './unit-table.ts';
import { messageFields } from './unit-texts.ts';

/** Length of a snippet and what of it lies before the first place, in UTF-16 units; see DENSE_REACH. */
const SNIPPET_CHARACTERS = 180;
const BEFORE_CHARACTERS = 42;
/** So much of the text on each side of the place is read for it: markup may be much of it. */
const AROUND_CHARACTERS = 1000;

/** The groups that were found, with their best place each, in the order given. */
export async function readFoundGroups(
  db: OnggiDatabase,
  table: UnitTable,
  found: readonly FoundUnits[],
  query: SearchQuery,
): Promise<readonly FoundGroup[]> {
  const needles = needlesOf(query);
  const ids = (kind: string): string[] =>
    found.flatMap(({ bestUnit }) => (table.kind(bestUnit) === kind ? [table.id(bestUnit)] : []));
  const messages = new Map(
    (await readMessagesById(db, ids('message'))).flatMap((row) => (row ? [[row.id, row]] : [])),
  );
  const passages = new Map<string, string>();
  for (const row of await readChunksById(db, ids('passage'))) {
    if (!row) continue;
    // What stands over its border is seen with the passage behind it.
    const isWhole = needles.length === 0 || findPlaces(row.text, needles, 1).length > 0;
    const rows = isWhole ? [row] : await readChunkRange(db, row.documentId, row.seq, row.seq + 2);
    passages.set(row.id, rows.map(({ text }) => text).join(''));
  }

  // Where only the title fits, the beginning says what the conversation is about.
  const titledIds = ids('title');
  const beginnings = await readMessageRanges(db, titledIds, 0, 1);
  const firstMessages = new Map(titledIds.map((id, at) => [id, beginnings[at]?.[0]]));

  const beginningOf = async (id: string): Promise<[string, DocumentChunk | undefined]> => [
    id,
    (await readChunkRange(db, id, 0, 1))[0],
  ];
  const isDocument = (id: string): boolean => table.group(id)?.kind === 'document';
  const firstChunks = new Map(await Promise.all(titledIds.filter(isDocument).map(beginningOf)));

  function placeOf(unit: number): FoundPlace | undefined {
    const id = table.id(unit);
    const [kind, timestamp] = [table.kind(unit), table.timeOf(unit)];
    if (kind === 'title') {
      const opening = firstChunks.get(id);
      if (opening) {
        const snippet = cutSnippet(opening.text, needles, false);
        return { id: null, field: 'title', role: null, timestamp, snippet };
      }
      const first = firstMessages.get(id);
      const text = first ? messageFields(first).content : '';
      if (!first || text.trim() === '') return undefined;
      const snippet = cutSnippet(text, needles, isMarkdown(first.role));
      const { role } = first;
      return { id: first.id, field: 'message', role, timestamp, snippet };
    }
    if (kind === 'passage') {
      const text = passages.get(id);
      if (text === undefined) return undefined;
      return {
        id,
        field: 'passage',
        role: null,
        timestamp,
        snippet: cutSnippet(text, needles, true),
      };
    }
    const message = messages.get(toMessageId(id));
    if (!message) return undefined;
    const { content, feedback, attachmentNames } = messageFields(message);
    const fields: [FoundField, string][] = [
      ['message', content],
      ['feedback', feedback],
      ...attachmentNames.map((name): [FoundField, string] => ['attachment', name]),
    ];
    const [field, text] =
      fields.find(([, each]) => findPlaces(each, needles, 1).length > 0) ?? fields[0] ?? [];
    if (field === undefined || text === undefined) return undefined;
    const { role } = message;
    const snippet = cutSnippet(text, needles, field === 'message' && isMarkdown(role));
    return { id, field, role, timestamp, snippet };
  }

  return found.flatMap(({ group: number, bestUnit, unitCount }) => {
    const group = table.groups[number];
    if (!group) return [];
    const { kind, id, title, status, source, tags, updatedAt } = group;
    const place = placeOf(bestUnit);
    return {
      kind,
      id,
      title: { text: title, marks: titleMarks(title, query, needles) },
      status,
      source,
      tags,
      updatedAt,
      placeCount: unitCount,
      places: place ? [place] : [],
      foundBy: ['words'],
    } satisfies FoundGroup;
  });
}

/** What a person wrote is shown as it was written, in the conversation too. */
const isMarkdown = (role: Role): boolean => role !== 'user';

function titleMarks(
  title: string,
  { terms }: SearchQuery,
  needles: readonly string[],
): MarkedText['marks'] {
  const marks = findPlaces(title, needles);
  if (marks.length > 0) return marks;
  // Found by initial consonants: the syllables they begin.
  const written = initialsOf(foldText(title));
  if (written.length !== title.length) return [];
  return terms.flatMap(({ text }): [number, number][] => {
    const found = toInitialsPattern(text)?.exec(written);
    return found ? [[found.index, found.index + found[0].length]] : [];
  });
}

/** The stretch of a text that shows most of the needles, on one line, Markdown made readable. */
function cutSnippet(text: string, needles: readonly string[], isMarkdown: boolean): MarkedText {
  const found = findPlaces(text, needles);
  const [place] = found[densestPlace(text, found)] ?? [0];
  // From a line's beginning, where one is near: what a sign means shows itself by the line.
  const near = Math.max(0, place - AROUND_CHARACTERS);
  const from = near === 0 ? 0 : Math.min(place, text.indexOf('\n', near) + 1 || near);
  const part = text.slice(from, place + AROUND_CHARACTERS);
  const places = findPlaces(part, needles);
  const line = isMarkdown ? markdownToLine(part, places, fenceAt(text, from)) : plainToLine(part);
  const marks = places.map(([start, end]): Place => [line.toReadable(start), line.toReadable(end)]);

  const start = Math.max(0, line.toReadable(place - from) - BEFORE_CHARACTERS);
  const first = start === 0 ? 0 : wordStart(line.text, start);
  const cut = line.text.slice(first, first + SNIPPET_CHARACTERS).trimEnd();
  const end = first + cut.length;
  const head = from + first > 0 ? '…' : '';
  const tail = from + part.length < text.length || end < line.text.length ? '…' : '';
  const shift = head.length - first;
  return {
    // Half a character at the end, or one that was never whole.
    text: `${head}${cut}${tail}`.replace(/\p{Cs}/gu, '\ufffd'),
    marks: marks.flatMap(([markStart, markEnd]): Place[] => {
      const within: Place = [Math.max(markStart, first), Math.min(markEnd, end)];
      return within[0] < within[1] ? [[within[0] + shift, within[1] + shift]] : [];
    }),
  };
}

type Place = readonly [start: number, end: number];

/** The next beginning of a word, if one is near; never the middle of a character. */
function wordStart(text: string, at: number): number {
  const space = text.slice(at, at + 16).search(/\s/);
  if (space >= 0) return at + space + 1;
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at + 1 : at;
}
