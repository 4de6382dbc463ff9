import type { Thread } from '#domain/conversation-store.ts';
import type { ConversationId, MessageId } from '#domain/ids.ts';
import type { Message } from '#domain/message.ts';
import { activePath } from '#domain/message-tree.ts';
import type { OnggiDexie } from './onggi-dexie.ts';

/**
 * [Note: Reading from the end] A conversation is read by ranges of `[conversationId+seq]` from its
 * newest message backward: the newest 50 first, then twice as many, and so on. A range becomes one
 * `getAll`, its cost does not grow with what else is stored, and a conversation's row knows where
 * the end is (PERFORMANCE 2.3).
 */
const FIRST_WINDOW = 50;

/** The messages of a conversation with `from` ≤ seq ≤ `to`, ordered by seq. */
export function readRange(
  db: OnggiDexie,
  id: ConversationId,
  from: number,
  to: number,
): PromiseLike<Message[]> {
  return db.messages
    .where('[conversationId+seq]')
    .between([id, from], [id, to], true, true)
    .toArray();
}

/** What `ConversationStore.watchThread` shows now. See [Note: Reading from the end]. */
export function readThread(
  db: OnggiDexie,
  id: ConversationId,
  pathLength: number,
): PromiseLike<Thread | undefined> {
  return db.transaction('r', db.conversations, db.messages, async () => {
    const conversation = await db.conversations.get(id);
    if (!conversation) return undefined;
    const { lastSeq, messageCount, activeLeafId } = conversation;
    let messages: Message[] = [];
    let from = lastSeq + 1;
    for (let window = FIRST_WINDOW; from > 0; window *= 2) {
      const to = from - 1;
      from = Math.max(0, lastSeq + 1 - window);
      messages = [...(await readRange(db, id, from, to)), ...messages];
      // A branch that begins in this window is read past: versions beside its first message may be
      // as old as the conversation.
      if (showsBranch(messages, activeLeafId, pathLength)) break;
    }
    return { conversation, messages, hasOlder: from > 0 && messages.length < messageCount };
  });
}

/** Whether these newest messages hold enough of the shown branch. */
function showsBranch(
  messages: readonly Message[],
  leafId: MessageId | null,
  pathLength: number,
): boolean {
  if (leafId !== null && !messages.some(({ id }) => id === leafId)) return false;
  return activePath(messages, leafId).length >= pathLength;
}

/** What `ConversationStore.readBranch` gives. A parent's seq is below its child's: no newer row is read. */
export function readBranch(
  db: OnggiDexie,
  id: ConversationId,
  leafId: MessageId,
): PromiseLike<readonly Message[]> {
  return db.transaction('r', db.messages, async () => {
    const leaf = await db.messages.get(leafId);
    if (leaf?.conversationId !== id) return [];
    let messages = [leaf];
    let from = leaf.seq;
    let path = activePath(messages, leafId);
    for (let window = FIRST_WINDOW; from > 0; window *= 2) {
      if (path[0]?.message.parentId === null) break;
      const to = from - 1;
      from = Math.max(0, leaf.seq + 1 - window);
      messages = [...(await readRange(db, id, from, to)), ...messages];
      path = activePath(messages, leafId);
    }
    return path.map(({ message }) => message);
  });
}
