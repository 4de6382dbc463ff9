import { describe, expect, test } from 'vitest';
import { finishAnswer, settleAbandonedAnswers } from '#db/answers.ts';
import { tryHoldAnswerLock } from '#db/locks.ts';
import { createStoredConversations } from '#db/stored-conversations.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import { settleMessage } from '#domain/message.ts';
import { toCutAnswer } from '#usage/lazy-usage.ts';
import { toUsageIncrement } from '#domain/usage-increment.ts';
import { createTestClock, openForTest } from './fresh-database.ts';
import { makeAnswer, makeConversation } from './conversation-rows.ts';

/** Locks belong to the whole origin: every test takes its own conversation ids. */
async function openRunning(...names: string[]) {
  const db = await openForTest();
  const store = createStoredConversations(db, createTestClock());
  const ids = names.map((name) => `${name}-${crypto.randomUUID()}`);
  for (const id of ids) {
    const answer = makeAnswer(id, `answer-${id}`, null, { content: 'so far' });
    await store.addMessages(makeConversation(id), [answer]);
  }
  const answerOf = async (id = '') => {
    const answer = await store.getMessage(toMessageId(`answer-${id}`));
    if (!answer) throw new Error(`no answer ${id}`);
    return answer;
  };
  return { db, store, ids, answerOf };
}

describe('settleAbandonedAnswers', () => {
  test('marks what a crash left running and keeps its text', async () => {
    const { db, ids, answerOf } = await openRunning('left');
    await settleAbandonedAnswers(db, toCutAnswer);
    const answer = await answerOf(ids[0]);
    expect(answer).toMatchObject({
      status: 'interrupted',
      content: 'so far',
      error: { code: 'provider/interrupted', detail: null },
    });
    expect(answer).not.toHaveProperty('streamingSince');
    expect(await db.strict.messages.orderBy('streamingSince').primaryKeys()).toEqual([]);
  });

  test('leaves an answer alone while another tab writes it', async () => {
    const { db, ids, answerOf } = await openRunning('held', 'left');
    const [held = '', left = ''] = ids;
    const release = await tryHoldAnswerLock(toConversationId(held));
    await settleAbandonedAnswers(db, toCutAnswer);
    expect((await answerOf(held)).status).toBe('streaming');
    expect((await answerOf(left)).status).toBe('interrupted');
    release?.();
    await settleAbandonedAnswers(db, toCutAnswer);
    expect((await answerOf(held)).status).toBe('interrupted');
  });

  test('lets the page that was given up store the end after all', async () => {
    const { db, store, ids, answerOf } = await openRunning('late');
    const running = await answerOf(ids[0]);
    await settleAbandonedAnswers(db, toCutAnswer);
    const end = settleMessage(running, { status: 'complete', content: 'whole', responseTimeMs: 9 });
    await store.finishAnswer(end, null);
    expect(await answerOf(ids[0])).toEqual(end);
  });

  test('counts the request, with the text that came and an unknown cost', async () => {
    const { db, store, ids, answerOf } = await openRunning('left');
    await settleAbandonedAnswers(db, toCutAnswer);
    const answer = await answerOf(ids[0]);
    expect(answer).toMatchObject({
      promptTokens: null,
      completionTokens: 2,
      tokenCount: 2,
      isTokenCountEstimated: true,
      costUsd: null,
    });
    const day = {
      model: answer.modelUsed ?? 'unknown',
      requestCount: 1,
      promptTokens: 0,
      completionTokens: 2,
      totalTokens: 2,
      totalCostUsd: 0,
      unpricedCount: 1,
      timedCount: 0,
      errorCount: 0,
    };
    expect(await db.strict.usageStatistics.toArray()).toMatchObject([day]);
    expect(await store.getConversation(toConversationId(ids[0] ?? ''))).toMatchObject({
      messageCount: 1,
      totalTokens: 2,
    });
    // Another start finds nothing to count.
    await settleAbandonedAnswers(db, toCutAnswer);
    expect(await db.strict.usageStatistics.toArray()).toMatchObject([day]);
  });

  test('counts one request when the page that was given up stores the end after all', async () => {
    const { db, store, ids, answerOf } = await openRunning('late');
    const running = await answerOf(ids[0]);
    await settleAbandonedAnswers(db, toCutAnswer);
    const end = settleMessage(running, {
      status: 'complete',
      content: 'whole',
      promptTokens: 7,
      completionTokens: 5,
      tokenCount: 5,
      costUsd: 0.5,
      responseTimeMs: 9,
    });
    await store.finishAnswer(end, toUsageIncrement(end));
    expect(await db.strict.usageStatistics.toArray()).toMatchObject([
      {
        requestCount: 1,
        promptTokens: 7,
        completionTokens: 5,
        totalTokens: 12,
        totalCostUsd: 0.5,
        unpricedCount: 0,
        timedCount: 1,
      },
    ]);
    expect(await store.getConversation(toConversationId(ids[0] ?? ''))).toMatchObject({
      totalTokens: 5,
    });
  });

  test('leaves an answer running when what counts it cannot be fetched', async () => {
    const { db, ids, answerOf } = await openRunning('left');
    await settleAbandonedAnswers(db, () => Promise.resolve(undefined));
    expect((await answerOf(ids[0])).status).toBe('streaming');
    expect(await db.strict.usageStatistics.toArray()).toEqual([]);
  });

  test('lets go of the locks it took', async () => {
    const { db, ids } = await openRunning('left');
    await settleAbandonedAnswers(db, toCutAnswer);
    const release = await tryHoldAnswerLock(toConversationId(ids[0] ?? ''));
    expect(release).toBeTypeOf('function');
    release?.();
  });
});

test('an answer lock is held by one at a time', async () => {
  const id = toConversationId(crypto.randomUUID());
  const release = await tryHoldAnswerLock(id);
  expect(await tryHoldAnswerLock(id)).toBeUndefined();
  release?.();
  release?.();
  const again = await tryHoldAnswerLock(id);
  expect(again).toBeTypeOf('function');
  again?.();
});

test('of deleted answers the last thousand requests that were counted are known, and no more', async () => {
  const { relaxed: db } = await openForTest();
  const end = (number: number) =>
    settleMessage(makeAnswer('gone', `gone-${number}`, null), {
      status: 'complete',
      tokenCount: 1,
    });
  const finish = (number: number) =>
    finishAnswer(db, end(number), toUsageIncrement(end(number)), 0);
  const finishAndCount = async (number: number): Promise<number> => {
    await finish(number);
    return (await db.usageStatistics.toArray()).reduce((sum, day) => sum + day.requestCount, 0);
  };
  expect(await finishAndCount(0)).toBe(1);
  expect(await finishAndCount(0)).toBe(1);
  for (let number = 1; number < 1000; number += 1) await finish(number);
  expect(await finishAndCount(0)).toBe(1000);
  expect(await finishAndCount(1000)).toBe(1001);
  // A page is open for weeks: the oldest made room for the newest, and none of the others did.
  expect(await finishAndCount(1)).toBe(1001);
  expect(await finishAndCount(0)).toBe(1002);
}, 30_000);
