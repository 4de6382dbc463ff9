import type { Maintenance } from '#maintenance/maintenance.ts';
import { MAINTENANCE_INTERVAL_MS, isDue } from '#domain/maintenance.ts';
import type { Clock } from '#domain/ids.ts';

/** How often this page looks whether a run is due. */
const LOOK_EVERY_MS = 10 * 60_000;

/** Runs the maintenance by itself: once a day, when nobody waits for anything, in one tab. */
export class MaintenanceKeeper {
  readonly #maintenance: Pick<Maintenance, 'run' | 'readLastScheduledAt'>;
  readonly #clock: Clock;
  readonly #isBusy: () => boolean;

  /** @param isBusy Whether something runs that must not be slowed down or caught half-way. */
  constructor(
    maintenance: Pick<Maintenance, 'run' | 'readLastScheduledAt'>,
    clock: Clock,
    isBusy: () => boolean,
  ) {
    this.#maintenance = maintenance;
    this.#clock = clock;
    this.#isBusy = isBusy;
  }

  /** Looks now, when the page is idle, and from then on until it is closed. */
  start(): void {
    const look = () => void this.look().catch(() => undefined);
    whenIdle(look);
    setInterval(() => whenIdle(look), LOOK_EVERY_MS);
  }

  /** Begins a run if one is due. How it went stands in its row. */
  async look(): Promise<void> {
    if (this.#isBusy()) return;
    const lastAt = await this.#maintenance.readLastScheduledAt();
    if (!isDue(lastAt, MAINTENANCE_INTERVAL_MS, this.#clock())) return;
    await this.#maintenance.run('scheduled');
  }
}

function whenIdle(work: () => void): void {
  // Safari has no requestIdleCallback.
  if ('requestIdleCallback' in globalThis) requestIdleCallback(work, { timeout: 60_000 });
  else setTimeout(work, 1000);
}
