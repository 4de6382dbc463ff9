import { getBackupTarget, watchBackupTargets } from '#db/backup-targets.ts';
import { watchImportRuns } from '#db/import-list.ts';
import { readDataState } from '#db/data-state.ts';
import type { ReminderState } from '#domain/backup-schedule.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { BackupWork } from './backup-work.ts';
import type { DataWork, DataWorkDeps } from './data-work.ts';
import type { ExportWork } from './exports.svelte.ts';
import type { ImportWork } from './imports.svelte.ts';

/** Earlier imports that the screen lists. */
const SHOWN_RUNS = 50;
/** Where this browser remembers that the reminder was put off, epoch milliseconds. */
const SNOOZED_KEY = 'onggi.backup-snoozed';

/** What the reminder depends on: the newest copy outside this browser, and whether it is up to date. */
async function readReminder(db: OnggiDatabase): Promise<Omit<ReminderState, 'snoozedAt'>> {
  const { id, firstKeptAt } = await readDataState(db);
  const targets = [await getBackupTarget(db, 'download'), await getBackupTarget(db, 'folder')];
  const [newest] = targets.sort((a, b) => (b.lastSuccessAt ?? 0) - (a.lastSuccessAt ?? 0));
  return {
    firstKeptAt,
    lastOutsideAt: newest?.lastSuccessAt ?? null,
    isChanged: newest?.holds !== id,
  };
}

/**
 * Imports, exports and backups whose machinery is fetched with the first use: nothing of it belongs to
 * the first load. What the screen always shows (copies, earlier imports, the reminder) comes straight
 * from the database.
 */
export function createLazyDataWork(deps: DataWorkDeps): {
  readonly imports: ImportWork;
  readonly exports: ExportWork;
  readonly backups: BackupWork;
} {
  const { db, clock } = deps;
  let loaded: Promise<DataWork> | undefined;
  const load = (): Promise<DataWork> => {
    loaded ??= import('./data-work.ts').then(({ createDataWork }) => createDataWork(deps));
    // A chunk that could not be fetched is asked for again by the next click.
    loaded.catch(() => (loaded = undefined));
    return loaded;
  };

  return {
    imports: {
      preview: async (...given) => (await load()).imports.preview(...given),
      run: async (...given) => (await load()).imports.run(...given),
      undo: async (id) => (await load()).imports.undo(id),
      watchRuns: () => watchImportRuns(db, SHOWN_RUNS),
    },
    exports: {
      nameFile: async (request) => (await load()).exports.nameFile(request),
      run: async (...given) => (await load()).exports.run(...given),
      findMasked: async (...given) => (await load()).exports.findMasked(...given),
      toMarkdown: async (id) => (await load()).exports.toMarkdown(id),
    },
    backups: {
      write: async (...given) => (await load()).backups.write(...given),
      verify: async (...given) => (await load()).backups.verify(...given),
      prepare: async (...given) => (await load()).backups.prepare(...given),
      readPutAside: async () => (await load()).backups.readPutAside(),
      undoRestore: async () => (await load()).backups.undoRestore(),
      listSnapshots: async () => (await load()).backups.listSnapshots(),
      makeSnapshot: async (...given) => (await load()).backups.makeSnapshot(...given),
      openSnapshot: async (name) => (await load()).backups.openSnapshot(name),
      useFolder: async (directory) => (await load()).backups.useFolder(directory),
      forgetFolder: async () => (await load()).backups.forgetFolder(),
      copyToFolder: async (signal) => (await load()).backups.copyToFolder(signal),
      watchTargets: () => watchBackupTargets(db),
      readReminder: async () => ({
        ...(await readReminder(db)),
        snoozedAt: Number(localStorage.getItem(SNOOZED_KEY)) || null,
      }),
      snooze: () => localStorage.setItem(SNOOZED_KEY, String(clock())),
    },
  };
}
