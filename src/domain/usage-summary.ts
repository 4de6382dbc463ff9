/**
 * Sums of daily usage for a screen: totals, by model, and by stretches of days. Days are local
 * calendar days, `YYYY-MM-DD`; such texts compare and sort as the days do.
 */
import { hasMeasuredTimes } from './usage-increments.ts';
import { knownCostUsd, pricedCountOf } from './usage.ts';
import type { UsageStatistic } from './usage.ts';

export const USAGE_SPANS = ['week', 'month', 'year', 'all'] as const;
/** How far back one looks: 7 days, 30 days, 365 days, or everything. */
export type UsageSpan = (typeof USAGE_SPANS)[number];

/** A stretch of days, both counted in. */
export interface DayRange {
  readonly from: string;
  readonly to: string;
}

/** The ratings of one day and model. */
export interface RatedDay {
  readonly date: string;
  readonly model: string;
  readonly ratedCount: number;
  /** Sum of the ratings, 1 to 5 each. */
  readonly ratingSum: number;
}

/** Sums over some rows. */
export interface UsageSum {
  readonly requestCount: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalTokens: number;
  /** US dollars of the requests with a known price; null when there is none. */
  readonly costUsd: number | null;
  readonly unpricedCount: number;
  /** Null when no request was timed. */
  readonly meanResponseMs: number | null;
  readonly errorCount: number;
  readonly ratedCount: number;
  /** 1 to 5; null without ratings. */
  readonly meanRating: number | null;
  /** Answers of imported history, which are in none of the other figures. */
  readonly importedCount: number;
  readonly importedTokens: number;
  readonly importedCostUsd: number;
}

/** The sums of one model. */
export interface ModelUsage extends UsageSum {
  readonly model: string;
}

/** The sums of one stretch of days. */
export interface UsageBucket extends UsageSum, DayRange {}

const SPAN_DAYS = { week: 7, month: 30, year: 365 } as const;
/** Up to here a bar is a day, then a week, then a month, then a year. */
const MAX_DAY_BARS = 62;
const MAX_WEEK_BARS = 60;
const MAX_MONTH_BARS = 60;
/** Days before this come from damaged files or clocks; they count in the sums and get no bar. */
const FIRST_DAY = '1990-01-01';
const LAST_DAY = '2199-12-31';
const DAY_MS = 86_400_000;

/** Whether a text is a day of the calendar within the bounds that a chart can show. */
export function isChartDay(date: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(date) || date < FIRST_DAY || date > LAST_DAY) return false;
  return !Number.isNaN(Date.parse(`${date}T00:00:00Z`)) && addDays(date, 0) === date;
}

/** The day so many days later (or earlier). */
export function addDays(date: string, days: number): string {
  const time = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(time) ? date : new Date(time + days * DAY_MS).toISOString().slice(0, 10);
}

/** Days from one day to another, 0 for the same. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

/**
 * The days of a span that ends with `today`, or, where rows lie in the future (a clock was set
 * back), with the last of them.
 */
export function rangeOf(span: UsageSpan, rows: readonly UsageStatistic[], today: string): DayRange {
  const dates = rows.map(({ date }) => date).filter(isChartDay);
  if (span !== 'all') return { from: addDays(today, 1 - SPAN_DAYS[span]), to: today };
  const from = dates.reduce((first, date) => (date < first ? date : first), today);
  const to = dates.reduce((last, date) => (date > last ? date : last), today);
  return { from, to };
}

/** The rows of a span; for everything also those that no chart can show. */
export function rowsWithin<Row extends { readonly date: string }>(
  rows: readonly Row[],
  { from, to }: DayRange,
): readonly Row[] {
  return rows.filter(({ date }) => date >= from && date <= to);
}

/** The sums of rows, with those of the ratings of the same days. */
export function sumUsage(
  rows: readonly UsageStatistic[],
  ratings: readonly RatedDay[] = [],
): UsageSum {
  const sum = (read: (row: UsageStatistic) => number | undefined): number =>
    rows.reduce((total, row) => total + (read(row) ?? 0), 0);
  const requestCount = sum((row) => row.requestCount);
  const unpricedCount = sum((row) => row.unpricedCount);
  const timed = rows.filter(hasMeasuredTimes);
  const timedCount = timed.reduce((total, row) => total + row.timedCount, 0);
  const totalMs = timed.reduce((total, row) => total + row.totalResponseTimeMs, 0);
  const errorCount = sum((row) => row.errorCount);
  const totalCostUsd = sum((row) => row.totalCostUsd);
  const ratedCount = ratings.reduce((total, day) => total + day.ratedCount, 0);
  const ratingSum = ratings.reduce((total, day) => total + day.ratingSum, 0);
  return {
    requestCount,
    promptTokens: sum((row) => row.promptTokens),
    completionTokens: sum((row) => row.completionTokens),
    totalTokens: sum((row) => row.totalTokens),
    costUsd: knownCostUsd({
      requestCount,
      unpricedCount,
      errorCount,
      totalCostUsd,
      pricedCount: sum(pricedCountOf),
    }),
    unpricedCount,
    meanResponseMs: timedCount === 0 ? null : totalMs / timedCount,
    errorCount,
    ratedCount,
    meanRating: ratedCount === 0 ? null : ratingSum / ratedCount,
    importedCount: sum((row) => row.importedCount),
    importedTokens: sum(
      (row) => (row.importedPromptTokens ?? 0) + (row.importedCompletionTokens ?? 0),
    ),
    importedCostUsd: sum((row) => row.importedCostUsd),
  };
}

