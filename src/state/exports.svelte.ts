import { toOnggiError } from '#domain/errors.ts';
import type { OnggiError } from '#domain/errors.ts';
import type {
  ExportedFile,
  ExportFormat,
  ExportRequest,
  MaskedPlace,
} from '#domain/export-request.ts';
import type { ConversationId } from '#domain/ids.ts';
import type { Progress } from '#domain/import-report.ts';

/** What an export needs from below; made by `main.ts`. */
export interface ExportWork {
  run(
    request: ExportRequest,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<ExportedFile>;
  /** What an anonymised copy would mask: the first places, and how many there are. */
  findMasked(
    ids: readonly ConversationId[] | 'all',
    withTrash: boolean,
    signal: AbortSignal,
  ): Promise<{ places: readonly MaskedPlace[]; count: number }>;
  /** One conversation as plain Markdown for the clipboard; undefined when it is gone. */
  toMarkdown(id: ConversationId): Promise<string | undefined>;
}

/** Where an export stands. */
export type ExportPhase =
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'choosing';
      readonly ids: readonly ConversationId[] | 'all';
      /** What is chosen at first. */
      readonly format: ExportFormat;
    }
  | { readonly kind: 'running'; readonly progress: Progress | null }
  | { readonly kind: 'done'; readonly file: ExportedFile }
  | { readonly kind: 'failed'; readonly error: OnggiError };

/** One export after another, from the choice to the file. */
export class Exports {
  #phase = $state.raw<ExportPhase>({ kind: 'closed' });
  #abort: AbortController | undefined;
  readonly #work: ExportWork;

  constructor(work: ExportWork) {
    this.#work = work;
  }

  get phase(): ExportPhase {
    return this.#phase;
  }

  /** Opens the choice for these conversations. */
  readonly choose = (
    ids: readonly ConversationId[] | 'all',
    format: ExportFormat = 'archive',
  ): void => {
    if (this.#phase.kind !== 'running') this.#phase = { kind: 'choosing', ids, format };
  };

  /** Makes the file. Undefined when it was stopped or failed; the phase says which. */
  async run(request: ExportRequest): Promise<ExportedFile | undefined> {
    if (this.#phase.kind === 'running') return undefined;
    const abort = new AbortController();
    this.#abort = abort;
    this.#phase = { kind: 'running', progress: null };
    try {
      const file = await this.#work.run(
        request,
        (progress) => {
          if (!abort.signal.aborted) this.#phase = { kind: 'running', progress };
        },
        abort.signal,
      );
      if (abort.signal.aborted) return undefined;
      this.#phase = { kind: 'done', file };
      return file;
    } catch (error) {
      if (!abort.signal.aborted) this.#phase = { kind: 'failed', error: toOnggiError(error) };
      return undefined;
    }
  }

  /** Ends a running export; nothing of it is kept. */
  readonly stop = (): void => {
    this.#abort?.abort();
    this.#phase = { kind: 'closed' };
  };

  readonly findMasked: ExportWork['findMasked'] = (...given) => this.#work.findMasked(...given);

  readonly toMarkdown: ExportWork['toMarkdown'] = (id) => this.#work.toMarkdown(id);
}
