/**
 * What imports, exports and backups need from below, put together: a chunk of its own, fetched with
 * the first of them (see `lazy-data-work.ts`).
 */
import { createBackupClient } from '#backup/backup-client.ts';
import type { FolderCopy } from '#backup/copy-folder.ts';
import { askForFolder, copyIntoFolder } from '#backup/folder-copies.ts';
import { createSnapshots } from '#backup/snapshots.ts';
import {
  getBackupTarget,
  noteBackupFailure,
  noteBackupSuccess,
  updateBackupTarget,
} from '#db/backup-targets.ts';
import { readConversations } from '#db/conversation-ids.ts';
import { readDataState } from '#db/data-state.ts';
import { withExclusiveLock } from '#db/locks.ts';
import { isNothingIn, readUndos, undoRestore } from '#db/switch-live.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { OnggiError } from '#domain/errors.ts';
import type { BackupTarget } from '#domain/stored-rows.ts';
import { APP_VERSION } from '#domain/app-version.ts';
import type { ExportFormat, ExportRequest, ExportedFile } from '#domain/export-request.ts';
import type { Clock, ConversationId, SessionId } from '#domain/ids.ts';
import type { WholeConversation } from '#portability/conversation-fields.ts';
import { conversationToMarkdown } from '#portability/copy-as-markdown.ts';
import { createExportClient } from '#portability/export-client.ts';
import type {
  ExportKind,
  ExportRequest as WantedExport,
  ExportSelection,
} from '#portability/export-request.ts';
import { createImportClient } from '#portability/import-client.ts';
import { requestSqlExport } from '#portability/sql-export-client.ts';
import { sqlFileName } from '#portability/sql-format.ts';
import type { SqlFormat } from '#portability/sql-format.ts';
import { archiveTexts, roleNames } from './archive-texts.ts';
import type { BackupWork, OpenOptions } from './backup-work.ts';
import type { ExportWork } from './exports.svelte.ts';
import type { ImportWork } from './imports.svelte.ts';
import { createBackupWorker, createPortabilityWorker } from './script-urls.ts';
import type { Translator } from './translator.svelte.ts';

export interface DataWorkDeps {
  readonly db: OnggiDatabase;
  readonly clock: Clock;
  readonly sessionId: () => SessionId;
  readonly translator: Translator;
  /** A conversation with its messages, one of this page's memory too; undefined when it is gone. */
  readonly readWhole: (id: ConversationId) => Promise<WholeConversation | undefined>;
  /** Whether it is of this page's memory alone. */
  readonly isInMemory: (id: ConversationId) => boolean;
}

/** The parts of the works that run in workers. */
export interface DataWork {
  readonly imports: Omit<ImportWork, 'watchRuns'>;
  readonly exports: ExportWork;
  readonly backups: Omit<BackupWork, 'watchTargets' | 'readReminder' | 'snooze'>;
}

