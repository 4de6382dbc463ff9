import { describe, expect, onTestFinished, test } from 'vitest';
import { copiesToRemove, listCopies } from '#backup/copy-folder.ts';
import { createBackup } from '#backup/create-backup.ts';
import {
  FOLDER_NAMES,
  askForFolder,
  copyIntoFolder,
  isFolderGranted,
} from '#backup/folder-copies.ts';
import { createSnapshots } from '#backup/snapshots.ts';
import type { SnapshotMaker } from '#backup/snapshots.ts';
import { verifyBackup } from '#backup/verify-backup.ts';
import { OnggiError } from '#domain/errors.ts';
import { NOW, SCHEMA_VERSION, addWhole, openHome, verify, wholeConversation } from './support.ts';

/** A folder that no other test has. */
async function freshFolder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  const name = `test-${crypto.randomUUID()}`;
  onTestFinished(() => root.removeEntry(name, { recursive: true }));
  return root.getDirectoryHandle(name, { create: true });
}

/** Backups of three messages, a minute apart, and whose they are. */
async function createMaker() {
  const { db } = await openHome();
  await addWhole(db, wholeConversation('c', 3));
  const clock = { now: NOW };
  const written: ('whole' | 'segment')[] = [];
  const maker: SnapshotMaker = {
    createBackup: ({ target, segment }) => {
      written.push(segment ? 'segment' : 'whole');
      return createBackup(db, {
        target,
        segment,
        now: (clock.now += 60_000),
        appVersion: 'test',
        schemaVersion: SCHEMA_VERSION,
      });
    },
    verify: (file, options) => verifyBackup(file, { ...options, schemaVersion: SCHEMA_VERSION }),
  };
  return { maker, live: { db, clock: () => clock.now }, clock, written };
}

const TEN_YEARS_MS = 10 * 365 * 24 * 60 * 60 * 1000;

/** Files of that name that hold a little. */
async function putFiles(folder: FileSystemDirectoryHandle, names: readonly string[]) {
  for (const name of names) {
    const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
    await writable.write('old');
    await writable.close();
  }
}

const broken: SnapshotMaker = {
  verify: () => Promise.reject(new Error('nothing to read')),
  async createBackup({ target }) {
    if (target.kind === 'file') {
      const file = await target.handle.createWritable();
      await file.write('half');
      await file.close();
    }
    throw new OnggiError('backup/not-written', 'read back differs');
  },
};

async function namesIn(folder: FileSystemDirectoryHandle): Promise<string[]> {
  const names: string[] = [];
  for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) {
    names.push(name);
  }
  return names.sort();
}

