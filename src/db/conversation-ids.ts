import { Dexie } from 'dexie';
import type { Conversation, ConversationStatus } from '#domain/conversation.ts';
import type { ConversationId } from '#domain/ids.ts';
import { read } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';

/**
 * The ids of all conversations of those statuses, one status after another, oldest change first.
 * Keys alone are read: of rows the index has no need.
 */
export async function readConversationIds(
  { strict: db }: OnggiDatabase,
  statuses: readonly ConversationStatus[],
): Promise<readonly ConversationId[]> {
  const ids = await Promise.all(
    statuses.map((status) =>
      read(() =>
        db.conversations
          .where('[status+updatedAt]')
          .between([status, Dexie.minKey], [status, Dexie.maxKey])
          .primaryKeys(),
      ),
    ),
  );
  return ids.flat();
}

/** The conversations of those ids that are there, in their order. */
export async function readConversations(
  { strict: db }: OnggiDatabase,
  ids: readonly ConversationId[],
): Promise<readonly Conversation[]> {
  const rows = await read(() => db.conversations.bulkGet([...ids]));
  return rows.filter((row) => row !== undefined);
}
