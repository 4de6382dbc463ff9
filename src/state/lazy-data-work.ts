import { watchImportRuns } from '#db/import-list.ts';
import type { BackupWork } from './backup-work.ts';
import type { PageActivity } from './copy-keeper.svelte.ts';
import type { DataWork, DataWorkDeps } from './data-work.ts';
import type { ExportWork } from './exports.svelte.ts';
import type { ImportWork } from './imports.svelte.ts';
import type * as KeptCopies from './kept-copies.ts';

/** Earlier imports that the screen lists. */
const SHOWN_RUNS = 50;
/** When the part that could not be fetched is asked for again, in milliseconds. */
const RETRY_MS = 10_000;

/**
 * Imports, exports and backups whose machinery is fetched with the first use: nothing of it belongs to
 * the first load. What the screen always shows (copies, earlier imports, the reminder) comes from the
 * database without that.
 */
export function createLazyDataWork(deps: DataWorkDeps): {
  readonly imports: ImportWork;
  readonly exports: ExportWork;
  readonly backups: BackupWork;
  /** Makes copies by itself from now on. */
  keepCopies(page: PageActivity): void;
} {
  const { db, clock } = deps;
  let loaded: Promise<DataWork> | undefined;
  const load = (): Promise<DataWork> => {
    loaded ??= import('./data-work.ts').then(({ createDataWork }) => createDataWork(deps));
    // A chunk that could not be fetched is asked for again by the next click.
    loaded.catch(() => (loaded = undefined));
    return loaded;
  };
  /** Kept trying: what follows the copies by itself has nobody who clicks again. */
  const loadCopies = async (): Promise<typeof KeptCopies> => {
    for (;;) {
      try {
        return await import('./kept-copies.ts');
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  };

  const backups: BackupWork = {
    write: async (...given) => (await load()).backups.write(...given),
    verify: async (...given) => (await load()).backups.verify(...given),
    prepare: async (...given) => (await load()).backups.prepare(...given),
    readPutAside: async () => (await load()).backups.readPutAside(),
    undoRestore: async (name) => (await load()).backups.undoRestore(name),
    listSnapshots: async () => (await load()).backups.listSnapshots(),
    makeSnapshot: async (...given) => (await load()).backups.makeSnapshot(...given),
    openSnapshot: async (name) => (await load()).backups.openSnapshot(name),
    useFolder: async (directory) => (await load()).backups.useFolder(directory),
    forgetFolder: async () => (await load()).backups.forgetFolder(),
    copyToFolder: async (signal) => (await load()).backups.copyToFolder(signal),
    watchTargets: async () => (await loadCopies()).watchTargets(db),
    readReminder: async () => (await loadCopies()).readReminder(db),
    snooze: async () => (await loadCopies()).snoozeReminder(clock()),
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
    backups,
    keepCopies: (page) => {
      void loadCopies().then(({ keepCopies }) => keepCopies(db, backups, clock, page));
    },
  };
}
