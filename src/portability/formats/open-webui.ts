import type { ImportedMessage, ReadItem } from '#domain/imported.ts';
import { finishConversation } from './finish-conversation.ts';
import type { JsonFormat } from './format.ts';
import { readOpenWebuiMessage } from './open-webui-message.ts';
import { onlySaid, readDate } from './read-said.ts';
import type { NoteSet } from './read-said.ts';
import {
  asArchived,
  asArray,
  asFlag,
  asId,
  asNumber,
  asObject,
  asText,
  chain,
  isObject,
  member,
  takeObject,
} from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

/** Open WebUI: a list of rows, one row, or the bare `chat` object of a single export (FORMATS 2.4). */
export const openWebui: JsonFormat = {
  kind: 'json',
  id: 'open-webui',
  source: 'open-webui',
  unit: 'elements',
  matches: ({ first, second }) => isRowOrChat(first) || isRowOrChat(second),
  *read(value) {
    yield readRow(value);
  },
};

function isRowOrChat(value: unknown): boolean {
  const chat = member(value, 'chat');
  if (isObject(chat)) return hasHistory(chat) || Array.isArray(chat['messages']);
  return hasHistory(value) && ('models' in asObject(value) || hasCurrentId(value));
}

function hasHistory(chat: unknown): boolean {
  return isObject(member(member(chat, 'history'), 'messages'));
}

function hasCurrentId(chat: unknown): boolean {
  const history = member(chat, 'history');
  return isObject(history) && Object.hasOwn(history, 'currentId');
}

function readRow(value: unknown): ReadItem {
  if (!isObject(value)) return skipped('not_an_object', null);
  const row = isObject(value['chat']) ? value : {};
  const chat = asObject(value['chat'] ?? value);
  const title = asText(row['title']) ?? asText(chat['title']);
  const sourceId = asId(row['id']) ?? asId(chat['id']);
  // What was shared is stored as a second row, whose owner is the first one's id behind this word.
  if (asText(row['user_id'])?.startsWith('shared-'))
    return skipped('shared_copy', title ?? sourceId);
  const history = chat['history'];
  const byKey = member(history, 'messages');
  if (!isObject(byKey) && !Array.isArray(chat['messages'])) {
    return skipped('no_messages_field', title ?? sourceId);
  }
  const notes: NoteSet = new Set();
  return finishConversation({
    fields: {
      source: 'open-webui',
      title,
      createdAt: readDate(notes, row['created_at'], chat['timestamp']),
      updatedAt: readDate(notes, row['updated_at']),
      status: asArchived(row['archived']),
      isPinned: asFlag(row['pinned']),
      tags: readTags(row, chat),
      ...readOptions(chat),
      metadata: onlySaid({ folder_id: asId(row['folder_id']) }),
    },
    sourceId,
    messages: isObject(byKey) ? readHistory(byKey, notes) : readList(chat['messages'], notes),
    leaf: asId(member(history, 'currentId')),
    notes,
  });
}

/** The truth: all branches. A message without a parent that another names as its child hangs there. */
function readHistory(byKey: JsonObject, notes: NoteSet): readonly ImportedMessage[] {
  const parentByChild = new Map<string, string>();
  for (const [key, value] of Object.entries(byKey)) {
    for (const child of asArray(member(value, 'childrenIds'))) {
      if (typeof child === 'string' && !parentByChild.has(child)) parentByChild.set(child, key);
    }
  }
  return Object.entries(byKey).flatMap(([key, node], index) => {
    const value = takeObject(node, notes);
    if (!value) return [];
    // Parents and children name the key; an id that differs from it is no one's.
    const message = readOpenWebuiMessage(key, { ...value, id: key }, index, notes);
    const parent = message.parentSourceId;
    const isThere = parent !== null && Object.hasOwn(byKey, parent);
    return { ...message, parentSourceId: isThere ? parent : (parentByChild.get(key) ?? parent) };
  });
}

/** Very old chats have only the shown path. */
function readList(list: unknown, notes: NoteSet): readonly ImportedMessage[] {
  const messages = asArray(list).flatMap((each, index) => {
    const value = takeObject(each, notes);
    return value ? readOpenWebuiMessage(null, value, index, notes) : [];
  });
  return messages.some(({ parentSourceId }) => parentSourceId !== null)
    ? messages
    : chain(messages);
}

function readOptions(chat: JsonObject): {
  chatModel: string | null;
  temperature: number | null;
  systemPrompt: string | null;
} {
  const params = chat['params'];
  return {
    chatModel: asText(asArray(chat['models'])[0]),
    temperature: asNumber(member(params, 'temperature')),
    systemPrompt: asText(member(params, 'system')) ?? asText(chat['system']),
  };
}

function readTags(row: JsonObject, chat: JsonObject): readonly string[] | null {
  const lists = [member(row['meta'], 'tags'), chat['tags']];
  const tags = lists.flatMap(asArray);
  const folder = asText(member(row['folder'], 'name'));
  const names = tags.map((tag) => asText(tag) ?? asText(member(tag, 'name')));
  const isSilent = folder === null && !lists.some((list) => Array.isArray(list));
  return isSilent ? null : [...new Set([...names, folder].flatMap((name) => name ?? []))];
}
