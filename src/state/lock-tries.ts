/**
 * Wrong tries at the lock, counted once for this browser: every place that asks shares the count and the wait,
 * over tabs and reloads. The wait is measured by the time that this page has seen pass since the last
 * try, so that a clock that is set forward does not end it; a page that is loaded anew waits again.
 */
export interface LockTriesDeps {
  readonly monotonic: () => number;
  /** What remembers across loads and tabs: `localStorage`. */
  readonly memory: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

const KEY = 'onggi.lock-tries';
/** Wrong tries before one has to wait, and the longest wait. */
const FREE_TRIES = 3;
const MAX_WAIT_MS = 60_000;

export class LockTries {
  #seen = '';
  #since = 0;
  readonly #deps: LockTriesDeps;

  constructor(deps: LockTriesDeps) {
    this.#deps = deps;
  }

  /** How long nothing may be tried. Read anew each time: another tab may have tried. */
  get waitMs(): number {
    const count = this.#read();
    if (count < FREE_TRIES) return 0;
    const waitMs = Math.min(MAX_WAIT_MS, 1000 * 2 ** (count - FREE_TRIES));
    return Math.max(0, this.#since + waitMs - this.#deps.monotonic());
  }

  /**
   * Counts a try as wrong before it is made: tabs that try at once, or are closed meanwhile, count too.
   * @returns what says how it ended; `unknown` takes the try back. A right one: {@link clear}.
   */
  begin(): (end: 'wrong' | 'unknown') => void {
    const count = this.#read();
    this.#write(count + 1);
    return (end) => {
      if (end === 'wrong') this.#since = this.#deps.monotonic();
      else if (count === 0) this.clear();
      else this.#write(count);
    };
  }

  /** Begins anew: the lock is open. */
  clear(): void {
    this.#seen = '';
    this.#deps.memory.removeItem(KEY);
  }

  #read(): number {
    const text = this.#deps.memory.getItem(KEY) ?? '';
    if (text !== this.#seen) {
      this.#seen = text;
      this.#since = this.#deps.monotonic();
    }
    return Number(text.split(' ')[0]) || 0;
  }

  #write(count: number): void {
    // Two tries of the same number are two: each begins a wait of its own in the other tabs.
    this.#seen = `${count} ${crypto.randomUUID()}`;
    this.#since = this.#deps.monotonic();
    this.#deps.memory.setItem(KEY, this.#seen);
  }
}
