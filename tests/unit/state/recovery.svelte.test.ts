import { flushSync } from 'svelte';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createBackup } from '#backup/create-backup.ts';
import { createSnapshots } from '#backup/snapshots.ts';
import { verifyBackup } from '#backup/verify-backup.ts';
import { OnggiError } from '#domain/errors.ts';
import { Recovery } from '#state/recovery.svelte.ts';
import {
  NOW,
  SCHEMA_VERSION,
  addWhole,
  dump,
  openHome,
  restore,
  wholeConversation,
} from '../backup/support.ts';

/** Two whole snapshots in the folder of the app itself, of one and of two conversations. */
async function takeTwo() {
  const root = await navigator.storage.getDirectory();
  onTestFinished(() => root.removeEntry('snapshots', { recursive: true }));
  const home = await openHome();
  let now = NOW;
  const snapshots = createSnapshots({
    live: { db: home.db, clock: () => now },
    maker: {
      createBackup: ({ target }) =>
        createBackup(home.db, {
          target,
          now: (now += 60_000),
          appVersion: 'test',
          schemaVersion: SCHEMA_VERSION,
        }),
      verify: (file, options) => verifyBackup(file, { ...options, schemaVersion: SCHEMA_VERSION }),
    },
  });
  await addWhole(home.db, wholeConversation('c', 3));
  const atFirst = await dump(home.db);
  const first = await snapshots.take({ isWhole: true });
  await addWhole(home.db, wholeConversation('d', 2));
  const second = await snapshots.take({ isWhole: true });
  return { home, snapshots, first: first.name, second: second.name, atFirst };
}

/** Turns bytes of a snapshot, as a disk does. */
async function damage(name: string): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle('snapshots');
  const handle = await folder.getFileHandle(name);
  const writable = await handle.createWritable({ keepExistingData: true });
  await writable.write({ type: 'write', position: 40, data: new Uint8Array(64) });
  await writable.close();
}

test('the rescue page says that nothing can be looked at for want of room, and looks when there is some', async () => {
  let hasRoom = false;
  const prepareToOpen = vi.fn(() =>
    hasRoom ? Promise.resolve() : Promise.reject(new OnggiError('db/no-space', 'full')),
  );
  const recovery = new Recovery({
    reason: { kind: 'rescue' },
    open: () => Promise.reject(new Error('nothing is opened here')),
    prepareToOpen,
    followWait: () => undefined,
    clock: () => NOW,
    createId: () => crypto.randomUUID(),
    reload: () => undefined,
  });
  await vi.waitFor(() =>
    expect(recovery.phase).toMatchObject({ kind: 'failed', error: { code: 'db/no-space' } }),
  );
  hasRoom = true;
  prepareToOpen.mockClear();
  await recovery.rescue();
  expect(recovery.phase).toEqual({ kind: 'idle' });
  // For what is taken out, and to look for the live database.
  expect(prepareToOpen).toHaveBeenCalledTimes(2);
  await recovery.rescue();
  expect(prepareToOpen).toHaveBeenCalledTimes(3);
});

test('offers the copy before a damaged one, and that one is whole', async () => {
  const { home, snapshots, first, second, atFirst } = await takeTwo();
  const open = vi.fn(() => Promise.resolve(home.db));
  const recovery = new Recovery({
    reason: { kind: 'gone' },
    open,
    prepareToOpen: () => Promise.resolve(),
    followWait: () => undefined,
    clock: () => NOW,
    createId: () => crypto.randomUUID(),
    reload: () => {
      throw new Error('nothing was to be brought back');
    },
  });
  await vi.waitFor(() => expect(recovery.snapshots).toHaveLength(2));
  expect(recovery.best?.name).toBe(second);
  await damage(second);
  const before = await dump(home.db);
  await recovery.restoreSnapshot(second);
  flushSync();
  expect(recovery.phase).toMatchObject({
    kind: 'failed',
    error: { code: expect.stringMatching(/^file\//) as string },
  });
  expect(recovery.snapshots?.map(({ counts }) => counts)).toEqual([null, undefined]);
  expect(recovery.best?.name).toBe(first);
  // Nothing of the damaged one went anywhere.
  expect(await dump(home.db)).toEqual(before);
  open.mockClear();
  await recovery.look(first);
  expect(recovery.best).toMatchObject({ name: first, counts: { conversations: 1, messages: 3 } });
  expect(open).not.toHaveBeenCalled();
  const { whole, segments } = await snapshots.read(first);
  const { db } = await restore(await openHome(), whole, { segments });
  expect(await dump(db)).toEqual(atFirst);
});
