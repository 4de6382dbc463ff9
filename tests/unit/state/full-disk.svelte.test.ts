import { expect, onTestFinished, test, vi } from 'vitest';
import { getDraft, putDraft } from '#db/drafts.ts';
import { OnggiError } from '#domain/errors.ts';
import { FullDisk } from '#state/full-disk.svelte.ts';
import { StorageHealth } from '#state/storage-health.svelte.ts';
import { openForTest } from '../db/fresh-database.ts';

const noSpace = new OnggiError('db/no-space', 'full');
const NOW = 1_800_000_000_000;

test('looks again with longer pauses until there is room', async () => {
  const pauses: number[] = [];
  let tries = 0;
  const disk = new FullDisk({
    clock: () => NOW,
    sleep: (pauseMs) => Promise.resolve(pauses.push(pauseMs)),
    look: () => {
      tries += 1;
      expect(disk.isTrying).toBe(true);
      if (tries === 2) return Promise.reject(new OnggiError('db/no-answer', 'nothing is said'));
      return tries < 4 ? Promise.reject(noSpace) : Promise.resolve();
    },
  });
  await disk.waitForRoom();
  expect(disk.isTrying).toBe(false);
  expect(pauses).toEqual([3000, 5000, 10_000, 10_000]);
  // Where opening finds none all the same, it goes on at that pace.
  await disk.waitForRoom();
  expect(pauses.at(-1)).toBe(10_000);
});

test('looks at once when the person says so, and another failure is passed on', async () => {
  const disk = new FullDisk({
    clock: () => NOW,
    sleep: () => new Promise(() => undefined),
    look: () => Promise.reject(new OnggiError('db/failed', 'something else')),
  });
  const waiting = disk.waitForRoom();
  disk.tryNow();
  await expect(waiting).rejects.toMatchObject({ code: 'db/failed' });
});

test('what was typed meanwhile stands behind the draft of a new chat', async () => {
  const db = await openForTest();
  const disk = new FullDisk({ clock: () => NOW, sleep: () => Promise.resolve() });
  disk.text = '  \n';
  await disk.handOver(db, 'new', new StorageHealth());
  expect(await getDraft(db, 'new')).toBeUndefined();
  await putDraft(db, { id: 'new', text: '앞', pasted: ['붙인 글'], updatedAt: 1 });
  disk.text = '뒤\n';
  await disk.handOver(db, 'new', new StorageHealth());
  expect(await getDraft(db, 'new')).toEqual({
    id: 'new',
    text: '앞\n\n뒤',
    pasted: ['붙인 글'],
    updatedAt: NOW,
  });
  expect(disk.text).toBe('');
});

test('what was typed waits in the page where its draft cannot be written, and is written later', async () => {
  const db = await openForTest();
  const disk = new FullDisk({ clock: () => NOW, sleep: () => Promise.resolve() });
  const storage = new StorageHealth();
  disk.text = '생각';
  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError');
  });
  onTestFinished(() => put.mockRestore());
  await disk.handOver(db, 'new', storage);
  expect(storage.problem).toMatchObject({ code: 'db/quota' });
  expect(storage.unsaved).toMatchObject([{ text: '생각' }]);
  put.mockRestore();
  await storage.retry();
  expect(storage.unsaved).toEqual([]);
  expect(await getDraft(db, 'new')).toMatchObject({ text: '생각' });
});
