import { flushSync } from 'svelte';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { deleteDraft, getDraft, putDraft } from '#db/drafts.ts';
import { OnggiError } from '#domain/errors.ts';
import { Drafts, draftToMessage } from '#state/drafts.svelte.ts';
import { StorageHealth } from '#state/storage-health.svelte.ts';
import { openForTest } from '../db/fresh-database.ts';

const full = new OnggiError('db/quota', 'full');

/** Drafts over a fresh database that takes nothing while `isFull`. */
async function open() {
  const db = await openForTest();
  const storage = new StorageHealth();
  const disk = { isFull: false, writes: 0 };
  let lastWrite: Promise<void> | undefined;
  const source = {
    get: (id: string) => getDraft(db, id),
    put: (id: string, { text, pasted }: { text: string; pasted: readonly string[] }) => {
      disk.writes += 1;
      lastWrite = disk.isFull
        ? Promise.reject(full)
        : putDraft(db, { id, text, pasted, updatedAt: 1 });
      return lastWrite;
    },
    remove: (id: string, known: readonly { text: string; pasted: readonly string[] }[]) => {
      disk.writes += 1;
      lastWrite = deleteDraft(db, id, known);
      return lastWrite;
    },
  };
  const drafts = new Drafts(source, storage);
  /** Writes what waits and lets everything that follows from it happen. */
  const flush = async () => {
    drafts.flush();
    await lastWrite?.catch(() => undefined);
    await Promise.resolve();
  };
  return { db, storage, disk, source, drafts, flush, lastWrite: () => lastWrite };
}

function useFakeTimeouts(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
}

test.each([
  [{ text: '', pasted: [] }, ''],
  [{ text: ' \n', pasted: ['  '] }, ''],
  [{ text: '질문', pasted: [] }, '질문'],
  [{ text: 'about this:', pasted: ['long 🍯', '', 'more'] }, 'about this:\n\nlong 🍯\n\nmore'],
  [{ text: '', pasted: ['  indented'] }, '  indented'],
])('%j is one message', (draft, message) => {
  expect(draftToMessage(draft)).toBe(message);
});

describe('a text that is put behind a draft', () => {
  test('is written when that is over', async () => {
    const { db, source, storage, drafts } = await open();
    await putDraft(db, { id: 'c', text: 'before', pasted: [], updatedAt: 1 });
    let go: () => void = () => undefined;
    const isReady = new Promise<void>((resolve) => (go = resolve));
    const slow = new Drafts(
      { ...source, put: (id, draft) => isReady.then(() => source.put(id, draft)) },
      storage,
    );
    const adding = slow.append('c', 'typed on a full disk', true).then(() => 'over');
    expect(await Promise.race([adding, getDraft(db, 'c').then(() => 'not yet')])).toBe('not yet');
    go();
    await adding;
    const text = 'before\n\ntyped on a full disk';
    expect(await getDraft(db, 'c')).toMatchObject({ text });
    await drafts.load('c');
    expect(drafts.get('c')).toMatchObject({ text });
  });

  test('is not over as long as there is no room for it', async () => {
    const { db, storage, disk, drafts } = await open();
    disk.isFull = true;
    const adding = drafts.append('c', 'typed', true).then(() => 'over');
    await expect.poll(() => storage.unsaved).toMatchObject([{ text: 'typed' }]);
    expect(await Promise.race([adding, getDraft(db, 'c').then(() => 'not yet')])).toBe('not yet');
    disk.isFull = false;
    await storage.retry();
    expect(await adding).toBe('over');
    expect(await getDraft(db, 'c')).toMatchObject({ text: 'typed' });
  });

  test('takes no place of what is stored and could not be read', async () => {
    const { db, source, storage } = await open();
    await putDraft(db, { id: 'c', text: 'before', pasted: [], updatedAt: 1 });
    let isReadable = false;
    const drafts = new Drafts(
      { ...source, get: (id) => (isReadable ? source.get(id) : Promise.reject(full)) },
      storage,
    );
    const adding = drafts.append('c', 'typed', true);
    await expect.poll(() => storage.unsaved).toMatchObject([{ text: 'typed' }]);
    expect(await getDraft(db, 'c')).toMatchObject({ text: 'before' });
    isReadable = true;
    await storage.retry();
    await adding;
    expect(await getDraft(db, 'c')).toMatchObject({ text: 'before\n\ntyped' });
    expect(storage.unsaved).toEqual([]);
  });
});

