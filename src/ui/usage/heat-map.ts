import type { UsageStatistic } from '#domain/usage.ts';
import { addDays, daysBetween } from '#domain/usage-summary.ts';

const YEAR_DAYS = 365;

/** One day of the map. */
export interface HeatCell {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  /** Requests of all models. */
  readonly count: number;
  /** 0 without a request; else 1 to 4, by quarters of the days that have any. */
  readonly level: number;
  /** The column, from 0. */
  readonly week: number;
  /** The row, from 0 for Monday. */
  readonly weekday: number;
}

/** The 365 days that end with `today`, in weeks that begin on Monday. */
export interface HeatMap {
  readonly cells: readonly HeatCell[];
  /** Days that have any request. */
  readonly busyDayCount: number;
  /** The day with the most, the first of equals; undefined when there is none. */
  readonly busiest: { readonly date: string; readonly count: number } | undefined;
}

/** @param rows Of any days; those outside of the year are passed over. @param today `YYYY-MM-DD`. */
export function toHeatMap(
  rows: readonly Pick<UsageStatistic, 'date' | 'requestCount'>[],
  today: string,
): HeatMap {
  const first = addDays(today, 1 - YEAR_DAYS);
  const start = addDays(first, -weekdayOf(first));
  const counts = new Map<string, number>();
  for (const { date, requestCount } of rows) {
    if (date < first || date > today || requestCount === 0) continue;
    counts.set(date, (counts.get(date) ?? 0) + requestCount);
  }
  const sorted = [...counts.values()].sort((a, b) => a - b);
  const steps = [0.25, 0.5, 0.75].map((share) => sorted[Math.floor(sorted.length * share)] ?? 0);
  const levelOf = (count: number): number =>
    count === 0 ? 0 : 1 + steps.filter((step) => count > step).length;
  const skipped = daysBetween(start, first);
  const cells = Array.from({ length: YEAR_DAYS }, (_, index) => {
    const date = addDays(first, index);
    const count = counts.get(date) ?? 0;
    const week = Math.floor((skipped + index) / 7);
    return { date, count, level: levelOf(count), week, weekday: (skipped + index) % 7 };
  });
  let busiest: HeatMap['busiest'];
  for (const [date, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (count > (busiest?.count ?? 0)) busiest = { date, count };
  }
  return { cells, busyDayCount: counts.size, busiest };
}

/** 0 for Monday. */
function weekdayOf(date: string): number {
  return (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
}
