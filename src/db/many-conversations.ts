import { Dexie } from 'dexie';
import { OnggiError } from '#domain/errors.ts';
import { lastChangeOfConversation } from '#domain/conversation.ts';
import type { ConversationChange } from '#domain/conversation-store.ts';
import type { ConversationId } from '#domain/ids.ts';
import { nextChangeAt } from '#domain/next-change.ts';
import { commit } from './commit.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';

/** Conversations whose old texts are looked for together: each look reads every import that changed something. */
const CONVERSATIONS_AT_ONCE = 100;

/** Rows changed or deleted in one transaction, so that reading and writing go on meanwhile (PERFORMANCE 2.3). */
const CHUNK_ROWS = 500;

/**
 * Changes several conversations, {@link CHUNK_ROWS} in one transaction: what fails leaves those before changed.
 * Those that are gone are passed over.
 * @param now Epoch milliseconds, kept as the time of the change.
 * @throws OnggiError `chat/not-found` when all are gone; `db/*`.
 */
export async function updateConversations(
  { strict: db }: OnggiDatabase,
  ids: readonly ConversationId[],
  change: ConversationChange,
  now: number,
): Promise<void> {
  let isAny = ids.length === 0;
  for (let from = 0; from < ids.length; from += CHUNK_ROWS) {
    const some = ids.slice(from, from + CHUNK_ROWS);
    await commit(() =>
      db.transaction('rw', db.conversations, async () => {
        const rows = (await db.conversations.bulkGet(some)).filter((row) => row !== undefined);
        isAny ||= rows.length > 0;
        await db.conversations.bulkPut(
          rows.map((row) => ({
            ...row,
            ...(typeof change === 'function' ? change(row) : change),
            changedAt: nextChangeAt(lastChangeOfConversation(row), now),
          })),
        );
      }),
    );
  }
  if (!isAny) throw new OnggiError('chat/not-found', 'none of the conversations is there');
}

interface PurgeOptions {
  /** Called after each conversation with the number of those that are gone. */
  readonly onProgress?: (purgedCount: number) => void;
  /** Stops between two chunks; what is gone stays gone. */
  readonly signal?: AbortSignal;
  /** Leaves those alone that are not in the trash any more. */
  readonly isTrashOnly?: boolean;
}

/**
 * Deletes conversations for good, with messages, attachments, drafts and what imports keep of their older
 * texts, in chunks of 500 rows; the conversation itself goes last, so that what was begun can be taken up
 * again. Nothing happens for those that are gone already.
 */
export async function purgeConversations(
  { strict }: OnggiDatabase,
  ids: readonly ConversationId[],
  { onProgress, signal, isTrashOnly = false }: PurgeOptions = {},
): Promise<void> {
  for (const [index, id] of ids.entries()) {
    if (signal?.aborted) return;
    if (index % CONVERSATIONS_AT_ONCE === 0) {
      const some = ids.slice(index, index + CONVERSATIONS_AT_ONCE);
      const { forgetChanges } = await import('./forget-changes.ts');
      await commit(() => forgetChanges(strict, some, isTrashOnly));
    }
    let isDone = false;
    while (!isDone) {
      if (signal?.aborted) return;
      isDone = await commit(() => purgeChunk(strict, id, isTrashOnly));
    }
    onProgress?.(index + 1);
  }
}

/** @returns whether nothing of the conversation is left. */
function purgeChunk(
  db: OnggiDexie,
  id: ConversationId,
  isTrashOnly: boolean,
): PromiseLike<boolean> {
  const tables = [db.conversations, db.messages, db.attachments, db.drafts];
  return db.transaction('rw', tables, async () => {
    if (isTrashOnly && (await db.conversations.get(id))?.status !== 'deleted') return true;
    const messageIds = await db.messages
      .where('[conversationId+seq]')
      .between([id, Dexie.minKey], [id, Dexie.maxKey])
      .limit(CHUNK_ROWS)
      .primaryKeys();
    await db.messages.bulkDelete(messageIds);
    if (messageIds.length === CHUNK_ROWS) return false;
    const attachmentIds = await db.attachments
      .where('conversationId')
      .equals(id)
      .limit(CHUNK_ROWS)
      .primaryKeys();
    await db.attachments.bulkDelete(attachmentIds);
    if (attachmentIds.length === CHUNK_ROWS) return false;
    await db.drafts.delete(id);
    await db.conversations.delete(id);
    return true;
  });
}
