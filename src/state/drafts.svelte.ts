import { toOnggiError } from '#domain/errors.ts';
import type { StorageHealth } from './storage-health.svelte.ts';

/** Pause in typing after which a draft is written, in milliseconds. */
const WRITE_PAUSE_MS = 400;

/** Where drafts are kept; made by `main.ts` from `db/`. */
export interface DraftSource {
  readonly get: (id: string) => Promise<string>;
  /** An empty text deletes the draft. */
  readonly put: (id: string, text: string) => Promise<void>;
}

/** Text in the composer, by conversation. Kept over reloads unless the conversation is temporary. */
export class Drafts {
  #texts = $state<Record<string, string>>({});
  readonly #source: DraftSource;
  readonly #storage: StorageHealth;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #loaded = new Set<string>();

  constructor(source: DraftSource, storage: StorageHealth) {
    this.#source = source;
    this.#storage = storage;
  }

  text(id: string): string {
    return this.#texts[id] ?? '';
  }

  /** Reads a stored draft, unless something was typed meanwhile. */
  async load(id: string): Promise<void> {
    if (this.#loaded.has(id)) return;
    this.#loaded.add(id);
    try {
      const stored = await this.#source.get(id);
      if (stored !== '' && this.text(id) === '') this.#texts[id] = stored;
    } catch (error) {
      this.#storage.fail(toOnggiError(error));
    }
  }

  /** @param isKept False for temporary conversations: their text stays in this page. */
  set(id: string, text: string, isKept: boolean): void {
    this.#loaded.add(id);
    this.#texts[id] = text;
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    if (!isKept) return;
    const write = (): void => void this.#write(id);
    this.#timers.set(id, setTimeout(write, text === '' ? 0 : WRITE_PAUSE_MS));
  }

  /** Writes everything typed, for a page that is about to be hidden. */
  readonly flush = (): void => {
    for (const id of this.#timers.keys()) void this.#write(id);
  };

  async #write(id: string): Promise<void> {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    const text = this.text(id);
    try {
      await this.#source.put(id, text);
      this.#storage.release(`draft:${id}`);
    } catch (error) {
      this.#storage.fail(toOnggiError(error));
      const retry = (): Promise<void> => this.#source.put(id, this.text(id));
      if (text !== '') this.#storage.keep({ id: `draft:${id}`, title: 'Draft', text, retry });
    }
  }
}
