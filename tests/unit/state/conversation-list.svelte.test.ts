import { expect, test } from 'vitest';
import { findConversations, watchConversations, watchTags } from '#db/conversation-list.ts';
import { purgeConversations, updateConversations } from '#db/many-conversations.ts';
import type { Conversation } from '#domain/conversation.ts';
import { OnggiError } from '#domain/errors.ts';
import { toConversationId } from '#domain/ids.ts';
import { ConversationListState } from '#state/conversation-list.svelte.ts';
import type { ConversationListSource } from '#state/conversation-list.svelte.ts';
import { StorageHealth } from '#state/storage-health.svelte.ts';
import { makeConversation } from '../db/conversation-rows.ts';
import { createTestClock, openForTest } from '../db/fresh-database.ts';

const c = toConversationId;

/** The list over a database with conversations `c0`, `c1` … newest first, every tenth tagged `x`. */
async function start(
  count: number,
  fields: Partial<Conversation> = {},
  source: Partial<ConversationListSource> = {},
) {
  const db = await openForTest();
  const ids = Array.from({ length: count }, (_value, at) => c(`c${at}`));
  await db.strict.conversations.bulkAdd(
    ids.map((id, at) =>
      makeConversation(id, { ...fields, updatedAt: 1000 - at, tags: at % 10 === 0 ? ['x'] : [] }),
    ),
  );
  const storage = new StorageHealth();
  const list = new ConversationListState(
    {
      watch: ({ status, tag }, limit) =>
        tag === null
          ? watchConversations(db, { status, limit })
          : findConversations(db, { status, tag, limit }),
      watchTags: () => watchTags(db),
      update: (some, change, onChanged) => updateConversations(db, some, change, 7, onChanged),
      purge: (some, onProgress) => purgeConversations(db, some, { onProgress }),
      ...source,
    },
    storage,
    createTestClock(),
  );
  await expect.poll(() => list.isEmpty).toBeDefined();
  return { db, ids, list, storage };
}

test('what is filtered away is not selected any more', async () => {
  const { list, ids } = await start(30, { status: 'deleted', deletedAt: 1 });
  list.show({ status: 'deleted' });
  list.startSelecting();
  list.select(ids);
  list.show({ tag: 'x' });
  expect(list.selected).toBeNull();
  await expect.poll(() => list.shown.length).toBe(3);
});

test('a range does not begin where the selection before ended', async () => {
  const { list } = await start(6);
  list.startSelecting();
  list.toggle(c('c1'));
  list.stopSelecting();
  list.startSelecting();
  list.toggle(c('c4'), true);
  expect([...(list.selected ?? [])]).toEqual(['c4']);
});

test('very many are moved to the trash and all of them come back', async () => {
  const { db, ids, list } = await start(1201);
  const statuses = async () => {
    const { length } = await db.strict.conversations.where('status').equals('deleted').keys();
    return length;
  };
  expect(await list.setStatus(ids, 'deleted')).toEqual(ids);
  expect(await statuses()).toBe(1201);
  expect(await list.setStatus(ids, 'active')).toEqual(ids);
  expect(await statuses()).toBe(0);
});

test('a list that cannot be read is none, and not one of nothing', async () => {
  let isFailing = false;
  const { list, storage } = await start(
    1,
    {},
    {
      watch: () => ({
        subscribe({ next, error }) {
          if (isFailing) error(new OnggiError('db/no-answer', 'no'));
          else next({ pinned: [], recent: [], hasMore: false });
          return { unsubscribe: () => undefined };
        },
      }),
    },
  );
  expect(await list.readAll()).toEqual([]);
  isFailing = true;
  expect(await list.readAll()).toBeUndefined();
  expect(storage.problem?.code).toBe('db/no-answer');
});

test('of many that are moved those are named that were, when a later part of them fails', async () => {
  const { db, ids, list, storage } = await start(1201);
  const refuse = (_changes: unknown, id: unknown) => {
    if (id === 'c777') throw new DOMException('no room', 'QuotaExceededError');
  };
  db.strict.conversations.hook('updating', refuse);
  const moved = await list.setStatus(ids, 'deleted');
  expect(moved).toEqual(ids.slice(0, 500));
  expect(storage.problem).not.toBeNull();
  db.strict.conversations.hook('updating').unsubscribe(refuse);
  const deleted = db.strict.conversations.where('status').equals('deleted');
  expect((await deleted.primaryKeys()).toSorted()).toEqual(ids.slice(0, 500).toSorted());
  expect(await list.setStatus(moved, 'active')).toEqual(moved);
  expect(await deleted.primaryKeys()).toEqual([]);
});

test('of those that are gone none was moved', async () => {
  const { list } = await start(1);
  expect(await list.setStatus([c('gone')], 'deleted')).toEqual([]);
});
