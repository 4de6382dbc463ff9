import { get, update } from 'idb-keyval';
import type { UseStore } from 'idb-keyval';
import type { Moment, SteadyTime } from './steady-time.ts';

const NAME = 'latest-time';

/**
 * Gives the time on which all tabs agree, over reloads too: how late it was at the latest is written
 * down, so that a clock that was set back while no page was open is noticed by the next one. Where
 * the store does not work it is the time of this page.
 */
export function createSharedTime(store: UseStore, steadyTime: SteadyTime): () => Promise<Moment> {
  async function readLatest(): Promise<number> {
    const stored: unknown = await get(NAME, store).catch(() => undefined);
    return typeof stored === 'number' && Number.isFinite(stored) ? stored : 0;
  }

  /** After a jump back the later time is over; else the latest of all tabs stays. */
  function writeLatest({ now, wentBack }: Moment): Promise<void> {
    const later = (stored: unknown): number =>
      typeof stored === 'number' && stored > now && !wentBack ? stored : now;
    return update(NAME, later, store).catch(() => undefined);
  }

  return async () => {
    const moment = steadyTime(await readLatest());
    const written = writeLatest(moment);
    if (moment.wentBack) await written;
    return moment;
  };
}
