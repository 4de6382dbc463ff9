import { addUsage, usageStatisticId } from '#domain/usage.ts';
import type { UsageIncrement } from '#domain/usage.ts';
import { withChangedMessage } from '#domain/conversation.ts';
import { LOCAL_USER_ID } from '#domain/ids.ts';
import { abandonedAnswer, isUnsettled } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import { commit, read } from './commit.ts';
import { tryHoldAnswerLock } from './locks.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';

/**
 * `ConversationStore.finishAnswer`, one transaction. Does nothing a second time. An answer that was
 * deleted meanwhile is not brought back, its usage is counted all the same. Rating and feedback are
 * those of the stored row.
 */
export function finishAnswer(
  db: OnggiDexie,
  message: Message,
  usage: UsageIncrement | null,
  now: number,
): PromiseLike<void> {
  return db.transaction('rw', db.conversations, db.messages, db.usageStatistics, async () => {
    const before = await db.messages.get(message.id);
    if (before && !isUnsettled(before)) return;
    const conversation = await db.conversations.get(message.conversationId);
    if (before && conversation) {
      const { seq, rating, feedback } = before;
      const after = { ...message, seq, rating, feedback };
      await db.messages.put(after);
      await db.conversations.put(withChangedMessage(conversation, before, after, now));
    }
    if (!usage) return;
    const day = await db.usageStatistics.get(usageStatisticId(LOCAL_USER_ID, usage));
    await db.usageStatistics.put(addUsage(day, LOCAL_USER_ID, usage));
  });
}

/**
 * Marks the answers interrupted that a crash or a closed tab left running, text kept. Answers that
 * another tab is writing, which holds the conversation's lock, are left alone.
 */
export async function settleAbandonedAnswers({ strict }: OnggiDatabase): Promise<void> {
  const running = await read(() => strict.messages.orderBy('streamingSince').toArray());
  for (const conversationId of new Set(running.map((row) => row.conversationId))) {
    const release = await tryHoldAnswerLock(conversationId);
    if (!release) continue;
    try {
      const ids = running.filter((row) => row.conversationId === conversationId);
      await commit(() => settleAll(strict, ids));
    } finally {
      release();
    }
  }
}

function settleAll(db: OnggiDexie, running: readonly Message[]): PromiseLike<void> {
  return db.transaction('rw', db.messages, async () => {
    const rows = await db.messages.bulkGet(running.map(({ id }) => id));
    const left = rows.filter((row) => row?.status === 'streaming');
    await db.messages.bulkPut(left.flatMap((row) => (row ? [abandonedAnswer(row)] : [])));
  });
}
