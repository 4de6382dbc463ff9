import type { LiveRead } from '#domain/conversation-store.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { OnggiError } from '#domain/errors.ts';
import type { Clock } from '#domain/ids.ts';
import type { Progress } from '#domain/import-report.ts';
import { NO_PRICES } from '#domain/prices.ts';
import type { PriceSettings } from '#domain/prices.ts';
import { toLocalDate } from '#domain/usage.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import type { DayRange, RatedDay } from '#domain/usage-summary.ts';
import type { BuiltInPrices } from '#usage/find-price.ts';
import type { DayStatistics } from '#usage/read-days.ts';
import type { Settings } from './settings.svelte.ts';
import type { StorageHealth } from './storage-health.svelte.ts';

/** What the usage screen needs from below; made by `main.ts`. */
export interface UsageWork {
  /** The daily rows, all or those of `from` (`YYYY-MM-DD`) and later. */
  watch(from?: string): LiveRead<readonly UsageStatistic[]>;
  /** False when it was stopped. */
  rebuild(onProgress: (progress: Progress) => void, signal: AbortSignal): Promise<boolean>;
  /** Undefined when it was stopped. */
  readRatedDays(range: DayRange, signal: AbortSignal): Promise<readonly RatedDay[] | undefined>;
  calculateDay(date: string): Promise<DayStatistics>;
  readBuiltInPrices(): Promise<BuiltInPrices>;
}

/** Where the counting stands. */
export type CountingPhase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly progress: Progress | null }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: OnggiError };

/** Ratings that were counted, and of which days. */
interface CountedRatings extends DayRange {
  readonly days: readonly RatedDay[];
}

/** What was used and what it cost, and what the person says about prices. */
export class Usage {
  #rows = $state.raw<readonly UsageStatistic[]>();
  #phase = $state.raw<CountingPhase>({ kind: 'idle' });
  #ratings = $state.raw<CountedRatings>();
  #isCountingRatings = $state(false);
  #abort: AbortController | undefined;
  readonly #work: UsageWork;
  readonly #settings: Settings;
  readonly #storage: StorageHealth;
  readonly #clock: Clock;

  constructor(work: UsageWork, settings: Settings, storage: StorageHealth, clock: Clock) {
    this.#work = work;
    this.#settings = settings;
    this.#storage = storage;
    this.#clock = clock;
  }

  /** The table that comes with onggi. */
  readBuiltInPrices(): Promise<BuiltInPrices> {
    return this.#work.readBuiltInPrices();
  }

  /** The daily rows; undefined until they are read. */
  get rows(): readonly UsageStatistic[] | undefined {
    return this.#rows;
  }

  get phase(): CountingPhase {
    return this.#phase;
  }

  /** The ratings of the days that were asked for last; undefined before. */
  get ratings(): CountedRatings | undefined {
    return this.#ratings;
  }

  get isCountingRatings(): boolean {
    return this.#isCountingRatings;
  }

  get prices(): PriceSettings {
    return this.#settings.value.prices ?? NO_PRICES;
  }

  /** The person's calendar day, `YYYY-MM-DD`. */
  get today(): string {
    return toLocalDate(this.#clock());
  }

  /** The daily rows of `from` and later, for whoever needs only these. */
  watchSince(from: string): LiveRead<readonly UsageStatistic[]> {
    return this.#work.watch(from);
  }

  /** Keeps the rows up to date until the returned function is called. */
  follow(): () => void {
    const subscription = this.#work.watch().subscribe({
      next: (rows) => (this.#rows = rows),
      error: (error) => this.#storage.fail(toOnggiError(error)),
    });
    return () => {
      subscription.unsubscribe();
      this.#ratings = undefined;
      // How the last counting ended was read, or is not asked for any more.
      if (this.#phase.kind !== 'running') this.#phase = { kind: 'idle' };
    };
  }

  /** Counts everything anew from the messages. Does nothing while it runs. */
  async rebuild(): Promise<void> {
    if (this.#phase.kind === 'running') return;
    const { signal } = (this.#abort = new AbortController());
    this.#phase = { kind: 'running', progress: null };
    try {
      const isDone = await this.#work.rebuild((progress) => {
        this.#phase = { kind: 'running', progress };
      }, signal);
      this.#phase = { kind: isDone ? 'done' : 'idle' };
    } catch (error) {
      this.#phase = { kind: 'failed', error: toOnggiError(error) };
    }
  }

  /** Ends the counting; the rows stay as they were. */
  readonly stop = (): void => this.#abort?.abort();

  /** Counts the ratings of some days from the messages of that time. */
  async countRatings(range: DayRange): Promise<void> {
    if (this.#isCountingRatings) return;
    this.#isCountingRatings = true;
    try {
      const days = await this.#work.readRatedDays(range, new AbortController().signal);
      if (days) this.#ratings = { ...range, days };
    } catch (error) {
      this.#storage.fail(toOnggiError(error));
    } finally {
      this.#isCountingRatings = false;
    }
  }

  /** The figures of one day, from its messages. Undefined when the storage refused. */
  async calculateDay(date: string): Promise<DayStatistics | undefined> {
    try {
      return await this.#work.calculateDay(date);
    } catch (error) {
      this.#storage.fail(toOnggiError(error));
      return undefined;
    }
  }

  /** Changes prices or the budget. They hold from the next answer on. */
  savePrices(changes: Partial<PriceSettings>): Promise<void> {
    return this.#settings.update({ prices: { ...this.prices, ...changes } });
  }
}
