/**
 * A message may be the work of several requests: an answer that failed and was tried again, or one
 * that was cut and continued. The row holds the figures of the last request only, so what the
 * earlier ones added to the usage is kept in `metadata.requests`, and with it what the last one added,
 * wherever the row does not say that of itself; a rebuild finds every request again.
 */
import { isUnsettled, readFromCache } from './message.ts';
import type { Message } from './message.ts';
import { pricedCountOf } from './usage.ts';
import type { UsageIncrement } from './usage.ts';
import {
  CUT_REQUEST,
  USAGE_AMOUNTS,
  isAmount,
  readCutRequest,
  readUsageIncrements,
} from './usage-increments.ts';
import { toUsageIncrement } from './usage-increment.ts';

interface MessageRequests {
  /** What each earlier request added, oldest first. */
  readonly earlier: readonly UsageIncrement[];
  /** Completion tokens of the message that are not of the last request. */
  readonly keptTokens: number;
  /** US dollars of the last request; null when unknown. */
  readonly lastCostUsd: number | null;
  /** What the last request added; records that are older than this field do not have it. */
  readonly last?: UsageIncrement;
  /** The last time it ended before anybody was asked: there are the earlier requests only. */
  readonly isUnasked?: true;
}

const KEY = 'requests';
/** What a request counted, whatever it cost. */
const COUNTED = USAGE_AMOUNTS.filter((name) => name !== 'totalCostUsd' && name !== 'unpricedCount');
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
  const { [CUT_REQUEST]: _cut, [KEY]: _requests, ...metadata } = reopened.metadata;
  if (counted.length === 0) return { ...reopened, metadata };
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
  // A price of an earlier request is still noted, even if that was 0.
  const isPriced =
    priceSource !== undefined ||
    settled.metadata['priceSource'] !== undefined ||
    all.some(({ totalCostUsd }) => totalCostUsd > 0);
  const sum = all.reduce((total, { totalCostUsd }) => total + totalCostUsd, 0);
  const lastCostUsd =
    last.unpricedCount > 0 || priceSource === undefined ? null : last.totalCostUsd;
  const costUsd = isUnknown || !isPriced ? null : sum;
  const isPlain =
    requests.earlier.length === 0 && isSame(toUsageIncrement({ ...settled, costUsd }), last);
  return {
    ...settled,
    costUsd,
    metadata: {
      ...settled.metadata,
      ...(priceSource !== undefined && { priceSource }),
      ...(!isPlain && { [KEY]: { ...requests, lastCostUsd, last } }),
    },
  };
}

/** The settled message of which nobody was asked; one from the cache says that itself. */
export function withoutRequest(settled: Message): Message {
  if (readFromCache(settled)) return settled;
  const { last: _last, ...requests } = readRequests(settled);
  return { ...settled, metadata: { ...settled.metadata, [KEY]: { ...requests, isUnasked: true } } };
}

function isSame(one: UsageIncrement, other: UsageIncrement): boolean {
  if (one.date !== other.date || one.model !== other.model) return false;
  if (one.askedAt !== other.askedAt || pricedCountOf(one) !== pricedCountOf(other)) return false;
  return USAGE_AMOUNTS.every((name) => one[name] === other[name]);
}

/**
 * What every request behind a message added to the usage, oldest first. Of an answer that still runs
 * or that came from the cache only the earlier ones: it was not counted. One that was cut off with its
 * page says itself what was counted.
 */
export function toUsageIncrements(message: Message): readonly UsageIncrement[] {
  const { earlier, keptTokens, lastCostUsd, last, isUnasked } = readRequests(message);
  if (isUnsettled(message)) {
    const cut = readCutRequest(message);
    return cut ? [...earlier, cut] : earlier;
  }
  if (isUnasked || readFromCache(message)) return earlier;
  if (last) return [...earlier, last];
  if (earlier.length === 0) return [toUsageIncrement(message)];
  return [...earlier, toUsageIncrement({ ...message, costUsd: lastCostUsd }, keptTokens)];
}

/**
 * Of two copies of an answer that was asked for again in two places: the one that is kept, with the
 * requests that only the other one knows, and with prices that only the other one knows. What another
 * product asked is no request of ours.
 */
