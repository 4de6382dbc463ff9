/**
 * The lock as a person meets it: its screen, its settings, locking by itself. A chunk of its own (see
 * `lazy-lock.ts`). Locked means: this page does not have the data key. Locking loads the page anew,
 * which leaves nothing of the key or of a conversation in memory.
 */
import type { OnggiError } from '#domain/errors.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { Clock } from '#domain/ids.ts';
import type { KeyLock, LockState, Proof } from '#settings/key-lock.ts';

/** Minutes without activity that a person can choose; 0 never. */
export const IDLE_CHOICES = [1, 5, 15, 60, 0] as const;
const DEFAULT_IDLE_MINUTES = 15;

const IDLE_KEY = 'onggi.lock-minutes';
const ACTIVE_KEY = 'onggi.active-at';
const TRIES_KEY = 'onggi.lock-tries';
const CHANNEL = 'onggi-lock';
/** Activity is written down at most this often. */
const NOTE_EVERY_MS = 2000;
/** How often this page looks whether it is time. */
const LOOK_EVERY_MS = 2000;
/** Wrong tries before one has to wait, and the longest wait. */
const FREE_TRIES = 3;
const MAX_WAIT_MS = 60_000;
const ACTIVITY = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const;

export interface LockDeps {
  readonly keyLock: KeyLock;
  readonly clock: Clock;
  readonly monotonic: () => number;
  /** What remembers across loads: `localStorage`. */
  readonly memory: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** Whether locking by itself would cost something: an answer runs, something is not saved. */
  readonly mustWait: () => boolean;
  readonly reload: () => void;
}

export class Lock {
  #state = $state.raw<LockState>({ isSet: false, hasPassphrase: false, hasPasskey: false });
  #isWorking = $state(false);
  #error = $state.raw<OnggiError | undefined>();
  #waitUntil = $state(0);
  #isWatching = false;
  #activeMono = 0;
  #notedAt = -Infinity;
  readonly #deps: LockDeps;
  readonly #channel = new BroadcastChannel(CHANNEL);

  constructor(deps: LockDeps) {
    this.#deps = deps;
    this.#channel.onmessage = () => deps.reload();
  }

  get state(): LockState {
    return this.#state;
  }

  get isWorking(): boolean {
    return this.#isWorking;
  }

  /** Why the last thing did not work; undefined when it did. */
  get error(): OnggiError | undefined {
    return this.#error;
  }

  /** Epoch milliseconds before which no passphrase is tried. */
  get waitUntil(): number {
    return this.#waitUntil;
  }

  get idleMinutes(): number {
    const stored = this.#deps.memory.getItem(IDLE_KEY);
    const minutes = stored === null ? DEFAULT_IDLE_MINUTES : Number(stored);
    return IDLE_CHOICES.find((choice) => choice === minutes) ?? DEFAULT_IDLE_MINUTES;
  }

  set idleMinutes(minutes: number) {
    this.#deps.memory.setItem(IDLE_KEY, String(minutes));
  }

  /** Reads which ways there are, and watches for idleness where a lock is set. */
  async refresh(): Promise<void> {
    this.#state = await this.#deps.keyLock.readState();
    this.#waitUntil = this.#readTries().waitUntil;
    if (this.#state.isSet) this.#watch();
  }

  /** Opens the lock for this page. After wrong tries it takes longer and longer. @returns whether it is open */
  async unlock(proof: Proof): Promise<boolean> {
    if (this.#deps.clock() < this.#waitUntil) return false;
    return this.#try(async () => {
      try {
        await this.#deps.keyLock.unlock(proof);
      } catch (error) {
        if (proof.kind === 'typed') this.#noteWrong(error);
        throw error;
      }
      this.#deps.memory.removeItem(TRIES_KEY);
      this.#noteActivity();
      this.#watch();
    });
  }

