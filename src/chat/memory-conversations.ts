import {
  createConversation,
  lastChangeOfConversation,
  withAddedMessages,
  withChangedMessage,
} from '#domain/conversation.ts';
import type { Conversation } from '#domain/conversation.ts';
import type {
  ConversationChanges,
  ConversationStore,
  LiveRead,
  Thread,
  UnsavedConversation,
} from '#domain/conversation-store.ts';
import { OnggiError } from '#domain/errors.ts';
import type { Clock, ConversationId, MessageId } from '#domain/ids.ts';
import { abandonedAnswer, isUnsettled, lastChangeOfMessage, settledOver } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import { nextChangeAt } from '#domain/next-change.ts';
import { activePath, newestLeafBelow, subtree } from '#domain/message-tree.ts';
import type { UsageIncrement } from '#domain/usage.ts';

/** A store that writes nothing anywhere, and gives what it holds to whoever saves it. */
export interface MemoryConversations extends ConversationStore {
  readonly isPersistent: false;
  /** All of a conversation, for saving it; undefined when it is not here. */
  readWhole(id: ConversationId): UnsavedConversation | undefined;
  /** Forgets a conversation. */
  forget(id: ConversationId): void;
  has(id: ConversationId): boolean;
  /** All of them, newest first. */
  watchAll(): LiveRead<readonly Conversation[]>;
}

/**
 * Conversations that live in this page only: temporary ones, and new ones while automatic saving is
 * off. They behave as the stored ones do for the flows of `chat.ts`, and are gone with the page.
 */
