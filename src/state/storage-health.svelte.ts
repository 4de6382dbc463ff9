import { OnggiError, toOnggiError } from '#domain/errors.ts';

/** Text that is in memory and could not be written down. */
export interface UnsavedText {
  readonly id: string;
  /** Null for a draft, which has none. */
  readonly title: string | null;
  readonly text: string;
  /** Tries to write it once more; null where the person does that. */
  readonly retry: (() => Promise<void>) | null;
}

/** What a storage that is shut can be asked for; made by `main.ts` from `db/`. */
export interface Reopening {
  /** Opens the database again. @returns whether it is open */
  readonly reopen: (cause: 'person' | 'itself') => Promise<boolean>;
  /** Whether one that gave no event in time (`db/hang`) was only slow. */
  readonly isAlive: () => Promise<boolean>;
}

/** After these the database has to be opened again before anything is written. */
const IS_SHUT = /^db\/(lost|hang|closed|no-space)$/;

/** Pauses before a closed database is opened again by itself; the last one is that of all that follow. */
const PAUSES_MS = [5000, 10_000, 20_000];

/** Whether what is written reaches the disk, and what did not. */
export class StorageHealth {
  #problem = $state.raw<OnggiError | null>(null);
  #unsaved = $state.raw<readonly UnsavedText[]>([]);
  #isPersisted = $state<boolean | null>(null);
  #isSuperseded = $state(false);
  #isReplaced = $state(false);
  #isDataLost = $state(false);
  #hasFindings = $state(false);
  #isRetrying = $state(false);
  #isSlow = $state(false);
  #reopening: Reopening | undefined;
  #isWatching = false;
  #writing = Promise.resolve();
  readonly #sleep: (milliseconds: number) => Promise<unknown>;

  /** Only tests give another clock. */
  constructor(sleep = (pauseMs: number) => new Promise((resolve) => setTimeout(resolve, pauseMs))) {
    this.#sleep = sleep;
  }

  /** The last failure to write, until a write succeeds. */
  get problem(): OnggiError | null {
    return this.#problem;
  }

  /** Everything that exists in this page only. */
  get unsaved(): readonly UnsavedText[] {
    return this.#unsaved;
  }

  /** Whether the browser promised not to clear the data; null while unknown. */
  get isPersisted(): boolean | null {
    return this.#isPersisted;
  }

  /** What the browser answered. */
  setPersisted(isPersisted: boolean): void {
    this.#isPersisted = isPersisted;
  }

  /** Whether another tab opened the data with a newer version of the app. */
  get isSuperseded(): boolean {
    return this.#isSuperseded;
  }

  /** Gives what opens the database again. */
  setReopen(reopening: Reopening): void {
    this.#reopening = reopening;
    void this.#keepTrying();
  }

  /** Whether {@link retry} can help. */
  get canRetry(): boolean {
    const canOpen = this.#isShut && this.#reopening !== undefined;
    return canOpen || this.#unsaved.some(({ retry }) => retry !== null);
  }

  get isRetrying(): boolean {
    return this.#isRetrying;
  }

  /** Whether something is being written for longer than it should take. */
  get isSlow(): boolean {
    return this.#isSlow;
  }

  readonly setSlow = (isSlow: boolean): void => {
    this.#isSlow = isSlow;
  };

  readonly supersede = (): void => {
    this.#isSuperseded = true;
  };

  /** Another tab restored a backup: these data are not the live ones any more. */
  get isReplaced(): boolean {
    return this.#isReplaced;
  }

  readonly replace = (): void => {
    this.#isReplaced = true;
  };

  /** The browser emptied damaged storage before this start. */
  get isDataLost(): boolean {
    return this.#isDataLost;
  }

  reportDataLoss(): void {
    this.#isDataLost = true;
  }

  /** Whether the maintenance found something by itself that nobody has looked at. */
  get hasFindings(): boolean {
    return this.#hasFindings;
  }

  readonly setFindings = (hasFindings: boolean): void => {
    this.#hasFindings = hasFindings;
  };

  /** The storage failed. Other failures are not its business. */
  readonly fail = (error: OnggiError): void => {
    if (!error.code.startsWith('db/')) return;
    // Closed, and no other page asked for it: the browser did it by itself, as on a full disk.
    const isLost = error.code === 'db/closed' && !this.#isSuperseded && !this.#isReplaced;
    this.#problem = isLost ? new OnggiError('db/lost', error.message, { cause: error }) : error;
    void this.#keepTrying();
  };

  /** The person has read it. */
  readonly dismiss = (): void => {
    this.#problem = null;
    this.#isDataLost = false;
  };

  /** A write succeeded: nothing is wrong any more, unless text still waits. */
  readonly recover = (): void => {
    if (this.#unsaved.length === 0) this.#problem = null;
  };

  /** Keeps text that could not be written; the same id replaces the older state of it. */
  keep(text: UnsavedText): void {
    this.#unsaved = [...this.#unsaved.filter(({ id }) => id !== text.id), text];
  }

  /** Lets go of text that was written or is no longer wanted. */
  release(id: string): void {
    if (!this.#unsaved.some((text) => text.id === id)) return;
    this.#unsaved = this.#unsaved.filter((text) => text.id !== id);
    this.recover();
  }

  /** Opens the database again where it is closed, and tries to write everything that waits. */
  readonly retry = (): Promise<void> => this.#retry('person');

  /** The database that was closed is open again. */
  readonly resume = async (): Promise<void> => {
    if (this.#isShut) this.#problem = null;
    await this.#writeAll();
  };

  async #retry(cause: 'person' | 'itself'): Promise<void> {
    this.#isRetrying = true;
    try {
      if (!this.#reopening || !this.#isShut) await this.#writeAll();
      // One that was only slow is not closed: what is under way on it goes on.
      else if (this.#isHanging && (await this.#reopening.isAlive().catch(() => false)))
        await this.resume();
      else if (await this.#reopening.reopen(cause)) await this.resume();
    } finally {
      this.#isRetrying = false;
    }
  }

  /** Tries again by itself, with pauses, as long as the database is closed (SECURITY 8.2). */
  async #keepTrying(): Promise<void> {
    if (this.#isWatching || !this.#reopening) return;
    this.#isWatching = true;
    try {
      for (let tries = 0; this.#isReopenable(); tries += 1) {
        await this.#sleep(PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)] ?? 0);
        if (this.#isReopenable() && !this.#isRetrying) await this.#retry('itself');
      }
    } finally {
      this.#isWatching = false;
    }
  }

  #isReopenable(): boolean {
    return this.#isShut && !this.#isSuperseded && !this.#isReplaced;
  }

  /** One after the other: what is written twice at once might be there twice. */
  #writeAll(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeEach());
    return this.#writing;
  }

  async #writeEach(): Promise<void> {
    for (const text of this.#unsaved) {
      if (!text.retry) continue;
      try {
        await text.retry();
        this.release(text.id);
      } catch (error) {
        // It stays in the list, with the reason.
        this.fail(toOnggiError(error));
      }
    }
    this.recover();
  }

  get #isHanging(): boolean {
    return this.#problem?.code === 'db/hang';
  }

  get #isShut(): boolean {
    return IS_SHUT.test(this.#problem?.code ?? '');
  }

  /** Everything that waits as one Markdown text, for a download. */
  unsavedAsMarkdown(draftTitle: string): string {
    return this.#unsaved
      .map(({ title, text }) => `# ${title ?? draftTitle}\n\n${text}\n`)
      .join('\n');
  }
}
