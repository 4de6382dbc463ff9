import { expect, test } from 'vitest';
import type { BackupSummary, RestorePreview } from '#domain/backup-report.ts';
import { BACKUP_TABLES } from '#domain/backup-report.ts';
import { OnggiError } from '#domain/errors.ts';
import { Backups } from '#state/backups.svelte.ts';
import type { BackupWork, OpenOptions, PreparedRestore } from '#state/backups.svelte.ts';
import { StorageHealth } from '#state/storage-health.svelte.ts';

const SUMMARY: BackupSummary = {
  formatVersion: 1,
  schemaVersion: 2,
  appVersion: '0.1.0',
  createdAt: 1,
  isEncrypted: false,
  fileBytes: 10,
  textUnits: 20,
  counts: Object.fromEntries(BACKUP_TABLES.map((table) => [table, 0])) as BackupSummary['counts'],
  saidCounts: null,
  earliestAt: null,
  latestAt: null,
  isVerifiable: true,
  isVerified: true,
  problems: [],
};
const PREVIEW: RestorePreview = {
  mode: 'replace',
  summary: SUMMARY,
  merged: null,
  replaced: null,
  questions: ['all_empty'],
};
const FILE = new File(['x'], 'backup.json.gz');
const nothing = () => Promise.resolve();

function createBackups(work: Partial<BackupWork> = {}) {
  const reloads: number[] = [];
  const backups = new Backups(
    {
      write: () => Promise.reject(new OnggiError('db/no-space', 'full')),
      verify: () => Promise.resolve(SUMMARY),
      prepare: () =>
        Promise.resolve({ preview: PREVIEW, commit: nothing, discard: nothing } as PreparedRestore),
      readPutAside: () => Promise.resolve(undefined),
      undoRestore: nothing,
      watchTargets: () => ({ subscribe: () => ({ unsubscribe: () => undefined }) }),
      listSnapshots: () => Promise.resolve([]),
      makeSnapshot: nothing,
      openSnapshot: () => Promise.resolve({ whole: FILE, segments: [] }),
      useFolder: nothing,
      forgetFolder: nothing,
      copyToFolder: nothing,
      readReminder: () =>
        Promise.resolve({
          lastOutsideAt: null,
          firstKeptAt: null,
          isChanged: false,
          snoozedAt: null,
        }),
      snooze: () => undefined,
      ...work,
    },
    new StorageHealth(),
    () => 0,
    () => reloads.push(1),
  );
  return { backups, reloads };
}

test('says whether the newest copy is behind what is stored', async () => {
  let isChanged = true;
  const { backups } = createBackups({
    readReminder: () =>
      Promise.resolve({ lastOutsideAt: 0, firstKeptAt: 0, isChanged, snoozedAt: null }),
  });
  await backups.checkReminder();
  expect(backups.isCopyBehind).toBe(true);
  isChanged = false;
  await backups.checkReminder();
  expect(backups.isCopyBehind).toBe(false);
});

test('goes from the file over the summary to the switch, and loads the page anew', async () => {
  const accepted: unknown[] = [];
  const { backups, reloads } = createBackups({
    prepare: () =>
      Promise.resolve({
        preview: PREVIEW,
        commit: (questions) => {
          accepted.push(questions);
          return Promise.resolve();
        },
        discard: nothing,
      }),
  });
  await backups.open(FILE, 'restore');
  expect(backups.phase.kind).toBe('summary');
  await backups.prepare('replace');
  expect(backups.phase).toEqual({ kind: 'prepared', preview: PREVIEW });
  await backups.commit();
  expect(accepted).toEqual([['all_empty']]);
  expect(reloads).toHaveLength(1);
});