/** The sums by model, the one with the most tokens first, then by name. */
export function sumByModel(
  rows: readonly UsageStatistic[],
  ratings: readonly RatedDay[] = [],
): readonly ModelUsage[] {
  const rowsByModel = groupBy(rows, ({ model }) => model);
  const ratingsByModel = groupBy(ratings, ({ model }) => model);
  const models = [...new Set([...rowsByModel.keys(), ...ratingsByModel.keys()])];
  return models
    .map((model) => {
      const sums = sumUsage(rowsByModel.get(model) ?? [], ratingsByModel.get(model));
      return { model, ...sums };
    })
    .sort((a, b) => b.totalTokens - a.totalTokens || (a.model < b.model ? -1 : 1));
}

/**
 * The sums of days, weeks (of seven days, the last one ending with the range), calendar months or
 * calendar years, whichever gives a readable number of bars; without gaps, oldest first.
 */
export function sumByTime(
  rows: readonly UsageStatistic[],
  ratings: readonly RatedDay[],
  range: DayRange,
): readonly UsageBucket[] {
  const starts = bucketStarts(range);
  const indexOf = (date: string): number => lastAtOrBefore(starts, date);
  const rowsByIndex = groupBy(rowsWithin(rows, range).filter(hasChartDay), ({ date }) =>
    indexOf(date),
  );
  const ratingsByIndex = groupBy(rowsWithin(ratings, range).filter(hasChartDay), ({ date }) =>
    indexOf(date),
  );
  return starts.map((from, index) => {
    const next = starts[index + 1];
    const to = next === undefined ? range.to : addDays(next, -1);
    return { from, to, ...sumUsage(rowsByIndex.get(index) ?? [], ratingsByIndex.get(index)) };
  });
}

const hasChartDay = ({ date }: { readonly date: string }): boolean => isChartDay(date);

function bucketStarts({ from, to }: DayRange): readonly string[] {
  const days = daysBetween(from, to) + 1;
  if (days <= MAX_DAY_BARS) return Array.from({ length: days }, (_, day) => addDays(from, day));
  const weeks = Math.floor(days / 7);
  if (weeks <= MAX_WEEK_BARS) {
    // Days that make no whole week are part of the first one.
    const starts = Array.from({ length: weeks }, (_, week) => addDays(to, 1 - 7 * (weeks - week)));
    return [from, ...starts.slice(1)];
  }
  const [fromYear = 0, fromMonth = 1] = from.split('-').map(Number);
  const [toYear = 0, toMonth = 1] = to.split('-').map(Number);
  const months = (toYear - fromYear) * 12 + toMonth - fromMonth + 1;
  const count = months <= MAX_MONTH_BARS ? months : toYear - fromYear + 1;
  const step = months <= MAX_MONTH_BARS ? 1 : 12;
  const firstMonth = months <= MAX_MONTH_BARS ? fromMonth - 1 : 0;
  return Array.from({ length: count }, (_, index) => {
    const start = new Date(Date.UTC(fromYear, firstMonth + index * step, 1));
    const date = start.toISOString().slice(0, 10);
    return date < from ? from : date;
  });
}

/** Index of the last start that is not after a date. */
function lastAtOrBefore(starts: readonly string[], date: string): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? '') <= date) low = middle;
    else high = middle - 1;
  }
  return low;
}

function groupBy<Row, Key>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}

/** The days of the month of a day, whole. */
export function monthOf(date: string): DayRange {
  const [year = 0, month = 1] = date.split('-').map(Number);
  const to = new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
  return { from: `${date.slice(0, 7)}-01`, to };
}

/** How the month stands against its budget. */
export interface MonthBudget extends DayRange {
  /** Cost so far after each day of the month up to today, in US dollars. */
  readonly costUpTo: readonly number[];
  readonly costUsd: number;
  /** Whether there were requests and not one of them had a known price. */
  readonly isCostUnknown: boolean;
  readonly unpricedCount: number;
  /** Null without a budget. */
  readonly budgetUsd: number | null;
  /** `near` from 80 % on, `over` from the whole. */
  readonly state: 'none' | 'within' | 'near' | 'over';
}

/** From this share of the budget on a warning is shown. */
const NEAR_SHARE = 0.8;

/** The calendar month of `today` against the budget. */
export function summariseMonth(
  rows: readonly UsageStatistic[],
  today: string,
  budgetUsd: number | null,
): MonthBudget {
  const range = monthOf(today);
  const monthRows = rowsWithin(rows, range);
  const costByDay = new Map<string, number>();
  for (const { date, totalCostUsd } of monthRows) {
    costByDay.set(date, (costByDay.get(date) ?? 0) + totalCostUsd);
  }
  let costUsd = 0;
  const days = daysBetween(range.from, today) + 1;
  const costUpTo = Array.from({ length: days }, (_, day) => {
    costUsd += costByDay.get(addDays(range.from, day)) ?? 0;
    return costUsd;
  });
  const { unpricedCount, costUsd: knownUsd } = sumUsage(monthRows);
  return {
    ...range,
    costUpTo,
    costUsd,
    isCostUnknown: knownUsd === null && unpricedCount > 0,
    unpricedCount,
    budgetUsd,
    state: stateOf(costUsd, budgetUsd),
  };
}

function stateOf(costUsd: number, budgetUsd: number | null): MonthBudget['state'] {
  if (budgetUsd === null) return 'none';
  if (costUsd >= budgetUsd) return 'over';
  return costUsd >= budgetUsd * NEAR_SHARE ? 'near' : 'within';
}
