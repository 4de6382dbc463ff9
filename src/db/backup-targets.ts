import type { LiveRead } from '#domain/conversation-store.ts';
import type { ErrorCode } from '#domain/errors.ts';
import type { BackupTarget } from '#domain/stored-rows.ts';
import { commit, read } from './commit.ts';
import { liveRead } from './live-read.ts';
import type { OnggiDatabase } from './open-database.ts';

/** A target that never was used. */
function createTarget(id: BackupTarget['id']): BackupTarget {
  return {
    id,
    lastSuccessAt: null,
    lastFileName: null,
    lastSizeBytes: null,
    lastFailureAt: null,
    lastFailureCode: null,
    directory: null,
    intervalMs: null,
  };
}

/** The target as it stands; one that never was used when nothing is stored. */
export async function getBackupTarget(
  { strict: db }: OnggiDatabase,
  id: BackupTarget['id'],
): Promise<BackupTarget> {
  return (await read(() => db.backupTargets.get(id))) ?? createTarget(id);
}

/** Every target that was used, now and after every change. */
export function watchBackupTargets({
  strict: db,
}: OnggiDatabase): LiveRead<readonly BackupTarget[]> {
  return liveRead(() => db.backupTargets.toArray());
}

/** Changes a target: its folder, how often. Durable. @returns the row as stored. */
export function updateBackupTarget(
  { strict: db }: OnggiDatabase,
  id: BackupTarget['id'],
  changes: Partial<Omit<BackupTarget, 'id'>>,
): Promise<BackupTarget> {
  return commit(() =>
    db.transaction('rw', db.backupTargets, async () => {
      const stored = (await db.backupTargets.get(id)) ?? createTarget(id);
      const target = { ...stored, ...changes };
      await db.backupTargets.put(target);
      return target;
    }),
  );
}

/** Notes a copy that was written. Durable. */
export function noteBackupSuccess(
  db: OnggiDatabase,
  id: BackupTarget['id'],
  copy: {
    readonly at: number;
    readonly fileName: string;
    readonly sizeBytes: number;
    /** What it holds at least, see `DataState`. */
    readonly holds: string;
  },
): Promise<BackupTarget> {
  return updateBackupTarget(db, id, {
    lastSuccessAt: copy.at,
    lastFileName: copy.fileName,
    lastSizeBytes: copy.sizeBytes,
    holds: copy.holds,
  });
}

/** Notes a copy that could not be written. Durable. */
export function noteBackupFailure(
  db: OnggiDatabase,
  id: BackupTarget['id'],
  failure: { readonly at: number; readonly code: ErrorCode },
): Promise<BackupTarget> {
  return updateBackupTarget(db, id, { lastFailureAt: failure.at, lastFailureCode: failure.code });
}
