import { OnggiError } from '#domain/errors.ts';
import { lastChangeOfConversation } from '#domain/conversation.ts';
import type { ConversationChange } from '#domain/conversation-store.ts';
import type { ConversationId } from '#domain/ids.ts';
import { nextChangeAt } from '#domain/next-change.ts';
import { commit } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';
import type { PurgeOptions } from './purge-conversations.ts';

/** Rows changed or deleted in one transaction, so that reading and writing go on meanwhile (PERFORMANCE 2.3). */
const CHUNK_ROWS = 500;

/**
 * Changes several conversations, {@link CHUNK_ROWS} in one transaction: what fails leaves those before changed.
 * Those that are gone are passed over.
 * @param now Epoch milliseconds, kept as the time of the change.
 * @param onChanged Told how many of the ids, from the first, are done, after each transaction.
 * @throws OnggiError `chat/not-found` when all are gone; `db/*`.
 */
export async function updateConversations(
  { strict: db }: OnggiDatabase,
  ids: readonly ConversationId[],
  change: ConversationChange,
  now: number,
  onChanged: (doneCount: number) => void = () => undefined,
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
    onChanged(from + some.length);
  }
  if (!isAny) throw new OnggiError('chat/not-found', 'none of the conversations is there');
}

/** `purgeConversations` of its file, which is fetched when something is deleted for good. */
export async function purgeConversations(
  db: OnggiDatabase,
  ids: readonly ConversationId[],
  options?: PurgeOptions,
): Promise<void> {
  const { purgeConversations: purge } = await import('./purge-conversations.ts');
  await purge(db, ids, options);
}
