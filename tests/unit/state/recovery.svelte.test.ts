import { flushSync } from 'svelte';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createBackup } from '#backup/create-backup.ts';
import { createSnapshots } from '#backup/snapshots.ts';
import { verifyBackup } from '#backup/verify-backup.ts';
import { tryHoldRestoreLock } from '#db/live-lock.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { OnggiError } from '#domain/errors.ts';
import { toConversationId } from '#domain/ids.ts';
import { Recovery } from '#state/recovery.svelte.ts';
import type { RecoveryDeps } from '#state/recovery.svelte.ts';
import {
  NOW,
  SCHEMA_VERSION,
  addWhole,
  dump,
  openHome,
  restore,
  wholeConversation,
} from '../backup/support.ts';

/**
 * Two whole snapshots in the folder of the app itself, of one and of two conversations.
 * @param lose What goes before the second one is taken.
 */
async function takeTwo(lose: (db: OnggiDatabase) => Promise<unknown> = () => Promise.resolve()) {
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
  await lose(home.db);
  const second = await snapshots.take({ isWhole: true });
  return { home, snapshots, first: first.name, second: second.name, atFirst };
}

/** What the recovery screen needs, when nothing is to be brought back. */
const depsOf = (deps: Partial<RecoveryDeps>): RecoveryDeps => ({
  reason: { kind: 'rescue' },
  open: () => Promise.reject(new Error('nothing is opened here')),
  prepareToOpen: () => Promise.resolve(),
  followWait: () => undefined,
  clock: () => NOW,
  createId: () => crypto.randomUUID(),
  reload: () => {
    throw new Error('nothing was to be brought back');
  },
  ...deps,
});

/** Databases of restores that were prepared. */
async function listStaged(): Promise<readonly string[]> {
  const names = (await indexedDB.databases()).map(({ name = '' }) => name);
  return names.filter((name) => name.startsWith('onggi-restore'));
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
  const recovery = new Recovery(depsOf({ prepareToOpen }));
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
  const recovery = new Recovery(depsOf({ reason: { kind: 'gone' }, open }));
  // Each is looked into without being asked for.
  const counts = () => recovery.snapshots?.map((copy) => copy.counts);
  await vi.waitFor(() => expect(counts()).toMatchObject([{ messages: 5 }, { messages: 3 }]));
  expect(recovery.best?.name).toBe(second);
  expect(open).not.toHaveBeenCalled();
  await damage(second);
  const before = await dump(home.db);
  await recovery.restoreSnapshot(second);
  flushSync();
  expect(recovery.phase).toMatchObject({
    kind: 'failed',
    error: { code: expect.stringMatching(/^file\//) as string },
  });
  expect(counts()).toMatchObject([null, { messages: 3 }]);
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

test('the copy that has most of what is missing is the one to begin with', async () => {
  const { first, second } = await takeTwo((db) =>
    db.strict.conversations.delete(toConversationId('c')),
  );
  const missing = new Map([['conversations', new Set(['c', 'long gone'])]]);
  const recovery = new Recovery(
    depsOf({ reason: { kind: 'shrunken', missing, known: 3, changes: 0 } }),
  );
  await vi.waitFor(() =>
    expect(recovery.snapshots).toMatchObject([
      { name: second, counts: { conversations: 1, missing: 0 } },
      { name: first, counts: { conversations: 1, missing: 1 } },
    ]),
  );
  expect(recovery.best?.name).toBe(first);
  expect(recovery.missingCount).toBe(2);
});

test.each(['opened', 'begun', 'at work'] as const)(
  'a restore that is stopped when it is %s leaves everything as it was',
  async (moment) => {
    const { home, second } = await takeTwo();
    const before = await dump(home.db);
    let isReached = false;
    const stopAt = (here: typeof moment): void => {
      if (here !== moment) return;
      isReached = true;
      recovery.stop();
    };
    const recovery: Recovery = new Recovery(
      depsOf({
        open: () => {
          queueMicrotask(() => stopAt('opened'));
          return Promise.resolve(home.db);
        },
        createId: () => {
          stopAt('begun');
          return crypto.randomUUID();
        },
      }),
    );
    onTestFinished(
      $effect.root(() => {
        $effect(() => {
          if (recovery.phase.kind === 'working' && recovery.phase.progress) stopAt('at work');
        });
      }),
    );
    await vi.waitFor(() => expect(recovery.snapshots).toHaveLength(2));
    await recovery.restoreSnapshot(second);
    expect(isReached).toBe(true);
    expect(recovery.phase).toEqual({ kind: 'idle' });
    expect(await dump(home.db)).toEqual(before);
    expect(await listStaged()).toEqual([]);
    // Nothing of it stands in the way of the next.
    const release = await tryHoldRestoreLock();
    expect(release).toBeTypeOf('function');
    release?.();
  },
);

test('a merge that became another one asks, and a no leaves nothing of it', async () => {
  const { home, second } = await takeTwo();
  await home.db.strict.conversations.delete(toConversationId('d'));
  const recovery = new Recovery(depsOf({ open: () => Promise.resolve(home.db) }));
  await vi.waitFor(() => expect(recovery.snapshots).toHaveLength(2));
  // Another tab writes when the merge is prepared.
  const query = navigator.locks.query.bind(navigator.locks);
  const asked = vi.spyOn(navigator.locks, 'query').mockImplementationOnce(async () => {
    await addWhole(home.db, wholeConversation('d', 2));
    return query();
  });
  onTestFinished(() => asked.mockRestore());
  await recovery.restoreSnapshot(second);
  expect(recovery.phase).toMatchObject({
    kind: 'changed',
    preview: { merged: { conversations: { added: 0, unchanged: 2 } } },
  });
  // Meanwhile nothing else is begun.
  await recovery.look(second);
  expect(recovery.phase.kind).toBe('changed');
  const before = await dump(home.db);
  await recovery.giveUp();
  expect(recovery.phase).toEqual({ kind: 'idle' });
  expect(await dump(home.db)).toEqual(before);
  expect(await listStaged()).toEqual([]);
});
