import { knownCostUsd, pricedCountOf, toLocalDate } from '#domain/usage.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import { findKnownName } from './find-price.ts';
import { UNKNOWN_MODEL } from '#domain/usage-increment.ts';

/** One month of one model, in the names of exported files. */
export interface UsageReportRow {
  /** Local calendar month, `YYYY-MM`. */
  readonly month: string;
  readonly model: string;
  readonly request_count: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  /** US dollars of the priced requests; null when none had a price. */
  readonly total_cost_usd: number | null;
  readonly unpriced_count: number;
  /** Seconds, rounded to milliseconds; null when none was measured. */
  readonly average_response_time: number | null;
  readonly error_count: number;
}

/** The report a person may download and pass on: sums only. */
export interface UsageReport {
  readonly format: 'onggi-usage-report';
  readonly version: 1;
  /** Local calendar day, `YYYY-MM-DD`. */
  readonly created_on: string;
  /** Ordered by month, then by model. */
  readonly months: readonly UsageReportRow[];
}

/**
 * Sums of the usage per month and model, ready for `JSON.stringify`. It holds no id, no day, no
 * address and no text. A model is named only if it stands in the table of prices that comes with onggi:
 * any other name may have been typed by the person, and becomes `other 1`, `other 2` …, in the order in
 * which they were first used, so that a later report calls them the same.
 */
export function createUsageReport(statistics: readonly UsageStatistic[], now: number): UsageReport {
  const labelOf = createLabels(statistics);
  const rows = new Map<string, UsageStatistic[]>();
  for (const row of statistics) {
    const key = JSON.stringify([row.date.slice(0, 7), labelOf(row.model)]);
    const group = rows.get(key);
    if (group) group.push(row);
    else rows.set(key, [row]);
  }
  const months = [...rows.values()].map((group) => toReportRow(group, labelOf));
  months.sort((a, b) => compare(a.month, b.month) || compare(a.model, b.model));
  return { format: 'onggi-usage-report', version: 1, created_on: toLocalDate(now), months };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function toReportRow(
  group: readonly UsageStatistic[],
  labelOf: (model: string) => string,
): UsageReportRow {
  const sum = (read: (row: UsageStatistic) => number): number =>
    group.reduce((total, row) => total + read(row), 0);
  const requestCount = sum((row) => row.requestCount);
  const unpricedCount = sum((row) => row.unpricedCount);
  const errorCount = sum((row) => row.errorCount);
  const totalCostUsd = sum((row) => row.totalCostUsd);
  const timedCount = sum((row) => row.timedCount);
  const totalSeconds = sum((row) => row.totalResponseTimeMs) / 1000;
  return {
    month: group[0]?.date.slice(0, 7) ?? '',
    model: labelOf(group[0]?.model ?? ''),
    request_count: requestCount,
    prompt_tokens: sum((row) => row.promptTokens),
    completion_tokens: sum((row) => row.completionTokens),
    total_tokens: sum((row) => row.totalTokens),
    total_cost_usd: knownCostUsd({
      requestCount,
      unpricedCount,
      errorCount,
      totalCostUsd,
      pricedCount: sum(pricedCountOf),
    }),
    unpriced_count: unpricedCount,
    average_response_time:
      timedCount === 0 ? null : Math.round((totalSeconds / timedCount) * 1000) / 1000,
    error_count: errorCount,
  };
}

/** What the report calls each model. */
function createLabels(statistics: readonly UsageStatistic[]): (model: string) => string {
  const others = new Map<string, string>();
  for (const { model } of statistics.toSorted(
    (a, b) => compare(a.date, b.date) || compare(a.model, b.model),
  )) {
    if (knownLabel(model) === undefined && !others.has(model)) {
      others.set(model, `other ${others.size + 1}`);
    }
  }
  return (model) => knownLabel(model) ?? others.get(model) ?? 'other';
}

function knownLabel(model: string): string | undefined {
  if (model === UNKNOWN_MODEL) return model;
  if (!model.startsWith('ft:')) return findKnownName(model);
  // What stands behind the base of a fine-tuned model names its owner.
  const base = findKnownName(model.split(':')[1] ?? '');
  return base && `ft:${base}`;
}
