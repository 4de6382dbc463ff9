import type {
  BackupReceipt,
  BackupSummary,
  RestoreMode,
  RestorePreview,
} from '#domain/backup-report.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { OnggiError } from '#domain/errors.ts';
import type { Progress } from '#domain/import-report.ts';
import type {
  BackupWork,
  OpenOptions,
  PreparedRestore,
  RestoreDone,
  WrittenBackup,
} from './backup-work.ts';
import { createPlaceQuestion } from './place-question.ts';

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
  /** `busy`: it could not be put in place just now and waits. `changed`: it would do other things than shown before. */
  | {
      readonly kind: 'prepared';
      readonly preview: RestorePreview;
      readonly why?: 'busy' | 'changed';
    }
  | { readonly kind: 'switching' }
  | { readonly kind: 'failed'; readonly error: OnggiError };

/** What a task tells, and to whom. */
export interface BackupTaskDeps {
  readonly work: BackupWork;
  readonly onError: (error: OnggiError) => void;
  readonly onWritten: () => void;
  /** Loads the page anew, where it is told what was done. */
  readonly reload: (done?: RestoreDone) => void;
}

/** The work of the backup dialog: a backup, a check or a restore. Fetched with the first of them. */
export class BackupTask {
  #phase = $state.raw<BackupPhase>({ kind: 'closed' });
  #purpose = $state<'verify' | 'restore'>('restore');
  #file: File | undefined;
  #options: OpenOptions = { passphrase: null, isLargeAllowed: false };
  #prepared: PreparedRestore | undefined;
  /** A failed switch closed the database: only a fresh page can go on. */
  #isClosedBelow = false;
  #abort: AbortController | undefined;
  readonly #place = createPlaceQuestion();
  readonly #deps: BackupTaskDeps;

  constructor(deps: BackupTaskDeps) {
    this.#deps = deps;
  }

  get phase(): BackupPhase {
    return this.#phase;
  }

  /** What the chosen file is read for. */
  get purpose(): 'verify' | 'restore' {
    return this.#purpose;
  }

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
      const written = await this.#deps.work.write(
        passphrase,
        handle,
        (progress) => this.#show(signal, { kind: 'writing', progress }),
        signal,
      );
      if (signal.aborted) return undefined;
      const { receipt, blob } = written;
      this.#phase = { kind: 'written', receipt, isDownload: blob !== null };
      this.#deps.onWritten();
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
    const files = await this.#run(signal, () => this.#deps.work.openSnapshot(name));
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
      const prepared = await this.#deps.work.prepare(
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

  /** Puts the prepared data in place and loads the page anew; asks again where they would be others than shown. */
  async commit(): Promise<void> {
    const prepared = this.#prepared;
    if (!prepared || this.#phase.kind !== 'prepared') return;
    const { preview } = this.#phase;
    const signal = this.#start({ kind: 'switching' });
    await this.#run(signal, async () => {
      try {
        const changed = await prepared.commit(preview.questions);
        if (changed) {
          this.#phase = { kind: 'prepared', preview: changed, why: 'changed' };
          return;
        }
      } catch (error) {
        if (toOnggiError(error).code === 'backup/busy') {
          this.#phase = { kind: 'prepared', preview, why: 'busy' };
          return;
        }
        this.#prepared = undefined;
        this.#isClosedBelow = true;
        throw error;
      }
      this.#prepared = undefined;
      this.#deps.reload(preview.mode);
    });
  }

  /** Goes back to the data from before a restore, and loads the page anew. */
  async undoRestore(name: string): Promise<void> {
    const signal = this.#start({ kind: 'switching' });
    await this.#run(signal, async () => {
      try {
        await this.#deps.work.undoRestore(name);
      } catch (error) {
        const { code } = toOnggiError(error);
        this.#isClosedBelow = code !== 'backup/busy' && code !== 'backup/nothing-to-undo';
        throw error;
      }
      this.#deps.reload('undo');
    });
  }

  /** Ends what is going on and closes the dialog; what was prepared is thrown away. */
  readonly close = (): void => {
    if (this.#phase.kind === 'switching') return;
    this.#abort?.abort();
    const prepared = this.#prepared;
    this.#prepared = undefined;
    if (prepared) {
      void prepared.discard().catch((error: unknown) => this.#deps.onError(toOnggiError(error)));
    }
    this.#file = undefined;
    this.#phase = { kind: 'closed' };
    if (this.#isClosedBelow) this.#deps.reload();
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
      const summary = await this.#deps.work.verify(
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
        this.#deps.onError(error);
        this.#phase = { kind: 'failed', error };
      }
      return undefined;
    }
  }
}
