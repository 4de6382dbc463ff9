import { expect, test, vi } from 'vitest';
import { deleteDraft, getDraft, putDraft } from '#db/drafts.ts';
import { readStorageState, requestPersistence } from '#db/storage-manager.ts';
import { openForTest } from './fresh-database.ts';

test('a draft is kept, replaced, and deleted where it is as it was known', async () => {
  const db = await openForTest();
  expect(await getDraft(db, 'new')).toBeUndefined();
  await putDraft(db, { id: 'new', text: '쓰다 만 글', pasted: [], updatedAt: 1 });
  await putDraft(db, { id: 'new', text: '쓰다 만 글 🖊️', pasted: [], updatedAt: 2 });
  expect(await getDraft(db, 'new')).toEqual({
    id: 'new',
    text: '쓰다 만 글 🖊️',
    pasted: [],
    updatedAt: 2,
  });
  await deleteDraft(db, 'new', [{ text: '쓰다 만 글', pasted: [] }]);
  expect(await getDraft(db, 'new')).toBeDefined();
  await deleteDraft(db, 'new', [{ text: '쓰다 만 글 🖊️', pasted: [] }]);
  expect(await db.strict.drafts.toArray()).toEqual([]);
});

test('the storage state is told, and unknown where the browser refuses', async () => {
  const { isPersisted, usageBytes } = await readStorageState();
  expect(isPersisted).toBeTypeOf('boolean');
  expect(usageBytes).toBeGreaterThanOrEqual(0);
  vi.spyOn(navigator.storage, 'persisted').mockRejectedValueOnce(new TypeError());
  expect(await readStorageState()).toEqual({ isPersisted: false, usageBytes: null });
});

test('persistence is asked for, and a refusal is a no', async () => {
  const persist = vi.spyOn(navigator.storage, 'persist');
  persist.mockResolvedValueOnce(true);
  expect(await requestPersistence()).toBe(true);
  persist.mockRejectedValueOnce(new TypeError());
  expect(await requestPersistence()).toBe(false);
  persist.mockRestore();
});
