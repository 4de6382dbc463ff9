import type { LiveRead } from '#domain/conversation-store.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { OnggiError } from '#domain/errors.ts';
import type {
  ExistingChoice,
  ImportPreview,
  ImportReport,
  Progress,
  RefusedFile,
} from '#domain/import-report.ts';
import type { ImportRun } from '#domain/stored-rows.ts';
import type { StorageHealth } from './storage-health.svelte.ts';

/** A file as a picker gives it, or with the path a drop found it under. */
export type GivenFile = File | { readonly file: File; readonly path: string };

/** What is to be read. */
export interface GivenFiles {
  readonly files: readonly GivenFile[];
  /** The person was shown sizes and allowed what becomes far larger than usual when unpacked. */
  readonly isFarAllowed: boolean;
}

/** What the import needs from below; made by `main.ts`. */
export interface ImportWork {
  /** Reads the files and writes nothing. `backup` when one of them is a backup of ours. */
  preview(
    given: GivenFiles,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<{ preview: ImportPreview; backup: File | null }>;
  /** Stores what the files hold. An abort ends it early, with a report of what is stored. */
  run(
    given: GivenFiles,
    existing: ExistingChoice,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<{ id: string; report: ImportReport }>;
  undo(id: string): Promise<{ removed: number; kept: number; documents: number }>;
  /** Earlier imports, newest first. */
  watchRuns(): LiveRead<readonly ImportRun[]>;
}

/** Where an import stands. */
export type ImportPhase =
  | { readonly kind: 'closed' }
  | { readonly kind: 'reading'; readonly progress: Progress | null }
  | { readonly kind: 'preview'; readonly preview: ImportPreview }
  | { readonly kind: 'running'; readonly progress: Progress | null }
  | { readonly kind: 'done'; readonly id: string; readonly report: ImportReport }
  | { readonly kind: 'failed'; readonly error: OnggiError };

const NOTHING: GivenFiles = { files: [], isFarAllowed: false };

/** One import after another, from the dropped files to the report; and the earlier ones. */
export class Imports {
  #phase = $state.raw<ImportPhase>({ kind: 'closed' });
  #runs = $state.raw<readonly ImportRun[]>([]);
  #backup = $state.raw<File | null>(null);
  #given: GivenFiles = NOTHING;
  /** What of a drop could not be read: no worker ever sees it. */
  #refused: readonly RefusedFile[] = [];
  #abort: AbortController | undefined;
  readonly #work: ImportWork;
  readonly #storage: StorageHealth;

  constructor(work: ImportWork, storage: StorageHealth) {
    this.#work = work;
    this.#storage = storage;
    work.watchRuns().subscribe({
      next: (runs) => (this.#runs = runs),
      error: (error) => storage.fail(toOnggiError(error)),
    });
  }

  get phase(): ImportPhase {
    return this.#phase;
  }

  get runs(): readonly ImportRun[] {
    return this.#runs;
  }

  /** A backup of ours that was among the files: the screen offers to restore it. */
  get backup(): File | null {
    return this.#backup;
  }

  /**
   * Reads the files and shows what is in them. Does nothing while another import is at work.
   * @param refused What was given too and cannot be read; it is named beside what is in the files.
   */
  async begin(files: readonly GivenFile[], refused: readonly RefusedFile[] = []): Promise<void> {
    if (files.length + refused.length === 0 || this.#isAtWork()) return;
    this.#refused = refused;
    await this.#read({ files, isFarAllowed: false });
  }

  /** Reads the files of the preview again, and with them what becomes far larger than usual. */
  readonly readFar = async (): Promise<void> => {
    if (this.#phase.kind === 'preview') await this.#read({ ...this.#given, isFarAllowed: true });
  };

  async #read(given: GivenFiles): Promise<void> {
    this.#given = given;
    this.#backup = null;
    const signal = this.#start({ kind: 'reading', progress: null });
    try {
      const { preview, backup } = await this.#work.preview(
        given,
        (progress) => this.#report(signal, { kind: 'reading', progress }),
        signal,
      );
      if (signal.aborted) return;
      this.#backup = backup;
      this.#phase = { kind: 'preview', preview: this.#withRefused(preview) };
    } catch (error) {
      this.#fail(signal, error);
    }
  }

  /** Stores what the preview showed. */
  async run(existing: ExistingChoice): Promise<void> {
    if (this.#phase.kind !== 'preview') return;
    const signal = this.#start({ kind: 'running', progress: null });
    try {
      const { id, report } = await this.#work.run(
        this.#given,
        existing,
        (progress) => this.#report(signal, { kind: 'running', progress }),
        signal,
      );
      this.#phase = { kind: 'done', id, report: this.#withRefused(report) };
    } catch (error) {
      this.#phase = { kind: 'closed' };
      this.#fail(undefined, error);
    }
  }

  /** Ends what is going on: a preview closes, a running import comes to its report. */
  readonly stop = (): void => {
    this.#abort?.abort();
    if (this.#phase.kind === 'reading') this.close();
  };

  /** Closes the dialog. A running import is not left behind unseen: it has to be stopped first. */
  readonly close = (): void => {
    if (this.#phase.kind === 'running') return;
    this.#abort?.abort();
    this.#given = NOTHING;
    this.#backup = null;
    this.#phase = { kind: 'closed' };
  };

  /** Takes away what an import brought. Undefined when the storage refused. */
  async undo(
    id: string,
  ): Promise<{ removed: number; kept: number; documents: number } | undefined> {
    try {
      return await this.#work.undo(id);
    } catch (error) {
      this.#storage.fail(toOnggiError(error));
      return undefined;
    }
  }

  #withRefused<Findings extends ImportPreview>(findings: Findings): Findings {
    return { ...findings, refused: [...this.#refused, ...findings.refused] };
  }

  #isAtWork(): boolean {
    return this.#phase.kind === 'reading' || this.#phase.kind === 'running';
  }

  #start(phase: ImportPhase): AbortSignal {
    this.#abort = new AbortController();
    this.#phase = phase;
    return this.#abort.signal;
  }

  #report(signal: AbortSignal, phase: ImportPhase): void {
    if (!signal.aborted || phase.kind === 'running') this.#phase = phase;
  }

  #fail(signal: AbortSignal | undefined, thrown: unknown): void {
    if (signal?.aborted) return;
    const error = toOnggiError(thrown);
    this.#storage.fail(error);
    this.#phase = { kind: 'failed', error };
  }
}
