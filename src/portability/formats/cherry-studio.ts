/**
 * Cherry Studio up to version 5: `data.json` with topics, message blocks and a copy of localStorage. Of
 * that copy only the assistants are read: its other members and the table `settings` hold keys. From
 * version 6 a backup is a copy of Chromium's own files, which no page can read.
 */
import type { ImportNote, ReadItem } from '#domain/imported.ts';
import { buildConversation, readDate } from './build-conversation.ts';
import { readCherryMessages } from './cherry-studio-message.ts';
import type { JsonFormat } from './format.ts';
import { parseNestedJson } from './parse-nested-json.ts';
import { readEach } from './read-each.ts';
import { asArray, asFlag, asId, asNumber, asText, isObject, member } from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

const STATE = 'persist:cherry-studio';

/** Reads `data.json` of a backup. */
export const cherryStudioFormat: JsonFormat = {
  kind: 'json',
  id: 'cherry-studio',
  source: 'cherry-studio',
  unit: 'whole',
  matches: ({ isArray, first }) =>
    !isArray &&
    (Array.isArray(member(member(first, 'indexedDB'), 'message_blocks')) ||
      typeof member(member(first, 'localStorage'), STATE) === 'string'),
  *read(value) {
    const tables = member(value, 'indexedDB');
    const topics = member(tables, 'topics');
    if (!Array.isArray(topics)) {
      yield skipped('no_messages_field', STATE);
      return;
    }
    const state = parseMember(member(value, 'localStorage'), STATE);
    const hasSecrets =
      member(tables, 'settings') !== undefined ||
      ['llm', 'settings', 'websearch', 'nutstore', 'mcp'].some(
        (key) => member(state, key) !== undefined,
      );
    const described = describeTopics(parseMember(state, 'assistants'));
    const blocks = rowsById(member(tables, 'message_blocks'));
    yield* readEach(asArray(topics), (topic) =>
      readTopic(topic, described, blocks, new Set(hasSecrets ? ['secrets_ignored'] : [])),
    );
  },
};

/** A member that is JSON as text, parsed; undefined when it is none. */
function parseMember(value: unknown, key: string): unknown {
  const found = member(value, key);
  return typeof found === 'string' ? parseNestedJson(found) : found;
}

interface Description {
  readonly topic: JsonObject;
  readonly assistant: JsonObject;
  readonly isDefault: boolean;
}

/** Names of topics stand with their assistants, the default assistant apart from the others. */
function describeTopics(state: unknown): ReadonlyMap<string, Description> {
  const found = new Map<string, Description>();
  const own = member(state, 'defaultAssistant');
  for (const assistant of [...asArray(member(state, 'assistants')), own]) {
    if (!isObject(assistant)) continue;
    const isDefault = assistant === own || member(assistant, 'id') === 'default';
    for (const topic of asArray(member(assistant, 'topics'))) {
      const id = asId(member(topic, 'id'));
      if (id !== null && isObject(topic) && !found.has(id))
        found.set(id, { topic, assistant, isDefault });
    }
  }
  return found;
}

function rowsById(value: unknown): ReadonlyMap<string, JsonObject> {
  const rows = new Map<string, JsonObject>();
  for (const row of asArray(value)) {
    const id = asId(member(row, 'id'));
    if (id !== null && isObject(row)) rows.set(id, row);
  }
  return rows;
}

function readTopic(
  row: unknown,
  described: ReadonlyMap<string, Description>,
  blocks: ReadonlyMap<string, JsonObject>,
  notes: Set<ImportNote>,
): ReadItem {
  if (!isObject(row)) return skipped('not_an_object', null);
  const id = asId(member(row, 'id'));
  const description = described.get(id ?? '');
  const topic = description?.topic;
  const title = asText(member(topic, 'name')) ?? asText(member(row, 'name'));
  const messages = member(row, 'messages');
  if (!Array.isArray(messages)) return skipped('no_messages_field', title ?? id);
  const assistant = description?.assistant;
  const settings = member(assistant, 'settings');
  const name = asText(member(assistant, 'name'));
  const read = readCherryMessages(asArray(messages), blocks, notes);
  return buildConversation({
    source: 'cherry-studio',
    sourceId: id,
    title,
    createdAt: readDate(member(topic, 'createdAt'), notes),
    updatedAt: readDate(member(topic, 'updatedAt'), notes),
    isPinned: asFlag(member(topic, 'pinned')),
    tags: name === null || description?.isDefault === true ? null : [name],
    chatModel: asText(member(member(assistant, 'model'), 'id')),
    systemPrompt: asText(member(topic, 'prompt')) ?? asText(member(assistant, 'prompt')),
    temperature:
      member(settings, 'enableTemperature') === false
        ? null
        : asNumber(member(settings, 'temperature')),
    messages: read.messages,
    activeLeafSourceId: read.leaf,
    shape: 'tree',
    notes,
  });
}
