/**
 * A message may be the work of several requests: an answer that failed and was tried again, or one
 * that was cut and continued. The row holds the figures of the last request only, so what the
 * earlier ones added to the usage is kept in `metadata.requests`; a rebuild finds every request again.
 */
import { isUnsettled, readFromCache } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import type { UsageIncrement } from '#domain/usage.ts';
import {
  CUT_REQUEST,
  isAmount,
  isUsageIncrement,
  readCutRequest,
} from '#domain/usage-increments.ts';
import { toUsageIncrement } from './usage-increment.ts';

interface MessageRequests {
  /** What each earlier request added, oldest first. */
  readonly earlier: readonly UsageIncrement[];
  /** Completion tokens of the message that are not of the last request. */
  readonly keptTokens: number;
  /** US dollars of the last request; null when unknown. */
  readonly lastCostUsd: number | null;
}

const KEY = 'requests';
/** Nobody tries so often; a file that says more is not believed. */
const MAX_REQUESTS = 1000;

/** Marks that the last request of a message cost nothing known, without another one before it. */
const NONE: MessageRequests = { earlier: [], keptTokens: 0, lastCostUsd: null };

/**
 * The message as it is asked for once more, with what it took so far.
 * @param reopened The row that is about to be put back to `streaming`.
 * @param before The row as it is stored.
 */
export function withEarlierRequests(reopened: Message, before: Message): Message {
  const counted = toUsageIncrements(before);
  if (counted.length === 0) return reopened;
  const { [CUT_REQUEST]: _cut, ...metadata } = reopened.metadata;
  const requests: MessageRequests = {
    earlier: counted.slice(-MAX_REQUESTS),
    keptTokens: reopened.completionTokens ?? 0,
    lastCostUsd: null,
  };
  return { ...reopened, metadata: { ...metadata, [KEY]: requests } };
}

/**
 * The settled message with the cost of its last request, and the sum of all in `costUsd`: unknown
 * when that of any of them is.
 * @param last What the last request adds to the usage, priced.
 * @param priceSource Who says the price.
 */
export function withCost(
  settled: Message,
  last: UsageIncrement,
  priceSource: string | undefined,
): Message {
  const requests = readRequests(settled);
  const all = [...requests.earlier, last];
  const isUnknown = all.some(({ unpricedCount }) => unpricedCount > 0);
  const isPriced = priceSource !== undefined || all.some(({ totalCostUsd }) => totalCostUsd > 0);
  const sum = all.reduce((total, { totalCostUsd }) => total + totalCostUsd, 0);
  const lastCostUsd =
    last.unpricedCount > 0 || priceSource === undefined ? null : last.totalCostUsd;
  return {
    ...settled,
    costUsd: isUnknown || !isPriced ? null : sum,
    metadata: {
      ...settled.metadata,
      ...(priceSource !== undefined && { priceSource }),
      ...(requests.earlier.length > 0 && { [KEY]: { ...requests, lastCostUsd } }),
    },
  };
}

/**
 * What every request behind a message added to the usage, oldest first. Of an answer that still runs
 * or that came from the cache only the earlier ones: it was not counted. One that was cut off with its
 * page says itself what was counted.
 */
export function toUsageIncrements(message: Message): readonly UsageIncrement[] {
  const { earlier, keptTokens, lastCostUsd } = readRequests(message);
  if (isUnsettled(message)) {
    const cut = readCutRequest(message);
    return cut ? [...earlier, cut] : earlier;
  }
  if (readFromCache(message)) return earlier;
  if (earlier.length === 0) return [toUsageIncrement(message)];
  return [...earlier, toUsageIncrement({ ...message, costUsd: lastCostUsd }, keptTokens)];
}

/** US dollars of the last request behind a message; null when unknown. */
export function lastRequestCost(message: Message): number | null {
  const { earlier, lastCostUsd } = readRequests(message);
  return earlier.length === 0 ? message.costUsd : lastCostUsd;
}

/** The record in the metadata, which may come from a file; one that is not whole is not there. */
function readRequests({ metadata }: Message): MessageRequests {
  const value = metadata[KEY];
  if (typeof value !== 'object' || value === null) return NONE;
  const { earlier, keptTokens, lastCostUsd } = value as Record<string, unknown>;
  if (!Array.isArray(earlier) || earlier.length > MAX_REQUESTS) return NONE;
  if (!(earlier as readonly unknown[]).every(isUsageIncrement)) return NONE;
  return {
    earlier,
    keptTokens: isAmount(keptTokens) ? keptTokens : 0,
    lastCostUsd: isAmount(lastCostUsd) ? lastCostUsd : null,
  };
}