export function createDataWork({
  db,
  clock,
  sessionId,
  translator,
  readWhole,
  isInMemory,
}: DataWorkDeps): DataWork {
  const databaseName = (): string => db.name;
  const workers = { createWorker: createPortabilityWorker, databaseName };
  const importClient = createImportClient({ ...workers, sessionId });
  const exportClient = createExportClient({
    ...workers,
    appVersion: APP_VERSION,
    clock,
    texts: () => archiveTexts(translator),
  });
  const backupClient = createBackupClient({
    createWorker: createBackupWorker,
    db,
    appVersion: APP_VERSION,
    clock,
  });

  const snapshots = createSnapshots({ maker: backupClient, live: { db, clock } });

  /** Makes a copy and notes in its target how that went. */
  async function noted<Copy>(
    id: BackupTarget['id'],
    make: () => Promise<Copy>,
    describe: (copy: Copy) => { fileName: string; sizeBytes: number; at: number },
  ): Promise<Copy> {
    try {
      // Before: what is written meanwhile may not be in it.
      const { id: holds } = await readDataState(db);
      const copy = await make();
      await noteBackupSuccess(db, id, { ...describe(copy), holds });
      return copy;
    } catch (error) {
      // Stopping is no failure of the place.
      if (error instanceof OnggiError) {
        await noteBackupFailure(db, id, { at: clock(), code: error.code }).catch(() => undefined);
      }
      throw error;
    }
  }

  const ofFolder = (copy: FolderCopy & { readonly createdAt: number }) => ({
    fileName: copy.name,
    sizeBytes: copy.sizeBytes,
    at: copy.createdAt,
  });

  async function exportSql(
    format: SqlFormat,
    ...[handle, onProgress, signal]: ExportArguments
  ): Promise<ExportedFile> {
    const fileName = handle?.name ?? sqlFileName(format, clock());
    const written = await requestSqlExport(workers, format, handle, { onProgress, signal });
    return { fileName, ...written };
  }

  async function readTitle({ ids }: ExportRequest): Promise<string | null> {
    const only = onlyOf(ids);
    if (only && isInMemory(only)) return (await readWhole(only))?.conversation.title ?? null;
    const [conversation] = only ? await readConversations(db, [only]) : [];
    return conversation?.title ?? null;
  }

  async function exportConversations(
    kind: ExportKind,
    request: ExportRequest,
    ...[handle, onProgress, signal]: ExportArguments
  ): Promise<ExportedFile> {
    const only = onlyOf(request.ids);
    const inMemory = only && isInMemory(only) ? await readWhole(only) : undefined;
    const outcome = await exportClient.run(
      toWanted(kind, request),
      { title: handle ? null : await readTitle(request), fileHandle: handle, inMemory },
      { onProgress, signal },
    );
    return handle ? { ...outcome, fileName: handle.name } : outcome;
  }

  return {
    imports: {
      preview: ({ files, isFarAllowed }, onProgress, signal) =>
        importClient.preview(files, { isFarAllowed, onProgress, signal }),
      run: ({ files, isFarAllowed }, existing, onProgress, signal) =>
        importClient.run(files, existing, { isFarAllowed, onProgress, signal }),
      undo: async (id) => {
        const undone = await importClient.undo(id);
        return {
          removed: undone.removedConversationCount,
          kept: undone.keptConversationCount,
          documents: undone.removedDocumentCount,
        };
      },
    },
    exports: {
      nameFile: async (request) => {
        const { format } = request;
        if (isSql(format)) return sqlFileName(format, clock());
        const wanted = toWanted(format, request);
        return exportClient.nameFile(wanted, await readTitle(request)).fileName;
      },
      run: (request, ...given) => {
        const { format } = request;
        return isSql(format)
          ? exportSql(format, ...given)
          : exportConversations(format, request, ...given);
      },
      findMasked: async (ids, withTrash, signal) => {
        const { counts, examples } = await exportClient.previewAnonymised(
          toSelection(ids, withTrash),
          {
            signal,
          },
        );
        return {
          places: examples.map(({ kind, value }) => ({ kind, text: value })),
          count: Object.values(counts).reduce((sum, count) => sum + count, 0),
        };
      },
      toMarkdown: async (id) => {
        const whole = await readWhole(id);
        return whole && conversationToMarkdown(whole, roleNames(translator));
      },
    },
    backups: {
      write: (passphrase, handle, onProgress, signal) =>
        noted(
          'download',
          () =>
            backupClient.createBackup({
              target: handle ? { kind: 'file', handle } : { kind: 'blob' },
              ...(passphrase === null ? {} : { passphrase }),
              onProgress,
              signal,
            }),
          ({ receipt }) => ({
            fileName: receipt.fileName,
            sizeBytes: receipt.fileBytes,
            at: receipt.createdAt,
          }),
        ),
      listSnapshots: async () =>
        (await snapshots.list()).map(({ name, sizeBytes, reachesAt }) => ({
          name,
          sizeBytes,
          createdAt: reachesAt,
        })),
      makeSnapshot: (signal, isWhole = false) =>
        inTurn('snapshot', signal, async () => {
          await noted('snapshot', () => snapshots.take({ isWhole, signal }), ofFolder);
        }),
      openSnapshot: (name) => snapshots.read(name),
      useFolder: async (directory) => {
        await updateBackupTarget(db, 'folder', { directory, intervalMs: FOLDER_INTERVAL_MS });
      },
      forgetFolder: async () => {
        await updateBackupTarget(db, 'folder', { directory: null, intervalMs: null });
      },
      copyToFolder: async (signal) => {
        const { directory } = await getBackupTarget(db, 'folder');
        if (!directory) return;
        // After a restart the browser asks again, and only on a click: a copy by itself is then denied.
        if (navigator.userActivation.isActive) await askForFolder(directory);
        await inTurn('folder', signal, () =>
          noted('folder', () => copyIntoFolder(directory, backupClient, { signal }), ofFolder),
        );
      },
      verify: (file, options, onProgress, signal) =>
        backupClient.verify(file, { ...toFileOptions(options), onProgress, signal }),
      prepare: (file, mode, options, onProgress, signal) =>
        backupClient.stage(file, {
          ...toFileOptions(options),
          mode,
          sessionId: sessionId(),
          onProgress,
          signal,
        }),
      readPutAside: async () =>
        Promise.all(
          (await readUndos({ clock })).map(async ({ databaseName, replacedAt, until }) => ({
            name: databaseName,
            replacedAt,
            keptUntil: until,
            isNothing: await isNothingIn(databaseName),
          })),
        ),
      undoRestore: (name) => undoRestore(db, { clock }, name),
    },
  };
}

