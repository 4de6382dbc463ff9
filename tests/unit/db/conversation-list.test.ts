import { describe, expect, test, vi } from 'vitest';
import { findConversations, watchConversations, watchTags } from '#db/conversation-list.ts';
import type { ConversationList } from '#db/conversation-list.ts';
import { purgeConversations, updateConversations } from '#db/many-conversations.ts';
import { createStoredConversations } from '#db/stored-conversations.ts';
import { putDraft } from '#db/drafts.ts';
import type { Conversation } from '#domain/conversation.ts';
import type { LiveRead } from '#domain/conversation-store.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import { createTestClock, follow, openForTest } from './fresh-database.ts';
import { makeConversation, makeLine, makeMessage } from './conversation-rows.ts';

const c = toConversationId;

async function openWith(rows: readonly (Partial<Conversation> & { id: Conversation['id'] })[]) {
  const db = await openForTest();
  await db.strict.conversations.bulkAdd(rows.map((row) => makeConversation(row.id, row)));
  return db;
}

const numbered = (count: number): { id: Conversation['id']; updatedAt: number }[] =>
  Array.from({ length: count }, (_value, index) => ({ id: c(`c${index}`), updatedAt: index }));

async function show(live: LiveRead<ConversationList>) {
  const { pinned, recent, hasMore } = await follow(live).until(() => true);
  const ids = (rows: readonly Conversation[]): string[] => rows.map(({ id }) => id);
  return { pinned: ids(pinned), recent: ids(recent), hasMore };
}

describe('watchConversations', () => {
  test('gives the newest of one status and says whether there are more', async () => {
    const db = await openWith([
      ...numbered(4),
      { id: c('archived'), status: 'archived', updatedAt: 9 },
      { id: c('trash'), status: 'deleted', updatedAt: 9 },
    ]);
    const active = { status: 'active' } as const;
    expect(await show(watchConversations(db, { ...active, limit: 3 }))).toEqual({
      pinned: [],
      recent: ['c3', 'c2', 'c1'],
      hasMore: true,
    });
    expect(await show(watchConversations(db, { ...active, limit: 4 }))).toMatchObject({
      recent: ['c3', 'c2', 'c1', 'c0'],
      hasMore: false,
    });
    expect(await show(watchConversations(db, { status: 'deleted', limit: 3 }))).toMatchObject({
      recent: ['trash'],
    });
  });

  test('gives every pinned one, old ones too, and none of them twice', async () => {
    const db = await openWith([
      ...numbered(5),
      { id: c('new-pin'), pinned: 1, updatedAt: 10 },
      { id: c('old-pin'), pinned: 1, updatedAt: -1 },
    ]);
    expect(await show(watchConversations(db, { status: 'active', limit: 4 }))).toEqual({
      pinned: ['new-pin', 'old-pin'],
      recent: ['c4', 'c3', 'c2', 'c1'],
      hasMore: true,
    });
  });

  test('follows a change of title, pin and status', async () => {
    const db = await openWith(numbered(2));
    const store = createStoredConversations(db, createTestClock());
    const list = follow(watchConversations(db, { status: 'active', limit: 5 }));
    await list.until(({ recent }) => recent.length === 2);
    await store.updateConversation(c('c0'), { title: '새 제목' });
    await list.until(({ recent }) => recent[1]?.title === '새 제목');
    await store.updateConversation(c('c0'), { pinned: 1 });
    await list.until(({ pinned, recent }) => pinned.length === 1 && recent.length === 1);
    await store.updateConversation(c('c1'), { status: 'archived' });
    await list.until(({ recent }) => recent.length === 0);
  });
});

describe('tags', () => {
  const rows = [
    { id: c('a'), tags: ['work', '여행'], updatedAt: 1 },
    { id: c('b'), tags: ['work'], updatedAt: 3, pinned: 1 as const },
    { id: c('d'), tags: ['work'], updatedAt: 2, status: 'archived' as const },
    { id: c('e'), tags: ['Apple'], updatedAt: 4 },
  ];

  test('are listed once each', async () => {
    const db = await openWith(rows);
    const tags = await follow(watchTags(db)).until(() => true);
    expect([...tags].sort()).toEqual(['Apple', 'work', '여행']);
    expect(tags[0]).toBe('Apple');
  });

  test('narrow the list', async () => {
    const db = await openWith(rows);
    const query = { status: 'active', tag: 'work', limit: 5 } as const;
    expect(await show(findConversations(db, query))).toEqual({
      pinned: ['b'],
      recent: ['a'],
      hasMore: false,
    });
    const other = { ...query, tag: 'nobody has it' };
    expect(await show(findConversations(db, other))).toMatchObject({ pinned: [], recent: [] });
  });
});

