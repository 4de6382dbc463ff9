import { describe, expect, it } from 'vitest';
import { createConversation } from '#domain/conversation.ts';
import { readPassingUsage } from '#domain/passing-usage.ts';
import { toConversationId, toEndpointId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import {
  lastRequestCost,
  toUsageIncrements,
  withCost,
  withEarlierRequests,
  withRequestsOf,
} from '#domain/message-requests.ts';
import { toUsageIncrement } from '#domain/usage-increment.ts';

const answer = (changes: Partial<Message> = {}): Message =>
  createMessage({
    id: toMessageId('m'),
    conversationId: toConversationId('c'),
    sessionId: toSessionId('s'),
    parentId: null,
    seq: 1,
    role: 'assistant',
    content: 'x',
    timestamp: 1_700_000_000_000,
    modelUsed: 'gpt-5',
    promptTokens: 10,
    completionTokens: 5,
    responseTimeMs: 100,
    costUsd: 1,
    ...changes,
  });

describe('toUsageIncrements', () => {
  it('is one request for a plain answer', () => {
    expect(toUsageIncrements(answer())).toEqual([toUsageIncrement(answer())]);
  });

  it('is none for an answer that runs, was left behind, or came from the cache', () => {
    expect(toUsageIncrements(answer({ status: 'streaming' }))).toEqual([]);
    expect(toUsageIncrements(answer({ status: 'interrupted', responseTimeMs: null }))).toEqual([]);
    expect(toUsageIncrements(answer({ metadata: { fromCache: { savedTokens: 3 } } }))).toEqual([]);
  });

  it.each([
    null,
    7,
    [],
    {},
    { earlier: 'x' },
    { earlier: [null] },
    { earlier: [{ date: '2026-01-01', model: 'm' }] },
    { earlier: [{ ...toUsageIncrement(answer()), requestCount: -1 }] },
    { earlier: [{ ...toUsageIncrement(answer()), date: 'today' }] },
    { earlier: [{ ...toUsageIncrement(answer()), totalCostUsd: Number.NaN }] },
    { earlier: Array.from({ length: 1001 }, () => toUsageIncrement(answer())) },
  ])('does not believe a record like %#', (requests) => {
    const message = answer({ metadata: { requests } });
    expect(toUsageIncrements(message)).toEqual([toUsageIncrement(message)]);
  });

  it.each([-5, 315_360_000_000])('believes a record but for a time of %s ms', (wrongMs) => {
    const plain = toUsageIncrement(answer());
    const wrong = { ...plain, totalResponseTimeMs: wrongMs };
    const right = { ...plain, totalResponseTimeMs: 0, timedCount: 0 };
    const requests = { earlier: [plain, wrong], keptTokens: 0, last: wrong };
    expect(toUsageIncrements(answer({ metadata: { requests } }))).toEqual([plain, right, right]);
    const cut = answer({
      status: 'interrupted',
      responseTimeMs: null,
      metadata: { cutRequest: wrong },
    });
    expect(toUsageIncrements(cut)).toEqual([right]);
    const conversation = createConversation({
      id: toConversationId('c'),
      sessionId: toSessionId('s'),
      createdAt: 1,
      metadata: { passingRequests: [wrong] },
    });
    expect(readPassingUsage(conversation)).toEqual([right]);
  });

  it('believes a record without the figures of the last request, and takes its cost for unknown', () => {
    const earlier = [toUsageIncrement(answer())];
    const message = answer({ metadata: { requests: { earlier, keptTokens: 'x' } } });
    expect(toUsageIncrements(message)).toEqual([
      earlier[0],
      toUsageIncrement({ ...message, costUsd: null }),
    ]);
  });
});

describe('withEarlierRequests', () => {
  it('keeps other metadata and what the message had before', () => {
    const before = answer({ metadata: { title: 'kept' } });
    const reopened = withEarlierRequests({ ...before, status: 'streaming' }, before);
    expect(reopened.metadata).toEqual({
      title: 'kept',
      requests: { earlier: [toUsageIncrement(before)], keptTokens: 5, lastCostUsd: null },
    });
  });

  it('adds nothing for an answer that was never counted', () => {
    const before = answer({ status: 'interrupted', responseTimeMs: null });
    expect(withEarlierRequests(before, before)).toEqual(before);
  });
});

describe('lastRequestCost', () => {
  it('is the cost of a plain answer', () => {
    expect(lastRequestCost(answer())).toBe(1);
    expect(lastRequestCost(answer({ costUsd: null }))).toBeNull();
  });

  it('is not the sum of all that an answer took', () => {
    const failed = answer({ status: 'error' });
    const again = withEarlierRequests({ ...failed, status: 'streaming' }, failed);
    const settled = { ...again, status: 'complete' as const };
    const last = { ...toUsageIncrement(settled), totalCostUsd: 2, unpricedCount: 0 };
    const message = withCost(settled, last, 'own');
    expect(message.costUsd).toBe(3);
    expect(lastRequestCost(message)).toBe(2);
  });
});

describe('withRequestsOf', () => {
  const endpointId = toEndpointId('e');
  const unpriced = answer({ endpointId, costUsd: null });
  const priced = answer({ endpointId, costUsd: 0.5, metadata: { priceSource: 'list' } });

  it('takes the price that only the copy knows, and none that is known', () => {
    expect(withRequestsOf(unpriced, priced)).toEqual(priced);
    expect(withRequestsOf(priced, unpriced)).toBe(priced);
    const other = answer({ endpointId, costUsd: 9 });
    expect(withRequestsOf(priced, other)).toBe(priced);
  });

  it('knows an older request again, whether it was priced or not', () => {
    const { askedAt: _none, ...request } = toUsageIncrement(priced);
    const free = { ...request, totalCostUsd: 0, unpricedCount: 1, pricedCount: 0 };
    const asked = (earlier: object, costUsd: number | null) =>
      answer({
        endpointId,
        costUsd,
        timestamp: 1_700_000_100_000,
        metadata: { requests: { earlier: [earlier], keptTokens: 0, lastCostUsd: 1 } },
      });
    const [known, unknown] = [asked(request, 1.5), asked(free, null)];
    expect(withRequestsOf(known, unknown)).toBe(known);
    const mended = withRequestsOf(unknown, known);
    expect(mended.costUsd).toBe(1.5);
    expect(toUsageIncrements(mended)).toEqual(toUsageIncrements(known));
  });
});
