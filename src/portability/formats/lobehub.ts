/**
 * LobeHub (LobeChat), three shapes: (a) the state of the browser version, (b) the tables of its database,
 * (c) one topic. A conversation is a topic; messages outside of any topic are the talk of their session.
 * `settings`, `userSettings` and `aiProviders` hold keys and are never looked at.
 */
import type { ImportNote, ReadItem } from '#domain/imported.ts';
import { buildConversation, readDate } from './build-conversation.ts';
import type { ConversationDraft } from './build-conversation.ts';
import type { JsonFormat } from './format.ts';
import { linkFiles } from './lobehub-files.ts';
import type { MessageTables } from './lobehub-files.ts';
import { linkMessages, messageDate } from './lobehub-message.ts';

import { readEach } from './read-each.ts';
import {
  asArray,
  asFlag,
  asId,
  asNumber,
  asText,
  isObject,
  member,
  objectsOf,
} from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

/** (a) `{ exportType, state: { messages, sessions, topics, … }, version: 7 }`. */
export const lobeHubStateFormat: JsonFormat = {
  kind: 'json',
  id: 'lobehub-state',
  source: 'lobehub',
  unit: 'whole',
  matches: ({ isArray, first }) =>
    !isArray && typeof member(first, 'exportType') === 'string' && isObject(member(first, 'state')),
  *read(value) {
    yield* readTables(member(value, 'state'));
  },
};

/** (b) `{ mode: "pglite" | "postgres", schemaHash, data: { topics, messages, … } }`. */
export const lobeHubTablesFormat: JsonFormat = {
  kind: 'json',
  id: 'lobehub-tables',
  source: 'lobehub',
  unit: 'whole',
  matches: ({ isArray, first }) =>
    !isArray && typeof member(first, 'schemaHash') === 'string' && isObject(member(first, 'data')),
  *read(value) {
    yield* readTables(member(value, 'data'));
  },
};

/** (c) `{ version: "2.0", exportedAt, title, messages }`, one topic without an id. */
export const lobeHubTopicFormat: JsonFormat = {
  kind: 'json',
  id: 'lobehub-topic',
  source: 'lobehub',
  unit: 'whole',
  matches: ({ isArray, first }) =>
    !isArray &&
    asText(member(first, 'version'))?.startsWith('2.') === true &&
    member(first, 'exportedAt') !== undefined &&
    Array.isArray(member(first, 'messages')),
  *read(value) {
    const title = asText(member(value, 'title'));
    const messages = member(value, 'messages');
    if (!Array.isArray(messages)) {
      yield skipped('no_messages_field', title);
      return;
    }
    const notes = new Set<ImportNote>();
    yield buildConversation({
      source: 'lobehub',
      sourceId: firstTopicId(messages),
      title,
      messages: linkMessages(objectsOf(messages, notes), {}, notes),
      shape: 'tree',
      notes,
    });
  },
};

/** Full messages of some versions name their topic; their first one stands for the conversation. */
function firstTopicId(messages: readonly unknown[]): string | null {
  const named = messages.find((message) => asId(member(message, 'topicId')) !== null);
  return asId(member(named, 'topicId'));
}

function* readTables(tables: unknown): Iterable<ReadItem> {
  const messages = member(tables, 'messages');
  if (!Array.isArray(messages)) {
    yield skipped('no_messages_field', null);
    return;
  }
  const hasSecrets = ['settings', 'userSettings', 'aiProviders', 'apiKeys'].some(
    (key) => member(tables, key) !== undefined,
  );
  const context = readContext(tables);
  for (const message of asArray(messages)) {
    if (message !== null && !isObject(message)) yield skipped('unreadable_element', null);
  }
  yield* readEach(
    groupByPlace(asArray(messages)),
    ([place, group]) =>
      readGroup(place, group, context, new Set(hasSecrets ? ['secrets_ignored'] : [])),
    ([place]) => asText(member(context.topics.get(place), 'title')) ?? place,
  );
}

interface Context {
  readonly topics: ReadonlyMap<string, JsonObject>;
  readonly sessions: ReadonlyMap<string, JsonObject>;
  readonly groups: ReadonlyMap<string, JsonObject>;
  readonly agents: ReadonlyMap<string, JsonObject>;
  readonly agentBySession: ReadonlyMap<string, string>;
  readonly messageTables: MessageTables;
}

