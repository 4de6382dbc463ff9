/** BetterChatGPT: `{ version: 1, chats, folders }`, before that a bare array of chats. It keeps no dates. */
import type { ImportNote, ReadItem } from '#domain/imported.ts';
import { buildConversation } from './build-conversation.ts';
import type { MessageDraft } from './build-conversation.ts';
import type { JsonFormat } from './format.ts';
import { joinReasoning, readContent, splitThinking } from './read-content.ts';
import { readEach } from './read-each.ts';
import {
  asArray,
  asId,
  asNumber,
  asText,
  isObject,
  member,
  objectsOf,
  readRole,
} from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

/** Reads the export file with folders. */
export const betterChatGptFormat: JsonFormat = {
  kind: 'json',
  id: 'betterchatgpt',
  source: 'betterchatgpt',
  unit: 'whole',
  matches: ({ isArray, first }) =>
    !isArray &&
    member(first, 'version') === 1 &&
    (isChat(asArray(member(first, 'chats'))[0]) || isObject(member(first, 'folders'))) &&
    Array.isArray(member(first, 'chats')),
  *read(value) {
    const folders = member(value, 'folders');
    yield* readEach(asArray(member(value, 'chats')), (chat) => readChat(chat, folders));
  },
};

/** Reads the export file of older versions: the chats alone. */
export const betterChatGptArrayFormat: JsonFormat = {
  kind: 'json',
  id: 'betterchatgpt-array',
  source: 'betterchatgpt',
  unit: 'elements',
  matches: ({ isArray, isLines, first }) => isArray && !isLines && isChat(first),
  *read(value) {
    yield readChat(value, undefined);
  },
};

function isChat(value: unknown): boolean {
  return (
    Array.isArray(member(value, 'messages')) &&
    isObject(member(value, 'config')) &&
    (typeof member(value, 'titleSet') === 'boolean' || typeof member(value, 'title') === 'string')
  );
}

function readChat(chat: unknown, folders: unknown): ReadItem {
  if (!isObject(chat)) return skipped('not_an_object', null);
  const notes = new Set<ImportNote>();
  const title = asText(member(chat, 'title'));
  const messages = member(chat, 'messages');
  if (!Array.isArray(messages)) return skipped('no_messages_field', title);
  const config = member(chat, 'config');
  const folderId = asId(member(chat, 'folder'));
  const folder = folderId === null ? null : asText(member(member(folders, folderId), 'name'));
  return buildConversation({
    source: 'betterchatgpt',
    sourceId: asId(member(chat, 'id')),
    title,
    tags: folder === null ? null : [folder],
    chatModel: asText(member(config, 'model')),
    temperature: asNumber(member(config, 'temperature')),
    messages: objectsOf(messages, notes).map((message) => readMessage(message, notes)),
    shape: 'chain',
    notes,
  });
}

function readMessage(message: JsonObject, notes: Set<ImportNote>): MessageDraft {
  const { role, sourceRole, isKnown } = readRole(member(message, 'role'));
  if (!isKnown) notes.add('role_unknown');
  const read = readContent(member(message, 'content'), notes);
  const thinking = role === 'assistant' ? splitThinking(read.content) : null;
  return {
    role,
    content: thinking?.content ?? read.content,
    reasoning: joinReasoning(read.reasoning, thinking?.reasoning ?? null),
    parts: read.parts,
    attachments: read.attachments,
    metadata: sourceRole === null ? {} : { source_role: sourceRole },
  };
}
