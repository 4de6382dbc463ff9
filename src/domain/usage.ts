import type { UserId } from './ids.ts';

/** One row per person, day and model (the specification's usage_statistics). */
export interface UsageStatistic {
  readonly id: string;
  readonly userId: UserId;
  /** Local calendar day, `YYYY-MM-DD`. */
  readonly date: string;
  readonly model: string;
  readonly requestCount: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalTokens: number;
  /** US dollars of the requests whose price was known. */
  readonly totalCostUsd: number;
  /** Requests without a known price; their cost is unknown, not nothing. */
  readonly unpricedCount: number;
  /**
   * Requests whose price was known, also where that is 0; those that were refused have none. Missing where all
   * requests are older than this field: {@link pricedCountOf}.
   */
  readonly pricedCount?: number;
  /** Sum over the requests that were measured; the mean is this divided by `timedCount`. */
  readonly totalResponseTimeMs: number;
  readonly timedCount: number;
  readonly errorCount: number;
  /**
   * Answers of imported history, which nobody asked for here. They and their figures are in none of
   * the fields above; only a rebuild counts them, and rows without any do not have these fields.
   */
  readonly importedCount?: number;
  readonly importedPromptTokens?: number;
  readonly importedCompletionTokens?: number;
  /** US dollars, where the imported file said them. */
  readonly importedCostUsd?: number;
}

/** Figures that say how many requests had a price. */
type PriceCounts = Pick<
  UsageStatistic,
  'requestCount' | 'unpricedCount' | 'errorCount' | 'pricedCount'
>;

/**
 * How many requests had a known price. A row that does not say it is older: then those that surely had one,
 * since a failed request was priced, unpriced or refused, and nobody knows which.
 */
export function pricedCountOf({
  requestCount,
  unpricedCount,
  errorCount,
  pricedCount,
}: PriceCounts): number {
  const isSaid = typeof pricedCount === 'number' && pricedCount >= 0 && pricedCount < Infinity;
  return isSaid ? pricedCount : Math.max(0, requestCount - unpricedCount - errorCount);
}

/**
 * US dollars of the requests whose price was known; null when there is none, which is not 0. A request
 * that was refused has no cost to know: it does not make the others look priced.
 */
export function knownCostUsd(
  row: PriceCounts & Pick<UsageStatistic, 'totalCostUsd'>,
): number | null {
  return row.totalCostUsd > 0 || pricedCountOf(row) > 0 ? row.totalCostUsd : null;
}

/** The part of a row about answers that were asked for here. */
type OwnUsage = Omit<
  UsageStatistic,
  'importedCount' | 'importedPromptTokens' | 'importedCompletionTokens' | 'importedCostUsd'
>;

/** What one finished answer adds to its day. */
export interface UsageIncrement extends Omit<OwnUsage, 'id' | 'userId'> {
  /**
   * Epoch milliseconds at which it was asked, where that is kept with a message or a conversation; missing
   * in records of older versions. No part of a day's row.
   */
  readonly askedAt?: number;
}

/** What one imported answer adds to its day. */
export interface ImportedIncrement {
  readonly date: string;
  readonly model: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly costUsd: number;
}

/** The row of a day after one more answer. The id names user, day and model, so the row is unique. */
export function addUsage(
  row: UsageStatistic | undefined,
  userId: UserId,
  increment: UsageIncrement,
): UsageStatistic {
  const base = row ?? emptyUsage(userId, increment.date, increment.model);
  return {
    ...base,
    requestCount: base.requestCount + increment.requestCount,
    promptTokens: base.promptTokens + increment.promptTokens,
    completionTokens: base.completionTokens + increment.completionTokens,
    totalTokens: base.totalTokens + increment.totalTokens,
    totalCostUsd: base.totalCostUsd + increment.totalCostUsd,
    unpricedCount: base.unpricedCount + increment.unpricedCount,
    pricedCount: pricedCountOf(base) + pricedCountOf(increment),
    totalResponseTimeMs: base.totalResponseTimeMs + increment.totalResponseTimeMs,
    timedCount: base.timedCount + increment.timedCount,
    errorCount: base.errorCount + increment.errorCount,
  };
}

/** The row of a day after one more imported answer. */
export function addImportedUsage(
  row: UsageStatistic | undefined,
  userId: UserId,
  { date, model, promptTokens, completionTokens, costUsd }: ImportedIncrement,
): UsageStatistic {
  const base = row ?? emptyUsage(userId, date, model);
  return {
    ...base,
    importedCount: (base.importedCount ?? 0) + 1,
    importedPromptTokens: (base.importedPromptTokens ?? 0) + promptTokens,
    importedCompletionTokens: (base.importedCompletionTokens ?? 0) + completionTokens,
    importedCostUsd: (base.importedCostUsd ?? 0) + costUsd,
  };
}

/** A row without any request. */
function emptyUsage(userId: UserId, date: string, model: string): UsageStatistic {
  return {
    id: usageStatisticId(userId, { date, model }),
    userId,
    date,
    model,
    requestCount: 0,
    promptTokens: 0,
    completionTokens: 0,
    totalTokens: 0,
    totalCostUsd: 0,
    unpricedCount: 0,
    totalResponseTimeMs: 0,
    timedCount: 0,
    errorCount: 0,
  };
}

/** The row's key: a JSON array of user, day and model, so that no name can look like another. */
export function usageStatisticId(
  userId: UserId,
  { date, model }: Pick<UsageStatistic, 'date' | 'model'>,
): string {
  return JSON.stringify([userId, date, model]);
}

/** Local calendar day of a time, `YYYY-MM-DD`. */
export function toLocalDate(timestamp: number): string {
  const day = new Date(timestamp);
  const month = String(day.getMonth() + 1).padStart(2, '0');
  return `${day.getFullYear()}-${month}-${String(day.getDate()).padStart(2, '0')}`;
}
