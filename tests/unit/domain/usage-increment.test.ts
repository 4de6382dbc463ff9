import { describe, expect, it } from 'vitest';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import { addUsage, toLocalDate } from '#domain/usage.ts';
import { LOCAL_USER_ID } from '#domain/ids.ts';
import { toUsageIncrement } from '#domain/usage-increment.ts';

const TIMESTAMP = new Date(2026, 10, 5, 23, 59).getTime();

const createAnswer = (changes: Partial<Message> = {}): Message =>
  createMessage({
    id: toMessageId('m'),
    conversationId: toConversationId('c'),
    sessionId: toSessionId('s'),
    parentId: null,
    seq: 1,
    role: 'assistant',
    content: 'x',
    timestamp: TIMESTAMP,
    modelUsed: 'gpt-5',
    ...changes,
  });

describe('toUsageIncrement', () => {
  it('counts a complete answer', () => {
    const answer = createAnswer({
      promptTokens: 10,
      completionTokens: 5,
      tokenCount: 5,
      costUsd: 0.01,
      responseTimeMs: 1500,
    });
    expect(toUsageIncrement(answer)).toEqual({
      date: '2026-11-05',
      askedAt: TIMESTAMP,
      model: 'gpt-5',
      requestCount: 1,
      promptTokens: 10,
      completionTokens: 5,
      totalTokens: 15,
      totalCostUsd: 0.01,
      unpricedCount: 0,
      pricedCount: 1,
      totalResponseTimeMs: 1500,
      timedCount: 1,
      errorCount: 0,
    });
  });

  it('counts what is unknown as unknown', () => {
    expect(toUsageIncrement(createAnswer({ modelUsed: null }))).toEqual({
      date: toLocalDate(TIMESTAMP),
      askedAt: TIMESTAMP,
      model: 'unknown',
      requestCount: 1,
      promptTokens: 0,
      completionTokens: 0,
      totalTokens: 0,
      totalCostUsd: 0,
      unpricedCount: 1,
      pricedCount: 0,
      totalResponseTimeMs: 0,
      timedCount: 0,
      errorCount: 0,
    });
  });

  it.each([-1, -31_536_000_000, 315_360_000_000, Number.NaN])(
    'takes a time of %s ms for not measured',
    (responseTimeMs) => {
      const increment = toUsageIncrement(createAnswer({ responseTimeMs }));
      expect(increment).toMatchObject({ totalResponseTimeMs: 0, timedCount: 0, requestCount: 1 });
    },
  );

  it('takes a price of 0 for a price', () => {
    expect(toUsageIncrement(createAnswer({ costUsd: 0 })).unpricedCount).toBe(0);
  });

  it.each([
    ['complete', 0],
    ['stopped', 0],
    ['interrupted', 0],
    ['error', 1],
  ] as const)('%s counts %i errors', (status, errorCount) => {
    expect(toUsageIncrement(createAnswer({ status })).errorCount).toBe(errorCount);
  });

  it('adds up in the row of its day', () => {
    const increment = toUsageIncrement(createAnswer({ promptTokens: 3, completionTokens: 4 }));
    const row = addUsage(addUsage(undefined, LOCAL_USER_ID, increment), LOCAL_USER_ID, increment);
    expect(row).toMatchObject({ requestCount: 2, totalTokens: 14, unpricedCount: 2 });
    expect(row.id).toBe('["local","2026-11-05","gpt-5"]');
  });
});
