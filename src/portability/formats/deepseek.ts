import type { ImportedConversation, ImportedMessage, ReadItem } from '#domain/imported.ts';
import type { Role } from '#domain/message.ts';
import { deepseekId, readDeepseekMessage } from './deepseek-message.ts';
import type { DeepseekMessage } from './deepseek-message.ts';
import { finishConversation } from './finish-conversation.ts';
import type { JsonFormat } from './format.ts';
import { readDate } from './read-said.ts';
import type { NoteSet } from './read-said.ts';
import {
  asArray,
  asFlag,
  asId,
  asText,
  isObject,
  member,
  objectsOf,
  orderTree,
  takeObject,
} from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

/** DeepSeek's official `conversations.json`; `inserted_at` tells it from ChatGPT's (FORMATS 1.1). */
export const deepseek: JsonFormat = {
  kind: 'json',
  id: 'deepseek',
  source: 'deepseek',
  unit: 'elements',
  elementKeys: ['conversations'],
  ignored: [/^user\.json$/],
  matches({ first, second, isArray }) {
    const wrapped = isArray ? [] : asArray(member(first, 'conversations'));
    return [first, second, ...wrapped].some(
      (value) =>
        isObject(value) && Object.hasOwn(value, 'mapping') && Object.hasOwn(value, 'inserted_at'),
    );
  },
  *read(value) {
    if (!isObject(value)) yield skipped('not_an_object', null);
    else yield readExported(value);
  },
};

/** What DeepSeek's page answers for one chat, as browser extensions save it. */
export const deepseekCapture: JsonFormat = {
  kind: 'json',
  id: 'deepseek-capture',
  source: 'deepseek',
  unit: 'elements',
  matches: ({ first }) => Array.isArray(member(captureOf(first), 'chat_messages')),
  *read(value) {
    yield readCaptured(captureOf(value));
  },
};

/** The inner object of `{ data: { biz_data } }`, or that object itself. */
function captureOf(value: unknown): unknown {
  const inner = member(member(value, 'data'), 'biz_data') ?? member(value, 'biz_data') ?? value;
  return isObject(member(inner, 'chat_session')) ? inner : undefined;
}

function readExported(value: JsonObject): ReadItem {
  const mapping = value['mapping'];
  const fields = readFields(value);
  if (!isObject(mapping)) return skipped('no_messages_field', fields.title ?? asId(value['id']));
  const notes: NoteSet = new Set();
  const list = Object.entries(mapping).flatMap(([key, node], index) => {
    const message = takeObject(member(takeObject(node, notes), 'message'), notes);
    const parent = asId(member(node, 'parent'));
    return message ? readDeepseekMessage(key, parent, message, index, notes) : [];
  });
  return finishConversation({
    fields: { ...fields, ...readDates(value, notes) },
    sourceId: asId(value['id']),
    messages: withRoles(list, (key) => parentInMapping(mapping, key), notes),
    leaf: null,
    notes,
  });
}

/** The parent of a node without a message; undefined when there is no such node. */
function parentInMapping(mapping: JsonObject, key: string): string | null | undefined {
  return Object.hasOwn(mapping, key) ? asId(member(mapping[key], 'parent')) : undefined;
}

function readCaptured(value: unknown): ReadItem {
  const list = member(value, 'chat_messages');
  const session = member(value, 'chat_session');
  if (!isObject(session)) return skipped('not_an_object', null);
  const fields = readFields(session);
  if (!Array.isArray(list))
    return skipped('no_messages_field', fields.title ?? asId(session['id']));
  const notes: NoteSet = new Set();
  const messages = objectsOf(list, notes).map((message, index) => {
    const parent = asId(message['parent_id']);
    return readDeepseekMessage(deepseekId(message), parent, message, index, notes);
  });
  return finishConversation({
    fields: { ...fields, ...readDates(session, notes), isPinned: asFlag(session['pinned']) },
    sourceId: asId(session['id']),
    messages: withRoles(messages, () => undefined, notes),
    leaf: asId(session['current_message_id']),
    notes,
  });
}

function readFields(value: JsonObject): Pick<ImportedConversation, 'source' | 'title'> {
  return { source: 'deepseek', title: asText(value['title']) };
}

function readDates(
  value: JsonObject,
  notes: NoteSet,
): Pick<ImportedConversation, 'createdAt' | 'updatedAt'> {
  return {
    createdAt: readDate(notes, value['inserted_at']),
    updatedAt: readDate(notes, value['updated_at']),
  };
}

/**
 * Parents before children, with the side of a message that does not say it told from the one before:
 * what follows a question is an answer. Only answers name a model.
 */
function withRoles(
  list: readonly DeepseekMessage[],
  ancestorOf: (key: string) => string | null | undefined,
  notes: NoteSet,
): readonly ImportedMessage[] {
  const unsaid = new Set(
    list.filter((item) => !item.isRoleSaid).map((item) => item.message.sourceId),
  );
  const ordered = orderTree(
    list.map(({ message }) => message),
    ancestorOf,
  );
  if (ordered.isRepaired) notes.add('tree_repaired');
  const roleById = new Map<string, Role>();
  return ordered.messages.map((message) => {
    const before = message.parentSourceId === null ? null : roleById.get(message.parentSourceId);
    const guessed: Role = before === 'user' ? 'assistant' : 'user';
    const isGuessed = unsaid.has(message.sourceId);
    const role = isGuessed ? guessed : message.role;
    if (isGuessed) notes.add('role_unknown');
    roleById.set(message.sourceId, role);
    return { ...message, role, modelUsed: role === 'assistant' ? message.modelUsed : null };
  });
}
