import { addUsage, usageStatisticId } from '#domain/usage.ts';
import type { UsageIncrement } from '#domain/usage.ts';
import { withChangedMessage } from '#domain/conversation.ts';
import { LOCAL_USER_ID } from '#domain/ids.ts';
import { isUnsettled, settledOver } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import { joinIncrements, readCutRequest } from '#domain/usage-increments.ts';
import { commit, read } from './commit.ts';
import { tryHoldAnswerLock } from './locks.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';

/**
 * Requests that a commit of this page counted. A write that gave no event in time (`db/hang`) is begun again,
 * though it may have happened, and where the answer was deleted no row says so. The newest of them: a page may
 * be open for weeks.
 */
const counted = new Set<string>();
const MOST_COUNTED = 1000;

/**
 * `ConversationStore.finishAnswer`, one transaction. Does nothing a second time. An answer that was
 * deleted meanwhile is not brought back, its usage is counted all the same, once. Rating and feedback are
 * those of the stored row.
 */
export function finishAnswer(
  db: OnggiDexie,
  message: Message,
  usage: UsageIncrement | null,
  now: number,
): PromiseLike<void> {
  const request = JSON.stringify([db.name, message.id, usage?.askedAt ?? null]);
  const write = async (): Promise<void> => {
    const before = await db.messages.get(message.id);
    // Not sooner: what hung has ended by now.
    if (before ? !isUnsettled(before) : counted.has(request)) return;
    const conversation = await db.conversations.get(message.conversationId);
    if (before && conversation) {
      const after = { ...settledOver(before, message, now), seq: before.seq };
      await db.messages.put(after);
      await db.conversations.put(withChangedMessage(conversation, before, after, now));
    }
    // Its page was given up and the request counted as it stood then.
    const cut = before && readCutRequest(before);
    const cutDay = cut && (await db.usageStatistics.get(usageStatisticId(LOCAL_USER_ID, cut)));
    if (cutDay) await db.usageStatistics.put(joinIncrements(cutDay, cut, -1));
    if (usage) await countUsage(db, usage);
  };
  return db.transaction('rw', db.conversations, db.messages, db.usageStatistics, write).then(() => {
    if (usage) noteCounted(request);
  });
}

function noteCounted(request: string): void {
  counted.add(request);
  const [oldest = request] = counted;
  if (counted.size > MOST_COUNTED) counted.delete(oldest);
}

async function countUsage(db: OnggiDexie, usage: UsageIncrement): Promise<void> {
  const day = await db.usageStatistics.get(usageStatisticId(LOCAL_USER_ID, usage));
  await db.usageStatistics.put(addUsage(day, LOCAL_USER_ID, usage));
}

/** An answer whose page is gone, at rest, and what its request adds to the usage. */
export interface CutAnswer {
  readonly answer: Message;
  readonly usage: UsageIncrement;
}

/**
 * Marks the answers interrupted that a crash or a closed tab left running, text kept, and counts their
 * requests in the same transaction. Answers that another tab is writing, which holds the
 * conversation's lock, are left alone.
 * @param toCutAnswer Asked outside of the transaction; an answer it gives undefined for stays as it is.
 */
export async function settleAbandonedAnswers(
  { strict }: OnggiDatabase,
  toCutAnswer: (running: Message) => Promise<CutAnswer | undefined>,
): Promise<void> {
  const running = await read(() => strict.messages.orderBy('streamingSince').toArray());
  for (const conversationId of new Set(running.map((row) => row.conversationId))) {
    const release = await tryHoldAnswerLock(conversationId);
    if (!release) continue;
    try {
      for (const { id } of running.filter((row) => row.conversationId === conversationId)) {
        const left = await read(() => strict.messages.get(id));
        const cut = left?.status === 'streaming' ? await toCutAnswer(left) : undefined;
        if (cut) await commit(() => settleCut(strict, cut));
      }
    } finally {
      release();
    }
  }
}

function settleCut(db: OnggiDexie, { answer, usage }: CutAnswer): PromiseLike<void> {
  return db.transaction('rw', db.conversations, db.messages, db.usageStatistics, async () => {
    const before = await db.messages.get(answer.id);
    if (before?.status !== 'streaming') return;
    await db.messages.put(answer);
    const conversation = await db.conversations.get(answer.conversationId);
    if (conversation) {
      // It is not used by being looked after: its place in the list stays.
      const { updatedAt } = conversation;
      await db.conversations.put(withChangedMessage(conversation, before, answer, updatedAt));
    }
    await countUsage(db, usage);
  });
}
