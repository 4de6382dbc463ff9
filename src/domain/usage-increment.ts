import type { Message } from './message.ts';
import { toLocalDate } from './usage.ts';
import type { ImportedIncrement, UsageIncrement } from './usage.ts';
import { measuredMs } from './usage-increments.ts';

/** Name under which answers without a known model are counted. */
export const UNKNOWN_MODEL = 'unknown';

/**
 * What one settled answer adds to the usage of the day on which it was asked. Only `error`
 * counts as an error: a stopped or interrupted answer was asked for and paid like any other. Unknown
 * token figures count as 0, an unknown cost as one unpriced request; a request that failed before any
 * token is neither priced nor unpriced.
 * @param earlierTokens Completion tokens the message had before this request: a continued answer
 * counts only what was added to it.
 * @param askedAt Epoch milliseconds of this request: one that took the place of an older answer, or
 * continued it, was asked later than the message says.
 */
export function toUsageIncrement(
  message: Message,
  earlierTokens = 0,
  askedAt = message.timestamp,
): UsageIncrement {
  const promptTokens = message.promptTokens ?? 0;
  const allTokens = message.completionTokens ?? message.tokenCount ?? 0;
  const completionTokens = Math.max(0, allTokens - earlierTokens);
  const responseTimeMs = measuredMs(message.responseTimeMs);
  return {
    date: toLocalDate(askedAt),
    model: message.modelUsed ?? UNKNOWN_MODEL,
    askedAt,
    requestCount: 1,
    promptTokens,
    completionTokens,
    totalTokens: promptTokens + completionTokens,
    totalCostUsd: message.costUsd ?? 0,
    unpricedCount: message.costUsd === null && !isRefused(message) ? 1 : 0,
    pricedCount: message.costUsd === null ? 0 : 1,
    totalResponseTimeMs: responseTimeMs ?? 0,
    timedCount: responseTimeMs === null ? 0 : 1,
    errorCount: message.status === 'error' ? 1 : 0,
  };
}

/**
 * The same of a request that brought nothing to an answer which keeps the text and the figures it had.
 * A failure is an error that nothing says cost anything; what was stopped, or ended without a word, has
 * an unknown cost.
 */
export function toEmptyIncrement(message: Message, askedAt?: number): UsageIncrement {
  const hasFailed = message.status === 'error' || message.status === 'interrupted';
  const figures = { promptTokens: null, completionTokens: null, tokenCount: null, costUsd: null };
  return {
    ...toUsageIncrement({ ...message, ...figures }, 0, askedAt),
    unpricedCount: hasFailed ? 0 : 1,
    errorCount: hasFailed ? 1 : 0,
  };
}

/** Whether what a request adds is a failure without tokens: it has no cost to know. */
export function isRefusedRequest(usage: UsageIncrement): boolean {
  return usage.errorCount > 0 && usage.totalTokens === 0 && usage.unpricedCount === 0;
}

/** Whether a request failed before any token was counted: nothing says that it cost anything. */
function isRefused({ status, promptTokens, completionTokens }: Message): boolean {
  return status === 'error' && promptTokens === null && completionTokens === null;
}

/** What one answer of imported history adds to its day. What the file does not say counts as 0. */
export function toImportedIncrement(message: Message): ImportedIncrement {
  return {
    date: toLocalDate(message.timestamp),
    model: message.modelUsed ?? UNKNOWN_MODEL,
    promptTokens: message.promptTokens ?? 0,
    completionTokens: message.completionTokens ?? message.tokenCount ?? 0,
    costUsd: message.costUsd ?? 0,
  };
}
