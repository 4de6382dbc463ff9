/**
 * A restore up to the moment when it becomes live: the file's rows in a database of their own, beside
 * the live one, which is only read (SECURITY 8.5).
 */
import { copyDatabase } from '#db/lazy-database-copy.ts';
import { tryHoldRestoreLock } from '#db/live-lock.ts';
import { openNamedDatabase } from '#db/open-database.ts';
import type { DatabaseEvents, OnggiDatabase } from '#db/open-database.ts';
import { deleteStaging, stagingName } from '#db/staging.ts';
import { flushToDisk, hasRows } from '#db/staging-rows.ts';
import { toStorageError } from '#db/storage-errors.ts';
import { readStorageRoom } from '#db/storage-room.ts';
import type { StorageRoom } from '#db/storage-room.ts';
import { requireNoAnswers } from '#db/switch-live.ts';
import { ASKING_PROBLEMS, BACKUP_TABLES } from '#domain/backup-report.ts';
import type {
  BackupProblemCode,
  BackupTable,
  RestoreMode,
  RestorePreview,
} from '#domain/backup-report.ts';
import { OnggiError } from '#domain/errors.ts';
import type { Clock, SessionId } from '#domain/ids.ts';
import {
  carryOver,
  readKeptEndpoints,
  readNewDefaultOrigin,
  noteHeldCopies,
} from './carry-over.ts';
import { readLiveStamp } from './live-stamp.ts';
import { createReplacedCounter } from './count-replaced.ts';
import { createMergeSink } from './merge-sink.ts';
import { readChain } from './read-chain.ts';
import type { BackupReading, ReadBackupOptions } from './read-backup.ts';
import { createReplaceSink } from './replace-sink.ts';

export interface StageRestoreOptions extends ReadBackupOptions {
  readonly mode: RestoreMode;
  readonly clock: Clock;
  /** The present visit. */
  readonly sessionId: SessionId;
  /** The name that those of staged databases begin with; `onggi`. */
  readonly baseName?: string | undefined;
  /** Only tests give another. */
  readonly readRoom?: (() => Promise<StorageRoom | null>) | undefined;
  /** Segments that follow the file, see [Note: Snapshots in segments]. */
  readonly segments?: readonly Blob[] | undefined;
}

/** A restore that waits for the person. */
export interface StagedRestore {
  readonly databaseName: string;
  /** Of what is staged now. */
  readonly preview: RestorePreview;
  /**
   * Builds a merge anew when something was written here since it was staged, while others may still write.
   * @returns whether it would now ask or do something else than the preview said before.
   * @throws as {@link stageRestore}.
   */
  readonly refresh: () => Promise<boolean>;
  /**
   * Makes it ready to become live, when nobody writes into the live database any more: takes over what
   * belongs to this device and, for a merge, what was written here since it was staged. Everything is
   * on the disk then.
   * @param accepted The questions that the person said yes to.
   * @throws OnggiError `app/unexpected` when a question is open; `backup/changed` when a merge would do or
   * ask something else than its preview says; as {@link stageRestore}.
   */
  readonly finish: (accepted: readonly BackupProblemCode[]) => Promise<void>;
  /** Gives it up: nothing is left of it. */
  readonly discard: () => Promise<void>;
  /** Lets go of the right to restore, after the data became live. */
  readonly close: () => void;
}

/** Room that a database takes, by the size of a packed backup (100,000 messages: 34 MB and 108 MB). */
const ROOM_RATIO = 4;

const EVENTS: DatabaseEvents = {
  onSuperseded: () => undefined,
  onBlocked: () => undefined,
  onLost: () => undefined,
};

/**
 * Reads a backup into a staged database.
 * @throws OnggiError `backup/busy` while an answer is written or another restore runs,
 * `backup/no-room`, `file/*` when the file is refused, `db/*`; what `signal` was aborted with. The
 * staged database is gone then, and nothing else was changed in any case.
 */
export async function stageRestore(
  live: OnggiDatabase,
  file: Blob,
  options: StageRestoreOptions,
): Promise<StagedRestore> {
  await requireNoAnswers();
  const release = await tryHoldRestoreLock();
  if (!release) throw new OnggiError('backup/busy', 'another restore runs', { retryable: true });
  try {
    await requireRoom(live, file, options);
    let stage = await buildStage(live, file, options);
    // Over every try: what was carried over once is no longer missing.
    let keptCount = 0;
    const refresh = async (): Promise<boolean> => {
      if (options.mode === 'replace' || (await readLiveStamp(live)) === stage.stamp) return false;
      const before = stage.preview;
      await drop(stage.staging);
      stage = await buildStage(live, file, options);
      return !isSameMerge(before, stage.preview);
    };
    return {
      get databaseName() {
        return stage.staging.name;
      },
      get preview() {
        return stage.preview;
      },
      refresh,
      async finish(accepted) {
        const open = stage.preview.questions.filter((code) => !accepted.includes(code));
        if (open.length > 0) {
          throw new OnggiError('app/unexpected', `not accepted: ${open.join(', ')}`);
        }
        if (options.mode === 'replace') {
          keptCount += await carryOver(live, stage.staging, options.sessionId);
          if (keptCount === 0) await noteHeldCopies(stage.staging, file);
        } else if (await refresh()) {
          throw new OnggiError('backup/changed', 'the merge is no longer what was shown');
        }
        await flushToDisk(stage.staging);
        stage.staging.close();
      },
      async discard() {
        try {
          await drop(stage.staging);
        } finally {
          release();
        }
      },
      close: release,
    };
  } catch (error) {
    release();
    throw error;
  }
}