describe('snapshots', () => {
  test('are whole backups, newest first, and can be read and removed', async () => {
    const root = await freshFolder();
    const snapshots = createSnapshots({
      ...(await createMaker()),
      openRoot: () => Promise.resolve(root),
    });
    const isWhole = true;
    const taken = [await snapshots.take({ isWhole }), await snapshots.take({ isWhole })];
    const listed = await snapshots.list();
    expect(listed.map(({ name }) => name)).toEqual(taken.map(({ name }) => name).reverse());
    const newest = listed[0]?.name ?? '';
    expect(await verify((await snapshots.read(newest)).whole)).toMatchObject({ isVerified: true });
    await snapshots.remove(newest);
    expect(await snapshots.list()).toHaveLength(1);
    await expect(snapshots.read(newest)).rejects.toMatchObject({ code: 'file/unreadable' });
    await expect(snapshots.read('../secret')).rejects.toMatchObject({ code: 'file/unreadable' });
  });

  test('that could not be written are not listed and take the place of none', async () => {
    const root = await freshFolder();
    const openRoot = () => Promise.resolve(root);
    const made = await createMaker();
    await createSnapshots({ ...made, openRoot }).take();
    const snapshots = createSnapshots({ ...made, maker: broken, openRoot });
    const isWhole = true;
    await expect(snapshots.take({ isWhole })).rejects.toMatchObject({ code: 'backup/not-written' });
    await expect(snapshots.take()).rejects.toMatchObject({ code: 'backup/not-written' });
    expect(await snapshots.list()).toHaveLength(1);
    expect(await namesIn(await root.getDirectoryHandle('snapshots'))).toHaveLength(1);
  });

  test('beyond the bounds go, oldest first', async () => {
    const root = await freshFolder();
    const snapshots = createSnapshots({
      ...(await createMaker()),
      openRoot: () => Promise.resolve(root),
      bounds: { least: 2, most: 3, maxBytes: 1e9 },
    });
    const taken = [];
    for (let turn = 0; turn < 5; turn += 1) taken.push(await snapshots.take({ isWhole: true }));
    expect((await snapshots.list()).map(({ name }) => name)).toEqual(
      taken
        .slice(2)
        .map(({ name }) => name)
        .reverse(),
    );
  });

  test('that cannot be read any more never stand for one that can', async () => {
    const root = await freshFolder();
    const snapshots = createSnapshots({
      ...(await createMaker()),
      openRoot: () => Promise.resolve(root),
      bounds: { least: 2, most: 2, maxBytes: 1e9 },
    });
    const names: string[] = [];
    const takeNext = async () => names.unshift((await snapshots.take({ isWhole: true })).name);
    await takeNext();
    await takeNext();
    const folder = await root.getDirectoryHandle('snapshots');
    await putFiles(folder, names.slice(0, 1));
    await takeNext();
    const [third, damaged, first] = names;
    const left = async () => (await snapshots.list()).map(({ name }) => name);
    expect(await left()).toEqual([third, damaged, first]);

    // As soon as two can be read again, the others go.
    await takeNext();
    expect(await left()).toEqual(names.slice(0, 2));
  });

  test('are taken though the reading of an older one breaks off, and none goes where it was stopped', async () => {
    const root = await freshFolder();
    const made = await createMaker();
    const stop = new AbortController();
    let breakOff = (): void => undefined;
    const snapshots = createSnapshots({
      ...made,
      maker: {
        ...made.maker,
        verify: () => {
          breakOff();
          return Promise.reject(new Error('the worker is gone'));
        },
      },
      openRoot: () => Promise.resolve(root),
      bounds: { least: 2, most: 2, maxBytes: 1e9 },
    });
    const take = () => snapshots.take({ isWhole: true, signal: stop.signal });
    const names = [(await take()).name, (await take()).name, (await take()).name];
    const left = async () => (await snapshots.list()).map(({ name }) => name);
    expect(await left()).toEqual([names[2], names[1]]);
    breakOff = () => stop.abort();
    const last = await take();
    expect(await left()).toEqual([last.name, names[2], names[1]]);
  });

  test('of a clock that was ten years ahead are no longer the newest when it is right again', async () => {
    const root = await freshFolder();
    const { clock, written, live, maker } = await createMaker();
    const snapshots = createSnapshots({ maker, live, openRoot: () => Promise.resolve(root) });
    clock.now = NOW + TEN_YEARS_MS;
    const ahead = await snapshots.take();
    clock.now = NOW;
    await addWhole(live.db, wholeConversation('d', 2));
    const right = await snapshots.take();
    expect((await snapshots.list()).map(({ name }) => name)).toEqual([right.name, ahead.name]);
    // And the next ones follow it: not everything is written anew every ten minutes.
    for (const id of ['e', 'f']) {
      await addWhole(live.db, wholeConversation(id, 2));
      await snapshots.take();
    }
    expect(written).toEqual(['whole', 'whole', 'segment', 'segment']);
    expect((await snapshots.list())[0]).toMatchObject({ name: right.name });
  });

  test.each(['back by nine hours', 'back by three years'])(
    'keep their order when the clock goes %s',
    async (how) => {
      const root = await freshFolder();
      const { clock, live, maker } = await createMaker();
      const snapshots = createSnapshots({ maker, live, openRoot: () => Promise.resolve(root) });
      const before = await snapshots.take({ isWhole: true });
      clock.now -= how.includes('years') ? 0.3 * TEN_YEARS_MS : 9 * 60 * 60 * 1000;
      const after = await snapshots.take({ isWhole: true });
      expect((await snapshots.list()).map(({ name }) => name)).toEqual([after.name, before.name]);
    },
  );

  test('of an older version with names of the future never take the place of a new one', async () => {
    const root = await freshFolder();
    const folder = await root.getDirectoryHandle('snapshots', { create: true });
    const old = Array.from({ length: 8 }, (_, day) => `backup_2036010${day + 1}_000000.json.gz`);
    await putFiles(folder, old);
    const snapshots = createSnapshots({
      ...(await createMaker()),
      openRoot: () => Promise.resolve(root),
    });
    const { name } = await snapshots.take();
    expect((await snapshots.list()).map((each) => each.name)).toEqual([
      name,
      ...old.slice(1).reverse(),
    ]);
  });

  test('are none where the browser has no file system of its own', async () => {
    const snapshots = createSnapshots({
      ...(await createMaker()),
      openRoot: () => Promise.reject(new DOMException('', 'SecurityError')),
    });
    expect(await snapshots.list()).toEqual([]);
    await expect(snapshots.take()).rejects.toMatchObject({ code: 'backup/not-written' });
  });
});

describe('which copies go', () => {
  const copies = [40, 30, 20, 10].map((sizeBytes, index) => ({ name: `c${index}`, sizeBytes }));
  const namesOf = (bounds: { least: number; most: number; maxBytes: number }) =>
    copiesToRemove(copies, bounds).map(({ name }) => name);

  test.each([
    [{ least: 2, most: 9, maxBytes: 1000 }, []],
    [{ least: 2, most: 3, maxBytes: 1000 }, ['c3']],
    [{ least: 2, most: 9, maxBytes: 10 }, ['c3', 'c2']],
    [{ least: 1, most: 9, maxBytes: 70 }, ['c3', 'c2']],
    [{ least: 0, most: 0, maxBytes: 0 }, ['c3', 'c2', 'c1', 'c0']],
  ])('with %o', (bounds, removed) => {
    expect(namesOf(bounds)).toEqual(removed);
  });

  test('never takes the largest, however many small ones come after it', () => {
    const small = [1, 1, 1, 1].map((sizeBytes, index) => ({ name: `new${index}`, sizeBytes }));
    const all = [...small, { name: 'history', sizeBytes: 500 }, { name: 'old', sizeBytes: 400 }];
    const bounds = { least: 2, most: 3, maxBytes: 1000, keepsLargest: true };
    expect(copiesToRemove(all, bounds).map(({ name }) => name)).toEqual(['old', 'new3']);
    expect(copiesToRemove([], bounds)).toEqual([]);
  });
});

