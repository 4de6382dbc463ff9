import type { Conversation } from '#domain/conversation.ts';
import type { RemovedMessages } from '#domain/conversation-store.ts';
import { OnggiError } from '#domain/errors.ts';
import type { ConversationId, MessageId } from '#domain/ids.ts';
import { abandonedAnswer } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import { newestLeafBelow, subtree } from '#domain/message-tree.ts';
import { commit } from './commit.ts';
import { findNoting, forgetMessages, rememberMessages } from './forget-changes.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import { requireConversation } from './require-conversation.ts';
import { readRange } from './thread-reads.ts';

/**
 * `ConversationStore.removeSubtree`, one transaction. `lastSeq` and `updatedAt` stay: a seq is never
 * given twice, and undoing leaves no trace. Attachments stay until the conversation is purged. What imports
 * noted of the messages goes with them.
 */
export async function removeSubtree(
  db: OnggiDexie,
  conversationId: ConversationId,
  id: MessageId,
): Promise<RemovedMessages> {
  const rows = await findNoting(db, conversationId);
  const work = async (): Promise<RemovedMessages> => {
    const conversation = await requireConversation(db, conversationId);
    const message = await db.messages.get(id);
    if (message?.conversationId !== conversationId) {
      throw new OnggiError('chat/not-found', `no message ${id}`);
    }
    const parent = message.parentId === null ? undefined : await db.messages.get(message.parentId);
    // Everything below the parent has a higher seq: the other branches to show are in there too.
    const from = parent?.seq ?? 0;
    const family = await readRange(db, conversationId, from, conversation.lastSeq);
    const removed = subtree(family, id);
    const gone = new Set(removed.map((row) => row.id));
    const left = family.filter((row) => !gone.has(row.id));
    await db.messages.bulkDelete([...gone]);
    const noted = await forgetMessages(db, [...gone], rows);
    const { activeLeafId } = conversation;
    const isShownGone = activeLeafId === null || gone.has(activeLeafId);
    await db.conversations.put({
      ...withoutMessages(conversation, removed),
      activeLeafId: isShownGone ? newestLeaf(left, parent) : activeLeafId,
    });
    return { messages: removed, activeLeafId, noted };
  };
  return commit(() => db.transaction('rw', db.conversations, db.messages, db.imports, work));
}

function withoutMessages(conversation: Conversation, removed: readonly Message[]): Conversation {
  return {
    ...conversation,
    messageCount: Math.max(0, conversation.messageCount - removed.length),
    totalTokens: Math.max(0, conversation.totalTokens - sumTokens(removed)),
  };
}

/** The newest leaf below `parent`, which may be `parent` itself; of the newest root without one. */
function newestLeaf(left: readonly Message[], parent: Message | undefined): MessageId | null {
  const top = parent ?? left.findLast(({ parentId }) => parentId === null);
  return top ? newestLeafBelow(left, top.id) : null;
}

/**
 * `ConversationStore.restoreMessages`, one transaction. Rows that are there already stay as they are
 * and are not counted again; an answer that was running when it was removed comes back interrupted. What
 * followed a message that another tab took away meanwhile begins a branch of its own: nothing of it is lost.
 */
export function restoreMessages(
  db: OnggiDexie,
  conversationId: ConversationId,
  { messages, activeLeafId, noted = [] }: RemovedMessages,
): Promise<void> {
  const work = async (): Promise<void> => {
    const conversation = await requireConversation(db, conversationId);
    const there = await db.messages.bulkGet(messages.map(({ id }) => id));
    const gone = messages.filter((_message, index) => !there[index]);
    const isThere = await findThere(db, messages, activeLeafId);
    const missing = gone
      .map((message) => (isThere(message.parentId) ? message : { ...message, parentId: null }))
      .map((message) => (message.status === 'streaming' ? abandonedAnswer(message) : message));
    await db.messages.bulkAdd(missing);
    await db.conversations.put({
      ...conversation,
      messageCount: conversation.messageCount + missing.length,
      totalTokens: conversation.totalTokens + sumTokens(missing),
      activeLeafId: isThere(activeLeafId)
        ? activeLeafId
        : (conversation.activeLeafId ?? missing.at(-1)?.id ?? null),
    });
    await rememberMessages(db, noted);
  };
  return commit(() => db.transaction('rw', db.conversations, db.messages, db.imports, work));
}

/** Tells which of the messages that restored ones follow, and of what was shown, are there with them. */
async function findThere(
  db: OnggiDexie,
  restored: readonly Message[],
  activeLeafId: MessageId | null,
): Promise<(id: MessageId | null) => boolean> {
  const there = new Set(restored.map(({ id }) => id));
  const named = [activeLeafId, ...restored.map(({ parentId }) => parentId)];
  const outside = named.flatMap((id) => (id === null || there.has(id) ? [] : [id]));
  for (const found of await db.messages.bulkGet(outside)) if (found) there.add(found.id);
  return (id) => id === null || there.has(id);
}

function sumTokens(messages: readonly Message[]): number {
  return messages.reduce((sum, { tokenCount }) => sum + (tokenCount ?? 0), 0);
}
