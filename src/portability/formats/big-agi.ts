/**
 * big-AGI: a flash backup (of it only `app-chats` in the key-value store; its localStorage holds keys and
 * is never looked at), a list of conversations with folders, or one conversation.
 */
import type { ImportNote, ReadItem } from '#domain/imported.ts';
import { readBigAgiMessage } from './big-agi-message.ts';
import { buildConversation, readDate } from './build-conversation.ts';
import type { JsonFormat } from './format.ts';
import { parseNestedJson } from './parse-nested-json.ts';
import { readEach } from './read-each.ts';
import { asArchived, asArray, asId, asText, isObject, member, objectsOf } from './read-value.ts';
import { skipped } from './skipped.ts';

/** Reads all three shapes. */
export const bigAgiFormat: JsonFormat = {
  kind: 'json',
  id: 'big-agi',
  source: 'big-agi',
  unit: 'whole',
  matches: ({ isArray, first }) =>
    !isArray &&
    (member(first, 'schema') === 'vnd.agi.flash-backup' ||
      isConversation(first) ||
      isConversation(asArray(member(first, 'conversations'))[0])),
  *read(value) {
    if (isConversation(value)) {
      yield readConversation(value, new Map(), false);
      return;
    }
    const storage = member(value, 'storage');
    const chats = storage === undefined ? value : findChats(storage);
    const conversations = member(chats, 'conversations');
    if (!Array.isArray(conversations)) {
      yield skipped('no_messages_field', 'app-chats');
      return;
    }
    const hasSecrets =
      member(storage, 'localStorage') !== undefined || member(value, 'models') !== undefined;
    const folders = readFolders(member(value, 'folders'));
    yield* readEach(asArray(conversations), (each) => readConversation(each, folders, hasSecrets));
  },
};

function isConversation(value: unknown): boolean {
  return (
    typeof member(value, 'systemPurposeId') === 'string' && Array.isArray(member(value, 'messages'))
  );
}

/** The value of the key `app-chats`: the state itself, wrapped, or as text. */
function findChats(storage: unknown): unknown {
  const rows = member(member(member(storage, 'indexedDB'), 'keyval-store'), 'keyval');
  const row = asArray(rows).find((item) => member(item, 'key') === 'app-chats');
  const value = member(row, 'value') ?? member(rows, 'app-chats');
  const state = typeof value === 'string' ? parseNestedJson(value) : value;
  return member(state, 'state') ?? state;
}

function readFolders(value: unknown): ReadonlyMap<string, string[]> {
  const titles = new Map<string, string[]>();
  for (const folder of asArray(member(value, 'folders') ?? value)) {
    const title = asText(member(folder, 'title'));
    if (title === null) continue;
    for (const listed of asArray(member(folder, 'conversationIds'))) {
      const id = asId(listed);
      if (id !== null) titles.set(id, [...(titles.get(id) ?? []), title]);
    }
  }
  return titles;
}

function readConversation(
  value: unknown,
  folders: ReadonlyMap<string, readonly string[]>,
  hasSecrets: boolean,
): ReadItem {
  if (!isObject(value)) return skipped('not_an_object', null);
  const id = asId(member(value, 'id'));
  const title = asText(member(value, 'userTitle')) ?? asText(member(value, 'autoTitle'));
  if (member(value, '_isIncognito') === true) return skipped('temporary', title ?? id);
  const messages = member(value, 'messages');
  if (!Array.isArray(messages)) return skipped('no_messages_field', title ?? id);
  const notes = new Set<ImportNote>(hasSecrets ? ['secrets_ignored'] : []);
  const purpose = asText(member(value, 'systemPurposeId'));
  return buildConversation({
    source: 'big-agi',
    sourceId: id,
    title,
    createdAt: readDate(member(value, 'created'), notes),
    updatedAt: readDate(member(value, 'updated'), notes),
    status: asArchived(member(value, 'isArchived')),
    tags: folders.get(id ?? '') ?? null,
    metadata: purpose === null ? {} : { persona: purpose },
    messages: objectsOf(messages, notes).map((message) => readBigAgiMessage(message, notes)),
    shape: 'chain',
    notes,
  });
}
