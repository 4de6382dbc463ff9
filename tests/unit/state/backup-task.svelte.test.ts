import { expect, test } from 'vitest';
import type { RestorePreview } from '#domain/backup-report.ts';
import { OnggiError } from '#domain/errors.ts';
import { BackupTask } from '#state/backup-task.svelte.ts';
import type { BackupWork, OpenOptions } from '#state/backup-work.ts';
import { createBackupWork, FILE, nothing, PREVIEW, SUMMARY } from './backup-work.ts';

function createTask(work: Partial<BackupWork> = {}) {
  const reloads: number[] = [];
  const task = new BackupTask({
    work: createBackupWork(work),
    onError: () => undefined,
    onWritten: () => undefined,
    reload: () => reloads.push(1),
  });
  return { task, reloads };
}

test('goes from the file over the summary to the switch, and loads the page anew', async () => {
  const accepted: unknown[] = [];
  const { task, reloads } = createTask({
    prepare: () =>
      Promise.resolve({
        preview: PREVIEW,
        commit: (questions) => {
          accepted.push(questions);
          return Promise.resolve(undefined);
        },
        discard: nothing,
      }),
  });
  await task.open(FILE, 'restore');
  expect(task.phase.kind).toBe('summary');
  await task.prepare('replace');
  expect(task.phase).toEqual({ kind: 'prepared', preview: PREVIEW });
  await task.commit();
  expect(accepted).toEqual([['all_empty']]);
  expect(reloads).toHaveLength(1);
});

test('shows a merge that became another one, and asks again before it is put in place', async () => {
  const now: RestorePreview = { ...PREVIEW, questions: ['digest_differs'] };
  const accepted: unknown[] = [];
  const { task, reloads } = createTask({
    prepare: () =>
      Promise.resolve({
        preview: PREVIEW,
        commit: (questions) => {
          accepted.push(questions);
          return Promise.resolve(accepted.length === 1 ? now : undefined);
        },
        discard: nothing,
      }),
  });
  await task.open(FILE, 'restore');
  await task.prepare('merge');
  await task.commit();
  expect(task.phase).toEqual({ kind: 'prepared', preview: now, why: 'changed' });
  expect(reloads).toHaveLength(0);
  await task.commit();
  expect(accepted).toEqual([['all_empty'], ['digest_differs']]);
  expect(reloads).toHaveLength(1);
});

test('asks for a passphrase, again after a wrong one, and keeps it for the restore', async () => {
  const used: (string | null)[] = [];
  const open = ({ passphrase }: OpenOptions): void => {
    used.push(passphrase);
    if (passphrase === null) throw new OnggiError('file/passphrase-needed', 'age');
    if (passphrase !== 'right') throw new OnggiError('file/passphrase-wrong', 'age');
  };
  const { task } = createTask({
    verify: (_file, options) => Promise.resolve().then(() => (open(options), SUMMARY)),
    prepare: (_file, _mode, options) =>
      Promise.resolve().then(() => {
        open(options);
        return { preview: PREVIEW, commit: nothing, discard: nothing };
      }),
  });
  await task.open(FILE, 'restore');
  expect(task.phase).toEqual({ kind: 'locked', isWrong: false });
  await task.unlock('wrong');
  expect(task.phase).toEqual({ kind: 'locked', isWrong: true });
  await task.unlock('right');
  await task.prepare('merge');
  expect(used).toEqual([null, 'wrong', 'right', 'right']);
});

test('asks before it reads a file above the limits, and refuses one that is still too large', async () => {
  const { task } = createTask({
    verify: () => Promise.reject(new OnggiError('file/too-large', 'large')),
  });
  await task.open(FILE, 'verify');
  expect(task.phase).toEqual({ kind: 'large', sizeBytes: 1 });
  await task.readLarge();
  expect(task.phase).toMatchObject({ kind: 'failed', error: { code: 'file/too-large' } });
});

test('throws away what was prepared when the person closes the dialog', async () => {
  let discards = 0;
  const { task } = createTask({
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
  await task.open(FILE, 'restore');
  await task.prepare('replace');
  task.close();
  expect(discards).toBe(1);
  expect(task.phase.kind).toBe('closed');
});

test('a busy tab leaves the restore waiting; another failure loads the page anew on closing', async () => {
  let error = new OnggiError('backup/busy', 'an answer is being written');
  const { task, reloads } = createTask({
    prepare: () =>
      Promise.resolve({
        preview: PREVIEW,
        commit: () => Promise.reject(error),
        discard: nothing,
      }),
  });
  await task.open(FILE, 'restore');
  await task.prepare('replace');
  await task.commit();
  expect(task.phase).toMatchObject({ kind: 'prepared', why: 'busy' });
  error = new OnggiError('db/no-space', 'full');
  await task.commit();
  expect(task.phase).toMatchObject({ kind: 'failed', error: { code: 'db/no-space' } });
  expect(reloads).toHaveLength(0);
  task.close();
  expect(reloads).toHaveLength(1);
});

test('a stopped backup leaves no dialog and no file', async () => {
  const { task } = createTask({
    write: (_passphrase, _handle, _onProgress, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('stopped')));
      }),
  });
  task.choose();
  const writing = task.write(null);
  expect(task.phase.kind).toBe('writing');
  task.close();
  expect(await writing).toBeUndefined();
  expect(task.phase.kind).toBe('closed');
});

test('a dialog that is closed while a place is asked for writes nothing, even opened again', async () => {
  const aborted: boolean[] = [];
  const { task } = createTask({
    write: (_passphrase, _handle, _onProgress, signal) => {
      aborted.push(signal.aborted);
      return Promise.reject(new Error('stopped'));
    },
  });
  const root = await navigator.storage.getDirectory();
  task.choose();
  await task.write(null, () => {
    task.close();
    task.choose();
    return root.getFileHandle('place', { create: true });
  });
  expect(aborted).toEqual([true]);
  expect(task.phase.kind).toBe('choosing');
  await task.write(null, () => Promise.resolve(undefined));
  expect(aborted).toEqual([true]);
  expect(task.phase.kind).toBe('choosing');
});

test('says when the browser does not let a place be picked', async () => {
  const { task } = createTask();
  task.choose();
  await task.write(null, () => Promise.reject(new DOMException('no click', 'SecurityError')));
  expect(task.phase.kind).toBe('failed');
});
