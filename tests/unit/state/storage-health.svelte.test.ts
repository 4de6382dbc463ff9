import { flushSync } from 'svelte';
import { expect, onTestFinished, test, vi } from 'vitest';
import { OnggiError } from '#domain/errors.ts';
import { StorageHealth } from '#state/storage-health.svelte.ts';

const full = new OnggiError('db/quota', 'full');
const ids = (storage: StorageHealth) => storage.unsaved.map(({ id }) => id);
const silent = () => Promise.resolve(false);

test('a write that succeeds mends what was wrong, unless text still waits', () => {
  const storage = new StorageHealth();
  storage.fail(full);
  expect(storage.problem).toBe(full);
  storage.recover();
  expect(storage.problem).toBeNull();
  storage.fail(full);
  storage.keep({ id: 'a', title: 'A', text: 'one', retry: null });
  storage.recover();
  expect(storage.problem).toBe(full);
  storage.release('a');
  expect(storage.problem).toBeNull();
  expect(storage.unsaved).toEqual([]);
});

test('only failures of the storage are its business, and the person may put them away', () => {
  const storage = new StorageHealth();
  storage.fail(new OnggiError('provider/offline', 'no network'));
  expect(storage.problem).toBeNull();
  storage.fail(full);
  storage.reportDataLoss();
  expect(storage.isDataLost).toBe(true);
  storage.dismiss();
  expect(storage.problem).toBeNull();
  expect(storage.isDataLost).toBe(false);
});

test('the same id replaces the older state of a text', () => {
  const storage = new StorageHealth();
  storage.keep({ id: 'a', title: 'A', text: 'one', retry: null });
  storage.keep({ id: 'b', title: null, text: '둘', retry: null });
  storage.keep({ id: 'a', title: 'A', text: 'one more', retry: null });
  expect(ids(storage)).toEqual(['b', 'a']);
  expect(storage.unsavedAsMarkdown('쓰던 글')).toBe('# 쓰던 글\n\n둘\n\n# A\n\none more\n');
});

test('letting go of what is not there mends nothing', () => {
  const storage = new StorageHealth();
  storage.fail(full);
  storage.release('nothing');
  expect(storage.problem).toBe(full);
});

test('a retry writes all that can be written and keeps the rest, and the reason', async () => {
  const storage = new StorageHealth();
  storage.fail(full);
  const tried: string[] = [];
  const retry = (id: string, isFull: boolean) => () => {
    tried.push(id);
    expect(storage.isRetrying).toBe(true);
    return isFull ? Promise.reject(full) : Promise.resolve();
  };
  storage.keep({ id: 'a', title: 'A', text: 'a', retry: retry('a', true) });
  storage.keep({ id: 'b', title: 'B', text: 'b', retry: retry('b', false) });
  storage.keep({ id: 'c', title: 'C', text: 'c', retry: null });
  storage.keep({ id: 'd', title: 'D', text: 'd', retry: retry('d', false) });
  await storage.retry();
  expect(tried).toEqual(['a', 'b', 'd']);
  expect(ids(storage)).toEqual(['a', 'c']);
  expect(storage.problem).toBe(full);
  expect(storage.isRetrying).toBe(false);
});

test('a retry that writes everything mends what was wrong', async () => {
  const storage = new StorageHealth();
  storage.fail(full);
  storage.keep({ id: 'a', title: 'A', text: 'a', retry: () => Promise.resolve() });
  await storage.retry();
  expect(storage.unsaved).toEqual([]);
  expect(storage.problem).toBeNull();
});

test('the screen is told of every change', () => {
  const storage = new StorageHealth();
  const seen: unknown[] = [];
  onTestFinished(
    $effect.root(() => {
      $effect(() => {
        const { problem, unsaved, isPersisted, isSuperseded } = storage;
        seen.push([problem?.code, unsaved.length, isPersisted, isSuperseded]);
      });
    }),
  );
  const changes = [
    () => undefined,
    () => storage.fail(full),
    () => storage.keep({ id: 'a', title: 'A', text: 'a', retry: null }),
    () => storage.release('a'),
    () => storage.setPersisted(true),
    () => storage.supersede(),
  ];
  for (const change of changes) {
    change();
    flushSync();
  }
  expect(seen).toEqual([
    [undefined, 0, null, false],
    ['db/quota', 0, null, false],
    ['db/quota', 1, null, false],
    [undefined, 0, null, false],
    [undefined, 0, true, false],
    [undefined, 0, true, true],
  ]);
});

test('a storage that nobody asked to close is told as lost, not as another tab', () => {
  const storage = new StorageHealth();
  const closed = new OnggiError('db/closed', 'closed');
  storage.fail(closed);
  expect(storage.problem?.code).toBe('db/lost');
  storage.supersede();
  storage.fail(closed);
  expect(storage.problem).toBe(closed);
});

