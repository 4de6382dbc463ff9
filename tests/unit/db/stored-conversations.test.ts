import { describe, expect, test } from 'vitest';
import { readUsageStatistics } from '#db/usage-statistics.ts';
import { createStoredConversations } from '#db/stored-conversations.ts';
import { LOCAL_USER_ID, toConversationId, toMessageId } from '#domain/ids.ts';
import { settleMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import { addUsage } from '#domain/usage.ts';
import type { UsageIncrement } from '#domain/usage.ts';
import { createTestClock, openForTest } from './fresh-database.ts';
import { makeAnswer, makeConversation, makeLine, makeMessage } from './conversation-rows.ts';

const id = toConversationId('c');
const m = toMessageId;

const usage: UsageIncrement = {
  date: '2024-05-01',
  model: 'model',
  requestCount: 1,
  promptTokens: 10,
  completionTokens: 5,
  totalTokens: 15,
  totalCostUsd: 0,
  unpricedCount: 1,
  totalResponseTimeMs: 200,
  timedCount: 1,
  errorCount: 0,
};

async function openStore() {
  const db = await openForTest();
  const clock = createTestClock(1_800_000_000_000);
  const store = createStoredConversations(db, clock);
  const conversation = async () => {
    const row = await store.getConversation(id);
    if (!row) throw new Error('no conversation');
    return row;
  };
  return { db, store, clock, conversation };
}

function finished(answer: Message, fields: Partial<Message> = {}): Message {
  return settleMessage(answer, {
    status: 'complete',
    content: 'the answer',
    tokenCount: 5,
    responseTimeMs: 200,
    ...fields,
  });
}

describe('addMessages', () => {
  test('makes the conversation and counts', async () => {
    const { store, clock, conversation } = await openStore();
    const rows = makeLine('c', 3, { tokenCount: 7 });
    const result = await store.addMessages(makeConversation('c', { title: '제목 🍯' }), rows);
    expect(result.messages.map(({ seq }) => seq)).toEqual([0, 1, 2]);
    expect(await conversation()).toEqual(result.conversation);
    expect(result.conversation).toMatchObject({
      title: '제목 🍯',
      messageCount: 3,
      totalTokens: 21,
      lastSeq: 2,
      activeLeafId: 'm2',
      updatedAt: clock.now,
    });
  });

  test('gives a dense seq to 20 calls at once that all hold the same old row', async () => {
    const { db, store, conversation } = await openStore();
    const stale = makeConversation('c');
    await Promise.all(
      Array.from({ length: 20 }, (_value, index) =>
        store.addMessages(stale, [makeMessage('c', `a${index}`, null, { tokenCount: 1 })]),
      ),
    );
    const rows = await db.strict.messages
      .where('[conversationId+seq]')
      .between([id, 0], [id, 99])
      .toArray();
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_value, seq) => seq));
    expect(await conversation()).toMatchObject({ messageCount: 20, totalTokens: 20, lastSeq: 19 });
  });

  test('keeps what was changed in the stored row, and gives a title where there is none', async () => {
    const { store, conversation } = await openStore();
    const { conversation: read } = await store.addMessages(makeConversation('c'), makeLine('c', 1));
    await store.updateConversation(id, { tags: ['tag'] });
    await store.addMessages({ ...read, title: 'first title' }, [makeMessage('c', 'x', 'm0')]);
    await store.addMessages({ ...read, title: 'second title' }, [makeMessage('c', 'y', 'x')]);
    expect(await conversation()).toMatchObject({ tags: ['tag'], title: 'first title', lastSeq: 2 });
  });

  test('does not bring back a conversation that was purged, nor follow a message that is gone', async () => {
    const { db, store } = await openStore();
    const { conversation } = await store.addMessages(makeConversation('c'), makeLine('c', 1));
    await expect(
      store.addMessages(conversation, [makeMessage('c', 'x', 'gone')]),
    ).rejects.toMatchObject({ code: 'chat/not-found' });
    await db.strict.conversations.delete(id);
    await expect(
      store.addMessages(conversation, [makeMessage('c', 'x', null)]),
    ).rejects.toMatchObject({ code: 'chat/not-found' });
    expect(await db.strict.messages.toCollection().primaryKeys()).toEqual(['m0']);
  });

  test('writes nothing of a batch that does not fit', async () => {
    const { store, conversation } = await openStore();
    await store.addMessages(makeConversation('c'), makeLine('c', 1));
    await expect(
      store.addMessages(await conversation(), [
        makeMessage('c', 'x', 'm0'),
        makeMessage('c', 'm0', 'x'),
      ]),
    ).rejects.toMatchObject({ code: 'db/failed' });
    expect(await store.getMessage(m('x'))).toBeUndefined();
    expect(await conversation()).toMatchObject({ messageCount: 1, lastSeq: 0 });
  });
});

