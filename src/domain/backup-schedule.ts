/** When copies of the data are due, and when a person is reminded. Pure: the caller has the clock. */

/** Copies in this browser's own file system: at most so often, after a change (SECURITY 8.3). */
export const SNAPSHOT_INTERVAL_MS = 10 * 60 * 1000;
/** After a failure the next try waits this long, so that a missing folder is not asked all the time. */
export const RETRY_AFTER_MS = 15 * 60 * 1000;
/** A last copy outside the browser that is older than this is worth a reminder. */
export const REMIND_AFTER_MS = 14 * 24 * 60 * 60 * 1000;
/** A person who said "later" is left alone for this long. */
export const SNOOZE_MS = 3 * 24 * 60 * 60 * 1000;

export interface CopyState {
  readonly lastSuccessAt: number | null;
  readonly lastFailureAt: number | null;
  /** Null: only by hand. */
  readonly intervalMs: number | null;
  /** Whether the last copy does not hold the data as they are; false while there is nothing to copy. */
  readonly isChanged: boolean;
}

/**
 * Whether a copy is to be made now: something changed since the last one, the interval is over, and
 * a failure is not too fresh. Times in the future (a clock that went back) count as long ago.
 */
export function isCopyDue(
  { lastSuccessAt, lastFailureAt, intervalMs, isChanged }: CopyState,
  now: number,
): boolean {
  if (intervalMs === null || !isChanged) return false;
  const hasFailedLast = (lastFailureAt ?? -Infinity) > (lastSuccessAt ?? -Infinity);
  if (hasFailedLast && ageOf(lastFailureAt, now) < Math.min(RETRY_AFTER_MS, intervalMs)) {
    return false;
  }
  if (lastSuccessAt === null || lastSuccessAt > now) return true;
  return now - lastSuccessAt >= intervalMs;
}

/** Milliseconds until {@link isCopyDue} may become true by time alone; null when it will not. */
export function nextCopyInMs(state: CopyState, now: number): number | null {
  const { lastSuccessAt, lastFailureAt, intervalMs, isChanged } = state;
  if (intervalMs === null || !isChanged) return null;
  if (isCopyDue(state, now)) return 0;
  const afterSuccess = lastSuccessAt === null ? 0 : lastSuccessAt + intervalMs - now;
  const hasFailedLast = (lastFailureAt ?? -Infinity) > (lastSuccessAt ?? -Infinity);
  const afterFailure =
    hasFailedLast && lastFailureAt !== null
      ? lastFailureAt + Math.min(RETRY_AFTER_MS, intervalMs) - now
      : 0;
  return Math.max(0, afterSuccess, afterFailure);
}

export interface ReminderState {
  /** Newest copy outside the browser: downloaded, or in a folder; null when there is none. */
  readonly lastOutsideAt: number | null;
  /** When the oldest conversation or document came; null when there is none. */
  readonly firstKeptAt: number | null;
  /** Whether that copy does not hold the data as they are. */
  readonly isChanged: boolean;
  /** When the person last put the reminder off. */
  readonly snoozedAt: number | null;
}

/**
 * Whether to remind: there are conversations or documents that no copy outside the browser has, for longer than
 * {@link REMIND_AFTER_MS}, and the reminder was not put off within {@link SNOOZE_MS}.
 */
export function isReminderDue(
  { lastOutsideAt, firstKeptAt, isChanged, snoozedAt }: ReminderState,
  now: number,
): boolean {
  if (firstKeptAt === null || !isChanged) return false;
  if (ageOf(snoozedAt, now) < SNOOZE_MS) return false;
  return ageOf(lastOutsideAt ?? firstKeptAt, now) >= REMIND_AFTER_MS;
}

/** How long ago; for ever when it never was or lies in the future. */
function ageOf(at: number | null, now: number): number {
  return at === null || at > now ? Infinity : now - at;
}
