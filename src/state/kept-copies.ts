/**
 * What of the copies a visit follows from its start on: how each went, what reminds of them, and the
 * keeper that makes them. A chunk of its own (see `lazy-data-work.ts`): the first view needs none of it.
 */
import { getBackupTarget, watchBackupTargets } from '#db/backup-targets.ts';
import { readDataState } from '#db/data-state.ts';
import { tryRunAlone } from '#db/locks.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { ReminderState } from '#domain/backup-schedule.ts';
import type { LiveRead } from '#domain/conversation-store.ts';
import type { Clock } from '#domain/ids.ts';
import type { BackupTarget } from '#domain/stored-rows.ts';
import type { BackupWork } from './backup-work.ts';
import { CopyKeeper } from './copy-keeper.svelte.ts';
import type { PageActivity } from './copy-keeper.svelte.ts';

/** Where this browser remembers that the reminder was put off, epoch milliseconds. */
const SNOOZED_KEY = 'onggi.backup-snoozed';

/** Every target that was used, now and after every change. */
export function watchTargets(db: OnggiDatabase): LiveRead<readonly BackupTarget[]> {
  return watchBackupTargets(db);
}

/** What the reminder depends on: the newest copy outside this browser, and whether it is up to date. */
export async function readReminder(db: OnggiDatabase): Promise<ReminderState> {
  const { id, firstKeptAt } = await readDataState(db);
  const targets = [await getBackupTarget(db, 'download'), await getBackupTarget(db, 'folder')];
  const [newest] = targets.sort((a, b) => (b.lastSuccessAt ?? 0) - (a.lastSuccessAt ?? 0));
  return {
    firstKeptAt,
    lastOutsideAt: newest?.lastSuccessAt ?? null,
    isChanged: newest?.holds !== id,
    snoozedAt: Number(localStorage.getItem(SNOOZED_KEY)) || null,
  };
}

/** Puts the reminder off from `now` on. */
export function snoozeReminder(now: number): void {
  localStorage.setItem(SNOOZED_KEY, String(now));
}

/** Makes copies by itself from now on, see {@link CopyKeeper}. */
export function keepCopies(
  db: OnggiDatabase,
  work: Pick<BackupWork, 'makeSnapshot' | 'copyToFolder'>,
  clock: Clock,
  page: PageActivity,
): void {
  const keeper = new CopyKeeper(
    {
      readTarget: (id) => getBackupTarget(db, id),
      readState: () => readDataState(db),
      makeSnapshot: (signal) => work.makeSnapshot(signal),
      copyToFolder: (signal) => work.copyToFolder(signal),
      inOneTab: (copy) => tryRunAlone('onggi-copies', copy),
    },
    clock,
    page,
  );
  keeper.start();
}
