/** Rows that nothing refers to any more. */
import type { Conversation } from '#domain/conversation.ts';
import { commit, read } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';

/** Keys asked about at once. */
const CHUNK_KEYS = 500;

/** What the trash says of one of its conversations. */
export type TrashEntry = Pick<
  Conversation,
  'id' | 'title' | 'deletedAt' | 'updatedAt' | 'messageCount'
>;

/** Everything in the trash, oldest change first. */
export function readTrash({ strict: db }: OnggiDatabase): Promise<readonly TrashEntry[]> {
  return read(async () => {
    const rows = await db.conversations.where('status').equals('deleted').toArray();
    return rows
      .map(({ id, title, deletedAt, updatedAt, messageCount }) => ({
        id,
        title,
        deletedAt,
        updatedAt,
        messageCount,
      }))
      .sort((a, b) => (a.deletedAt ?? a.updatedAt) - (b.deletedAt ?? b.updatedAt));
  });
}

/** Ids of attachments whose message is not there, of all conversations. Reads keys, never bytes. */
export async function findUnusedAttachments({
  strict: db,
}: OnggiDatabase): Promise<readonly string[]> {
  const idsByMessage = new Map<string, string[]>();
  await read(() =>
    db.attachments.orderBy('messageId').eachKey((messageId, { primaryKey }) => {
      if (typeof messageId !== 'string') return;
      idsByMessage.set(messageId, [...(idsByMessage.get(messageId) ?? []), primaryKey]);
    }),
  );
  const messageIds = [...idsByMessage.keys()];
  const unused: string[] = [];
  for (let first = 0; first < messageIds.length; first += CHUNK_KEYS) {
    const chunk = messageIds.slice(first, first + CHUNK_KEYS);
    const there = new Set<string>(
      await read(() => db.messages.where('id').anyOf(chunk).primaryKeys()),
    );
    for (const id of chunk) if (!there.has(id)) unused.push(...(idsByMessage.get(id) ?? []));
  }
  return unused;
}

/**
 * Deletes those of the attachments whose message is still not there. Durable.
 * @returns how many went.
 */
export function deleteUnusedAttachments(
  { strict: db }: OnggiDatabase,
  ids: readonly string[],
): Promise<number> {
  return commit(() =>
    db.transaction('rw', db.attachments, db.messages, async () => {
      const attachments = await db.attachments.bulkGet([...ids]);
      const gone: string[] = [];
      for (const attachment of attachments) {
        if (attachment && !(await db.messages.get(attachment.messageId))) gone.push(attachment.id);
      }
      await db.attachments.bulkDelete(gone);
      return gone.length;
    }),
  );
}

/**
 * Deletes empty drafts, and those of conversations that are not there. That of a conversation which
 * begins this moment is a different row (`new`) and stays. Durable.
 * @param reserved Ids that are no conversation's.
 */
export function deleteLeftDrafts(
  { strict: db }: OnggiDatabase,
  reserved: readonly string[],
): Promise<number> {
  return commit(() =>
    db.transaction('rw', db.drafts, db.conversations, async () => {
      const drafts = await db.drafts.toArray();
      const gone: string[] = [];
      for (const { id, text, pasted } of drafts) {
        if (reserved.includes(id)) continue;
        const isEmpty = text === '' && pasted.length === 0;
        const isThere = await db.conversations.where('id').equals(id).limit(1).primaryKeys();
        if (isEmpty || isThere.length === 0) gone.push(id);
      }
      await db.drafts.bulkDelete(gone);
      return gone.length;
    }),
  );
}
