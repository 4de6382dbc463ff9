import type { Clock } from '#domain/ids.ts';
import { isTouchDue } from '#domain/session.ts';
import { watchActivity } from './activity.ts';

interface VisitKeeperDeps {
  readonly clock: Clock;
  /** Whether the app is in the document: while a lock covers it, nobody visits. */
  readonly isShown: () => boolean;
  /** Writes down that the person is active. */
  readonly touch: () => Promise<unknown>;
}

/** Notes what the person does as the time of their visit, at most once a minute. */
export class VisitKeeper {
  #touchedAt = -Infinity;
  #isTouching = false;
  readonly #deps: VisitKeeperDeps;

  constructor(deps: VisitKeeperDeps) {
    this.#deps = deps;
  }

  /** From now until the page is closed. */
  start(): void {
    watchActivity(this.#noteActivity);
  }

  /** The visit is over: what the person does next is noted at once. */
  readonly touchNext = (): void => {
    this.#touchedAt = -Infinity;
  };

  readonly #noteActivity = (): void => {
    const { clock, isShown } = this.#deps;
    if (this.#isTouching || !isTouchDue(this.#touchedAt, clock())) return;
    if (document.hidden || !isShown()) return;
    void this.#touch();
  };

  async #touch(): Promise<void> {
    const { clock, touch } = this.#deps;
    this.#isTouching = true;
    try {
      await touch();
    } catch {
      // Nobody asked for it: what is wrong with the storage is told with what is to be kept.
    } finally {
      // After it, so that the next one is not a moment too early to be written.
      this.#touchedAt = clock();
      this.#isTouching = false;
    }
  }
}