/** How long a copy waits for one that another tab makes. */
const COPY_PATIENCE_MS = 10 * 60 * 1000;

/**
 * Makes one copy of a kind at a time, in all tabs, by itself or by a click: one file of one name is written. A
 * tab that the browser froze is not waited for without end.
 */
async function inTurn<T>(
  id: BackupTarget['id'],
  signal: AbortSignal,
  copy: () => Promise<T>,
): Promise<T> {
  const patience = AbortSignal.timeout(COPY_PATIENCE_MS);
  const waiting = AbortSignal.any([signal, patience]);
  try {
    return await withExclusiveLock(`onggi-copy:${id}`, copy, waiting);
  } catch (error) {
    if (error !== patience.reason) throw error;
    throw new OnggiError('backup/busy', 'another tab makes a copy', { retryable: true });
  }
}

/** How often a copy goes into the person's folder while onggi is open. */
const FOLDER_INTERVAL_MS = 24 * 60 * 60 * 1000;

type ExportArguments =
  Parameters<ExportWork['run']> extends [unknown, ...infer Rest] ? Rest : never;

const isSql = (format: ExportFormat): format is SqlFormat =>
  format === 'sqlite' || format === 'postgres';

/** The one conversation of the choice. */
function onlyOf(ids: ExportRequest['ids']): ConversationId | undefined {
  return ids === 'all' || ids.length > 1 ? undefined : ids[0];
}

function toWanted(
  kind: ExportKind,
  { ids, withTrash, anonymise, withBranches, withAttachments, skipPoorAnswers }: ExportRequest,
): WantedExport {
  return {
    // One Markdown file holds one conversation.
    kind: kind === 'markdown' && !onlyOf(ids) ? 'markdown-files' : kind,
    selection: toSelection(ids, withTrash),
    anonymise: anonymise && {
      dropsTitles: anonymise.dropTitles,
      dropsFeedback: anonymise.dropFeedback,
      cutsTimes: anonymise.roundTimes,
    },
    withBranches,
    withAttachments,
    skipsPoorAnswers: skipPoorAnswers,
  };
}

function toSelection(
  ids: readonly ConversationId[] | 'all',
  includesTrash: boolean,
): ExportSelection {
  return ids === 'all' ? { kind: 'all', includesTrash } : { kind: 'ids', ids };
}

function toFileOptions({ passphrase, isLargeAllowed, segments }: OpenOptions) {
  return { passphrase: passphrase ?? undefined, isLargeAllowed, segments };
}
