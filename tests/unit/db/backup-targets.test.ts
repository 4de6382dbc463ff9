import { expect, test } from 'vitest';
import {
  getBackupTarget,
  noteBackupFailure,
  noteBackupSuccess,
  updateBackupTarget,
  watchBackupTargets,
} from '#db/backup-targets.ts';
import { follow, openForTest } from './fresh-database.ts';

const NOW = 1_700_000_000_000;

test('a target that was never used has no past', async () => {
  const db = await openForTest();
  expect(await getBackupTarget(db, 'folder')).toEqual({
    id: 'folder',
    lastSuccessAt: null,
    lastFileName: null,
    lastSizeBytes: null,
    lastFailureAt: null,
    lastFailureCode: null,
    directory: null,
    intervalMs: null,
  });
});

test('success and failure are noted beside each other', async () => {
  const db = await openForTest();
  await updateBackupTarget(db, 'snapshot', { intervalMs: 600_000 });
  await noteBackupSuccess(db, 'snapshot', {
    at: NOW,
    fileName: 'b.json.gz',
    sizeBytes: 7,
    holds: 'x',
  });
  await noteBackupFailure(db, 'snapshot', { at: NOW + 1, code: 'db/quota' });
  expect(await getBackupTarget(db, 'snapshot')).toMatchObject({
    intervalMs: 600_000,
    lastSuccessAt: NOW,
    lastFileName: 'b.json.gz',
    lastSizeBytes: 7,
    holds: 'x',
    lastFailureAt: NOW + 1,
    lastFailureCode: 'db/quota',
  });
});

test('a folder is kept as the browser gave it', async () => {
  const db = await openForTest();
  const directory = await navigator.storage.getDirectory();
  await updateBackupTarget(db, 'folder', { directory });
  const stored = await getBackupTarget(db, 'folder');
  expect(await stored.directory?.isSameEntry(directory)).toBe(true);
});

test('changes are told to whoever watches', async () => {
  const db = await openForTest();
  const targets = follow(watchBackupTargets(db));
  await targets.until((rows) => rows.length === 0);
  await noteBackupSuccess(db, 'download', { at: NOW, fileName: 'b', sizeBytes: 1, holds: 'x' });
  expect(await targets.until((rows) => rows.length === 1)).toMatchObject([{ id: 'download' }]);
});