describe('changing many', () => {
  test('changes those that are there, in one go', async () => {
    const db = await openWith(numbered(3));
    const changes = { status: 'deleted', deletedAt: 5 } as const;
    await updateConversations(db, [c('c0'), c('gone'), c('c2')], changes, 7);
    expect(await db.strict.conversations.get(c('c2'))).toMatchObject({ ...changes, changedAt: 7 });
    expect(await db.strict.conversations.get(c('c1'))).not.toHaveProperty('changedAt');
    const rows = await db.strict.conversations.toArray();
    expect(rows.map(({ status }) => status)).toEqual(['deleted', 'active', 'deleted']);
    await expect(updateConversations(db, [c('gone')], { pinned: 1 }, 7)).rejects.toMatchObject({
      code: 'chat/not-found',
    });
    await updateConversations(db, [], { pinned: 1 }, 7);
  });

  test('changes very many in several commits: no transaction takes as long as a list is', async () => {
    const db = await openWith(numbered(1200));
    const ids = [...numbered(1200).map(({ id }) => id), c('gone')];
    db.strict.conversations.hook('updating', (_changes, id) => {
      if (id === 'c1100') throw new Error('no room');
    });
    await expect(updateConversations(db, ids, { status: 'archived' }, 7)).rejects.toThrow();
    const archived = db.strict.conversations.where('status').equals('archived');
    expect(await archived.count()).toBe(1000);
  });

  test('passes over a whole stretch of those that are gone', async () => {
    const db = await openWith(numbered(1));
    const gone = Array.from({ length: 600 }, (_value, at) => c(`gone-${at}`));
    await updateConversations(db, [...gone, c('c0')], { pinned: 1 }, 7);
    expect(await db.strict.conversations.get(c('c0'))).toMatchObject({ pinned: 1 });
  });

  test('changes each row as it is by then', async () => {
    const db = await openWith([
      { id: c('a'), tags: ['old'] },
      { id: c('b'), tags: ['other'] },
    ]);
    await updateConversations(db, [c('a'), c('b')], ({ tags }) => ({ tags: [...tags, 'new'] }), 7);
    const rows = await db.strict.conversations.toArray();
    expect(rows.map(({ tags }) => tags)).toEqual([
      ['old', 'new'],
      ['other', 'new'],
    ]);
  });

  test('purges messages, attachments and draft, and nothing of others', async () => {
    const db = await openForTest();
    const store = createStoredConversations(db, createTestClock());
    await store.addMessages(makeConversation('c'), makeLine('c', 1203));
    await store.addMessages(makeConversation('other'), [makeMessage('other', 'o', null)]);
    await db.strict.attachments.bulkAdd(
      ['c', 'other'].map((id) => ({
        id: `file-${id}`,
        conversationId: c(id),
        messageId: toMessageId('m0'),
        name: 'a.txt',
        mediaType: 'text/plain',
        sizeBytes: 1,
        bytes: new ArrayBuffer(1),
      })),
    );
    for (const id of ['c', 'other'])
      await putDraft(db, { id, text: 'x', pasted: [], updatedAt: 1 });
    const onProgress = vi.fn();
    await purgeConversations(db, [c('c'), c('gone')], { onProgress });
    expect(onProgress.mock.calls).toEqual([[1], [2]]);
    expect(await db.strict.conversations.toCollection().primaryKeys()).toEqual(['other']);
    expect(await db.strict.messages.toCollection().primaryKeys()).toEqual(['o']);
    expect(await db.strict.attachments.toCollection().primaryKeys()).toEqual(['file-other']);
    expect(await db.strict.drafts.toCollection().primaryKeys()).toEqual(['other']);
  });

  test('stops purging when told to and can take it up again', async () => {
    const db = await openForTest();
    const store = createStoredConversations(db, createTestClock());
    await store.addMessages(makeConversation('a'), makeLine('a', 2));
    await store.addMessages(makeConversation('b'), [makeMessage('b', 'b0', null)]);
    const abort = new AbortController();
    const onProgress = (): void => abort.abort();
    await purgeConversations(db, [c('a'), c('b')], { onProgress, signal: abort.signal });
    expect(await db.strict.conversations.toCollection().primaryKeys()).toEqual(['b']);
    await purgeConversations(db, [c('a'), c('b')]);
    expect(await db.strict.messages.toArray()).toEqual([]);
  });
});
