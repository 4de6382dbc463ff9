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
import type { Progress } from '#domain/import-report.ts';
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

  /** Adds files, one after another; more may be given while some are being added. */
  async add(files: readonly File[]): Promise<void> {
    this.#waiting.push(...files);
    if (this.#abort || files.length === 0) return;
    const stop = new AbortController();
    this.#abort = stop;
    this.#outcomes = [];
    this.#isStopped = false;
    try {
      for (let file = this.#waiting.shift(); file; file = this.#waiting.shift()) {
        const outcome = await this.#addOne(file, stop.signal);
        if (outcome) this.#outcomes = [...this.#outcomes, outcome];
      }
    } finally {
      this.#isStopped = stop.signal.aborted;
      this.#waiting = [];
      this.#adding = undefined;
      this.#abort = undefined;
    }
  }

  /** Stops the adding; what was added stays. */
  readonly stop = (): void => {
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

  /** Deletes a document. @returns what brings it back; undefined when it could not be deleted */
  async remove({ id }: LibraryDocument): Promise<(() => Promise<void>) | undefined> {
    const { db } = this.#deps;
    const removed = await this.#try(() => removeDocuments(db, [id]));
    if (!removed) return undefined;
    this.#outcomes = this.#outcomes.filter((each) => each.kind === 'failed' || each.id !== id);
    return async () => {
      await this.#try(() => restoreDocuments(db, removed));
    };
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
      this.#deps.storage.recover();
      if (added.kind === 'added') return { key, name, kind: 'added', id: added.id };
      return { key, name, kind: 'there', id: added.id, as: added.name };
    } catch (error) {
      if (signal.aborted) return undefined;
      const { code } = toOnggiError(error);
      // What one file cannot be given, on a full disk, no other can.
      if (code.startsWith('db/')) {
        this.#fail(error);
        this.#waiting = [];
      }
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
