import type { BackupSummary, RestorePreview } from '#domain/backup-report.ts';
import { BACKUP_TABLES } from '#domain/backup-report.ts';
import { OnggiError } from '#domain/errors.ts';
import type { BackupWork, PreparedRestore } from '#state/backup-work.ts';

export const SUMMARY: BackupSummary = {
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
export const PREVIEW: RestorePreview = {
  mode: 'replace',
  summary: SUMMARY,
  merged: null,
  replaced: null,
  questions: ['all_empty'],
};
export const FILE = new File(['x'], 'backup.json.gz');
export const nothing = () => Promise.resolve(undefined);

/** Work of backups that has nothing and does nothing, but for what `work` gives. */
export function createBackupWork(work: Partial<BackupWork> = {}): BackupWork {
  return {
    write: () => Promise.reject(new OnggiError('db/no-space', 'full')),
    verify: () => Promise.resolve(SUMMARY),
    prepare: () =>
      Promise.resolve({ preview: PREVIEW, commit: nothing, discard: nothing } as PreparedRestore),
    readPutAside: () => Promise.resolve([]),
    undoRestore: nothing,
    watchTargets: () => Promise.resolve({ subscribe: () => ({ unsubscribe: () => undefined }) }),
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
    snooze: nothing,
    ...work,
  };
}