  /** Sets a lock. @returns the recovery code; undefined when it did not work */
  async set(
    way: { readonly passphrase: string } | { readonly passkey: string },
  ): Promise<string | undefined> {
    let code: string | undefined;
    await this.#try(async () => {
      code = await this.#deps.keyLock.set(way);
      this.#noteActivity();
      await this.refresh();
      // The other tabs still think that the keys are open.
      this.#channel.postMessage('lock');
    });
    return code;
  }

  changePassphrase(proof: Proof, passphrase: string): Promise<boolean> {
    return this.#change(() => this.#deps.keyLock.changePassphrase(proof, passphrase));
  }

  addPasskey(proof: Proof, label: string): Promise<boolean> {
    return this.#change(() => this.#deps.keyLock.addPasskey(proof, label));
  }

  removePasskey(proof: Proof): Promise<boolean> {
    return this.#change(() => this.#deps.keyLock.removePasskey(proof));
  }

  /** @returns the new recovery code; undefined when it did not work */
  async renewCode(proof: Proof): Promise<string | undefined> {
    let code: string | undefined;
    await this.#change(async () => {
      code = await this.#deps.keyLock.renewCode(proof);
    });
    return code;
  }

  remove(proof: Proof): Promise<boolean> {
    return this.#change(() => this.#deps.keyLock.remove(proof));
  }

  /** Gives up lock and stored API keys; everything else stays. */
  giveUp(): Promise<boolean> {
    return this.#try(async () => {
      await this.#deps.keyLock.giveUp();
      this.#deps.memory.removeItem(TRIES_KEY);
      await this.refresh();
    });
  }

  /** Locks all tabs. Nothing happens without a lock. */
  readonly lockNow = (): void => {
    if (!this.#state.isSet) return;
    this.#channel.postMessage('lock');
    this.#deps.reload();
  };

  /** Forgets what went wrong before. */
  readonly clear = (): void => {
    this.#error = undefined;
  };

  /** Looks whether it is time to lock; called every two seconds. */
  readonly look = (): void => {
    const minutes = this.idleMinutes;
    if (!this.#state.isSet || minutes === 0 || this.#deps.mustWait()) return;
    const idleMs = this.#deps.clock() - Number(this.#deps.memory.getItem(ACTIVE_KEY) ?? 0);
    // A clock that was set back must not keep it open: the time that passed in this page counts too.
    const hereMs = this.#deps.monotonic() - this.#activeMono;
    if (Math.max(idleMs, hereMs) >= minutes * 60_000) this.lockNow();
  };

  async #change(work: () => Promise<void>): Promise<boolean> {
    return this.#try(async () => {
      await work();
      await this.refresh();
    });
  }

  async #try(work: () => Promise<void>): Promise<boolean> {
    if (this.#isWorking) return false;
    this.#isWorking = true;
    this.#error = undefined;
    try {
      await work();
      return true;
    } catch (error) {
      this.#error = toOnggiError(error);
      return false;
    } finally {
      this.#isWorking = false;
    }
  }

  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#noteActivity();
    for (const name of ACTIVITY) addEventListener(name, this.#noteActivity, { passive: true });
    addEventListener('storage', ({ key }) => {
      // Somebody is active in another tab.
      if (key === ACTIVE_KEY) this.#activeMono = this.#deps.monotonic();
    });
    document.addEventListener('visibilitychange', this.look);
    setInterval(this.look, LOOK_EVERY_MS);
  }

  readonly #noteActivity = (): void => {
    const here = this.#deps.monotonic();
    this.#activeMono = here;
    if (here - this.#notedAt < NOTE_EVERY_MS) return;
    this.#notedAt = here;
    this.#deps.memory.setItem(ACTIVE_KEY, String(this.#deps.clock()));
  };

  #readTries(): { readonly count: number; readonly waitUntil: number } {
    const [count = 0, until = 0] = (this.#deps.memory.getItem(TRIES_KEY) ?? '')
      .split(' ')
      .map((text) => Number(text) || 0);
    // Never longer than the longest wait, whatever happened to the clock.
    return { count, waitUntil: Math.min(until, this.#deps.clock() + MAX_WAIT_MS) };
  }

  #noteWrong(error: unknown): void {
    if (toOnggiError(error).code !== 'vault/cannot-open') return;
    const count = this.#readTries().count + 1;
    const waitMs = count < FREE_TRIES ? 0 : Math.min(MAX_WAIT_MS, 1000 * 2 ** (count - FREE_TRIES));
    this.#waitUntil = this.#deps.clock() + waitMs;
    this.#deps.memory.setItem(TRIES_KEY, `${count} ${this.#waitUntil}`);
  }
}
