import type {
  BackupProblemCode,
  BackupReceipt,
  BackupSummary,
  RestoreMode,
  RestorePreview,
} from '#domain/backup-report.ts';
import { isReminderDue } from '#domain/backup-schedule.ts';
import type { ReminderState } from '#domain/backup-schedule.ts';
import type { LiveRead } from '#domain/conversation-store.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { OnggiError } from '#domain/errors.ts';
import type { Clock } from '#domain/ids.ts';
import type { Progress } from '#domain/import-report.ts';
import type { BackupTarget } from '#domain/stored-rows.ts';
import { createPlaceQuestion } from './place-question.ts';
import type { StorageHealth } from './storage-health.svelte.ts';

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
  readonly replacedAt: number;
  readonly keptUntil: number;
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
   */
  commit(accepted: readonly BackupProblemCode[]): Promise<void>;
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
  readPutAside(): Promise<PutAside | undefined>;
  undoRestore(): Promise<void>;
  watchTargets(): LiveRead<readonly BackupTarget[]>;
  listSnapshots(): Promise<readonly Snapshot[]>;
  /** @param isWhole Whether everything is written anew, so that what is there stays as it is. */
  makeSnapshot(signal: AbortSignal, isWhole?: boolean): Promise<void>;
  openSnapshot(name: string): Promise<{ readonly whole: File; readonly segments: readonly File[] }>;
  useFolder(directory: FileSystemDirectoryHandle): Promise<void>;
  forgetFolder(): Promise<void>;
  copyToFolder(signal: AbortSignal): Promise<void>;
  readReminder(): Promise<ReminderState>;
  snooze(): void;
}

/** What took the place of the data that were here. */
export type RestoreDone = RestoreMode | 'undo';

/** A backup of one's own may be above the usual limits: the person is asked (SECURITY section 6). */
const LARGE_CODES: readonly string[] = [
  'file/too-large',
  'file/expands-too-much',
  'file/too-many-rows',
];

/** Where a backup, a check or a restore stands. One at a time. */
export type BackupPhase =
  | { readonly kind: 'closed' }
  | { readonly kind: 'choosing' }
  | { readonly kind: 'writing'; readonly progress: Progress | null }
  | { readonly kind: 'written'; readonly receipt: BackupReceipt; readonly isDownload: boolean }
  /** The file asks for its passphrase; `isWrong` after a try. */
  | { readonly kind: 'locked'; readonly isWrong: boolean }
  /** The file is above the usual limits. */
  | { readonly kind: 'large'; readonly sizeBytes: number }
  | { readonly kind: 'reading'; readonly progress: Progress | null }
  | { readonly kind: 'summary'; readonly summary: BackupSummary }
  | { readonly kind: 'preparing'; readonly progress: Progress | null }
  /** `busy`: it could not be put in place just now and waits. */
  | { readonly kind: 'prepared'; readonly preview: RestorePreview; readonly busy?: true }
  | { readonly kind: 'switching' }
  | { readonly kind: 'failed'; readonly error: OnggiError };

/** Backups out and in, copies of themselves, and what protects the data. */
export class Backups {
  #phase = $state.raw<BackupPhase>({ kind: 'closed' });
  #targets = $state.raw<readonly BackupTarget[]>([]);
  #snapshots = $state.raw<readonly Snapshot[]>([]);
  #putAside = $state.raw<PutAside | undefined>();
  #isReminderDue = $state(false);
  #isCopyBehind = $state(false);
  #purpose = $state<'verify' | 'restore'>('restore');
  #file: File | undefined;
  #options: OpenOptions = { passphrase: null, isLargeAllowed: false };
  #prepared: PreparedRestore | undefined;
  /** A failed switch closed the database: only a fresh page can go on. */
  #isClosedBelow = false;
  #abort: AbortController | undefined;
  readonly #place = createPlaceQuestion();
  readonly #work: BackupWork;
  readonly #storage: StorageHealth;
  readonly #clock: Clock;
  readonly #reload: (done?: RestoreDone) => void;

  /** @param reload Loads the page anew, where it is told what was done. */
  constructor(
    work: BackupWork,
    storage: StorageHealth,
    clock: Clock,
    reload: (done?: RestoreDone) => void,
  ) {
    this.#work = work;
    this.#storage = storage;
    this.#clock = clock;
    this.#reload = reload;
    work.watchTargets().subscribe({
      next: (targets) => {
        this.#targets = targets;
        void this.checkReminder().catch(() => undefined);
      },
      error: (error) => storage.fail(toOnggiError(error)),
    });
  }

  get phase(): BackupPhase {
    return this.#phase;
  }