describe('an answer', () => {
  async function openAnswer() {
    const parts = await openStore();
    const rows = [makeMessage('c', 'q', null, { tokenCount: 3 }), makeAnswer('c', 'a', 'q')];
    const { messages } = await parts.store.addMessages(makeConversation('c'), rows);
    const answer = messages[1];
    if (!answer) throw new Error('no answer');
    return { ...parts, answer };
  }

  test('is written while it runs, and counted with its usage when it is finished', async () => {
    const { db, store, answer, conversation } = await openAnswer();
    await store.checkpointAnswer(answer.id, { content: 'the', reasoning: 'hm' });
    expect(await store.getMessage(answer.id)).toMatchObject({
      content: 'the',
      reasoning: 'hm',
      status: 'streaming',
    });
    await store.finishAnswer(finished(answer), usage);
    const stored = await store.getMessage(answer.id);
    expect(stored).toEqual(finished(answer));
    expect(stored).not.toHaveProperty('streamingSince');
    expect(await conversation()).toMatchObject({ messageCount: 2, totalTokens: 8 });
    expect(await readUsageStatistics(db, { from: '2024-05-01', to: '2024-05-01' })).toEqual([
      expect.objectContaining({ ...usage, userId: 'local' }),
    ]);
  });

  test('is not finished where its usage cannot be written: it is both or neither', async () => {
    const { db, store, answer, conversation } = await openAnswer();
    // The unique index holds one row of a person, day and model; this one has another key.
    const inTheWay = { ...addUsage(undefined, LOCAL_USER_ID, usage), id: 'in the way' };
    await db.strict.usageStatistics.add(inTheWay);
    await expect(store.finishAnswer(finished(answer), usage)).rejects.toMatchObject({
      code: 'db/failed',
    });
    expect(await store.getMessage(answer.id)).toEqual(answer);
    expect(await conversation()).toMatchObject({ totalTokens: 3 });
    expect(await db.strict.usageStatistics.toArray()).toEqual([inTheWay]);
    await db.strict.usageStatistics.delete('in the way');
    await store.finishAnswer(finished(answer), usage);
    expect(await store.getMessage(answer.id)).toEqual(finished(answer));
    expect(await db.strict.usageStatistics.toArray()).toMatchObject([{ requestCount: 1 }]);
  });

  test('is not touched by a checkpoint that comes too late', async () => {
    const { store, answer } = await openAnswer();
    await store.finishAnswer(finished(answer), null);
    await store.checkpointAnswer(answer.id, { content: 'late', reasoning: null });
    expect(await store.getMessage(answer.id)).toEqual(finished(answer));
    await store.checkpointAnswer(m('nobody'), { content: 'late', reasoning: null });
    expect(await store.getMessage(m('nobody'))).toBeUndefined();
  });

  test('is counted once when it is finished twice', async () => {
    const { db, store, answer, conversation } = await openAnswer();
    await store.finishAnswer(finished(answer), usage);
    await store.finishAnswer(finished(answer, { content: 'other', tokenCount: 50 }), usage);
    expect(await conversation()).toMatchObject({ totalTokens: 8 });
    expect(await store.getMessage(answer.id)).toMatchObject({ content: 'the answer' });
    const [day] = await readUsageStatistics(db, { from: '2024-05-01', to: '2024-05-01' });
    expect(day?.requestCount).toBe(1);
  });

  test('that was deleted meanwhile stays away, its usage counts', async () => {
    const { db, store, answer, conversation } = await openAnswer();
    await store.removeSubtree(id, answer.id);
    await store.finishAnswer(finished(answer), usage);
    expect(await store.getMessage(answer.id)).toBeUndefined();
    expect(await conversation()).toMatchObject({ messageCount: 1, totalTokens: 3 });
    expect(await readUsageStatistics(db, { from: '2024-05-01', to: '2024-05-01' })).toHaveLength(1);
  });

  test('is counted once where a write that hung is begun again, deleted before it or after it', async () => {
    for (const isDeletedBefore of [true, false]) {
      const { db, store, answer } = await openAnswer();
      if (isDeletedBefore) await store.removeSubtree(id, answer.id);
      await store.finishAnswer(finished(answer), usage);
      if (!isDeletedBefore) await store.removeSubtree(id, answer.id);
      await store.finishAnswer(finished(answer), usage);
      const [day] = await readUsageStatistics(db, { from: '2024-05-01', to: '2024-05-01' });
      expect(day?.requestCount).toBe(1);
    }
  });

  test('adds to the usage of its day and model', async () => {
    const { db, store, answer } = await openAnswer();
    await store.finishAnswer(finished(answer), usage);
    const { messages } = await store.addMessages(makeConversation('d'), [
      makeAnswer('d', 'b', null),
    ]);
    await store.finishAnswer(finished(messages[0] ?? answer), usage);
    const next = await store.addMessages(makeConversation('e'), [makeAnswer('e', 'f', null)]);
    await store.finishAnswer(finished(next.messages[0] ?? answer), {
      ...usage,
      date: '2024-05-02',
    });
    const days = await readUsageStatistics(db, { from: '2024-05-01', to: '2024-05-02' });
    expect(days.map(({ date, requestCount }) => [date, requestCount])).toEqual([
      ['2024-05-01', 2],
      ['2024-05-02', 1],
    ]);
    expect(await readUsageStatistics(db, { from: '2024-05-02', to: '2024-06-01' })).toHaveLength(1);
  });

  test('keeps a rating that was given while it ran', async () => {
    const { store, answer } = await openAnswer();
    await store.updateMessage(answer.id, { rating: 5, feedback: '좋아요' });
    await store.finishAnswer(finished(answer), null);
    expect(await store.getMessage(answer.id)).toMatchObject({ rating: 5, feedback: '좋아요' });
  });

  test('keeps a rating that another tab gave before it is reopened', async () => {
    const { store, answer } = await openAnswer();
    await store.finishAnswer(finished(answer), null);
    await store.updateMessage(answer.id, { rating: 5, feedback: '좋아요' });
    const given = { rating: 5, feedback: '좋아요' };
    expect(await store.reopenAnswer(finished(answer))).toMatchObject(given);
    expect(await store.getMessage(answer.id)).toMatchObject(given);
  });

  test('runs again when it is reopened, shows its branch and takes its tokens back', async () => {
    const { db, store, answer, conversation } = await openAnswer();
    await store.finishAnswer(finished(answer), null);
    await store.addMessages(await conversation(), [makeMessage('c', 'other', 'q')]);
    const reopened = await store.reopenAnswer({ ...finished(answer), tokenCount: null });
    expect(reopened).toMatchObject({ status: 'streaming', seq: 1 });
    expect(await conversation()).toMatchObject({ activeLeafId: 'a', totalTokens: 3 });
    expect(await db.strict.messages.orderBy('streamingSince').primaryKeys()).toEqual(['a']);
    await store.finishAnswer(finished(answer), null);
    expect(await conversation()).toMatchObject({ totalTokens: 8 });
  });
});

