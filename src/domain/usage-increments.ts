/** What a request added to the usage, where it is written down in the metadata of a row to be counted anew. */
import type { Message } from './message.ts';
import type { UsageIncrement } from './usage.ts';

/** The figures of an increment, all of them sums. */
export const USAGE_AMOUNTS = [
  'requestCount',
  'promptTokens',
  'completionTokens',
  'totalTokens',
  'totalCostUsd',
  'unpricedCount',
  'totalResponseTimeMs',
  'timedCount',
  'errorCount',
] as const satisfies readonly (keyof UsageIncrement)[];

/** Where an answer that was cut off with its page says what its last request added. */
export const CUT_REQUEST = 'cutRequest';

export const isAmount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;

/** Whether a value of a row's metadata, which may come from a file, is an increment. */
export function isUsageIncrement(value: unknown): value is UsageIncrement {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  const { date, model } = fields;
  if (typeof date !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(date)) return false;
  return typeof model === 'string' && USAGE_AMOUNTS.every((name) => isAmount(fields[name]));
}

/** What the request of an answer that was cut off with its page added; undefined for any other. */
export function readCutRequest({ metadata }: Message): UsageIncrement | undefined {
  const cut = metadata[CUT_REQUEST];
  return isUsageIncrement(cut) ? cut : undefined;
}

/** Two increments of the same day and model as one; with -1 as `sign`, the first without the second. */
export function joinIncrements<Row extends UsageIncrement>(
  row: Row,
  other: UsageIncrement,
  sign: 1 | -1 = 1,
): Row {
  const sums = USAGE_AMOUNTS.map((name) => [name, Math.max(0, row[name] + sign * other[name])]);
  return { ...row, ...(Object.fromEntries(sums) as Partial<Row>) };
}