test('copies beside the newest and the largest stay only while all together are within the bound', () => {
  const copies = [40, 40, 40, 100].map((sizeBytes, index) => ({ name: `c${index}`, sizeBytes }));
  const removedWith = (maxBytes: number) =>
    copiesToRemove(copies, { least: 2, most: 8, maxBytes, keepsLargest: true });
  expect(removedWith(220)).toEqual([]);
  expect(removedWith(219).map(({ name }) => name)).toEqual(['c2']);
  // The two newest and the largest stay, whatever they come to.
  expect(removedWith(0).map(({ name }) => name)).toEqual(['c2']);
});

describe('a folder that the person picked', () => {
  /** A folder as the browser gives it after a restart: the person must be asked again. */
  function withPermission(
    folder: FileSystemDirectoryHandle,
    states: { query: PermissionState; request: PermissionState },
  ): FileSystemDirectoryHandle {
    return Object.assign(folder, {
      queryPermission: () => Promise.resolve(states.query),
      requestPermission: () => Promise.resolve(states.request),
    });
  }

  test('gets copies, and its other files are left alone', async () => {
    const folder = await freshFolder();
    const others = [
      'diary.txt',
      'backup.part',
      'backup_20200101_000000.json.gz',
      'backup_20200101_000000.json.gz.age',
      'onggi_copy_20200101_000000.json.gz.age',
    ];
    for (const name of others) {
      await folder.getFileHandle(name, { create: true });
    }
    const { maker } = await createMaker();
    const bounds = { least: 1, most: 1, maxBytes: 0 };
    await copyIntoFolder(folder, maker, { bounds });
    const { name } = await copyIntoFolder(folder, maker, { bounds });
    expect(name).toMatch(/^onggi_copy_\d{8}_\d{6}\.json\.gz$/);
    expect((await listCopies(folder, FOLDER_NAMES)).map((copy) => copy.name)).toEqual([name]);
    expect(await namesIn(folder)).toEqual([...others, name].sort());
    expect(await verify(await (await folder.getFileHandle(name)).getFile())).toMatchObject({
      isVerified: true,
    });
  });

  test('keeps the largest copy, from before a loss, through a month of nearly empty ones', async () => {
    const folder = await freshFolder();
    const days = Array.from({ length: 31 }, (_, day) => String(day + 1).padStart(2, '0'));
    const names = days.map((day) => `onggi_copy_202001${day}_000000.json.gz`);
    await putFiles(folder, names);
    const [first = '', second = ''] = names;
    const handle = await folder.getFileHandle(first);
    const writable = await handle.createWritable();
    await writable.write('history'.repeat(10_000));
    await writable.close();
    const { name } = await copyIntoFolder(folder, (await createMaker()).maker);
    const left = await namesIn(folder);
    expect(left).toContain(first);
    expect(left).not.toContain(second);
    expect(left).toContain(name);
    expect(left).toHaveLength(31);
  });

  test('keeps the new copy though a wrong clock left many of the future', async () => {
    const folder = await freshFolder();
    const ofFuture = [1, 2, 3].map((day) => `onggi_copy_2036010${day}_000000.json.gz`);
    await putFiles(folder, ofFuture);
    const bounds = { least: 2, most: 3, maxBytes: Infinity };
    const { name } = await copyIntoFolder(folder, (await createMaker()).maker, { bounds });
    expect(await namesIn(folder)).toEqual([name, ...ofFuture.slice(1)].sort());
  });

  test('that may not be written is said, and nothing is made', async () => {
    const states = { query: 'prompt', request: 'denied' } as const;
    const folder = withPermission(await freshFolder(), states);
    expect(await isFolderGranted(folder)).toBe(false);
    expect(await askForFolder(folder)).toBe(false);
    await expect(copyIntoFolder(folder, (await createMaker()).maker)).rejects.toMatchObject({
      code: 'backup/folder-denied',
    });
    expect(await namesIn(folder)).toEqual([]);
  });

  test('may be written after the person said yes', async () => {
    const states = { query: 'prompt', request: 'granted' } as const;
    expect(await askForFolder(withPermission(await freshFolder(), states))).toBe(true);
  });

  test('that is gone is said', async () => {
    const root = await navigator.storage.getDirectory();
    const name = `gone-${crypto.randomUUID()}`;
    const folder = await root.getDirectoryHandle(name, { create: true });
    await root.removeEntry(name, { recursive: true });
    await expect(copyIntoFolder(folder, (await createMaker()).maker)).rejects.toMatchObject({
      code: 'backup/folder-denied',
    });
  });
});
