import {
  getChunk,
  removeDocuments,
  renameDocument,
  restoreDocuments,
  watchDocument,
  watchDocuments,
} from '#db/documents.ts';
import { readChunkRange } from '#db/search-rows.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { ErrorCode, OnggiError } from '#domain/errors.ts';
import type { Progress, RefusedFile } from '#domain/import-report.ts';
import { toDocumentName } from '#domain/library.ts';
import type { LibraryDocument } from '#domain/stored-rows.ts';
import { addDocumentFile } from '#library/add-document.ts';
import type { LibraryDeps } from './lazy-library.ts';
import { OpenDocument } from './open-document.svelte.ts';

/** What became of a file that was to be added. */
export type FileOutcome = { readonly key: number; readonly name: string } & (
  | { readonly kind: 'added'; readonly id: string }
  /** It is there already, under the name `as`. */
  | { readonly kind: 'there'; readonly id: string; readonly as: string }
  | { readonly kind: 'failed'; readonly code: ErrorCode }
);

/** Adding that goes on. */
export interface Adding {
  readonly name: string;
  readonly progress: Progress;
}

/** Documents shown at first, and how many more each time. */
const PAGE = 100;
/** What is told of progress so often is seen, milliseconds. */
const TELL_MS = 100;

/** The documents of the library, and the adding of more. */
export class Library {
  #documents = $state.raw<readonly LibraryDocument[]>();
  #hasMore = $state(false);
  #limit = $state(PAGE);
  #adding = $state.raw<Adding>();
  #outcomes = $state.raw<readonly FileOutcome[]>([]);
  #isStopped = $state(false);
  #abort: AbortController | undefined;
  /** Ends with the adding that goes on. */
  #running: Promise<void> = Promise.resolve();
  #nextKey = 0;
  /** Files that wait for their turn. */
  #waiting: File[] = [];
  readonly #deps: LibraryDeps;

  constructor(deps: LibraryDeps) {
    this.#deps = deps;
  }

  /** Newest first; undefined before they were read. */
  get documents(): readonly LibraryDocument[] | undefined {
    return this.#documents;
  }

  /** Whether there are more than are shown. */
  get hasMore(): boolean {
    return this.#hasMore;
  }

  /** The file that is being added; undefined while none is. */
  get adding(): Adding | undefined {
    return this.#adding;
  }

  /** What became of the files that were added last. */
  get outcomes(): readonly FileOutcome[] {
    return this.#outcomes;
  }

  /** Whether the person stopped the adding before its end. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Follows the list until the returned function is called; to be called anew when `limit` grows. */
  follow(): () => void {
    const live = watchDocuments(this.#deps.db, this.#limit);
    const subscription = live.subscribe({
      next: ({ documents, hasMore }) => {
        this.#documents = documents;
        this.#hasMore = hasMore;
      },
      error: (error) => this.#fail(error),
    });
    return () => subscription.unsubscribe();
  }

  readonly more = (): void => {
    this.#limit += PAGE;
  };

  /** A document with its text. */
  open(id: string): OpenDocument {
    const { db } = this.#deps;
    return new OpenDocument(id, {
      watch: () => watchDocument(db, id),
      readChunks: (from, to) => readChunkRange(db, id, from, to),
      findSeq: async (chunkId) => {
        const chunk = await getChunk(db, chunkId);
        return chunk?.documentId === id ? chunk.seq : undefined;
      },
      onError: (error) => this.#fail(error),
    });
  }

  /**
   * Adds files, one after another; more may be given while some are being added.
   * @param refused What of a drop the browser does not let be read: it is named with the rest.
   */
  async add(files: readonly File[], refused: readonly RefusedFile[] = []): Promise<void> {
    // What was stopped ends first: these are not among what was stopped.
    while (this.#abort?.signal.aborted) await this.#running;
    this.#waiting.push(...files);
    const failed = refused.map(({ name, code }) => this.#toFailed(name, code));
    if (this.#abort) this.#outcomes = [...this.#outcomes, ...failed];
    else if (files.length + failed.length > 0) {
      this.#outcomes = failed;
      this.#isStopped = false;
      this.#running = this.#addWaiting();
    }
    await this.#running;
  }

  /** Stops the adding; what was added stays. */
  readonly stop = (): void => {
    if (this.#waiting.length > 0) this.#isStopped = true;
    this.#waiting = [];
    this.#abort?.abort();
  };

  readonly forgetOutcomes = (): void => {
    this.#outcomes = [];
    this.#isStopped = false;
  };

  /** Gives a document another name; one without words changes nothing. */
  async rename({ id, name }: LibraryDocument, wanted: string): Promise<void> {
    if (wanted.trim() === '' || toDocumentName(wanted) === name) return;
    const { db, clock } = this.#deps;
    await this.#try(() => renameDocument(db, id, toDocumentName(wanted), clock()));
  }

  /**
   * Deletes a document.
   * @returns What brings it back, and says whether it did; it can be called again. Undefined when the
   * document could not be deleted
   */
  async remove({ id }: LibraryDocument): Promise<(() => Promise<boolean>) | undefined> {
    const { db } = this.#deps;
    const removed = await this.#try(() => removeDocuments(db, [id]));
    if (!removed) return undefined;
    this.#outcomes = this.#outcomes.filter((each) => each.kind === 'failed' || each.id !== id);
    return async () => {
      const restored = await this.#try(async () => {
        await restoreDocuments(db, removed);
        return true;
      });
      return restored === true;
    };
  }

  async #addWaiting(): Promise<void> {
    const { signal } = (this.#abort = new AbortController());
    for (let file = this.#waiting.shift(); file; file = this.#waiting.shift()) {
      const outcome = await this.#addOne(file, signal);
      if (!outcome) this.#isStopped = true;
      else if (outcome.kind === 'failed' && outcome.code.startsWith('db/')) {
        // What one file cannot be given, on a full disk, no other can.
        const rest = this.#waiting.map(({ name }) => this.#toFailed(name, outcome.code));
        this.#waiting = [];
        this.#outcomes = [...this.#outcomes, outcome, ...rest];
      } else this.#outcomes = [...this.#outcomes, outcome];
    }
    this.#adding = undefined;
    this.#abort = undefined;
  }

  #toFailed(name: string, code: ErrorCode): FileOutcome {
    return { key: this.#nextKey++, name, kind: 'failed', code };
  }

  async #addOne(file: File, signal: AbortSignal): Promise<FileOutcome | undefined> {
    const { name } = file;
    const tell = (doneBytes: number): void => {
      const progress = { step: '', doneBytes, totalBytes: file.size, doneRows: 0, totalRows: null };
      this.#adding = { name, progress };
    };
    let [done, toldAt] = [0, performance.now()];
    tell(0);
    const key = this.#nextKey++;
    try {
      const added = await addDocumentFile(this.#deps, file, {
        signal,
        onBytes: (count) => {
          done += count;
          if (performance.now() - toldAt < TELL_MS) return;
          toldAt = performance.now();
          tell(done);
        },
      });
      if (added.kind === 'there') {
        return { key, name, kind: 'there', id: added.id, as: added.name };
      }
      this.#deps.storage.recover();
      return { key, name, kind: 'added', id: added.id };
    } catch (error) {
      if (signal.aborted) return undefined;
      const { code } = toOnggiError(error);
      if (code.startsWith('db/')) this.#fail(error);
      return { key, name, kind: 'failed', code };
    }
  }

  async #try<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      const done = await work();
      this.#deps.storage.recover();
      return done;
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  #fail(error: unknown): OnggiError {
    const failure = toOnggiError(error);
    this.#deps.storage.fail(failure);
    return failure;
  }
}
