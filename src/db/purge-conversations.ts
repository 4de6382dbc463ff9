import { Dexie } from 'dexie';
import type { ConversationId } from '#domain/ids.ts';
import { commit } from './commit.ts';
import { findNotingAny, forgetChanges } from './forget-changes.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';

/** Conversations whose old texts are looked for in one transaction. */
const CONVERSATIONS_AT_ONCE = 100;

/** Rows deleted in one transaction, so that reading and writing go on meanwhile (PERFORMANCE 2.3). */
const CHUNK_ROWS = 500;

export interface PurgeOptions {
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
  if (ids.length === 0) return;
  const rows = await findNotingAny(strict, new Set(ids));
  for (const [index, id] of ids.entries()) {
    if (signal?.aborted) return;
    if (index % CONVERSATIONS_AT_ONCE === 0) {
      const some = ids.slice(index, index + CONVERSATIONS_AT_ONCE);
      await commit(() => forgetChanges(strict, some, rows, isTrashOnly));
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
