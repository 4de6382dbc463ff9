/**
 * The lock as a person meets it: its screen, its settings, locking by itself. A chunk of its own (see
 * `lazy-lock.ts`). Locked means: this page does not have the data key, and nothing of a conversation is
 * in its document. Locking loads the page anew, which leaves nothing in memory either. Where that would
 * lose something (an answer that runs, a conversation that is in this page alone) the page is covered
 * instead: opening the lock brings it back as it was, and it is loaded anew once nothing is at stake.
 */
import type { OnggiError } from '#domain/errors.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { Clock } from '#domain/ids.ts';
import type { KeyLock, LockState, Proof } from '#settings/key-lock.ts';
import { watchActivity } from './activity.ts';
import { coverAddress, uncoverAddress } from './covered-address.ts';
import { LockTries } from './lock-tries.ts';
import { keepPlaces } from './scroll-places.ts';

/** Minutes without activity that a person can choose; 0 never. */
export const IDLE_CHOICES = [1, 5, 15, 60, 0] as const;
const DEFAULT_IDLE_MINUTES = 15;

const IDLE_KEY = 'onggi.lock-minutes';
const ACTIVE_KEY = 'onggi.active-at';
/** Activity is written down at most this often. */
const NOTE_EVERY_MS = 2000;
/** How often this page looks whether it is time. */
const LOOK_EVERY_MS = 2000;
/** A covered page is not loaded anew under the fingers of somebody who just typed. */
const TYPING_MS = 10_000;

/**
 * What a tab tells the others: somebody locked (`now`), this tab was left alone (`idle`), a lock was
 * set (`set`), changed or taken away (`changed`).
 */
export type LockWord = 'now' | 'idle' | 'set' | 'changed';

/** What stands on the page: the app, the lock before the app began, the lock over the app, or nothing. */
type Place = 'app' | 'start' | 'cover' | 'gone';

export interface LockDeps {
  readonly keyLock: KeyLock;
  readonly clock: Clock;
  readonly monotonic: () => number;
  /** What remembers across loads: `localStorage`. */
  readonly memory: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** Whether a covered page keeps its keys: an answer is being written. */
  readonly mustWait: () => boolean;
  /** Whether loading the page anew would lose something. */
  readonly isAtStake: () => boolean;
  /** Takes everything out of the document, at once. Nothing happens when it is out. */
  readonly hide: () => void;
  /** Brings it back. Nothing happens when it is there. */
  readonly show: () => void;
  /** Asks in the place of what is hidden, and brings that back when the lock is open. */
  readonly cover: (lock: Lock) => Promise<void>;
  /** Every tab locks: what is done after is another visit. */
  readonly endVisit: () => void;
  readonly reload: () => void;
  /** Calls `look` every two seconds, in a hidden tab too, as long as this page lives. */
  readonly watchTime: (look: () => void) => void;
  /** Speaks to the other tabs. */
  readonly tell: (word: LockWord) => void;
}

export class Lock {
  #state = $state.raw<LockState>({ isSet: false, hasPassphrase: false, hasPasskey: false });
  #isWorking = $state(false);
  #error = $state.raw<OnggiError | undefined>();
  #place: Place = 'app';
  /** Locks with the next look, idle or not. */
  #isDue = false;
  #code = $state.raw<string | undefined>();
  /** Scrolls what is hidden to where it was. */
  #places: (() => void) | undefined;
  #isWatching = false;
  #activeMono = 0;
  #notedAt = -Infinity;
  readonly #deps: LockDeps;
  readonly #tries: LockTries;

