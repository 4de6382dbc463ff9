import { expect, test } from 'vitest';
import { Backups } from '#state/backups.svelte.ts';
import type { BackupWork } from '#state/backup-work.ts';
import { StorageHealth } from '#state/storage-health.svelte.ts';
import { createBackupWork } from './backup-work.ts';

function createBackups(work: Partial<BackupWork> = {}) {
  return new Backups(
    createBackupWork(work),
    new StorageHealth(),
    () => 0,
    () => undefined,
  );
}

test('says whether the newest copy is behind what is stored', async () => {
  let isChanged = true;
  const backups = createBackups({
    readReminder: () =>
      Promise.resolve({ lastOutsideAt: 0, firstKeptAt: 0, isChanged, snoozedAt: null }),
  });
  await backups.checkReminder();
  expect(backups.isCopyBehind).toBe(true);
  isChanged = false;
  await backups.checkReminder();
  expect(backups.isCopyBehind).toBe(false);
});

test('fetches the work of the dialog once, with the first that asks for it', async () => {
  const backups = createBackups();
  expect(backups.task).toBeUndefined();
  await Promise.all([backups.choose(), backups.choose()]);
  const { task } = backups;
  expect(task?.phase.kind).toBe('choosing');
  expect(backups.isOpen).toBe(true);
  task?.close();
  expect(backups.isOpen).toBe(false);
  await backups.openSnapshot('copy');
  expect(backups.task).toBe(task);
  expect(task?.phase.kind).toBe('summary');
});
