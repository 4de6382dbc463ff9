import { toOnggiError } from '#domain/errors.ts';
import type { Draft } from '#domain/stored-rows.ts';
import type { StorageHealth } from './storage-health.svelte.ts';

/** Pause in typing after which a draft is written, in milliseconds. */
const WRITE_PAUSE_MS = 400;

/** What is typed and pasted and not yet sent. */
type DraftContent = Pick<Draft, 'text' | 'pasted'>;

const EMPTY: DraftContent = { text: '', pasted: [] };

/** Where drafts are kept; made by `main.ts` from `db/`. */
export interface DraftSource {
  readonly get: (id: string) => Promise<DraftContent | undefined>;
  readonly put: (id: string, draft: DraftContent) => Promise<void>;
  /** Deletes what is stored, if it is among `known`: anything else was typed in another tab. */
  readonly remove: (id: string, known: readonly DraftContent[]) => Promise<void>;
}

/** The message that a draft would be: what was typed, then what was pasted. */
export function draftToMessage({ text, pasted }: DraftContent): string {
  return [text, ...pasted].filter((part) => part.trim() !== '').join('\n\n');
}

/** Text in the composer, by conversation. Kept over reloads unless the conversation is temporary. */
export class Drafts {
  #drafts = $state.raw<ReadonlyMap<string, DraftContent>>(new Map());
  readonly #source: DraftSource;
  readonly #storage: StorageHealth;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #loaded = new Set<string>();
  /** What this tab read or wrote last, and where a write failed what it wrote before. */
  readonly #known = new Map<string, readonly DraftContent[]>();

  /** Told when a text that was put behind a draft is written. */
  readonly #onWritten = new Map<string, () => void>();

  constructor(source: DraftSource, storage: StorageHealth) {
    this.#source = source;
    this.#storage = storage;
  }

  get(id: string): DraftContent {
    return this.#drafts.get(id) ?? EMPTY;
  }

  /** Reads a stored draft, unless something was typed meanwhile. */
  load(id: string): Promise<void> {
    return this.#read(id).catch((error: unknown) => this.#storage.fail(toOnggiError(error)));
  }

  /**
   * Changes a draft.
   * @param isKept False for conversations of this page: their text stays in it.
   */
  set(id: string, changes: Partial<DraftContent>, isKept: boolean): void {
    this.#loaded.add(id);
    const draft = { ...this.get(id), ...changes };
    this.#show(id, draft);
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    // What is empty is deleted even where nothing is kept: it may have been written before.
    if (!isKept && draftToMessage(draft) !== '') return;
    const write = (): void => void this.#write(id);
    this.#timers.set(id, setTimeout(write, draftToMessage(draft) === '' ? 0 : WRITE_PAUSE_MS));
  }

  /**
   * Puts a text behind what is typed, and behind what is stored of it, and writes it.
   * @returns when it is written; at once where nothing is kept
   */
  append(id: string, text: string, isKept: boolean): Promise<void> {
    const isWritten = new Promise<void>((resolve) => this.#onWritten.set(id, resolve));
    const add = async (): Promise<void> => {
      await this.#read(id);
      const both = [this.get(id).text, text].filter((part) => part !== '').join('\n\n');
      this.set(id, { text: both }, isKept);
      if (isKept) void this.#write(id);
    };
    const added = add().catch((error: unknown) => {
      // It must not take the place of what is stored and was not read.
      this.#storage.fail(toOnggiError(error));
      this.#storage.keep({ id: `added:${id}`, title: null, text, retry: add });
    });
    return isKept ? isWritten : added;
  }

  /** Empties a draft that was sent. */
  clear(id: string, isKept: boolean): void {
    this.set(id, EMPTY, isKept);
  }

  /** Writes everything typed, for a page that is about to be hidden. */
  readonly flush = (): void => {
    for (const id of this.#timers.keys()) void this.#write(id);
  };

  async #read(id: string): Promise<void> {
    if (this.#loaded.has(id)) return;
    this.#loaded.add(id);
    try {
      const stored = await this.#source.get(id);
      if (stored) this.#known.set(id, [stored]);
      if (stored && this.get(id) === EMPTY) this.#show(id, stored);
    } catch (error) {
      this.#loaded.delete(id);
      throw error;
    }
  }

  #show(id: string, draft: DraftContent): void {
    this.#drafts = new Map(this.#drafts).set(id, draft);
  }

  async #write(id: string): Promise<void> {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    const draft = this.get(id);
    try {
      await this.#keep(id, draft);
      this.#storage.release(`draft:${id}`);
    } catch (error) {
      this.#storage.fail(toOnggiError(error));
      const retry = (): Promise<void> => this.#keep(id, this.get(id));
      const text = draftToMessage(draft);
      if (text !== '') this.#storage.keep({ id: `draft:${id}`, title: null, text, retry });
    }
  }

  async #keep(id: string, draft: DraftContent): Promise<void> {
    if (draft.text === '' && draft.pasted.length === 0) {
      await this.#source.remove(id, this.#known.get(id) ?? []);
      this.#known.delete(id);
    } else {
      // Before: a removal that comes meanwhile waits behind it.
      this.#known.set(id, [...(this.#known.get(id) ?? []), draft]);
      await this.#source.put(id, draft);
      this.#known.set(id, [draft]);
    }
    this.#onWritten.get(id)?.();
  }
}
