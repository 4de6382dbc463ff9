import type {
  BackupProblemCode,
  BackupReceipt,
  BackupSummary,
  RestoreMode,
  RestorePreview,
} from '#domain/backup-report.ts';
import type { ReminderState } from '#domain/backup-schedule.ts';
import type { LiveRead } from '#domain/conversation-store.ts';
import type { Progress } from '#domain/import-report.ts';
import type { BackupTarget } from '#domain/stored-rows.ts';

/** A written backup; `blob` is null when the bytes went into a file that the person picked. */
export interface WrittenBackup {
  readonly receipt: BackupReceipt;
  readonly blob: Blob | null;
}

/** A copy in this browser's own file system. */
export interface Snapshot {
  readonly name: string;
  /** The moment that it reaches. */
  readonly createdAt: number;
  readonly sizeBytes: number;
}

/** The data that a restore put aside. */
export interface PutAside {
  readonly name: string;
  readonly replacedAt: number;
  readonly keptUntil: number;
  /** Nothing was there before, as after a loss: going back brings no conversation back. */
  readonly isNothing: boolean;
}

type Report = (progress: Progress) => void;

/** How a backup file is opened. */
export interface OpenOptions {
  readonly passphrase: string | null;
  /** The person agreed to a file above the usual limits. */
  readonly isLargeAllowed: boolean;
  /** Of a snapshot: what follows its first file. */
  readonly segments?: readonly File[];
}

/** A restore that is prepared beside the live data. */
export interface PreparedRestore {
  readonly preview: RestorePreview;
  /**
   * Puts it in place of the live data. The page has to be loaded anew afterwards, and after every
   * failure but `backup/busy`, which changes nothing.
   * @param accepted The questions of the preview that the person said yes to.
   * @returns what it would do now, where that is no longer what the preview said; nothing was done then.
   */
  commit(accepted: readonly BackupProblemCode[]): Promise<RestorePreview | undefined>;
  discard(): Promise<void>;
}

/** What backups need from below; made by `main.ts`. */
export interface BackupWork {
  /**
   * @param signal Aborted before anything began, nothing is written, and the picked file is gone if it is
   * empty.
   */
  write(
    passphrase: string | null,
    handle: FileSystemFileHandle | null,
    onProgress: Report,
    signal: AbortSignal,
  ): Promise<WrittenBackup>;
  verify(
    file: File,
    options: OpenOptions,
    onProgress: Report,
    signal: AbortSignal,
  ): Promise<BackupSummary>;
  prepare(
    file: File,
    mode: RestoreMode,
    options: OpenOptions,
    onProgress: Report,
    signal: AbortSignal,
  ): Promise<PreparedRestore>;
  /** Those of the last restore first. */
  readPutAside(): Promise<readonly PutAside[]>;
  /** @param name Of what is put aside. */
  undoRestore(name: string): Promise<void>;
  watchTargets(): Promise<LiveRead<readonly BackupTarget[]>>;
  listSnapshots(): Promise<readonly Snapshot[]>;
  /** @param isWhole Whether everything is written anew, so that what is there stays as it is. */
  makeSnapshot(signal: AbortSignal, isWhole?: boolean): Promise<void>;
  openSnapshot(name: string): Promise<{ readonly whole: File; readonly segments: readonly File[] }>;
  useFolder(directory: FileSystemDirectoryHandle): Promise<void>;
  forgetFolder(): Promise<void>;
  copyToFolder(signal: AbortSignal): Promise<void>;
  readReminder(): Promise<ReminderState>;
  snooze(): Promise<void>;
}

/** What took the place of the data that were here; `recovered`: nothing was here any more. */
export type RestoreDone = RestoreMode | 'undo' | 'recovered';