function readContext(tables: unknown): Context {
  const files = rowsById(member(tables, 'files'));
  const agentBySession = new Map<string, string>();
  for (const link of asArray(member(tables, 'agentsToSessions'))) {
    const [session, agent] = [asId(member(link, 'sessionId')), asId(member(link, 'agentId'))];
    if (session !== null && agent !== null) agentBySession.set(session, agent);
  }
  return {
    topics: rowsById(member(tables, 'topics')),
    sessions: rowsById(member(tables, 'sessions')),
    groups: rowsById(member(tables, 'sessionGroups')),
    agents: rowsById(member(tables, 'agents')),
    agentBySession,
    messageTables: {
      plugins: rowsById(member(tables, 'messagePlugins')),
      translations: rowsById(member(tables, 'messageTranslates')),
      threads: rowsById(member(tables, 'threads')),
      files,
      filesByMessage: linkFiles(files, asArray(member(tables, 'messagesFiles'))),
    },
  };
}

function rowsById(value: unknown): ReadonlyMap<string, JsonObject> {
  const rows = new Map<string, JsonObject>();
  for (const row of asArray(value)) {
    const id = asId(member(row, 'id'));
    if (id !== null && isObject(row)) rows.set(id, row);
  }
  return rows;
}

/** The key is unique among topics and sessions; the first message says which of them it is. */
function groupByPlace(messages: readonly unknown[]): ReadonlyMap<string, JsonObject[]> {
  const places = new Map<string, JsonObject[]>();
  for (const message of messages) {
    if (!isObject(message)) continue;
    const place =
      asId(member(message, 'topicId')) ??
      asId(member(message, 'sessionId')) ??
      asId(member(message, 'agentId')) ??
      'inbox';
    const group = places.get(place);
    if (group) group.push(message);
    else places.set(place, [message]);
  }
  return places;
}

function readGroup(
  place: string,
  group: readonly JsonObject[],
  context: Context,
  notes: Set<ImportNote>,
): ReadItem {
  const topic = context.topics.get(place);
  const sessionId = asId(member(topic, 'sessionId')) ?? asId(member(group[0], 'sessionId'));
  const session = context.sessions.get(sessionId ?? '');
  const agentId =
    context.agentBySession.get(sessionId ?? '') ??
    asId(member(topic, 'agentId')) ??
    asId(member(group[0], 'agentId'));
  const agent = context.agents.get(agentId ?? '');
  const sessionTitle =
    asText(member(session, 'title')) ??
    asText(member(member(session, 'meta'), 'title')) ??
    asText(member(agent, 'title'));
  const folderId = asId(member(session, 'groupId')) ?? asId(member(session, 'group'));
  const folder = asText(member(context.groups.get(folderId ?? ''), 'name'));
  const tags = [folder, topic ? sessionTitle : null].filter((tag) => tag !== null);
  const row = topic ?? session;
  return buildConversation({
    ...readAgent(agent ?? member(session, 'config')),
    source: 'lobehub',
    sourceId: place,
    title: asText(member(topic, 'title')) ?? (topic ? null : sessionTitle),
    createdAt: readDate(member(row, 'createdAt'), notes),
    updatedAt: readDate(member(row, 'updatedAt'), notes),
    isPinned: asFlag(member(topic, 'favorite'), member(row, 'pinned')),
    summary: asText(member(topic, 'historySummary')),
    tags: tags.length === 0 ? null : tags,
    messages: linkMessages(
      group.toSorted((a, b) => (messageDate(a) ?? 0) - (messageDate(b) ?? 0)),
      context.messageTables,
      notes,
    ),
    shape: 'tree',
    notes,
  });
}

function readAgent(
  agent: unknown,
): Pick<ConversationDraft, 'chatModel' | 'systemPrompt' | 'temperature'> {
  const params = member(agent, 'params');
  return {
    chatModel: asText(member(agent, 'model')),
    systemPrompt: asText(member(agent, 'systemRole')),
    temperature: asNumber(member(params, 'temperature')),
  };
}
