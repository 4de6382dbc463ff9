import { lastChangeOfConversation } from '#domain/conversation.ts';
import type { ConversationChanges } from '#domain/conversation-store.ts';
import { LOCAL_USER_ID } from '#domain/ids.ts';
import type { ConversationId } from '#domain/ids.ts';
import { nextChangeAt } from '#domain/next-change.ts';
import { withPassingUsage } from '#domain/passing-usage.ts';
import { addUsage, usageStatisticId } from '#domain/usage.ts';
import type { UsageIncrement } from '#domain/usage.ts';
import { commit } from './commit.ts';
import type { OnggiDexie } from './onggi-dexie.ts';

/**
 * `ConversationStore.finishPassing`, one transaction. A conversation that was deleted meanwhile is not
 * brought back, the request is counted all the same.
 */
export function finishPassing(
  db: OnggiDexie,
  id: ConversationId,
  changes: ConversationChanges,
  usage: UsageIncrement,
  now: number,
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.conversations, db.usageStatistics, async () => {
      const conversation = await db.conversations.get(id);
      if (conversation) {
        const after = { ...withPassingUsage(conversation, usage), ...changes };
        const isChanged = Object.keys(changes).length > 0;
        const changedAt = nextChangeAt(lastChangeOfConversation(conversation), now);
        await db.conversations.put({ ...after, ...(isChanged && { changedAt }) });
      }
      const day = await db.usageStatistics.get(usageStatisticId(LOCAL_USER_ID, usage));
      await db.usageStatistics.put(addUsage(day, LOCAL_USER_ID, usage));
    }),
  );
}
