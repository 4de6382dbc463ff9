import { get, update } from 'idb-keyval';
import type { UseStore } from 'idb-keyval';
import type { Moment, SteadyTime } from './steady-time.ts';

const NAME = 'latest-time';

/** The time on which all tabs agree, over reloads too. */
export interface SharedTime {
  /** How late it is; where the store does not work, by the time of this page. Never rejects. */
  read(): Promise<Moment>;
  /**
   * Writes down how late it was at the latest, so that a clock that was set back while no page was
   * open is noticed by the next one. A read of the same store that begins after it waits for it.
   * Never rejects.
   */
  note(moment: Moment): Promise<void>;
}

export function createSharedTime(store: UseStore, steadyTime: SteadyTime): SharedTime {
  return {
    async read() {
      const stored: unknown = await get(NAME, store).catch(() => undefined);
      return steadyTime(typeof stored === 'number' && Number.isFinite(stored) ? stored : 0);
    },
    note({ now, wentBack }) {
      // After a jump back the later time is over; else the latest of all tabs stays.
      const later = (stored: unknown): number =>
        typeof stored === 'number' && stored > now && !wentBack ? stored : now;
      return update(NAME, later, store).catch(() => undefined);
    },
  };
}
