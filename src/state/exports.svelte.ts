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
import { createPlaceQuestion } from './place-question.ts';

/** What an export needs from below; made by `main.ts`. */
export interface ExportWork {
  /** The name the file should have. */
  nameFile(request: ExportRequest): Promise<string>;
  /**
   * @param handle A file the person picked, to be written into; null gives the bytes to download.
   * @param signal Aborted before anything began, nothing is written, and the picked file is gone if it is
   * empty.
   */
  run(
    request: ExportRequest,
    handle: FileSystemFileHandle | null,
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

/** Asks for a place for a file of that name; undefined when the person changed their mind. */
type PickPlace = (fileName: string) => Promise<FileSystemFileHandle | undefined>;

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
  readonly #place = createPlaceQuestion();
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

  /**
   * Makes the file.
   * @param pick Asks for the place; without it the bytes are to be downloaded.
   * @returns undefined when it was stopped or failed; the phase says which.
   */
  async run(request: ExportRequest, pick?: PickPlace): Promise<ExportedFile | undefined> {
    if (this.#phase.kind !== 'choosing' || this.#place.isOpen) return undefined;
    const abort = new AbortController();
    this.#abort = abort;
    try {
      const handle = pick
        ? await this.#place.ask(async () => pick(await this.#work.nameFile(request)))
        : null;
      // The choice stays open.
      if (handle === undefined) return undefined;
      // Closed while the place was asked for, the work only takes the empty file away.
      if (!abort.signal.aborted) this.#phase = { kind: 'running', progress: null };
      const file = await this.#work.run(
        request,
        handle,
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
