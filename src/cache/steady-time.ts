import type { Clock } from '#domain/ids.ts';

/** Corrections of a clock by its time server stay below this. */
const TOLERANCE_MS = 60_000;

/** How late it is for the cache. */
export interface Moment {
  /** Epoch milliseconds; never less than before, unless {@link wentBack}. */
  readonly now: number;
  /**
   * The clock stands earlier than it stood before: how old anything is can no longer be said, and
   * nothing that was kept until now may answer any more.
   */
  readonly wentBack: boolean;
}

/** Gives the later of the clock, of the time that has passed by any reckoning, and of `seen`. */
export type SteadyTime = (seen?: number) => Moment;

/**
 * @param monotonic Milliseconds since some fixed moment, which no setting of a clock changes. It may
 * stand still while the computer sleeps: then the clock is later.
 */
export function createSteadyTime(clock: Clock, monotonic: () => number): SteadyTime {
  let offset = clock() - monotonic();
  let latest = clock();
  return (seen = 0) => {
    const wall = clock();
    const passed = Math.floor(offset + monotonic());
    const ahead = Math.max(latest, passed, seen);
    const wentBack = wall < ahead - TOLERANCE_MS;
    if (wentBack) offset = wall - monotonic();
    latest = wentBack ? wall : Math.max(wall, ahead);
    return { now: latest, wentBack };
  };
}
