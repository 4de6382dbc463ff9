import type { LiveRead } from '#domain/conversation-store.ts';
import type { DocumentChunk, LibraryDocument } from '#domain/stored-rows.ts';

/** Chunks read at a time: some forty pages, of which none is seen to be missing. */
const PAGE = 50;
/** Chunks before the one that is looked for. */
const BEFORE = 4;

export interface OpenDocumentDeps {
  readonly watch: () => LiveRead<LibraryDocument | undefined>;
  /** The chunks with `from` ≤ seq < `to`. */
  readonly readChunks: (from: number, to: number) => Promise<readonly DocumentChunk[]>;
  /** Where a chunk stands; undefined when it is not of this document, or gone. */
  readonly findSeq: (chunkId: string) => Promise<number | undefined>;
  readonly onError: (error: unknown) => void;
}

/** A document of which a stretch of the text is shown, however long it is. */
export class OpenDocument {
  readonly id: string;
  #document = $state.raw<LibraryDocument | null>();
  #chunks = $state.raw<readonly DocumentChunk[]>();
  #hasMore = $state(false);
  #isReading = false;
  /** Counts what is read from the start: what an earlier reading brings has no place any more. */
  #reading = 0;
  readonly #deps: OpenDocumentDeps;

  constructor(id: string, deps: OpenDocumentDeps) {
    this.id = id;
    this.#deps = deps;
  }

  /** Null when it is gone; undefined before it was looked for. */
  get document(): LibraryDocument | null | undefined {
    return this.#document;
  }

  /** The stretch of the text that is there to be shown; undefined before it was read. */
  get chunks(): readonly DocumentChunk[] | undefined {
    return this.#chunks;
  }

  get hasEarlier(): boolean {
    return (this.#chunks?.[0]?.seq ?? 0) > 0;
  }

  get hasMore(): boolean {
    return this.#hasMore;
  }

  /** Follows the document until the returned function is called. Reads a changed text anew. */
  follow(): () => void {
    let seen: string | undefined;
    const subscription = this.#deps.watch().subscribe({
      next: (document) => {
        // A new name is no other text.
        const text = document && JSON.stringify([document.sizeBytes, document.metadata]);
        const isChanged = seen !== undefined && text !== undefined && text !== seen;
        seen = text ?? seen;
        this.#document = document ?? null;
        if (isChanged && this.#chunks) void this.#readAgain(this.#chunks);
      },
      error: this.#deps.onError,
    });
    return () => subscription.unsubscribe();
  }

  /** Shows the text around a chunk; the beginning where there is no such chunk. */
  async show(chunkId: string | null): Promise<void> {
    try {
      const seq = chunkId === null ? undefined : await this.#deps.findSeq(chunkId);
      await this.#read(Math.max(0, (seq ?? 0) - BEFORE));
    } catch (error) {
      this.#deps.onError(error);
    }
  }

  /** Reads on. Does nothing while something is read, and at the end. */
  readonly more = async (): Promise<void> => {
    const next = (this.#chunks?.at(-1)?.seq ?? -1) + 1;
    if (this.#isReading || !this.#hasMore) return;
    await this.#extend(next, next + PAGE, (added) => {
      this.#hasMore = added.length === PAGE;
      return [...(this.#chunks ?? []), ...added];
    });
  };

  /** Reads what stands before. */
  readonly earlier = async (): Promise<void> => {
    const first = this.#chunks?.[0]?.seq ?? 0;
    if (this.#isReading || first === 0) return;
    await this.#extend(Math.max(0, first - PAGE), first, (added) => [
      ...added,
      ...(this.#chunks ?? []),
    ]);
  };

  /** The stretch that is shown, as it is now; the beginning where the text does not reach so far. */
  async #readAgain(shown: readonly DocumentChunk[]): Promise<void> {
    const from = shown[0]?.seq ?? 0;
    await this.#read(from, Math.max(PAGE, shown.length));
    if (from > 0 && this.#chunks?.length === 0) await this.#read(0);
  }

  async #read(from: number, count = PAGE): Promise<void> {
    this.#reading += 1;
    await this.#extend(from, from + count, (chunks) => {
      this.#hasMore = chunks.length === count;
      return chunks;
    });
  }

  async #extend(
    from: number,
    to: number,
    join: (added: readonly DocumentChunk[]) => readonly DocumentChunk[],
  ): Promise<void> {
    const reading = this.#reading;
    this.#isReading = true;
    try {
      const added = await this.#deps.readChunks(from, to);
      if (reading === this.#reading) this.#chunks = join(added);
    } catch (error) {
      this.#deps.onError(error);
    } finally {
      if (reading === this.#reading) this.#isReading = false;
    }
  }
}
