/** What a request added to the usage, where it is written down in the metadata of a row to be counted anew. */
import type { Message } from './message.ts';
import { pricedCountOf } from './usage.ts';
import type { UsageIncrement } from './usage.ts';

/** The figures of an increment, all of them sums; beside them stands `pricedCount`, which older records lack. */
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

/**
 * Longest time that is believed of a request, in milliseconds. None may take an hour: what is longer was
 * measured with a clock that was set meanwhile.
 */
const MAX_RESPONSE_MS = 86_400_000;

/** A response time in milliseconds; null for one that was not measured or cannot be. */
export function measuredMs(ms: number | null): number | null {
  return ms !== null && ms >= 0 && ms <= MAX_RESPONSE_MS ? ms : null;
}

/** Whether the times of a row are such as its requests can have taken. */
export function hasMeasuredTimes({
  totalResponseTimeMs,
  timedCount,
}: Pick<UsageIncrement, 'totalResponseTimeMs' | 'timedCount'>): boolean {
  if (!isAmount(totalResponseTimeMs) || !isAmount(timedCount)) return false;
  return totalResponseTimeMs <= timedCount * MAX_RESPONSE_MS;
}

/**
 * The increments of a list in a row's metadata, which may come from a file; what is none is undefined.
 * Times that cannot be are taken for not measured.
 */
export function readUsageIncrements(
  values: readonly unknown[],
): readonly (UsageIncrement | undefined)[] {
  return values.map((value) => {
    if (typeof value !== 'object' || value === null) return undefined;
    const increment = value as UsageIncrement;
    const sound = hasMeasuredTimes(increment)
      ? increment
      : { ...increment, totalResponseTimeMs: 0, timedCount: 0 };
    return isUsageIncrement(sound) ? sound : undefined;
  });
}

function isUsageIncrement(value: unknown): value is UsageIncrement {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  const { date, model } = fields;
  if (typeof date !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(date)) return false;
  return typeof model === 'string' && USAGE_AMOUNTS.every((name) => isAmount(fields[name]));
}

/** What the request of an answer that was cut off with its page added; undefined for any other. */
export function readCutRequest({ metadata }: Message): UsageIncrement | undefined {
  return readUsageIncrements([metadata[CUT_REQUEST]])[0];
}

/** Two increments of the same day and model as one; with -1 as `sign`, the first without the second. */
export function joinIncrements<Row extends UsageIncrement>(
  row: Row,
  other: UsageIncrement,
  sign: 1 | -1 = 1,
): Row {
  const sums = USAGE_AMOUNTS.map((name) => [name, Math.max(0, row[name] + sign * other[name])]);
  const pricedCount = Math.max(0, pricedCountOf(row) + sign * pricedCountOf(other));
  return { ...row, ...(Object.fromEntries(sums) as Partial<Row>), pricedCount };
}
