import type { ImportedMessage, ReadItem } from '#domain/imported.ts';
import { finishConversation } from './finish-conversation.ts';
import type { JsonFormat } from './format.ts';
import { readLibrechatMessage } from './librechat-message.ts';
import { onlySaid, readDate } from './read-said.ts';
import type { NoteSet } from './read-said.ts';
import {
  asArchived,
  asArray,
  asId,
  asNumber,
  asText,
  chain,
  isObject,
  member,
  takeObject,
} from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

/**
 * LibreChat's conversation export in its three shapes: nested in `children` (`recursive`), flat with
 * `parentMessageId` and all branches, and flat with the shown branch alone (FORMATS 2.4).
 */
export const librechat: JsonFormat = {
  kind: 'json',
  id: 'librechat',
  source: 'librechat',
  unit: 'elements',
  matches: ({ first, second }) => [first, second].some(isLibrechat),
  *read(value) {
    yield readConversation(value);
  },
};

function isLibrechat(value: unknown): boolean {
  if (!isObject(value) || !Object.hasOwn(value, 'conversationId')) return false;
  const list = messagesOf(value);
  if (!Array.isArray(list)) return false;
  if (['endpoint', 'exportAt', 'recursive'].some((key) => Object.hasOwn(value, key))) return true;
  return list.some((message) => member(message, 'messageId') !== undefined);
}

/** `messagesTree` is what older versions called the nested list. */
function messagesOf(value: JsonObject): unknown {
  return Array.isArray(value['messages']) ? value['messages'] : value['messagesTree'];
}

function readConversation(value: unknown): ReadItem {
  if (!isObject(value)) return skipped('not_an_object', null);
  const title = asText(value['title']);
  const sourceId = asId(value['conversationId']);
  const list = messagesOf(value);
  if (!Array.isArray(list)) return skipped('no_messages_field', title ?? sourceId);
  const notes: NoteSet = new Set();
  const options = value['options'];
  return finishConversation({
    fields: {
      source: 'librechat',
      title,
      // `exportAt` is a time of day without a date.
      createdAt: readDate(notes, value['createdAt'], member(options, 'createdAt')),
      updatedAt: readDate(notes, value['updatedAt'], member(options, 'updatedAt')),
      status: asArchived(value['isArchived']),
      tags: readTags(value['tags'] ?? member(options, 'tags')),
      chatModel: asText(member(options, 'model')) ?? asText(value['model']),
      temperature: asNumber(member(options, 'temperature')),
      systemPrompt: asText(member(options, 'promptPrefix')) ?? asText(member(options, 'system')),
      metadata: onlySaid({
        endpoint: asText(value['endpoint']),
        model_label:
          asText(member(options, 'modelLabel')) ?? asText(member(options, 'chatGptLabel')),
      }),
    },
    sourceId,
    messages: readMessages(list, notes),
    leaf: null,
    notes,
  });
}

const NO_PARENT = new Set([
  '00000000-0000-0000-0000-000000000000',
  '00000000-0000-4000-8000-000000000000',
]);

interface Waiting {
  readonly value: unknown;
  readonly parent: string | null;
}

/** Walks nested children without recursion; what stands in `children` has its holder as parent. */
function readMessages(list: readonly unknown[], notes: NoteSet): readonly ImportedMessage[] {
  const messages: ImportedMessage[] = [];
  const waiting: Waiting[] = list.map((value) => ({ value, parent: null })).reverse();
  let hasParents = false;
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { parent: holder } = next;
    const value = takeObject(next.value, notes);
    if (!value) continue;
    const named = asId(value['parentMessageId']);
    hasParents ||= named !== null || holder !== null;
    const parent = holder ?? (named === null || NO_PARENT.has(named) ? null : named);
    const message = readLibrechatMessage(value, messages.length, parent, notes);
    messages.push(message);
    const children = asArray(value['children']);
    for (const child of children.toReversed()) {
      waiting.push({ value: child, parent: message.sourceId });
    }
  }
  return hasParents ? messages : chain(messages);
}

function readTags(tags: unknown): readonly string[] | null {
  return Array.isArray(tags) ? asArray(tags).flatMap((tag) => asText(tag) ?? []) : null;
}
