/**
 * Chatbox: a flat dump of its key-value store. `settings` holds keys and is never looked at. A session's
 * earlier threads are conversations of their own; its forks are branches.
 */
import { deriveSourceId } from '#domain/imported.ts';
import type { ImportNote, ReadItem } from '#domain/imported.ts';
import { buildConversation, readDate } from './build-conversation.ts';
import type { ConversationDraft, MessageDraft } from './build-conversation.ts';
import { readChatboxMessage } from './chatbox-message.ts';
import type { JsonFormat } from './format.ts';
import { nameOf, readEach } from './read-each.ts';
import {
  asArray,
  asFlag,
  asId,
  asNumber,
  asText,
  isObject,
  member,
  objectsOf,
  takeObject,
} from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

const LIST = 'chat-sessions-list';
const LEGACY = 'chat-sessions';
const SESSION = 'session:';

/** Reads the file of Chatbox's data backup. */
export const chatboxFormat: JsonFormat = {
  kind: 'json',
  id: 'chatbox',
  source: 'chatbox',
  unit: 'whole',
  matches: ({ isArray, first }) =>
    !isArray && (Array.isArray(member(first, LIST)) || Array.isArray(member(first, LEGACY))),
  *read(value) {
    if (!isObject(value)) {
      yield skipped('not_an_object', null);
      return;
    }
    const hasSecrets = member(value, 'settings') !== undefined;
    for (const session of findSessions(value)) {
      yield* readSession(session, value, hasSecrets);
    }
  },
};

interface ListedSession {
  readonly id: string | null;
  /** The row of the list: name and star. */
  readonly row: unknown;
  readonly session: unknown;
}

function* findSessions(store: JsonObject): Iterable<ListedSession> {
  const listed = new Set<string>();
  for (const row of asArray(member(store, LIST))) {
    const id = asId(member(row, 'id'));
    if (id !== null) listed.add(id);
    yield { id, row, session: member(store, SESSION + (id ?? '')) };
  }
  // A session that the list lost is still there.
  for (const key of Object.keys(store)) {
    if (!key.startsWith(SESSION) || listed.has(key.slice(SESSION.length))) continue;
    const id = key.slice(SESSION.length);
    listed.add(id);
    yield { id, row: undefined, session: member(store, key) };
  }
  for (const session of asArray(member(store, LEGACY))) {
    const id = asId(member(session, 'id'));
    if (id === null || !listed.has(id)) yield { id, row: undefined, session };
  }
}

type Shared = Pick<ConversationDraft, 'source' | 'chatModel' | 'temperature' | 'isPinned'>;

function* readSession(
  { id, row, session }: ListedSession,
  store: JsonObject,
  hasSecrets: boolean,
): Iterable<ReadItem> {
  const title = asText(member(row, 'name')) ?? asText(member(session, 'name'));
  if (!isObject(session)) {
    yield skipped('not_an_object', title ?? id);
    return;
  }
  const settings = member(session, 'settings');
  const shared: Shared = {
    source: 'chatbox',
    chatModel: asText(member(settings, 'modelId')) ?? asText(member(settings, 'model')),
    temperature: asNumber(member(settings, 'temperature')),
    isPinned: asFlag(member(row, 'starred'), member(session, 'starred')),
  };
  const notes = startNotes(hasSecrets);
  const threads = objectsOf(member(session, 'threads'), notes);
  const forks = member(session, 'messageForksHash');
  yield* readEach(
    threads.entries(),
    ([index, thread]) => {
      const threadId = `${id ?? ''}/${asId(member(thread, 'id')) ?? index}`;
      return readThread(threadId, thread, title, forks, shared, store, startNotes(hasSecrets));
    },
    ([, thread]) => nameOf(thread) ?? title,
  );
  const messages = member(session, 'messages');
  if (!Array.isArray(messages)) {
    if (threads.length === 0) yield skipped('no_messages_field', title ?? id);
    return;
  }
  yield* readEach(
    [messages],
    (list) =>
      buildConversation({
        ...shared,
        sourceId: id,
        title: asText(member(session, 'threadName')) ?? title,
        ...readTree(list, forks, store, notes),
        shape: 'tree',
        notes,
      }),
    () => title ?? id,
  );
}

function readThread(
  sourceId: string,
  thread: JsonObject,
  sessionTitle: string | null,
  forks: unknown,
  shared: Shared,
  store: JsonObject,
  notes: Set<ImportNote>,
): ReadItem {
  return buildConversation({
    ...shared,
    sourceId,
    title: asText(member(thread, 'name')) ?? sessionTitle,
    tags: sessionTitle === null ? null : [sessionTitle],
    createdAt: readDate(member(thread, 'createdAt'), notes),
    ...readTree(member(thread, 'messages'), forks, store, notes),
    shape: 'tree',
    notes,
  });
}

function startNotes(hasSecrets: boolean): Set<ImportNote> {
  return new Set<ImportNote>(hasSecrets ? ['secrets_ignored'] : []);
}

type Draft = MessageDraft & { readonly sourceId: string };

/** The shown messages as a chain, and below each fork the lists that are not shown. */
function readTree(
  messages: unknown,
  forks: unknown,
  store: JsonObject,
  notes: Set<ImportNote>,
): { messages: readonly MessageDraft[]; activeLeafSourceId: string | null } {
  const all: Draft[] = [];
  const byId = new Map<string, Draft>();

  /** Adds a list below a message. @returns the id of its end. */
  function addList(list: unknown, top: string | null): string | null {
    const seen = new Set<string>();
    let parent = top;
    for (const [position, each] of asArray(list).entries()) {
      const message = takeObject(each, notes);
      if (!message) continue;
      const read = readChatboxMessage(message, position, parent, store, notes);
      parent = place(seen.has(read.sourceId) ? withOwnId(read, position) : read, position);
      seen.add(read.sourceId);
    }
    return parent;
  }

  /** A list may have messages that stand elsewhere too: it goes on below those. */
  function place(draft: Draft, position: number): string {
    const known = byId.get(draft.sourceId);
    if (!known) {
      byId.set(draft.sourceId, draft);
      all.push(draft);
    } else if (draft.isSourceIdDerived !== true && !isSaidAlike(known, draft)) {
      return place(withOwnId(draft, position), position);
    }
    return draft.sourceId;
  }

  const leaf = addList(messages, null);
  // The lists of a fork can hold further forks, which are reached through them.
  for (const { sourceId } of all) {
    for (const list of asArray(member(member(forks, sourceId), 'lists'))) {
      addList(member(list, 'messages'), sourceId);
    }
  }
  return { messages: all, activeLeafSourceId: leaf };
}

function isSaidAlike(one: Draft, other: Draft): boolean {
  return one.role === other.role && one.content === other.content;
}

/** Of two messages with one id the second gets another, so that both are kept. */
function withOwnId(draft: Draft, position: number): Draft {
  const { role, content, parentSourceId = null, timestamp = null } = draft;
  const sourceId = deriveSourceId('chatbox', parentSourceId, role, content, position, timestamp);
  return { ...draft, sourceId, isSourceIdDerived: true };
}
