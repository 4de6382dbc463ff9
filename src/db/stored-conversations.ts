import Dexie from 'dexie';
import {
  lastChangeOfConversation,
  withAddedMessages,
  withChangedMessage,
} from '#domain/conversation.ts';
import type { Conversation } from '#domain/conversation.ts';
import type { StoredConversations } from '#domain/conversation-store.ts';
import { OnggiError } from '#domain/errors.ts';
import type { Clock } from '#domain/ids.ts';
import { lastChangeOfMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import { nextChangeAt } from '#domain/next-change.ts';
import { finishAnswer } from './answers.ts';
import { commit, read } from './commit.ts';
import { liveRead } from './live-read.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';
import { requireConversation } from './require-conversation.ts';
import { readBranch, readThread } from './thread-reads.ts';

/** Conversations in the database. What each function does is said at {@link StoredConversations}. */
export function createStoredConversations(
  { strict, relaxed }: OnggiDatabase,
  clock: Clock,
): StoredConversations {
  return {
    isPersistent: true,
    addMessages: (conversation, messages) =>
      commit(() => addMessages(strict, conversation, messages, clock())),
    reopenAnswer: (message) => commit(() => reopenAnswer(strict, message, clock())),
    checkpointAnswer: (id, text) =>
      commit(() =>
        relaxed.transaction('rw', relaxed.messages, async () => {
          const stored = await relaxed.messages.get(id);
          if (stored?.status === 'streaming') await relaxed.messages.put({ ...stored, ...text });
        }),
      ),
    finishAnswer: (message, usage) => commit(() => finishAnswer(strict, message, usage, clock())),
    finishPassing: async ({ conversationId }, changes, usage) => {
      const { finishPassing } = await import('./passing-usage.ts');
      return finishPassing(strict, conversationId, changes, usage, clock());
    },
    saveConversation: async (unsaved) =>
      (await import('./save-conversation.ts')).saveConversation(strict, unsaved),
    updateMessage: (id, changes) =>
      commit(() =>
        strict.transaction('rw', strict.messages, async () => {
          const stored = await strict.messages.get(id);
          if (!stored) throw new OnggiError('chat/not-found', `no message ${id}`);
          const changedAt = nextChangeAt(lastChangeOfMessage(stored), clock());
          await strict.messages.put({ ...stored, ...changes, changedAt });
        }),
      ),
    removeSubtree: async (conversationId, id) =>
      (await import('./remove-messages.ts')).removeSubtree(strict, conversationId, id),
    restoreMessages: async (conversationId, removed) =>
      (await import('./remove-messages.ts')).restoreMessages(strict, conversationId, removed),
    updateConversation: (id, changes) =>
      commit(() =>
        strict.transaction('rw', strict.conversations, async () => {
          const stored = await requireConversation(strict, id);
          const changedAt = nextChangeAt(lastChangeOfConversation(stored), clock());
          await strict.conversations.put({ ...stored, ...changes, changedAt });
        }),
      ),
    getConversation: (id) => read(() => strict.conversations.get(id)),
    getMessage: (id) => read(() => strict.messages.get(id)),
    readBranch: (id, leafId) => read(() => readBranch(strict, id, leafId)),
    watchThread: (id, pathLength) => liveRead(() => readThread(strict, id, pathLength)),
  };
}

function addMessages(
  db: OnggiDexie,
  conversation: Conversation,
  messages: readonly Message[],
  now: number,
): PromiseLike<{ conversation: Conversation; messages: readonly Message[] }> {
  return db.transaction('rw', db.conversations, db.messages, async () => {
    const base = await baseOf(db, conversation);
    await requireParents(db, messages);
    const stored = messages.map((message, index) => ({
      ...message,
      conversationId: base.id,
      seq: base.lastSeq + 1 + index,
    }));
    const after = withAddedMessages(base, stored, now);
    // Asked for together: each answer of the database that is waited for is time between Enter and the screen.
    await Dexie.Promise.all([db.messages.bulkAdd(stored), db.conversations.put(after)]);
    return { conversation: after, messages: stored };
  });
}

/**
 * The stored row, with a title where it has none yet; for a conversation that never had a message,
 * the given row. One that had some and is not there was purged by somebody else.
 */
async function baseOf(db: OnggiDexie, conversation: Conversation): Promise<Conversation> {
  const stored = await db.conversations.get(conversation.id);
  if (stored) return { ...stored, title: stored.title ?? conversation.title };
  if (conversation.lastSeq < 0) return { ...conversation, messageCount: 0, totalTokens: 0 };
  throw new OnggiError('chat/not-found', `no conversation ${conversation.id}`);
}

/** @throws OnggiError `chat/not-found` when a message would follow one that is gone. */
async function requireParents(db: OnggiDexie, messages: readonly Message[]): Promise<void> {
  const added = new Set(messages.map(({ id }) => id));
  for (const parentId of new Set(messages.map((message) => message.parentId))) {
    if (parentId === null || added.has(parentId)) continue;
    if (await db.messages.get(parentId)) continue;
    throw new OnggiError('chat/not-found', `no message ${parentId}`);
  }
}

function reopenAnswer(db: OnggiDexie, message: Message, now: number): PromiseLike<Message> {
  return db.transaction('rw', db.conversations, db.messages, async () => {
    const conversation = await requireConversation(db, message.conversationId);
    const before = await db.messages.get(message.id);
    if (!before) throw new OnggiError('chat/not-found', `no message ${message.id}`);
    const { seq, rating, feedback } = before;
    const after: Message = {
      ...message,
      seq,
      // Another tab may have rated it since this one read it.
      rating,
      feedback,
      status: 'streaming',
      streamingSince: message.streamingSince ?? now,
      changedAt: nextChangeAt(lastChangeOfMessage(before), now),
    };
    await db.messages.put(after);
    await db.conversations.put({
      ...withChangedMessage(conversation, before, after, now),
      activeLeafId: after.id,
    });
    return after;
  });
}
