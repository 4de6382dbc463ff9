import { describe, expect, test } from 'vitest';
import { watchFeed } from '#db/watch-feed.ts';
import {
  boundFeed,
  confirmFeed,
  isInFeed,
  leaveFeed,
  markFeed,
  readChangedRows,
  readFeed,
  readLastChange,
} from '#db/feed-reader.ts';
import { purgeConversations, updateConversations } from '#db/many-conversations.ts';
import { addWholeConversations } from '#db/imported-conversations.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { createStoredConversations } from '#db/stored-conversations.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import type { ChangeFeedRow } from '#domain/stored-rows.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import { makeAnswer, makeConversation, makeLine, makeMessage } from './conversation-rows.ts';
import { createTestClock, openForTest } from './fresh-database.ts';

/** What the feed says since a position, without numbers and marks. */
async function changesSince(db: OnggiDatabase, seq: number) {
  return (await readFeed(db, seq, 1000)).map(
    ({ seq: _seq, mark: _mark, ...change }: ChangeFeedRow) => change,
  );
}

const nothing = {
  conversationIds: [],
  messageIds: [],
  documentIds: [],
  chunkIds: [],
  isWholesale: false,
};

async function withConversation() {
  const db = await openForTest();
  const store = createStoredConversations(db, createTestClock());
  const { conversation } = await store.addMessages(makeConversation('c'), [
    makeMessage('c', 'm', null),
    makeAnswer('c', 'a', 'm'),
  ]);
  return { db, store, conversation };
}

describe('the feed names', () => {
  test('attachments that were added, changed and removed, and no empty lists', async () => {
    const { db } = await withConversation();
    const { seq } = await markFeed(db);
    const row = {
      id: 'x',
      conversationId: toConversationId('c'),
      messageId: toMessageId('m'),
      name: 'x.bin',
      mediaType: '',
      sizeBytes: 0,
      bytes: new ArrayBuffer(0),
    };
    await db.strict.attachments.bulkAdd([row, { ...row, id: 'y' }]);
    await db.strict.attachments.put({ ...row, name: 'z.bin' });
    await db.strict.attachments.bulkDelete(['x', 'y']);
    await db.strict.attachments.bulkDelete([]);
    expect(await changesSince(db, seq)).toEqual([
      { ...nothing, attachmentIds: ['x', 'y'] },
      { ...nothing, attachmentIds: ['x'] },
      { ...nothing, attachmentIds: ['x', 'y'] },
    ]);
  });

  test('a turn once, with its conversation, however many rows it writes', async () => {
    const { db } = await withConversation();
    expect(await changesSince(db, 0)).toEqual([
      { ...nothing, conversationIds: ['c'], messageIds: ['m', 'a'] },
    ]);
  });

  test('checkpoints, ends of answers, feedback, titles and the trash', async () => {
    const { db, store, conversation } = await withConversation();
    const { seq } = await markFeed(db);
    await store.checkpointAnswer(makeAnswer('c', 'a', 'm').id, { content: 'x', reasoning: null });
    await store.finishAnswer(makeMessage('c', 'a', 'm', { role: 'assistant' }), null);
    await store.updateMessage(makeMessage('c', 'm', null).id, { feedback: '좋다' });
    await updateConversations(db, [conversation.id], { title: '제목' }, 1);
    const message = { ...nothing, conversationIds: ['c'] };
    expect(await changesSince(db, seq)).toEqual([
      { ...message, messageIds: ['a'] },
      { ...message, messageIds: ['a'] },
      { ...message, messageIds: ['m'] },
      message,
    ]);
  });

  test('what was removed, brought back, purged and imported', async () => {
    const { db, store, conversation } = await withConversation();
    const { seq } = await markFeed(db);
    const removed = await store.removeSubtree(conversation.id, makeAnswer('c', 'a', 'm').id);
    await store.restoreMessages(conversation.id, removed);
    await purgeConversations(db, [conversation.id]);
    const line = makeLine('d', 3);
    await addWholeConversations(db, [
      { conversation: makeConversation('d'), messages: line, attachments: [] },
    ]);
    const changes = await changesSince(db, seq);
    expect(changes.flatMap(({ messageIds }) => messageIds)).toEqual([
      'a',
      'a',
      'm',
      'a',
      'm0',
      'm1',
      'm2',
    ]);
    expect(new Set(changes.flatMap(({ conversationIds }) => conversationIds))).toEqual(
      new Set(['c', 'd']),
    );
  });

  test('nothing of a transaction that was given up', async () => {
    const { db, conversation } = await withConversation();
    const { seq } = await markFeed(db);
    const failing = db.strict.transaction('rw', db.strict.conversations, async () => {
      await db.strict.conversations.put({ ...conversation, title: 'lost' });
      throw new Error('given up');
    });
    await expect(failing).rejects.toThrow('given up');
    expect(await changesSince(db, seq)).toEqual([]);
  });

  test('that settings, connections, keys and usage were written, and which went', async () => {
    const { db, store } = await withConversation();
    const { seq } = await markFeed(db);
    const settings = createUserSettings('ko', 1);
    await db.strict.userSettings.put(settings);
    await db.strict.endpoints.put({ id: 'e' } as never);
    await db.strict.endpoints.delete('e' as never);
    await db.strict.secrets.clear();
    await db.strict.transaction('rw', db.strict.messages, db.strict.usageStatistics, async () => {
      await db.strict.messages.update(toMessageId('m'), { feedback: '좋다' });
      await db.strict.usageStatistics.put({ id: 'u' } as never);
    });
    await store.updateMessage(toMessageId('m'), { rating: 1 });
    expect((await changesSince(db, seq)).map(({ others }) => others)).toEqual([
      ['userSettings'],
      ['endpoints'],
      ['endpoints/e'],
      ['secrets/*'],
      // Of the same transaction as a message: one row is enough.
      undefined,
      undefined,
    ]);
  });

  test('whole ranges, without saying which', async () => {
    const { db } = await withConversation();
    const { seq } = await markFeed(db);
    await db.strict.documents.clear();
    expect(await changesSince(db, seq)).toEqual([{ ...nothing, isWholesale: true }]);
  });
});