test('asks for a passphrase, again after a wrong one, and keeps it for the restore', async () => {
  const used: (string | null)[] = [];
  const open = ({ passphrase }: OpenOptions): void => {
    used.push(passphrase);
    if (passphrase === null) throw new OnggiError('file/passphrase-needed', 'age');
    if (passphrase !== 'right') throw new OnggiError('file/passphrase-wrong', 'age');
  };
  const { backups } = createBackups({
    verify: (_file, options) => Promise.resolve().then(() => (open(options), SUMMARY)),
    prepare: (_file, _mode, options) =>
      Promise.resolve().then(() => {
        open(options);
        return { preview: PREVIEW, commit: nothing, discard: nothing };
      }),
  });
  await backups.open(FILE, 'restore');
  expect(backups.phase).toEqual({ kind: 'locked', isWrong: false });
  await backups.unlock('wrong');
  expect(backups.phase).toEqual({ kind: 'locked', isWrong: true });
  await backups.unlock('right');
  await backups.prepare('merge');
  expect(used).toEqual([null, 'wrong', 'right', 'right']);
});

test('asks before it reads a file above the limits, and refuses one that is still too large', async () => {
  const { backups } = createBackups({
    verify: () => Promise.reject(new OnggiError('file/too-large', 'large')),
  });
  await backups.open(FILE, 'verify');
  expect(backups.phase).toEqual({ kind: 'large', sizeBytes: 1 });
  await backups.readLarge();
  expect(backups.phase).toMatchObject({ kind: 'failed', error: { code: 'file/too-large' } });
});

test('throws away what was prepared when the person closes the dialog', async () => {
  let discards = 0;
  const { backups } = createBackups({
    prepare: () =>
      Promise.resolve({
        preview: PREVIEW,
        commit: nothing,
        discard: () => {
          discards += 1;
          return Promise.resolve();
        },
      }),
  });
  await backups.open(FILE, 'restore');
  await backups.prepare('replace');
  backups.close();
  expect(discards).toBe(1);
  expect(backups.phase.kind).toBe('closed');
});

test('a busy tab leaves the restore waiting; another failure loads the page anew on closing', async () => {
  let error = new OnggiError('backup/busy', 'an answer is being written');
  const { backups, reloads } = createBackups({
    prepare: () =>
      Promise.resolve({
        preview: PREVIEW,
        commit: () => Promise.reject(error),
        discard: nothing,
      }),
  });
  await backups.open(FILE, 'restore');
  await backups.prepare('replace');
  await backups.commit();
  expect(backups.phase).toMatchObject({ kind: 'prepared', busy: true });
  error = new OnggiError('db/no-space', 'full');
  await backups.commit();
  expect(backups.phase).toMatchObject({ kind: 'failed', error: { code: 'db/no-space' } });
  expect(reloads).toHaveLength(0);
  backups.close();
  expect(reloads).toHaveLength(1);
});

test('a stopped backup leaves no dialog and no file', async () => {
  const { backups } = createBackups({
    write: (_passphrase, _handle, _onProgress, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('stopped')));
      }),
  });
  backups.choose();
  const writing = backups.write(null);
  expect(backups.phase.kind).toBe('writing');
  backups.close();
  expect(await writing).toBeUndefined();
  expect(backups.phase.kind).toBe('closed');
});

test('a dialog that is closed while a place is asked for writes nothing, even opened again', async () => {
  const aborted: boolean[] = [];
  const { backups } = createBackups({
    write: (_passphrase, _handle, _onProgress, signal) => {
      aborted.push(signal.aborted);
      return Promise.reject(new Error('stopped'));
    },
  });
  const root = await navigator.storage.getDirectory();
  backups.choose();
  await backups.write(null, () => {
    backups.close();
    backups.choose();
    return root.getFileHandle('place', { create: true });
  });
  expect(aborted).toEqual([true]);
  expect(backups.phase.kind).toBe('choosing');
  await backups.write(null, () => Promise.resolve(undefined));
  expect(aborted).toEqual([true]);
  expect(backups.phase.kind).toBe('choosing');
});

test('says when the browser does not let a place be picked', async () => {
  const { backups } = createBackups();
  backups.choose();
  await backups.write(null, () => Promise.reject(new DOMException('no click', 'SecurityError')));
  expect(backups.phase.kind).toBe('failed');
});
