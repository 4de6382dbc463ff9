import { SNAPSHOT_INTERVAL_MS, isCopyDue, nextCopyInMs } from '#domain/backup-schedule.ts';
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

/** What this page does that a copy waits for. */
export interface PageActivity {
  /** An answer is being written: a copy lets it go first, but not for long. */
  isAnswering(): boolean;
  /** A backup, a restore or an import of this page, which a copy waits for, however long it takes. */
  isChangingData(): boolean;
}

/** How often this page looks whether a copy is due. */
const LOOK_EVERY_MS = 60_000;
/** When it looks first: visits that are shorter than the time between two looks change things too. */
const FIRST_LOOK_MS = 20_000;
/**
 * So long after the data were last seen as copied, no copy waits for an answer any more: at the next look
 * the change could be older than the interval.
 */
const PATIENCE_MS = SNAPSHOT_INTERVAL_MS - LOOK_EVERY_MS;

/**
 * Makes copies by itself while the app is open: a snapshot in this browser after activity, a file in
 * the person's folder on its schedule. How each went stands in its target; nothing is thrown.
 */
export class CopyKeeper {
  readonly #work: CopyWork;
  readonly #clock: Clock;
  readonly #page: PageActivity;
  /** When the newest snapshot was last seen to hold everything. */
  #unchangedAt: number | undefined;
  #nextLook: ReturnType<typeof setTimeout> | undefined;

  constructor(work: CopyWork, clock: Clock, page: PageActivity) {
    this.#work = work;
    this.#clock = clock;
    this.#page = page;
  }

  /**
   * Begins to look: soon, every minute, when what a copy waits for has ended, and when the page is hidden,
   * which may be the end of the visit.
   */
  start(): void {
    setTimeout(this.#lookQuietly, FIRST_LOOK_MS);
    setInterval(this.#lookQuietly, LOOK_EVERY_MS);
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.#lookQuietly(true);
    });
    let wasActive = false;
    $effect.root(() => {
      $effect(() => {
        const isActive = this.#page.isChangingData() || this.#page.isAnswering();
        if (wasActive && !isActive) this.#lookQuietly();
        wasActive = isActive;
      });
    });
  }

  /**
   * Makes the copies that are due now.
   * @param isLeaving The visit may end: nothing waits for an answer.
   */
  async look(isLeaving = false): Promise<void> {
    if (this.#page.isChangingData()) return;
    const isAnswering = this.#page.isAnswering();
    await this.#work.inOneTab(async () => {
      const now = this.#clock();
      const state = await this.#work.readState();
      /** Where there never was anything, nothing is copied; that everything was removed is. */
      const isChanged = ({ lastSuccessAt, holds }: BackupTarget): boolean =>
        holds !== state.id && !(state.isEmpty && lastSuccessAt === null);
      const snapshot = await this.#work.readTarget('snapshot');
      if (!isChanged(snapshot)) this.#unchangedAt = now;
      if (isAnswering && !isLeaving && this.#isPatient(now)) return;
      const intervalMs = SNAPSHOT_INTERVAL_MS;
      const dueInMs = nextCopyInMs(
        { ...snapshot, intervalMs, isChanged: isChanged(snapshot) },
        now,
      );
      if (dueInMs === 0) await ignoring(this.#work.makeSnapshot(new AbortController().signal));
      else if (dueInMs !== null && dueInMs < LOOK_EVERY_MS) this.#lookAfter(dueInMs);
      const folder = await this.#work.readTarget('folder');
      if (isCopyDue({ ...folder, isChanged: isChanged(folder) }, this.#clock())) {
        await ignoring(this.#work.copyToFolder(new AbortController().signal));
      }
    });
  }

  readonly #lookQuietly = (isLeaving = false): void => {
    this.look(isLeaving).catch(() => undefined);
  };

  /** Looks once more before the next minute is over: the copy was made between two looks. */
  #lookAfter(delayMs: number): void {
    clearTimeout(this.#nextLook);
    this.#nextLook = setTimeout(this.#lookQuietly, delayMs);
  }

  /** Whether a change can be so fresh only that its copy may wait. A clock that went back makes it old. */
  #isPatient(now: number): boolean {
    const unchangedAt = this.#unchangedAt ?? -Infinity;
    return unchangedAt <= now && now - unchangedAt < PATIENCE_MS;
  }
}

/** The failure is noted in the target by who made the copy. */
async function ignoring(work: Promise<void>): Promise<void> {
  await work.catch(() => undefined);
}