describe('removing and restoring', () => {
  /** q - a1, and below q a second version a2 - q2 - a3. */
  async function openTree() {
    const parts = await openStore();
    const tokens = { tokenCount: 1 };
    await parts.store.addMessages(makeConversation('c'), [
      makeMessage('c', 'q', null, tokens),
      makeMessage('c', 'a1', 'q', tokens),
      makeMessage('c', 'a2', 'q', tokens),
      makeMessage('c', 'q2', 'a2', tokens),
      makeMessage('c', 'a3', 'q2', tokens),
    ]);
    return parts;
  }

  test('takes a branch away with its counters and shows the newest that is left', async () => {
    const { db, store, conversation } = await openTree();
    const removed = await store.removeSubtree(id, m('a2'));
    expect(removed.messages.map((row) => row.id)).toEqual(['a2', 'q2', 'a3']);
    expect(removed.activeLeafId).toBe('a3');
    expect(await db.strict.messages.toCollection().primaryKeys()).toEqual(['a1', 'q']);
    expect(await conversation()).toMatchObject({
      messageCount: 2,
      totalTokens: 2,
      activeLeafId: 'a1',
    });
  });

  test('goes on showing a branch that was not touched', async () => {
    const { store, conversation } = await openTree();
    await store.updateConversation(id, { activeLeafId: m('a1') });
    await store.removeSubtree(id, m('q2'));
    expect(await conversation()).toMatchObject({ activeLeafId: 'a1', messageCount: 3 });
  });

  test('shows nothing when all is gone', async () => {
    const { store, conversation } = await openTree();
    await store.removeSubtree(id, m('q'));
    expect(await conversation()).toMatchObject({
      activeLeafId: null,
      messageCount: 0,
      totalTokens: 0,
    });
  });

  test('is undone without a trace, once', async () => {
    const { db, store, conversation } = await openTree();
    const before = { row: await conversation(), messages: await db.strict.messages.toArray() };
    const removed = await store.removeSubtree(id, m('a2'));
    await store.restoreMessages(id, removed);
    await store.restoreMessages(id, removed);
    expect({ row: await conversation(), messages: await db.strict.messages.toArray() }).toEqual(
      before,
    );
  });

  test('gives no seq a second time', async () => {
    const { store, conversation } = await openTree();
    const removed = await store.removeSubtree(id, m('a2'));
    const added = await store.addMessages(await conversation(), [makeMessage('c', 'new', 'a1')]);
    expect(added.messages[0]?.seq).toBe(5);
    await store.restoreMessages(id, removed);
    expect(await conversation()).toMatchObject({ lastSeq: 5, messageCount: 6 });
  });

  test('brings back whole what followed a message that another tab took away meanwhile', async () => {
    const { db, store, conversation } = await openTree();
    const removed = await store.removeSubtree(id, m('q2'));
    const below = await store.removeSubtree(id, m('a2'));
    await store.restoreMessages(id, removed);
    expect(await db.strict.messages.toCollection().primaryKeys()).toEqual(['a1', 'a3', 'q', 'q2']);
    expect(await store.getMessage(m('q2'))).toMatchObject({ parentId: null, seq: 3 });
    expect(await store.getMessage(m('a3'))).toMatchObject({ parentId: 'q2' });
    expect(await conversation()).toMatchObject({ messageCount: 4, activeLeafId: 'a3' });
    await store.restoreMessages(id, below);
    expect(await conversation()).toMatchObject({ messageCount: 5, totalTokens: 5 });
  });

  test('goes on showing what is there when what was shown is gone', async () => {
    const { store, conversation } = await openTree();
    const removed = await store.removeSubtree(id, m('a1'));
    expect(removed.activeLeafId).toBe('a3');
    await store.removeSubtree(id, m('a2'));
    expect(await conversation()).toMatchObject({ activeLeafId: 'q' });
    await store.restoreMessages(id, removed);
    expect(await conversation()).toMatchObject({ messageCount: 2, activeLeafId: 'q' });
  });

  test('brings a running answer back interrupted', async () => {
    const { store, conversation } = await openTree();
    const answer = makeAnswer('c', 'running', 'a3', { content: 'so far' });
    await store.addMessages(await conversation(), [answer]);
    const removed = await store.removeSubtree(id, answer.id);
    await store.restoreMessages(id, removed);
    expect(await store.getMessage(answer.id)).toMatchObject({
      status: 'interrupted',
      content: 'so far',
    });
  });
});