describe('a kept draft', () => {
  test('comes back after a reload', async () => {
    const { source, storage, drafts, flush } = await open();
    drafts.set('c', { text: '쓰던 글 🍯' }, true);
    drafts.set('c', { pasted: ['a long paste'] }, true);
    await flush();
    const reloaded = new Drafts(source, storage);
    expect(reloaded.get('c')).toEqual({ text: '', pasted: [] });
    await reloaded.load('c');
    expect(reloaded.get('c')).toMatchObject({ text: '쓰던 글 🍯', pasted: ['a long paste'] });
    expect(reloaded.get('other')).toEqual({ text: '', pasted: [] });
  });

  test('is written once after a pause in typing', async () => {
    const { db, disk, drafts, lastWrite } = await open();
    useFakeTimeouts();
    for (const text of ['a', 'ab', 'abc']) {
      vi.advanceTimersByTime(300);
      drafts.set('c', { text }, true);
    }
    expect(disk.writes).toBe(0);
    vi.advanceTimersByTime(400);
    expect(disk.writes).toBe(1);
    await lastWrite();
    expect(await getDraft(db, 'c')).toMatchObject({ text: 'abc' });
  });

  test('is gone from the disk, without a pause, once it was sent', async () => {
    const { db, disk, drafts, flush, lastWrite } = await open();
    drafts.set('c', { text: 'sent', pasted: ['too'] }, true);
    await flush();
    expect(await getDraft(db, 'c')).toBeDefined();
    useFakeTimeouts();
    drafts.clear('c', true);
    expect(drafts.get('c')).toEqual({ text: '', pasted: [] });
    vi.advanceTimersByTime(0);
    expect(disk.writes).toBe(2);
    await lastWrite();
    expect(await getDraft(db, 'c')).toBeUndefined();
  });

  test('that another tab typed in the same conversation is not taken away by sending one’s own', async () => {
    const { db, source, storage, drafts, flush, lastWrite } = await open();
    const other = new Drafts(source, storage);
    await Promise.all([drafts.load('c'), other.load('c')]);
    drafts.set('c', { text: 'mine, about to be sent' }, true);
    await flush();
    other.set('c', { text: 'theirs' }, true);
    other.flush();
    await lastWrite();
    drafts.clear('c', true);
    await flush();
    expect(await getDraft(db, 'c')).toMatchObject({ text: 'theirs' });
    other.clear('c', true);
    other.flush();
    await lastWrite();
    expect(await getDraft(db, 'c')).toBeUndefined();
  });

  test('that could not be written last is gone once it was sent, with what was written before', async () => {
    const { db, disk, drafts, flush } = await open();
    drafts.set('c', { text: 'begun' }, true);
    await flush();
    disk.isFull = true;
    drafts.set('c', { text: 'begun and ended' }, true);
    await flush();
    disk.isFull = false;
    drafts.clear('c', true);
    await flush();
    expect(await getDraft(db, 'c')).toBeUndefined();
  });

  test('does not overwrite what was typed while it was read', async () => {
    const { db, drafts } = await open();
    await putDraft(db, { id: 'c', text: 'old', pasted: [], updatedAt: 1 });
    const loaded = drafts.load('c');
    drafts.set('c', { text: 'new' }, true);
    await loaded;
    expect(drafts.get('c').text).toBe('new');
  });

  test('is read once, and not again after it was emptied', async () => {
    const { db, drafts } = await open();
    await putDraft(db, { id: 'c', text: 'old', pasted: [], updatedAt: 1 });
    drafts.clear('c', false);
    await drafts.load('c');
    expect(drafts.get('c').text).toBe('');
  });

  test('shows on the screen when it is read', async () => {
    const { db, drafts } = await open();
    await putDraft(db, { id: 'c', text: 'stored', pasted: [], updatedAt: 1 });
    const seen: string[] = [];
    onTestFinished(
      $effect.root(() => {
        $effect(() => void seen.push(drafts.get('c').text));
      }),
    );
    flushSync();
    await drafts.load('c');
    flushSync();
    expect(seen).toEqual(['', 'stored']);
  });
});