test('a retry opens a database that was shut before it writes, and leaves one that is open alone', async () => {
  const storage = new StorageHealth();
  const hung = new OnggiError('db/hang', 'no event');
  let canOpen = false;
  const done: string[] = [];
  const reopen = async () => {
    done.push('open');
    if (canOpen) await storage.resume();
    return canOpen;
  };
  storage.setReopen({ reopen, isAlive: silent });
  storage.fail(hung);
  expect(storage.canRetry).toBe(true);
  storage.keep({
    id: 'a',
    title: 'A',
    text: 'a',
    retry: () => Promise.resolve(void done.push('write')),
  });
  await storage.retry();
  expect(done).toEqual(['open']);
  expect(storage.problem).toBe(hung);
  expect(ids(storage)).toEqual(['a']);
  canOpen = true;
  await storage.retry();
  expect(done).toEqual(['open', 'open', 'write']);
  expect(storage.problem).toBeNull();
  storage.fail(full);
  expect(storage.canRetry).toBe(false);
  await storage.retry();
  expect(done).toHaveLength(3);
});

test('text that is sent again by hand does not keep the notice of a storage that is open again', async () => {
  const storage = new StorageHealth();
  storage.fail(new OnggiError('db/lost', 'closed'));
  storage.keep({ id: 'draft:a', title: 'A', text: 'a', retry: null });
  await storage.resume();
  expect(storage.problem).toBeNull();
  expect(ids(storage)).toEqual(['draft:a']);
});

test('a closed database is opened again by itself, with longer pauses, until it is open', async () => {
  const pauses: number[] = [];
  const storage = new StorageHealth((pauseMs) => {
    pauses.push(pauseMs);
    return Promise.resolve();
  });
  let left = 4;
  const causes: string[] = [];
  const opened = new Promise<void>((resolve) => {
    const reopen = async (cause: string) => {
      causes.push(cause);
      left -= 1;
      if (left > 0) return false;
      await storage.resume();
      resolve();
      return true;
    };
    storage.setReopen({ reopen, isAlive: silent });
  });
  storage.fail(new OnggiError('db/lost', 'closed'));
  storage.fail(new OnggiError('db/lost', 'closed'));
  await opened;
  expect(storage.problem).toBeNull();
  expect(pauses).toEqual([5000, 10_000, 20_000, 20_000]);
  expect(causes).toEqual(['itself', 'itself', 'itself', 'itself']);
});

test('a database that was only slow is not opened again: what waits is written on it', async () => {
  const { promise: rested, resolve: rest } = Promise.withResolvers<undefined>();
  const storage = new StorageHealth(() => rested);
  const reopened: string[] = [];
  const { promise: written, resolve: write } = Promise.withResolvers<undefined>();
  storage.setReopen({
    reopen: (cause) => Promise.resolve(reopened.push(cause) > 0),
    isAlive: () => Promise.resolve(true),
  });
  const retry = (): Promise<void> => {
    write(undefined);
    return Promise.resolve();
  };
  storage.keep({ id: 'a', title: 'A', text: 'a', retry });
  storage.fail(new OnggiError('db/hang', 'no event'));
  rest(undefined);
  await written;
  await vi.waitFor(() => expect(storage.problem).toBeNull());
  expect(storage.unsaved).toEqual([]);
  // Nor for a person.
  storage.fail(new OnggiError('db/hang', 'no event'));
  await storage.retry();
  expect(storage.problem).toBeNull();
  expect(reopened).toEqual([]);
  // One that was closed is not asked.
  storage.fail(new OnggiError('db/lost', 'closed'));
  await storage.retry();
  expect(reopened).toEqual(['person']);
});

test('what cannot be written on the database that is open again stays, with the reason', async () => {
  const storage = new StorageHealth();
  storage.keep({ id: 'a', title: 'A', text: 'a', retry: () => Promise.reject(full) });
  storage.fail(new OnggiError('db/lost', 'closed'));
  await storage.resume();
  expect(storage.problem).toBe(full);
  expect(ids(storage)).toEqual(['a']);
});

test('a try that fails altogether is not the last', async () => {
  const storage = new StorageHealth(() => new Promise(() => undefined));
  let isBroken = true;
  storage.setReopen({
    reopen: () => (isBroken ? Promise.reject(full) : Promise.resolve(true)),
    isAlive: silent,
  });
  storage.fail(new OnggiError('db/lost', 'closed'));
  await expect(storage.retry()).rejects.toBe(full);
  expect(storage.isRetrying).toBe(false);
  isBroken = false;
  await storage.retry();
  expect(storage.problem).toBeNull();
});

test('another reason than a closed database is not tried again by itself', async () => {
  const pauses: number[] = [];
  const storage = new StorageHealth((pauseMs) => Promise.resolve(pauses.push(pauseMs)));
  storage.setReopen({ reopen: () => Promise.resolve(true), isAlive: silent });
  storage.fail(full);
  storage.supersede();
  storage.fail(new OnggiError('db/lost', 'taken over'));
  await Promise.resolve();
  expect(pauses).toEqual([]);
});