export function createMemoryConversations(clock: Clock): MemoryConversations {
  const conversations = new Map<ConversationId, Conversation>();
  const messages = new Map<MessageId, Message>();
  /** What was asked here, to be counted should the conversation be saved. */
  const counted = new Map<ConversationId, UsageIncrement[]>();
  const countedInPassing = new Map<ConversationId, UsageIncrement[]>();
  const listeners = new Map<ConversationId, Set<() => void>>();
  const listListeners = new Set<() => void>();

  const messagesOf = (id: ConversationId): Message[] =>
    [...messages.values()]
      .filter((message) => message.conversationId === id)
      .sort((a, b) => a.seq - b.seq);

  function notify(id: ConversationId): void {
    for (const listener of listeners.get(id) ?? []) listener();
    for (const listener of listListeners) listener();
  }

  function requireConversation(id: ConversationId): Conversation {
    const conversation = conversations.get(id);
    if (!conversation) throw new OnggiError('chat/not-found', `no conversation ${id}`);
    return conversation;
  }

  function requireMessage(id: MessageId): Message {
    const message = messages.get(id);
    if (!message) throw new OnggiError('chat/not-found', `no message ${id}`);
    return message;
  }

  function put(conversation: Conversation): void {
    conversations.set(conversation.id, conversation);
    notify(conversation.id);
  }

  function changed(conversation: Conversation, changes: ConversationChanges): Conversation {
    const changedAt = nextChangeAt(lastChangeOfConversation(conversation), clock());
    return { ...conversation, ...changes, changedAt };
  }

  function readThread(id: ConversationId): Thread | undefined {
    const conversation = conversations.get(id);
    return conversation && { conversation, messages: messagesOf(id), hasOlder: false };
  }

  return {
    isPersistent: false,

    addMessages(fresh, added) {
      const known = conversations.get(fresh.id);
      const base = known
        ? { ...known, title: known.title ?? fresh.title }
        : createConversation(fresh);
      const stored = added.map((message, index) => ({
        ...message,
        seq: base.lastSeq + 1 + index,
      }));
      for (const message of stored) messages.set(message.id, message);
      const conversation = withAddedMessages(base, stored, clock());
      put(conversation);
      return Promise.resolve({ conversation, messages: stored });
    },

    // `async`, here and below, so that what is gone is told by a rejection.
    async reopenAnswer(message) {
      const conversation = requireConversation(message.conversationId);
      const before = requireMessage(message.id);
      const after = { ...message, changedAt: nextChangeAt(lastChangeOfMessage(before), clock()) };
      messages.set(message.id, after);
      const counted = withChangedMessage(conversation, before, after, clock());
      put({ ...counted, activeLeafId: message.id });
      return Promise.resolve(after);
    },

    checkpointAnswer(id, text) {
      const message = messages.get(id);
      if (message?.status === 'streaming') {
        messages.set(id, { ...message, ...text });
        notify(message.conversationId);
      }
      return Promise.resolve();
    },

    finishAnswer(message, usage) {
      const before = messages.get(message.id);
      const conversation = conversations.get(message.conversationId);
      if (!conversation || (before && !isUnsettled(before))) return Promise.resolve();
      // What was deleted meanwhile was asked for all the same.
      if (usage) note(counted, conversation.id, usage);
      if (!before) return Promise.resolve();
      messages.set(message.id, settledOver(before, message, clock()));
      put(withChangedMessage(conversation, before, message, clock()));
      return Promise.resolve();
    },

    finishPassing({ conversationId }, changes, usage) {
      const conversation = conversations.get(conversationId);
      if (!conversation) return Promise.resolve();
      note(countedInPassing, conversationId, usage);
      if (Object.keys(changes).length > 0) put(changed(conversation, changes));
      return Promise.resolve();
    },

    async updateMessage(id, changes) {
      const message = requireMessage(id);
      const changedAt = nextChangeAt(lastChangeOfMessage(message), clock());
      messages.set(id, { ...message, ...changes, changedAt });
      notify(message.conversationId);
      return Promise.resolve();
    },

    async removeSubtree(conversationId, id) {
      const conversation = requireConversation(conversationId);
      requireMessage(id);
      const all = messagesOf(conversationId);
      const removed = subtree(all, id);
      for (const message of removed) messages.delete(message.id);
      put(withoutMessages(conversation, all, removed));
      return Promise.resolve({ messages: removed, activeLeafId: conversation.activeLeafId });
    },

    async restoreMessages(conversationId, { messages: restored, activeLeafId }) {
      const conversation = requireConversation(conversationId);
      const missing = restored
        .filter(({ id }) => !messages.has(id))
        .map((message) => (message.status === 'streaming' ? abandonedAnswer(message) : message));
      for (const message of missing) messages.set(message.id, message);
      const { lastSeq, updatedAt } = conversation;
      const counted = withAddedMessages(conversation, missing, updatedAt);
      put({ ...counted, lastSeq, activeLeafId });
      return Promise.resolve();
    },

    async updateConversation(id, changes) {
      put(changed(requireConversation(id), changes));
      return Promise.resolve();
    },

    getConversation: (id) => Promise.resolve(conversations.get(id)),
    getMessage: (id) => Promise.resolve(messages.get(id)),

    readBranch(conversationId, leafId) {
      if (!messages.has(leafId)) return Promise.resolve([]);
      const path = activePath(messagesOf(conversationId), leafId);
      return Promise.resolve(path.map(({ message }) => message));
    },

    watchThread: (id): LiveRead<Thread | undefined> => ({
      subscribe({ next }) {
        const listener = (): void => next(readThread(id));
        const set = listeners.get(id) ?? new Set();
        listeners.set(id, set.add(listener));
        listener();
        return { unsubscribe: () => set.delete(listener) };
      },
    }),

    readWhole(id) {
      const conversation = conversations.get(id);
      if (!conversation) return undefined;
      const usage = counted.get(id) ?? [];
      const passingUsage = countedInPassing.get(id) ?? [];
      return { conversation, messages: messagesOf(id), usage, passingUsage };
    },

    forget(id) {
      for (const message of messagesOf(id)) messages.delete(message.id);
      conversations.delete(id);
      counted.delete(id);
      countedInPassing.delete(id);
      notify(id);
    },

    has: (id) => conversations.has(id),

    watchAll: () => ({
      subscribe({ next }) {
        const listener = (): void =>
          next([...conversations.values()].sort((a, b) => b.createdAt - a.createdAt));
        listListeners.add(listener);
        listener();
        return { unsubscribe: () => listListeners.delete(listener) };
      },
    }),
  };
}

function note(
  increments: Map<ConversationId, UsageIncrement[]>,
  id: ConversationId,
  usage: UsageIncrement,
): void {
  increments.set(id, [...(increments.get(id) ?? []), usage]);
}

/** The conversation after `removed` went: counters and the branch to show instead. */
function withoutMessages(
  conversation: Conversation,
  all: readonly Message[],
  removed: readonly Message[],
): Conversation {
  const gone = new Set(removed.map(({ id }) => id));
  const left = all.filter(({ id }) => !gone.has(id));
  const parentId = removed[0]?.parentId ?? null;
  const fallback = parentId ?? left.findLast((message) => message.parentId === null)?.id ?? null;
  const removedTokens = removed.reduce((sum, message) => sum + (message.tokenCount ?? 0), 0);
  const { activeLeafId } = conversation;
  const isShownGone = activeLeafId === null || gone.has(activeLeafId);
  return {
    ...conversation,
    messageCount: left.length,
    totalTokens: Math.max(0, conversation.totalTokens - removedTokens),
    activeLeafId: isShownGone ? fallback && newestLeafBelow(left, fallback) : activeLeafId,
  };
}
