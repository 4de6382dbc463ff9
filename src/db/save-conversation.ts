import type { UnsavedConversation } from '#domain/conversation-store.ts';
import { LOCAL_USER_ID } from '#domain/ids.ts';
import { withPassingUsage } from '#domain/passing-usage.ts';
import { addUsage, usageStatisticId } from '#domain/usage.ts';
import { commit } from './commit.ts';
import type { OnggiDexie } from './onggi-dexie.ts';

/** `StoredConversations.saveConversation`, one transaction. */
export function saveConversation(
  db: OnggiDexie,
  { conversation, messages, usage, passingUsage }: UnsavedConversation,
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.conversations, db.messages, db.usageStatistics, async () => {
      if (await db.conversations.get(conversation.id)) return;
      await db.messages.bulkAdd(messages);
      await db.conversations.add(passingUsage.reduce(withPassingUsage, conversation));
      for (const increment of [...usage, ...passingUsage]) {
        const day = await db.usageStatistics.get(usageStatisticId(LOCAL_USER_ID, increment));
        await db.usageStatistics.put(addUsage(day, LOCAL_USER_ID, increment));
      }
    }),
  );
}
