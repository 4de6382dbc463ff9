import { describe, expect, test } from 'vitest';
import { settleAbandonedAnswers } from '#db/answers.ts';
import { tryHoldAnswerLock } from '#db/locks.ts';
import { createStoredConversations } from '#db/stored-conversations.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import { settleMessage } from '#domain/message.ts';
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
    await settleAbandonedAnswers(db);
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
    await settleAbandonedAnswers(db);
    expect((await answerOf(held)).status).toBe('streaming');
    expect((await answerOf(left)).status).toBe('interrupted');
    release?.();
    await settleAbandonedAnswers(db);
    expect((await answerOf(held)).status).toBe('interrupted');
  });

  test('lets the page that was given up store the end after all', async () => {
    const { db, store, ids, answerOf } = await openRunning('late');
    const running = await answerOf(ids[0]);
    await settleAbandonedAnswers(db);
    const end = settleMessage(running, { status: 'complete', content: 'whole', responseTimeMs: 9 });
    await store.finishAnswer(end, null);
    expect(await answerOf(ids[0])).toEqual(end);
  });

  test('lets go of the locks it took', async () => {
    const { db, ids } = await openRunning('left');
    await settleAbandonedAnswers(db);
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