test('every change of something that is gone says so', async () => {
  const { store } = await openStore();
  const gone = { code: 'chat/not-found' };
  await expect(store.updateConversation(id, { title: 'x' })).rejects.toMatchObject(gone);
  await expect(store.updateMessage(m('x'), { rating: 1 })).rejects.toMatchObject(gone);
  await expect(store.removeSubtree(id, m('x'))).rejects.toMatchObject(gone);
  await expect(
    store.restoreMessages(id, { messages: [], activeLeafId: null }),
  ).rejects.toMatchObject(gone);
  await expect(store.reopenAnswer(makeAnswer('c', 'x', null))).rejects.toMatchObject(gone);
  await store.addMessages(makeConversation('c'), makeLine('c', 1));
  await store.addMessages(makeConversation('d'), [makeMessage('d', 'x', null)]);
  await expect(store.removeSubtree(id, m('x'))).rejects.toMatchObject(gone);
  await expect(store.reopenAnswer(makeAnswer('c', 'y', null))).rejects.toMatchObject(gone);
});

test('updateConversation leaves updatedAt alone unless it is named', async () => {
  const { store, clock, conversation } = await openStore();
  await store.addMessages(makeConversation('c'), makeLine('c', 1));
  const { updatedAt } = await conversation();
  clock.now += 1000;
  await store.updateConversation(id, { pinned: 1, title: null });
  expect(await conversation()).toMatchObject({ pinned: 1, updatedAt });
  await store.updateConversation(id, { updatedAt: 5 });
  expect(await conversation()).toMatchObject({ updatedAt: 5 });
});