  constructor(deps: LockDeps) {
    this.#deps = deps;
    this.#tries = new LockTries(deps);
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

  /** How long nothing is tried. Passes by itself: ask again. */
  get waitMs(): number {
    return this.#tries.waitMs;
  }

  get idleMinutes(): number {
    const stored = this.#deps.memory.getItem(IDLE_KEY);
    const minutes = stored === null ? DEFAULT_IDLE_MINUTES : Number(stored);
    return IDLE_CHOICES.find((choice) => choice === minutes) ?? DEFAULT_IDLE_MINUTES;
  }

  set idleMinutes(minutes: number) {
    this.#deps.memory.setItem(IDLE_KEY, String(minutes));
  }

  /** Whether something that would be lost by loading anew waits behind the lock. */
  get isCovering(): boolean {
    return this.#place === 'cover';
  }

  /** This page begins locked: the app is not there yet. */
  startLocked(): void {
    this.#place = 'start';
    coverAddress();
  }

  /**
   * The recovery code that was made last, until somebody says that it is noted: no other place has it. Until
   * then the page does not lock by itself, and a lock from elsewhere covers it.
   */
  get code(): string | undefined {
    return this.#code;
  }

  /** The person has the recovery code. */
  readonly noteCode = (): void => {
    this.#code = undefined;
  };

  /** Reads which ways there are, and watches for idleness where a lock is set. */
  async refresh(): Promise<void> {
    this.#state = await this.#deps.keyLock.readState();
    if (this.#state.isSet) this.#watch();
    // Taken away in another tab, or given up: its screen goes, and the app comes.
    else if (this.#place !== 'gone') this.#comeBack();
  }

  /** Opens the lock for this page. After wrong tries it takes longer and longer. @returns whether it is open */
  async unlock(proof: Proof): Promise<boolean> {
    return this.#tryProof(proof, async () => {
      await this.#deps.keyLock.unlock(proof);
      this.#open();
      this.#watch();
    });
  }

  /** Sets a lock, and then has the recovery {@link code}. */
  async set(way: { readonly passphrase: string } | { readonly passkey: string }): Promise<void> {
    await this.#try(async () => {
      this.#code = await this.#deps.keyLock.set(way);
      this.#note();
      await this.refresh();
      // The other tabs do not have the new data key.
      this.#deps.tell('set');
    });
  }

  changePassphrase(proof: Proof, passphrase: string): Promise<boolean> {
    return this.#change(proof, () => this.#deps.keyLock.changePassphrase(proof, passphrase));
  }

  addPasskey(proof: Proof, label: string): Promise<boolean> {
    return this.#change(proof, () => this.#deps.keyLock.addPasskey(proof, label));
  }

  removePasskey(proof: Proof): Promise<boolean> {
    return this.#change(proof, () => this.#deps.keyLock.removePasskey(proof));
  }

  /** Makes a new recovery {@link code}; the one before opens nothing any more. */
  async renewCode(proof: Proof): Promise<void> {
    await this.#change(proof, async () => {
      this.#code = await this.#deps.keyLock.renewCode(proof);
    });
  }

  remove(proof: Proof): Promise<boolean> {
    return this.#change(proof, () => this.#deps.keyLock.remove(proof));
  }

  /** Gives up lock and stored API keys; everything else stays. */
  giveUp(): Promise<boolean> {
    return this.#try(async () => {
      await this.#deps.keyLock.giveUp();
      this.#tries.clear();
      await this.refresh();
      this.#deps.tell('changed');
    });
  }

  /** Locks all tabs, whatever they do. @returns false where no lock is set: nothing happens then */
  readonly lockNow = (): boolean => {
    if (!this.#state.isSet) return false;
    this.#deps.tell('now');
    this.#lock(true);
    return true;
  };

  /** Does what another tab said. */
  async hear(word: unknown): Promise<void> {
    const isNow = word !== 'idle' && word !== 'set' && word !== 'changed';
    if (isNow && this.#place === 'app') this.#hide();
    try {
      await this.refresh();
    } catch {
      // The database of this tab is closed: what was known of the lock before counts.
    }
    if (isNow) this.#lock(true);
    if (word === 'set') this.#isDue = true;
    if (this.#state.isSet) this.look();
    else if (this.#place === 'app') {
      this.#deps.show();
      this.#putBack();
    }
  }

  /** Forgets what went wrong before. */
  readonly clear = (): void => {
    this.#error = undefined;
  };

  /** Looks whether it is time to lock; called every two seconds, and before a hidden tab is shown. */
  readonly look = (): void => {
    if (this.#place === 'cover') this.#clearCovered();
    if (this.#place !== 'app' || !this.#state.isSet || this.#code !== undefined) return;
    const isIdle = this.#isIdle();
    if (!isIdle && !this.#isDue) return;
    if (isIdle) this.#deps.tell('idle');
    // Somebody who sets a lock goes on with their visit in that tab.
    this.#lock(isIdle);
  };

  #isIdle(): boolean {
    const minutes = this.idleMinutes;
    if (minutes === 0) return false;
    const now = this.#deps.clock();
    const idleMs = now - Number(this.#deps.memory.getItem(ACTIVE_KEY) ?? now);
    // A clock that was set back must not keep it open: the time that passed in this page counts too.
    return Math.max(idleMs, this.#hereMs()) >= minutes * 60_000;
  }

  /** How long this page was left alone, by its own time. */
  #hereMs(): number {
    return this.#deps.monotonic() - this.#activeMono;
  }

  #lock(isEverywhere: boolean): void {
    if (this.#place !== 'app' || !this.#state.isSet) return;
    this.#hide();
    if (isEverywhere) this.#deps.endVisit();
    coverAddress();
    this.#isDue = false;
    this.#error = undefined;
    if (this.#code === undefined && !this.#deps.isAtStake()) {
      this.#place = 'gone';
      this.#deps.reload();
      return;
    }
    this.#place = 'cover';
    this.#clearCovered();
    this.#deps.cover(this).then(this.#putBack, () => this.#deps.reload());
  }

  /** Drops the keys of a covered page once its answer is written, and the page once that loses nothing. */
  #clearCovered(): void {
    if (this.#isWorking || this.#deps.mustWait()) return;
    this.#deps.keyLock.forget();
    if (this.#code !== undefined || this.#hereMs() < TYPING_MS || this.#deps.isAtStake()) return;
    this.#place = 'gone';
    this.#deps.reload();
  }

  #hide(): void {
    const putBack = keepPlaces();
    this.#deps.hide();
    // Hidden before: then nothing of it is there to be noted.
    this.#places ??= putBack;
  }

  readonly #putBack = (): void => {
    this.#places?.();
    this.#places = undefined;
  };

  #comeBack(): void {
    if (this.#place !== 'app') uncoverAddress(this.#place === 'cover');
    this.#place = 'app';
  }

  #open(): void {
    this.#comeBack();
    this.#isDue = false;
    this.#note();
  }

  #change(proof: Proof, work: () => Promise<void>): Promise<boolean> {
    return this.#tryProof(proof, async () => {
      await work();
      await this.refresh();
      this.#deps.tell('changed');
    });
  }

  /**
   * Does what needs a proof, unless too many were wrong: one count and one wait, whatever the way.
   *
   * [Note: What a passkey counts] WebAuthn tells a page one `NotAllowedError` for a person who cancelled, a
   * finger that was not recognised, a time that ran out and a passkey that is gone, so that it learns nothing of
   * them. In each the authenticator gave nothing, and nothing was tried at the wrap: no guess. A wrong finger or
   * PIN is counted, and slowed down, by the authenticator itself. An output that opens nothing is a guess, for
   * which somebody needs an authenticator that gives what they like: that one counts. The signature of the
   * assertion is not looked at: there is no server that it could convince, and the wrap opens to the output alone.
   */
  async #tryProof(proof: Proof, work: () => Promise<void>): Promise<boolean> {
    if (this.#isWorking || this.#tries.waitMs > 0) return false;
    return this.#try(async () => {
      // What the browser asks may stand there for minutes, and be left with the page: counted when it answered.
      const end = proof.kind === 'typed' ? this.#tries.begin() : undefined;
      try {
        await work();
      } catch (error) {
        const isWrong = toOnggiError(error).code === 'vault/cannot-open';
        if (end) end(isWrong ? 'wrong' : 'unknown');
        else if (isWrong) this.#tries.begin()('wrong');
        throw error;
      }
      this.#tries.clear();
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
    // To be opened or to hear of a lock is no activity.
    this.#activeMono = this.#deps.monotonic();
    watchActivity(this.#noteActivity);
    addEventListener('storage', ({ key }) => {
      // Somebody is active in another tab.
      if (key === ACTIVE_KEY) this.#activeMono = this.#deps.monotonic();
    });
    // A tab that the browser froze, or a device that slept: it looks before it is shown.
    document.addEventListener('visibilitychange', this.look);
    for (const name of ['focus', 'pageshow']) addEventListener(name, this.look);
    // Twice, for each may stop alone: a worker that cannot be fetched, the timers of a hidden page.
    setInterval(this.look, LOOK_EVERY_MS);
    this.#deps.watchTime(this.look);
  }

  readonly #noteActivity = (): void => {
    // Whoever comes back after the time was over, to a device that slept, has to open the lock first.
    this.look();
    this.#activeMono = this.#deps.monotonic();
    // Trying at a locked page keeps no other open.
    if (this.#place === 'app' && this.#activeMono - this.#notedAt >= NOTE_EVERY_MS) this.#note();
  };

  #note(): void {
    this.#activeMono = this.#deps.monotonic();
    this.#notedAt = this.#activeMono;
    this.#deps.memory.setItem(ACTIVE_KEY, String(this.#deps.clock()));
  }
}