  /** What the chosen file is read for. */
  get purpose(): 'verify' | 'restore' {
    return this.#purpose;
  }

  get targets(): readonly BackupTarget[] {
    return this.#targets;
  }

  get snapshots(): readonly Snapshot[] {
    return this.#snapshots;
  }

  /** The data from before the last restore, while they are kept. */
  get putAside(): PutAside | undefined {
    return this.#putAside;
  }

  /** Newest copy outside this browser, epoch milliseconds; null when there is none. */
  get lastOutsideAt(): number | null {
    const times = this.#targets.flatMap(({ id, lastSuccessAt }) =>
      id !== 'snapshot' && lastSuccessAt !== null ? [lastSuccessAt] : [],
    );
    return times.length === 0 ? null : Math.max(...times);
  }

  /** Whether the person should be reminded to make a copy outside this browser. */
  get isReminderDue(): boolean {
    return this.#isReminderDue;
  }

  /** Whether something was written that the newest copy outside this browser does not hold. */
  get isCopyBehind(): boolean {
    return this.#isCopyBehind;
  }

  /** Reads what the data screen shows beside the live rows. */
  async refresh(): Promise<void> {
    try {
      this.#snapshots = await this.#work.listSnapshots();
      this.#putAside = await this.#work.readPutAside();
      await this.checkReminder();
    } catch (error) {
      this.#storage.fail(toOnggiError(error));
    }
  }

  /** Looks whether a reminder is due, and whether the newest copy holds everything. */
  async checkReminder(): Promise<void> {
    const state = await this.#work.readReminder();
    this.#isReminderDue = isReminderDue(state, this.#clock());
    this.#isCopyBehind = state.isChanged;
  }

  /** Leaves the person alone for some days. */
  readonly snooze = (): void => {
    this.#work.snooze();
    this.#isReminderDue = false;
  };

  /** Opens the dialog of a new backup. */
  readonly choose = (): void => {
    if (!this.isAtWork) this.#phase = { kind: 'choosing' };
  };

  /**
   * Writes a backup.
   * @param pick Asks for the place; without it the bytes are to be downloaded.
   * @returns the bytes to download, where they did not go into a picked file.
   */
  async write(
    passphrase: string | null,
    pick?: () => Promise<FileSystemFileHandle | undefined>,
  ): Promise<WrittenBackup | undefined> {
    if (this.#phase.kind !== 'choosing' || this.#place.isOpen) return undefined;
    const signal = this.#start(this.#phase);
    return this.#run(signal, async () => {
      const handle = pick ? await this.#place.ask(pick) : null;
      if (handle === undefined) return undefined;
      // Closed while the place was asked for, the work only takes the empty file away.
      if (!signal.aborted) this.#phase = { kind: 'writing', progress: null };
      const written = await this.#work.write(
        passphrase,
        handle,
        (progress) => this.#show(signal, { kind: 'writing', progress }),
        signal,
      );
      if (signal.aborted) return undefined;
      const { receipt, blob } = written;
      this.#phase = { kind: 'written', receipt, isDownload: blob !== null };
      this.#isReminderDue = false;
      return written;
    });
  }

  /** Reads a backup for checking or for restoring; nothing is written. */
  async open(
    file: File,
    purpose: 'verify' | 'restore',
    segments: readonly File[] = [],
  ): Promise<void> {
    if (this.isAtWork) return;
    this.#file = file;
    this.#purpose = purpose;
    await this.#read({ passphrase: null, isLargeAllowed: false, segments });
  }

  /** Opens the snapshot of that name for a restore. */
  async openSnapshot(name: string): Promise<void> {
    const signal = this.#start({ kind: 'reading', progress: null });
    const files = await this.#run(signal, () => this.#work.openSnapshot(name));
    if (!files) return;
    this.#phase = { kind: 'closed' };
    await this.open(files.whole, 'restore', files.segments);
  }

  /** Tries a passphrase on the file. */
  readonly unlock = (passphrase: string): Promise<void> =>
    this.#read({ ...this.#options, passphrase });

  /** Reads a file above the usual limits after all. */
  readonly readLarge = (): Promise<void> => this.#read({ ...this.#options, isLargeAllowed: true });

  /** Builds the restored data beside the live ones. */
  async prepare(mode: RestoreMode): Promise<void> {
    const file = this.#file;
    if (!file || this.#phase.kind !== 'summary') return;
    const signal = this.#start({ kind: 'preparing', progress: null });
    await this.#run(signal, async () => {
      const prepared = await this.#work.prepare(
        file,
        mode,
        this.#options,
        (progress) => this.#show(signal, { kind: 'preparing', progress }),
        signal,
      );
      if (signal.aborted) {
        await prepared.discard();
        return;
      }
      this.#prepared = prepared;
      this.#phase = { kind: 'prepared', preview: prepared.preview };
    });
  }

  /** Puts the prepared data in place and loads the page anew. */
  async commit(): Promise<void> {
    const prepared = this.#prepared;
    if (!prepared) return;
    const { preview } = prepared;
    const signal = this.#start({ kind: 'switching' });
    await this.#run(signal, async () => {
      try {
        await prepared.commit(preview.questions);
      } catch (error) {
        if (toOnggiError(error).code === 'backup/busy') {
          this.#phase = { kind: 'prepared', preview, busy: true };
          return;
        }
        this.#prepared = undefined;
        this.#isClosedBelow = true;
        throw error;
      }
      this.#prepared = undefined;
      this.#reload(preview.mode);
    });
  }

  /** Goes back to the data from before the last restore, and loads the page anew. */
  async undoRestore(): Promise<void> {
    const signal = this.#start({ kind: 'switching' });
    await this.#run(signal, async () => {
      try {
        await this.#work.undoRestore();
      } catch (error) {
        const { code } = toOnggiError(error);
        this.#isClosedBelow = code !== 'backup/busy' && code !== 'backup/nothing-to-undo';
        throw error;
      }
      this.#reload('undo');
    });
  }

  /** Keeps copies in a folder from now on, and makes the first. */
  async useFolder(directory: FileSystemDirectoryHandle): Promise<void> {
    await this.#quietly(() => this.#work.useFolder(directory));
    await this.copyToFolder();
  }

  readonly forgetFolder = (): Promise<void> => this.#quietly(() => this.#work.forgetFolder());

  /** Makes a copy in the folder now; how it went stands in the targets. */
  readonly copyToFolder = (): Promise<void> =>
    this.#quietly(() => this.#work.copyToFolder(new AbortController().signal));

  /** Makes a copy in this browser now. */
  readonly makeSnapshot = async (): Promise<void> => {
    await this.#quietly(() => this.#work.makeSnapshot(new AbortController().signal));
    await this.refresh();
  };

  /** Ends what is going on and closes the dialog; what was prepared is thrown away. */
  readonly close = (): void => {
    if (this.#phase.kind === 'switching') return;
    this.#abort?.abort();
    const prepared = this.#prepared;
    this.#prepared = undefined;
    if (prepared) void this.#quietly(() => prepared.discard());
    this.#file = undefined;
    this.#phase = { kind: 'closed' };
    if (this.#isClosedBelow) this.#reload();
  };

  /** Whether something runs, or is prepared, that closing would end. */
  get isAtWork(): boolean {
    return ['writing', 'reading', 'preparing', 'prepared', 'switching'].includes(this.#phase.kind);
  }

  async #read(options: OpenOptions): Promise<void> {
    const file = this.#file;
    if (!file) return;
    this.#options = options;
    const signal = this.#start({ kind: 'reading', progress: null });
    await this.#run(signal, async () => {
      const summary = await this.#work.verify(
        file,
        options,
        (progress) => this.#show(signal, { kind: 'reading', progress }),
        signal,
      );
      if (!signal.aborted) this.#phase = { kind: 'summary', summary };
    });
  }

  #start(phase: BackupPhase): AbortSignal {
    this.#abort = new AbortController();
    this.#phase = phase;
    return this.#abort.signal;
  }

  /** Progress of the step that is going on; what comes late changes nothing. */
  #show(signal: AbortSignal, phase: BackupPhase): void {
    if (!signal.aborted && this.#phase.kind === phase.kind) this.#phase = phase;
  }

  /** Runs a step and turns its failure into a phase; a file's questions become phases of their own. */
  async #run<T>(signal: AbortSignal, step: () => Promise<T>): Promise<T | undefined> {
    try {
      return await step();
    } catch (thrown) {
      if (signal.aborted) return undefined;
      const error = toOnggiError(thrown);
      const file = this.#file;
      const isAsking = !this.#options.isLargeAllowed && file !== undefined;
      if (error.code === 'file/passphrase-needed') this.#phase = { kind: 'locked', isWrong: false };
      else if (error.code === 'file/passphrase-wrong')
        this.#phase = { kind: 'locked', isWrong: true };
      else if (LARGE_CODES.includes(error.code) && isAsking) {
        this.#phase = { kind: 'large', sizeBytes: file.size };
      } else {
        this.#storage.fail(error);
        this.#phase = { kind: 'failed', error };
      }
      return undefined;
    }
  }

  async #quietly(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // How a copy failed stands in its target; only a failing storage is told here.
      this.#storage.fail(toOnggiError(error));
    }
  }
}
