/** Erasing everything: a page of its own that has no database open and needs no other part of the app. */
import { forgetCanary } from '#db/canary.ts';
import { forgetErase } from '#db/erase-mark.ts';
import { eraseOrigin, tryHoldErase } from '#db/erase-origin.ts';
import type { Remains } from '#db/erase-origin.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { OnggiError } from '#domain/errors.ts';

type Phase =
  | { readonly kind: 'asking' }
  /** `remains` once it takes long. */
  | { readonly kind: 'erasing'; readonly remains: Remains | null }
  | { readonly kind: 'done' }
  /** Another page is at it. */
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'failed'; readonly error: OnggiError };

export class Erasure {
  #phase = $state.raw<Phase>({ kind: 'asking' });
  #release: (() => void) | undefined;
  readonly #leaving = new AbortController();
  readonly #load: (hash: string) => void;

  /**
   * @param load Loads the page anew at that address.
   * @param isUnfinished Whether the person said yes before and the page was closed on the way.
   */
  constructor(load: (hash: string) => void, isUnfinished: boolean) {
    this.#load = load;
    if (isUnfinished) void this.erase();
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Erases; what others hold is waited for. */
  readonly erase = async (): Promise<void> => {
    this.#phase = { kind: 'erasing', remains: null };
    try {
      this.#release ??= await tryHoldErase();
      if (!this.#release) {
        this.#phase = { kind: 'elsewhere' };
        return;
      }
      const onWaiting = (remains: Remains) => (this.#phase = { kind: 'erasing', remains });
      await eraseOrigin(onWaiting, this.#leaving.signal);
      this.#phase = { kind: 'done' };
    } catch (error) {
      if (this.#leaving.signal.aborted) return;
      this.#phase = { kind: 'failed', error: toOnggiError(error) };
    }
  };

  /** Leaves this page for another of the app; what was not erased stays. */
  readonly leave = (hash: string): void => {
    this.#leaving.abort();
    if (this.#release) {
      forgetErase();
      // What is missing now is missing because the person wanted it.
      forgetCanary();
      this.#release();
    }
    this.#load(hash);
  };
}
