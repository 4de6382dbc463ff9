/** The ends of a list of dates; not `Math.min(...dates)`, because a million arguments overflow the stack. */

/** The first of some instants in epoch milliseconds; null of none. */
export function earliestOf(dates: readonly number[]): number | null {
  return dates.reduce<number | null>((low, date) => Math.min(low ?? date, date), null);
}

/** The last of some instants in epoch milliseconds; null of none. */
export function latestOf(dates: readonly number[]): number | null {
  return dates.reduce<number | null>((high, date) => Math.max(high ?? date, date), null);
}
