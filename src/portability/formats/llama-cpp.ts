/**
 * The web page of llama.cpp: JSON lines, a session header and then `{ type: "message", message }` a line,
 * several sessions one after another; before 2026 JSON of `{ conv, messages }`. Messages are a tree whose
 * root is a row of the type `root` without words; `currNode` ends the shown branch.
 */
import type { ImportNote, ReadItem } from '#domain/imported.ts';
import { buildConversation, readDate } from './build-conversation.ts';
import type { JsonFormat } from './format.ts';
import { readLlamaMessage } from './llama-cpp-message.ts';
import { nameOf, readEach } from './read-each.ts';
import { asArray, asFlag, asId, asText, isObject, member, objectsOf } from './read-value.ts';
import { skipped } from './skipped.ts';

/** Reads the lines of one or several sessions. */
export const llamaCppLinesFormat: JsonFormat = {
  kind: 'json',
  id: 'llama-cpp-lines',
  source: 'llama-cpp',
  unit: 'whole',
  matches: ({ isLines, first, second }) =>
    isLines &&
    (member(first, 'type') === 'session' ||
      (member(first, 'currNode') !== undefined && member(first, 'name') !== undefined)) &&
    (second === undefined || isMessageLine(second)),
  *read(value) {
    const sessions: { readonly header: unknown; readonly messages: unknown[] }[] = [];
    let last: unknown;
    for (const line of asArray(value)) {
      if (isMessageLine(line)) {
        const message = member(line, 'message') ?? line;
        const id = member(message, 'convId');
        // The header of the next one may be a line that could not be read.
        if (sessions.length === 0 || (last !== undefined && id !== last)) {
          sessions.push({ header: undefined, messages: [] });
        }
        sessions.at(-1)?.messages.push(message);
        last = id;
      } else if (isHeaderLine(line)) {
        sessions.push({ header: line, messages: [] });
        last = undefined;
      } else if (isObject(line)) {
        // Lines of other types are for newer versions.
        yield skipped('not_an_object', asText(member(line, 'type')));
      } else if (line !== null) yield skipped('unreadable_element', null);
    }
    yield* readEach(
      sessions,
      ({ header, messages }) => readSession(header, messages),
      ({ header }) => nameOf(header),
    );
  },
};

/** Reads the older JSON: one session or a list of them. */
export const llamaCppFormat: JsonFormat = {
  kind: 'json',
  id: 'llama-cpp',
  source: 'llama-cpp',
  unit: 'elements',
  matches: ({ first }) =>
    isObject(member(first, 'conv')) && Array.isArray(member(first, 'messages')),
  *read(value) {
    const messages = member(value, 'messages');
    const header = member(value, 'conv');
    if (!isObject(value)) yield skipped('not_an_object', null);
    else if (!Array.isArray(messages)) {
      yield skipped('no_messages_field', asText(member(header, 'name')));
    } else yield readSession(header, asArray(messages));
  },
};

function isHeaderLine(value: unknown): boolean {
  return member(value, 'type') === 'session' || member(value, 'currNode') !== undefined;
}

function isMessageLine(value: unknown): boolean {
  return isObject(member(value, 'message')) || typeof member(value, 'convId') === 'string';
}

function readSession(header: unknown, messages: readonly unknown[]): ReadItem {
  const notes = new Set<ImportNote>();
  const rows = objectsOf(messages, notes);
  const isTree = rows.some((row) => asId(member(row, 'parent')) !== null);
  const forkedFrom = asId(member(header, 'forkedFromConversationId'));
  return buildConversation({
    source: 'llama-cpp',
    sourceId: asId(member(header, 'id')) ?? asId(member(rows[0], 'convId')),
    title: asText(member(header, 'name')),
    updatedAt: readDate(member(header, 'lastModified'), notes),
    isPinned: asFlag(member(header, 'pinned')),
    metadata: forkedFrom === null ? {} : { forked_from: forkedFrom },
    messages: rows.map((row) => readLlamaMessage(row, notes)),
    activeLeafSourceId: isTree ? asId(member(header, 'currNode')) : null,
    shape: isTree ? 'tree' : 'chain',
    notes,
  });
}