describe('a text that is put behind a draft', () => {
  test('stands behind what is stored of it, once, and is written at once', async () => {
    const { db, drafts, flush, lastWrite } = await open();
    await putDraft(db, { id: 'new', text: '앞', pasted: ['붙인 글'], updatedAt: 1 });
    await drafts.append('new', '뒤', true);
    expect(drafts.get('new')).toMatchObject({ text: '앞\n\n뒤', pasted: ['붙인 글'] });
    await lastWrite();
    expect(await getDraft(db, 'new')).toMatchObject({ text: '앞\n\n뒤', pasted: ['붙인 글'] });
    // The box that shows it reads nothing over it.
    await drafts.load('new');
    drafts.set('new', { text: `${drafts.get('new').text}!` }, true);
    await flush();
    expect(await getDraft(db, 'new')).toMatchObject({ text: '앞\n\n뒤!' });
  });

  test('is in the box where it cannot be written, and what is typed on does not take its place', async () => {
    const { db, storage, disk, drafts, flush } = await open();
    disk.isFull = true;
    const adding = drafts.append('new', '적어 둔 생각', true);
    await expect
      .poll(() => storage.unsaved)
      .toMatchObject([{ id: 'draft:new', text: '적어 둔 생각' }]);
    expect(drafts.get('new').text).toBe('적어 둔 생각');
    drafts.set('new', { text: '적어 둔 생각, 그리고 더' }, true);
    disk.isFull = false;
    // Twice: one that hung may have happened.
    await storage.retry();
    await flush();
    await adding;
    expect(await getDraft(db, 'new')).toMatchObject({ text: '적어 둔 생각, 그리고 더' });
    expect(storage.unsaved).toEqual([]);
  });
});

test('a temporary draft is never written, not even one that was kept before', async () => {
  const { db, disk, drafts, flush } = await open();
  drafts.set('c', { text: 'secret' }, true);
  drafts.set('c', { text: 'secret plan' }, false);
  useFakeTimeouts();
  drafts.set('t', { text: 'another' }, false);
  vi.advanceTimersByTime(10_000);
  await flush();
  expect(disk.writes).toBe(0);
  expect(await db.strict.drafts.toArray()).toEqual([]);
  expect(drafts.get('c').text).toBe('secret plan');
});

test('a draft from before is deleted when it is emptied where nothing is kept', async () => {
  const { db, drafts, flush } = await open();
  await putDraft(db, { id: 'c', text: 'kept', pasted: [], updatedAt: 1 });
  await drafts.load('c');
  drafts.clear('c', false);
  await flush();
  expect(await getDraft(db, 'c')).toBeUndefined();
});

describe('a draft that cannot be written', () => {
  test('is kept as unsaved text with the reason', async () => {
    const { storage, disk, drafts, flush } = await open();
    disk.isFull = true;
    drafts.set('c', { text: 'typed', pasted: ['pasted'] }, true);
    await flush();
    expect(storage.problem).toBe(full);
    expect(storage.unsaved).toMatchObject([{ id: 'draft:c', text: 'typed\n\npasted' }]);
    expect(drafts.get('c').text).toBe('typed');
  });

  test('is written as it is by then when it is tried again', async () => {
    const { db, storage, disk, drafts, flush } = await open();
    disk.isFull = true;
    drafts.set('c', { text: 'typed' }, true);
    await flush();
    await storage.retry();
    expect(storage.unsaved.length).toBe(1);
    disk.isFull = false;
    drafts.set('c', { text: 'typed on' }, false);
    await storage.retry();
    expect(storage.unsaved).toEqual([]);
    expect(storage.problem).toBeNull();
    expect(await getDraft(db, 'c')).toMatchObject({ text: 'typed on' });
  });

  test('is no longer unsaved when its next state is written', async () => {
    const { storage, disk, drafts, flush } = await open();
    disk.isFull = true;
    drafts.set('c', { text: 'typed' }, true);
    await flush();
    expect(storage.unsaved.length).toBe(1);
    disk.isFull = false;
    drafts.set('c', { text: 'typed on' }, true);
    await flush();
    expect(storage.unsaved).toEqual([]);
    expect(storage.problem).toBeNull();
  });

  test('says so when it cannot even be read', async () => {
    const { db, storage, drafts } = await open();
    db.close();
    await drafts.load('c');
    expect(storage.problem?.code).toBe('db/lost');
  });
});