test('a position is known while its change is there and by its mark', async () => {
  const { db } = await withConversation();
  const at = await markFeed(db);
  expect(await isInFeed(db, at)).toBe(true);
  expect(await isInFeed(db, { ...at, mark: at.mark + 1 })).toBe(false);
  expect(await isInFeed(db, { ...at, seq: at.seq + 1 })).toBe(false);
});

test('what every reader has seen goes, and the last thing each has seen stays', async () => {
  const { db } = await withConversation();
  const [first, second] = [await markFeed(db), await markFeed(db)];
  await confirmFeed(db, 'text', second.seq);
  expect(await isInFeed(db, first)).toBe(false);
  const third = await markFeed(db);
  await confirmFeed(db, 'vectors', second.seq);
  await confirmFeed(db, 'text', third.seq);
  expect(await isInFeed(db, second)).toBe(true);
  await leaveFeed(db, 'vectors');
  await confirmFeed(db, 'text', third.seq);
  expect(await isInFeed(db, second)).toBe(false);
  expect(await isInFeed(db, third)).toBe(true);
});

test('the newest change stays though every reader has seen it', async () => {
  const { db } = await withConversation();
  const newest = await readLastChange(db);
  const mark = await markFeed(db);
  await confirmFeed(db, 'text', mark.seq);
  expect(await readLastChange(db)).toBe(newest);
  expect(await db.strict.changeFeed.toCollection().primaryKeys()).toEqual([newest, mark.seq]);
});

test('a feed that nobody reads is bounded: who is too far behind begins anew, the others go on', async () => {
  const { db } = await withConversation();
  const rename = (title: string) => updateConversations(db, [toConversationId('c')], { title }, 1);
  const behind = await markFeed(db);
  await confirmFeed(db, 'snapshot', behind.seq);
  for (let at = 0; at < 12; at += 1) await rename(`title ${at}`);
  const near = await markFeed(db);
  for (let at = 0; at < 2; at += 1) await rename(`later ${at}`);
  expect(await boundFeed(db, 100)).toBe(false);
  expect(await readChangedRows(db, behind, 100)).toMatchObject({ conversationIds: ['c'] });

  expect(await boundFeed(db, 10)).toBe(true);
  const kept = await db.strict.changeFeed.toArray();
  expect(kept).toHaveLength(6);
  expect(kept.map(({ isWholesale }) => isWholesale)).toEqual([
    true,
    ...Array<boolean>(5).fill(false),
  ]);
  expect((await readFeed(db, behind.seq, 1))[0]).toMatchObject({ isWholesale: true });
  expect(await isInFeed(db, behind)).toBe(false);
  expect(await readChangedRows(db, behind, 100)).toBeUndefined();
  expect(await readChangedRows(db, near, 100)).toMatchObject({ conversationIds: ['c'] });
  // Once is enough, and numbers go on.
  expect(await boundFeed(db, 10)).toBe(false);
  expect((await markFeed(db)).seq).toBeGreaterThan(near.seq);
});

test('a watcher hears of writes on either connection and of no others', async () => {
  const { db, store, conversation } = await withConversation();
  let heard = 0;
  const stop = watchFeed(db, () => (heard += 1));
  await store.checkpointAnswer(makeAnswer('c', 'a', 'm').id, { content: 'x', reasoning: null });
  await expect.poll(() => heard).toBeGreaterThan(0);
  const before = heard;
  await updateConversations(db, [conversation.id], { title: '제목' }, 1);
  await expect.poll(() => heard).toBeGreaterThan(before);
  stop();
});