async function requireRoom(
  live: OnggiDatabase,
  file: Blob,
  options: StageRestoreOptions,
): Promise<void> {
  const room = await (options.readRoom ?? (() => readStorageRoom(live.name, options.baseName)))();
  if (!room) return;
  const { freeBytes, databaseBytes, presentShare } = room;
  const segmentBytes = (options.segments ?? []).reduce((sum, { size }) => sum + size, 0);
  // A merge begins with a copy of the present database, whatever of it the file changes then; where this is
  // too little, the copy fails and leaves nothing.
  const presentBytes = Math.ceil((databaseBytes ?? 0) * presentShare);
  const copyBytes = options.mode === 'merge' ? presentBytes : 0;
  const neededBytes = (file.size + segmentBytes) * ROOM_RATIO + copyBytes;
  if (freeBytes >= neededBytes) return;
  throw new OnggiError('backup/no-room', `${freeBytes} of ${neededBytes} bytes free`, {
    detail: String(neededBytes),
  });
}

interface Stage {
  readonly staging: OnggiDatabase;
  readonly preview: RestorePreview;
  /** Of the live database when a merge copied it. */
  readonly stamp: string;
}

async function buildStage(
  live: OnggiDatabase,
  file: Blob,
  options: StageRestoreOptions,
): Promise<Stage> {
  const { mode, clock, signal, baseName = 'onggi' } = options;
  const name = stagingName(baseName, clock());
  let staging: OnggiDatabase | undefined;
  try {
    // Before the copy: what is written in between makes the stamp differ, never the copy newer than it.
    const stamp = mode === 'merge' ? await readLiveStamp(live, signal) : '';
    if (mode === 'merge') await copyDatabase(live.name, name, { signal, checksCounts: false });
    staging = await openNamedDatabase(name, { clock, events: EVENTS });
    const reading = readChain(file, options.segments ?? [], options);
    const makeSink = mode === 'merge' ? createMergeSink : createReplaceSink;
    const sink = makeSink(staging, reading.notes, signal);
    const counter = mode === 'replace' ? createReplacedCounter(live) : null;
    for await (const rows of reading.rows()) {
      await sink.take(rows);
      await counter?.take(rows);
    }
    await sink.finish(reading.head.isOurs);
    if (mode === 'replace') await noteLosses(live, staging, reading);
    const replaced = (await counter?.finish(staging)) ?? null;
    const origin = await readNewDefaultOrigin(live, staging, mode);
    if (origin !== undefined) reading.notes.note('default_endpoint_changed', origin);
    const preview = { ...toPreview(mode, reading, sink.merged()), replaced };
    return { staging, preview, stamp };
  } catch (error) {
    staging?.close();
    await deleteStaging(name);
    // Copying works below the layer that says what a failure of the storage means.
    throw error instanceof DOMException && !signal?.aborted ? toStorageError(error) : error;
  }
}

/** Whether two previews of a merge ask the same and do the same. */
function isSameMerge(one: RestorePreview, other: RestorePreview): boolean {
  const told = ({ questions, merged }: RestorePreview): string =>
    JSON.stringify([questions, BACKUP_TABLES.map((table) => merged?.[table] ?? null)]);
  return told(one) === told(other);
}

async function drop(staging: OnggiDatabase): Promise<void> {
  staging.close();
  await deleteStaging(staging.name);
}

/** What a replacement would take away from here, or leave as it is. */
async function noteLosses(
  live: OnggiDatabase,
  staging: OnggiDatabase,
  { notes, found }: BackupReading,
): Promise<void> {
  const noted = notes.list().find(({ code }) => code === 'table_missing')?.examples ?? [];
  for (const table of BACKUP_TABLES) {
    const stored = LIVE_TABLES[table];
    if (!stored || found.has(table) || noted.includes(table)) continue;
    if (await hasRows(live.strict[stored])) notes.note('table_missing', table);
  }
  const { redirected, missing } = await readKeptEndpoints(live, staging);
  for (const { name } of redirected) notes.note('endpoint_redirected', name);
  for (const { name } of missing) notes.note('endpoints_kept', name);
}

/** Where the rows of a table of the file are here; those that only complete another one are not named. */
const LIVE_TABLES = {
  sessions: null,
  user_settings: 'userSettings',
  user_settings_extra: null,
  schema_versions: null,
  endpoints: 'endpoints',
  usage_statistics: 'usageStatistics',
  documents: 'documents',
  drafts: 'drafts',
  maintenance_runs: null,
  imports: 'imports',
  conversations: 'conversations',
  messages: 'messages',
  attachments: 'attachments',
  attachment_parts: null,
} as const satisfies Record<BackupTable, keyof OnggiDatabase['strict'] | null>;

function toPreview(
  mode: RestoreMode,
  reading: BackupReading,
  merged: RestorePreview['merged'],
): Omit<RestorePreview, 'replaced'> {
  const summary = reading.summary();
  const losses: readonly BackupProblemCode[] = ['table_missing', 'all_empty'];
  const questions = summary.problems
    .map(({ code }) => code)
    .filter((code) => ASKING_PROBLEMS.includes(code))
    // A merge takes nothing away.
    .filter((code) => mode === 'replace' || !losses.includes(code));
  return { mode, summary, merged, questions };
}
