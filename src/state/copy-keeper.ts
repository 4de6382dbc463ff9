import { SNAPSHOT_INTERVAL_MS, isCopyDue } from '#domain/backup-schedule.ts';
import type { Clock } from '#domain/ids.ts';
import type { DataState } from '#db/data-state.ts';
import type { BackupTarget } from '#domain/stored-rows.ts';

/** What keeping copies needs from below; made by `main.ts`. */
export interface CopyWork {
  readTarget(id: 'snapshot' | 'folder'): Promise<BackupTarget>;
  readState(): Promise<DataState>;
  makeSnapshot(signal: AbortSignal): Promise<void>;
  copyToFolder(signal: AbortSignal): Promise<void>;
  /** Runs `work` in one tab only: at once or not at all. */
  inOneTab(work: () => Promise<void>): Promise<void>;
}

/** How often this page looks whether a copy is due. */
const LOOK_EVERY_MS = 60_000;
/** When it looks first: visits that are shorter than the time between two looks change things too. */
const FIRST_LOOK_MS = 20_000;

/**
 * Makes copies by itself while the app is open: a snapshot in this browser after activity, a file in
 * the person's folder on its schedule. How each went stands in its target; nothing is thrown.
 */
export class CopyKeeper {
  readonly #work: CopyWork;
  readonly #clock: Clock;
  readonly #isBusy: () => boolean;

  /** @param isBusy Whether something runs that a copy must not slow down or catch half-way. */
  constructor(work: CopyWork, clock: Clock, isBusy: () => boolean) {
    this.#work = work;
    this.#clock = clock;
    this.#isBusy = isBusy;
  }

  /** Begins to look: soon, every minute, and when the page is hidden, which may be the end of the visit. */
  start(): void {
    const look = (): void => void this.look().catch(() => undefined);
    setTimeout(look, FIRST_LOOK_MS);
    setInterval(look, LOOK_EVERY_MS);
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') look();
    });
  }

  /** Makes the copies that are due now. */
  async look(): Promise<void> {
    if (this.#isBusy()) return;
    await this.#work.inOneTab(async () => {
      const state = await this.#work.readState();
      /** Where there never was anything, nothing is copied; that everything was removed is. */
      const isChanged = ({ lastSuccessAt, holds }: BackupTarget): boolean =>
        holds !== state.id && !(state.isEmpty && lastSuccessAt === null);
      const snapshot = await this.#work.readTarget('snapshot');
      const intervalMs = SNAPSHOT_INTERVAL_MS;
      if (isCopyDue({ ...snapshot, intervalMs, isChanged: isChanged(snapshot) }, this.#clock())) {
        await ignoring(this.#work.makeSnapshot(new AbortController().signal));
      }
      const folder = await this.#work.readTarget('folder');
      if (isCopyDue({ ...folder, isChanged: isChanged(folder) }, this.#clock())) {
        await ignoring(this.#work.copyToFolder(new AbortController().signal));
      }
    });
  }
}

/** The failure is noted in the target by who made the copy. */
async function ignoring(work: Promise<void>): Promise<void> {
  await work.catch(() => undefined);
}
