import { describe, expect, test } from 'vitest';
import { createMemoryConversations } from '#chat/memory-conversations.ts';
import { createStoredConversations } from '#db/stored-conversations.ts';
import type { ConversationStore } from '#domain/conversation-store.ts';
import type { Clock } from '#domain/ids.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import { settleMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import { makeAnswer, makeConversation, makeLine, makeMessage } from '../db/conversation-rows.ts';
import { createTestClock, follow, openForTest } from '../db/fresh-database.ts';

const id = toConversationId('c');
const m = toMessageId;
const gone = { code: 'chat/not-found' };

const STORES: readonly (readonly [string, (clock: Clock) => Promise<ConversationStore>])[] = [
  ['in the database', async (clock) => createStoredConversations(await openForTest(), clock)],
  ['in memory', (clock) => Promise.resolve(createMemoryConversations(clock))],
];

/** What the flows and screens rely on, wherever a conversation lives. */
describe.each(STORES)('a conversation %s', (_place, createStore) => {
  async function open() {
    const clock = createTestClock(1_800_000_000_000);
    const store = await createStore(clock);
    const conversation = async () => {
      const row = await store.getConversation(id);
      if (!row) throw new Error('no conversation');
      return row;
    };
    const all = () => follow(store.watchThread(id, 100)).until((thread) => thread !== undefined);
    return { clock, store, conversation, all };
  }

  /** q - a1, and below q a second version a2 - q2 - a3. */
  async function openTree() {
    const parts = await open();
    const tokens = { tokenCount: 1 };
    await parts.store.addMessages(makeConversation('c', { title: 'Tree' }), [
      makeMessage('c', 'q', null, tokens),
      makeMessage('c', 'a1', 'q', tokens),
      makeMessage('c', 'a2', 'q', tokens),
      makeMessage('c', 'q2', 'a2', tokens),
      makeMessage('c', 'a3', 'q2', tokens),
    ]);
    return parts;
  }

  async function openAnswer() {
    const parts = await open();
    const { messages } = await parts.store.addMessages(makeConversation('c'), [
      makeMessage('c', 'q', null, { tokenCount: 3 }),
      makeAnswer('c', 'a', 'q'),
    ]);
    const answer = messages[1];
    if (!answer) throw new Error('no answer');
    const finished = (fields: Partial<Message> = {}) =>
      settleMessage(answer, {
        status: 'complete',
        content: 'the answer 답',
        tokenCount: 5,
        responseTimeMs: 200,
        ...fields,
      });
    return { ...parts, answer, finished };
  }

  test('begins with its first messages, which are counted', async () => {
    const { clock, store, conversation } = await open();
    const fresh = makeConversation('c', { title: '제목 🍯' });
    const result = await store.addMessages(fresh, makeLine('c', 3, { tokenCount: 7 }));
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
    expect(await store.getMessage(m('m1'))).toEqual(result.messages[1]);
  });

  test('counts on from its own row, not from an older one that is handed in', async () => {
    const { store, conversation } = await open();
    const stale = makeConversation('c');
    await store.addMessages(stale, makeLine('c', 2, { tokenCount: 2 }));
    await store.updateConversation(id, { tags: ['tag'] });
    const { messages } = await store.addMessages({ ...stale, title: 'later' }, [
      makeMessage('c', 'x', 'm1', { tokenCount: 2 }),
    ]);
    expect(messages[0]?.seq).toBe(2);
    expect(await conversation()).toMatchObject({
      tags: ['tag'],
      title: 'later',
      messageCount: 3,
      totalTokens: 6,
      lastSeq: 2,
    });
  });

  test('keeps what a running answer has, and nothing once it is settled', async () => {
    const { store, answer, finished } = await openAnswer();
    await store.checkpointAnswer(answer.id, { content: 'the', reasoning: 'hm' });
    expect(await store.getMessage(answer.id)).toEqual({
      ...answer,
      content: 'the',
      reasoning: 'hm',
    });
    await store.finishAnswer(finished(), null);
    await store.checkpointAnswer(answer.id, { content: 'late', reasoning: null });
    await store.checkpointAnswer(m('nobody'), { content: 'late', reasoning: null });
    expect(await store.getMessage(answer.id)).toEqual(finished());
    expect(await store.getMessage(m('nobody'))).toBeUndefined();
  });

  test('counts an answer when it is finished, once', async () => {
    const { store, clock, conversation, finished } = await openAnswer();
    clock.now += 500;
    await store.finishAnswer(finished(), null);
    expect(await conversation()).toMatchObject({
      messageCount: 2,
      totalTokens: 8,
      updatedAt: clock.now,
    });
    await store.finishAnswer(finished({ content: 'other', tokenCount: 50 }), null);
    expect(await store.getMessage(m('a'))).toEqual(finished());
    expect(await conversation()).toMatchObject({ totalTokens: 8 });
  });

  test('keeps a rating that was given while the answer ran', async () => {
    const { store, answer, finished } = await openAnswer();
    await store.updateMessage(answer.id, { rating: 5, feedback: '좋아요' });
    await store.finishAnswer(finished(), null);
    expect(await store.getMessage(answer.id)).toMatchObject({
      content: 'the answer 답',
      rating: 5,
      feedback: '좋아요',
    });
  });

  test('does not bring back an answer that was removed while it ran', async () => {
    const { store, conversation, answer, finished } = await openAnswer();
    await store.removeSubtree(id, answer.id);
    await store.finishAnswer(finished(), null);
    expect(await store.getMessage(answer.id)).toBeUndefined();
    expect(await conversation()).toMatchObject({ messageCount: 1, totalTokens: 3 });
  });

  test('opens an answer again, shows its branch and takes its tokens back', async () => {
    const { store, conversation, finished } = await openAnswer();
    await store.finishAnswer(finished(), null);
    await store.addMessages(await conversation(), [makeMessage('c', 'other', 'q')]);
    const again = await store.reopenAnswer({
      ...finished(),
      status: 'streaming',
      streamingSince: 7,
      tokenCount: null,
    });
    expect(again).toMatchObject({ id: 'a', status: 'streaming', seq: 1 });
    expect(await store.getMessage(m('a'))).toEqual(again);
    expect(await conversation()).toMatchObject({ activeLeafId: 'a', totalTokens: 3 });
    await store.finishAnswer(finished(), null);
    expect(await conversation()).toMatchObject({ totalTokens: 8 });
  });

  test('takes a branch away and shows the newest that is left', async () => {
    const { store, conversation } = await openTree();
    const { updatedAt } = await conversation();
    const removed = await store.removeSubtree(id, m('a2'));
    expect(removed.messages.map((row) => row.id)).toEqual(['a2', 'q2', 'a3']);
    expect(removed.activeLeafId).toBe('a3');
    expect(await store.getMessage(m('q2'))).toBeUndefined();
    expect(await conversation()).toMatchObject({
      messageCount: 2,
      totalTokens: 2,
      lastSeq: 4,
      activeLeafId: 'a1',
      updatedAt,
    });
  });

  test('goes on showing a branch that was not touched, and nothing when all is gone', async () => {
    const { store, conversation } = await openTree();
    await store.updateConversation(id, { activeLeafId: m('a1') });
    await store.removeSubtree(id, m('q2'));
    expect(await conversation()).toMatchObject({ activeLeafId: 'a1', messageCount: 3 });
    await store.removeSubtree(id, m('q'));
    expect(await conversation()).toMatchObject({
      activeLeafId: null,
      messageCount: 0,
      totalTokens: 0,
    });
  });

  test('puts removed messages back without a trace, once', async () => {
    const { store, conversation, all } = await openTree();
    const before = { row: await conversation(), thread: await all() };
    const removed = await store.removeSubtree(id, m('a2'));
    await store.restoreMessages(id, removed);
    await store.restoreMessages(id, removed);
    expect({ row: await conversation(), thread: await all() }).toEqual(before);
  });

  test('gives no seq a second time', async () => {
    const { store, conversation } = await openTree();
    const removed = await store.removeSubtree(id, m('a2'));
    const added = await store.addMessages(await conversation(), [makeMessage('c', 'new', 'a1')]);
    expect(added.messages[0]?.seq).toBe(5);
    await store.restoreMessages(id, removed);
    expect(await conversation()).toMatchObject({ lastSeq: 5, messageCount: 6 });
  });

  test('brings a running answer back interrupted', async () => {
    const { store } = await openAnswer();
    await store.checkpointAnswer(m('a'), { content: 'so far', reasoning: null });
    const removed = await store.removeSubtree(id, m('a'));
    await store.restoreMessages(id, removed);
    const restored = await store.getMessage(m('a'));
    expect(restored).toMatchObject({ status: 'interrupted', content: 'so far' });
    expect(restored).not.toHaveProperty('streamingSince');
  });

  test('changes its row, and updatedAt only when that is named', async () => {
    const { store, clock, conversation } = await openTree();
    const { updatedAt } = await conversation();
    clock.now += 1000;
    await store.updateConversation(id, { pinned: 1, title: null });
    expect(await conversation()).toMatchObject({ pinned: 1, title: null, updatedAt });
    await store.updateConversation(id, { updatedAt: 5 });
    expect(await conversation()).toMatchObject({ updatedAt: 5 });
  });

  test('reads one branch, whole, oldest first', async () => {
    const { store } = await openTree();
    const ids = async (leaf: string) =>
      (await store.readBranch(id, m(leaf))).map((message) => message.id);
    expect(await ids('a3')).toEqual(['q', 'a2', 'q2', 'a3']);
    expect(await ids('a1')).toEqual(['q', 'a1']);
    expect(await ids('gone')).toEqual([]);
  });

  test('tells of every change to whoever watches, and of nothing to whoever stopped', async () => {
    const { store, conversation } = await open();
    const watch = follow(store.watchThread(id, 50));
    await watch.until((thread) => thread === undefined);
    await store.addMessages(makeConversation('c'), [
      makeMessage('c', 'q', null),
      makeAnswer('c', 'a', 'q'),
    ]);
    await watch.until((thread) => thread?.messages.length === 2);
    await store.checkpointAnswer(m('a'), { content: 'half', reasoning: null });
    await watch.until((thread) => thread?.messages[1]?.content === 'half');
    await store.updateMessage(m('q'), { rating: 1 });
    await watch.until((thread) => thread?.messages[0]?.rating === 1);
    await store.updateConversation(id, { title: 'new' });
    await watch.until((thread) => thread?.conversation.title === 'new');
    await store.finishAnswer(settleMessage(makeAnswer('c', 'a', 'q'), { status: 'stopped' }), null);
    await watch.until((thread) => thread?.messages[1]?.status === 'stopped');
    const removed = await store.removeSubtree(id, m('a'));
    await watch.until((thread) => thread?.messages.length === 1);
    await store.restoreMessages(id, removed);
    const last = await watch.until((thread) => thread?.messages.length === 2);
    expect(last).toMatchObject({ conversation: await conversation(), hasOlder: false });

    const heard: unknown[] = [];
    const stopped = store.watchThread(id, 50).subscribe({
      next: (thread) => heard.push(thread),
      error: (error) => heard.push(error),
    });
    stopped.unsubscribe();
    const before = heard.length;
    await store.updateConversation(id, { title: 'newer' });
    await watch.until((thread) => thread?.conversation.title === 'newer');
    expect(heard.length).toBe(before);
  });

  test('says so when what is to be changed is gone', async () => {
    const { store } = await open();
    await expect(store.updateConversation(id, { title: 'x' })).rejects.toMatchObject(gone);
    await expect(store.updateMessage(m('x'), { rating: 1 })).rejects.toMatchObject(gone);
    await expect(store.removeSubtree(id, m('x'))).rejects.toMatchObject(gone);
    await expect(
      store.restoreMessages(id, { messages: [], activeLeafId: null }),
    ).rejects.toMatchObject(gone);
    await expect(store.reopenAnswer(makeAnswer('c', 'x', null))).rejects.toMatchObject(gone);
    await store.addMessages(makeConversation('c'), makeLine('c', 1));
    await expect(store.removeSubtree(id, m('x'))).rejects.toMatchObject(gone);
    await expect(store.reopenAnswer(makeAnswer('c', 'x', null))).rejects.toMatchObject(gone);
    expect(await store.getConversation(toConversationId('other'))).toBeUndefined();
  });
});

describe('conversations of this page only', () => {
  test('are listed newest first, handed over whole and forgotten', async () => {
    const store = createMemoryConversations(createTestClock());
    const list = follow(store.watchAll());
    await store.addMessages(makeConversation('old', { createdAt: 1 }), makeLine('old', 1));
    await store.addMessages(makeConversation('new', { createdAt: 2 }), [
      makeMessage('new', 'n0', null),
      makeMessage('new', 'n1', 'n0'),
    ]);
    expect(list.values.at(-1)?.map((row) => row.id)).toEqual(['new', 'old']);
    const newest = toConversationId('new');
    expect(store.readWhole(newest)).toMatchObject({
      conversation: { id: 'new', messageCount: 2 },
      messages: [{ id: 'n0' }, { id: 'n1' }],
    });
    const thread = follow(store.watchThread(newest, 50));
    store.forget(newest);
    expect(store.has(newest)).toBe(false);
    expect(store.readWhole(newest)).toBeUndefined();
    expect(await store.getMessage(m('n0'))).toBeUndefined();
    expect(thread.values.at(-1)).toBeUndefined();
    expect(list.values.at(-1)?.map((row) => row.id)).toEqual(['old']);
    expect(store.has(toConversationId('old'))).toBe(true);
  });
});
