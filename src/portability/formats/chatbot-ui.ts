/**
 * chatbot-ui version 1: `{ version: 2 to 4, history, folders, prompts }`, in its first weeks a bare
 * array. It keeps no dates; ids of conversations and folders are all it names.
 */
import type { ImportNote, ReadItem } from '#domain/imported.ts';
import { buildConversation } from './build-conversation.ts';
import type { MessageDraft } from './build-conversation.ts';
import type { JsonFormat } from './format.ts';
import { readContent } from './read-content.ts';
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

/** Reads the exported file with its folders. */
export const chatbotUiFormat: JsonFormat = {
  kind: 'json',
  id: 'chatbot-ui',
  source: 'chatbot-ui',
  unit: 'whole',
  matches: ({ isArray, first }) =>
    !isArray &&
    Array.isArray(member(first, 'history')) &&
    (Array.isArray(member(first, 'folders')) || Array.isArray(member(first, 'prompts'))),
  *read(value) {
    const folders = readFolders(member(value, 'folders'));
    yield* readEach(asArray(member(value, 'history')), (each) => readConversation(each, folders));
  },
};

function readFolders(value: unknown): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const folder of asArray(value)) {
    const id = asId(member(folder, 'id'));
    const name = asText(member(folder, 'name'));
    if (id !== null && name !== null) names.set(id, name);
  }
  return names;
}

function readConversation(value: unknown, folders: ReadonlyMap<string, string>): ReadItem {
  if (!isObject(value)) return skipped('not_an_object', null);
  const notes = new Set<ImportNote>();
  const title = asText(member(value, 'name'));
  const messages = member(value, 'messages');
  if (!Array.isArray(messages)) return skipped('no_messages_field', title);
  const model = member(value, 'model');
  const folder = folders.get(asId(member(value, 'folderId')) ?? '');
  return buildConversation({
    source: 'chatbot-ui',
    sourceId: asId(member(value, 'id')),
    title,
    tags: folder === undefined ? null : [folder],
    chatModel: asText(model) ?? asText(member(model, 'id')) ?? asText(member(model, 'name')),
    systemPrompt: asText(member(value, 'prompt')),
    temperature: asNumber(member(value, 'temperature')),
    messages: objectsOf(messages, notes).map((message) => readMessage(message, notes)),
    shape: 'chain',
    notes,
  });
}

function readMessage(message: JsonObject, notes: Set<ImportNote>): MessageDraft {
  const { role, sourceRole, isKnown } = readRole(member(message, 'role'));
  if (!isKnown) notes.add('role_unknown');
  const metadata = sourceRole === null ? {} : { source_role: sourceRole };
  return { role, ...readContent(member(message, 'content'), notes), metadata };
}
