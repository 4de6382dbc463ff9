import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createStoredConversations } from '#db/stored-conversations.ts';
import { activePath } from '#domain/message-tree.ts';
import type { Thread } from '#domain/conversation-store.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import { createTestClock, follow, openForTest } from './fresh-database.ts';
import { makeConversation, makeLine, makeMessage } from './conversation-rows.ts';

const id = toConversationId('c');
const m = toMessageId;

async function openLine(count: number) {
  const db = await openForTest();
  const store = createStoredConversations(db, createTestClock());
  await store.addMessages(makeConversation('other'), [makeMessage('other', 'o', null)]);
  const { conversation } = await store.addMessages(makeConversation('c'), makeLine('c', count));
  const readThread = async (pathLength: number): Promise<Thread> => {
    const thread = await follow(store.watchThread(id, pathLength)).until(Boolean);
    if (!thread) throw new Error('no thread');
    return thread;
  };
  return { db, store, conversation, readThread };
}

const seqs = ({ messages }: Thread): (number | undefined)[] => [
  messages[0]?.seq,
  messages.at(-1)?.seq,
];

describe('watchThread on 1,000 messages in one line', () => {
  test.each([
    [1, 950],
    [50, 950],
    [51, 900],
    [100, 900],
    [101, 800],
    [500, 200],
    [1000, 0],
    [5000, 0],
  ])('shows, for a path of %i, everything from seq %i', async (pathLength, from) => {
    const { readThread } = await openLine(1000);
    const thread = await readThread(pathLength);
    expect(seqs(thread)).toEqual([from, 999]);
    expect(thread.messages).toHaveLength(1000 - from);
    expect(thread.hasOlder).toBe(from > 0);
  });

  test('reads by getAll over the newest range and no cursor, no count and no other conversation', async () => {
    const { readThread } = await openLine(1000);
    const getAll = vi.spyOn(IDBIndex.prototype, 'getAll');
    const forbidden = [
      vi.spyOn(IDBIndex.prototype, 'openCursor'),
      vi.spyOn(IDBObjectStore.prototype, 'openCursor'),
      vi.spyOn(IDBIndex.prototype, 'count'),
      vi.spyOn(IDBObjectStore.prototype, 'count'),
      vi.spyOn(IDBObjectStore.prototype, 'getAll'),
    ];
    onTestFinished(() => {
      for (const spy of [getAll, ...forbidden]) spy.mockRestore();
    });
    await readThread(50);
    expect(getAll).toHaveBeenCalledOnce();
    // A key range, or, in newer browsers, options with one.
    const argument: unknown = getAll.mock.calls[0]?.[0];
    const isOptions = typeof argument === 'object' && argument !== null && 'query' in argument;
    const range = isOptions ? argument.query : argument;
    if (!(range instanceof IDBKeyRange)) throw new Error('no range');
    expect([range.lower, range.upper]).toEqual([
      ['c', 950],
      ['c', 999],
    ]);
    for (const spy of forbidden) expect(spy).not.toHaveBeenCalled();
  });
});

describe('watchThread', () => {
  test.each([0, 1, 49, 50])('shows all of %i messages', async (count) => {
    const { readThread } = await openLine(count);
    const thread = await readThread(50);
    expect(thread.messages).toHaveLength(count);
    expect(thread.hasOlder).toBe(false);
  });

  test('walks back as far as the shown branch goes when a very old message was edited', async () => {
    const { store, conversation, readThread } = await openLine(1000);
    await store.addMessages(conversation, [
      makeMessage('c', 'edited', 'm2'),
      makeMessage('c', 'answer', 'edited'),
    ]);
    const thread = await readThread(50);
    const path = activePath(thread.messages, thread.conversation.activeLeafId);
    expect(path.map(({ message }) => message.id)).toEqual(['m0', 'm1', 'm2', 'edited', 'answer']);
    expect(thread.hasOlder).toBe(false);
  });

  test('walks back to a shown branch that ended long ago', async () => {
    const { store, readThread } = await openLine(400);
    await store.updateConversation(id, { activeLeafId: m('m300') });
    const thread = await readThread(50);
    expect(seqs(thread)).toEqual([200, 399]);
    const path = activePath(thread.messages, thread.conversation.activeLeafId);
    expect(path).toHaveLength(101);
  });

  test('reads on from the root of a young branch to the versions beside it', async () => {
    const { store, conversation, readThread } = await openLine(1000);
    await store.addMessages(conversation, [
      makeMessage('c', 'root', null),
      makeMessage('c', 'answer', 'root'),
    ]);
    const thread = await readThread(50);
    const path = activePath(thread.messages, thread.conversation.activeLeafId);
    expect(path[0]?.siblingIds).toEqual(['m0', 'root']);
    expect(thread.hasOlder).toBe(false);
  });

  test('bridges messages that were deleted', async () => {
    const { store, readThread } = await openLine(300);
    await store.removeSubtree(id, m('m20'));
    const thread = await readThread(50);
    expect(thread.messages).toHaveLength(20);
    expect(thread.hasOlder).toBe(false);
  });

  test('knows that nothing is older when the older messages were deleted', async () => {
    const { store, conversation, readThread } = await openLine(100);
    const second = makeLine('c', 100).map((message, index) =>
      makeMessage('c', `n${index}`, message.parentId && `n${index - 1}`),
    );
    await store.addMessages(conversation, second);
    await store.removeSubtree(id, m('m0'));
    expect(await readThread(50)).toMatchObject({ hasOlder: true });
    const whole = await readThread(100);
    expect(seqs(whole)).toEqual([100, 199]);
    expect(whole.hasOlder).toBe(false);
  });

  test('follows additions, checkpoints and the end of a conversation', async () => {
    const { db, store, conversation } = await openLine(2);
    const thread = follow(store.watchThread(id, 50));
    await thread.until((value) => value?.messages.length === 2);
    const running = makeMessage('c', 'a', 'm1', { status: 'streaming', streamingSince: 1 });
    await store.addMessages(conversation, [running]);
    await thread.until((value) => value?.messages.length === 3);
    await store.checkpointAnswer(running.id, { content: 'more', reasoning: null });
    await thread.until((value) => value?.messages[2]?.content === 'more');
    await db.strict.conversations.delete(id);
    await thread.until((value) => value === undefined);
  });

  test('reports a closed database', async () => {
    const { db, store } = await openLine(1);
    db.close();
    const thread = follow(store.watchThread(id, 50));
    await vi.waitFor(() => expect(thread.errors).toMatchObject([{ code: 'db/closed' }]));
  });
});

describe('readBranch', () => {
  test.each([0, 1, 48, 49, 50, 51, 149, 150, 999])(
    'gives the whole branch that ends at %i',
    async (index) => {
      const { store } = await openLine(1000);
      const branch = await store.readBranch(id, m(`m${index}`));
      expect(branch.map(({ seq }) => seq)).toEqual(
        Array.from({ length: index + 1 }, (_value, seq) => seq),
      );
    },
  );

  test('leaves other branches out', async () => {
    const { store, conversation } = await openLine(200);
    await store.addMessages(conversation, [makeMessage('c', 'edited', 'm0')]);
    const branch = await store.readBranch(id, m('edited'));
    expect(branch.map((message) => message.id)).toEqual(['m0', 'edited']);
  });

  test('is empty for a leaf that is gone or of another conversation', async () => {
    const { store } = await openLine(1);
    expect(await store.readBranch(id, m('gone'))).toEqual([]);
    expect(await store.readBranch(id, m('o'))).toEqual([]);
  });
});