export function withRequestsOf(kept: Message, other: Message): Message {
  if (kept.role !== 'assistant' || other.role !== 'assistant') return kept;
  const unpriced = toUsageIncrements(kept);
  const isPlain = other.metadata[KEY] === undefined && other.metadata[CUT_REQUEST] === undefined;
  if (isPlain && other.endpointId === null) return kept;
  const others = toUsageIncrements(other);
  const own = unpriced.map((each) => withPriceOf(each, others));
  const lost = others.filter((request) => !own.some((each) => isSameRequest(each, request)));
  const isRepriced = own.some((each, at) => each !== unpriced[at]);
  if (lost.length === 0 && !isRepriced) return kept;
  const requests = readRequests(kept);
  const last = own.length > requests.earlier.length ? own.at(-1) : undefined;
  const before = isRepriced && !isUnsettled(kept) ? sumOfCosts(own) : kept.costUsd;
  const added = sumOfCosts(lost);
  const costUsd = before === null || added === null ? null : before + added;
  const priced = isRepriced ? { ...priceSourceOf(other), ...kept.metadata } : kept.metadata;
  const isOneRequest = lost.length === 0 && requests.earlier.length === 0 && !requests.last;
  if (isOneRequest && !isUnsettled(kept)) return { ...kept, costUsd, metadata: priced };
  const earlier = [...lost, ...own.slice(0, requests.earlier.length)].sort(
    (a, b) => (a.askedAt ?? 0) - (b.askedAt ?? 0),
  );
  const isLastRepriced = last !== undefined && last !== unpriced.at(-1);
  const lastCostUsd = isLastRepriced ? last.totalCostUsd : lastRequestCost(kept);
  const record: MessageRequests = {
    ...requests,
    earlier: earlier.slice(-MAX_REQUESTS),
    ...(!isUnsettled(kept) && last && { last, lastCostUsd }),
  };
  return { ...kept, costUsd, metadata: { ...priced, [KEY]: record } };
}

/** The request with the price of its copy among others, where it has none itself. */
function withPriceOf(request: UsageIncrement, others: readonly UsageIncrement[]): UsageIncrement {
  if (request.unpricedCount === 0) return request;
  const copy = others.find(
    (each) => each.unpricedCount === 0 && pricedCountOf(each) > 0 && isSameRequest(request, each),
  );
  if (!copy) return request;
  const { totalCostUsd, unpricedCount } = copy;
  return { ...request, totalCostUsd, unpricedCount, pricedCount: pricedCountOf(copy) };
}

/** US dollars of all; null when that of any is unknown. */
function sumOfCosts(requests: readonly UsageIncrement[]): number | null {
  if (requests.some(({ unpricedCount }) => unpricedCount > 0)) return null;
  return requests.reduce((sum, { totalCostUsd }) => sum + totalCostUsd, 0);
}

function priceSourceOf({ metadata }: Message): Readonly<Record<string, unknown>> {
  const { priceSource } = metadata;
  return priceSource === undefined ? {} : { priceSource };
}

/** By when it was asked, or else by all that it counted: a price or a count may have been put right since. */
function isSameRequest(one: UsageIncrement, other: UsageIncrement): boolean {
  if (one.askedAt === undefined || other.askedAt === undefined) {
    if (one.date !== other.date || one.model !== other.model) return false;
    return COUNTED.every((name) => one[name] === other[name]);
  }
  return one.askedAt === other.askedAt && one.model === other.model;
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
  const record = value as Record<string, unknown>;
  const { earlier: records, keptTokens, lastCostUsd } = record;
  if (!Array.isArray(records) || records.length > MAX_REQUESTS) return NONE;
  const earlier = readUsageIncrements(records).flatMap((each) => each ?? []);
  if (earlier.length < records.length) return NONE;
  const [last] = readUsageIncrements([record['last']]);
  return {
    earlier,
    keptTokens: isAmount(keptTokens) ? keptTokens : 0,
    lastCostUsd: isAmount(lastCostUsd) ? lastCostUsd : null,
    ...(last && { last }),
    ...(record['isUnasked'] === true && { isUnasked: true }),
  };
}
