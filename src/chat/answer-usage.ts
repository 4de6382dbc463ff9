import { readFromCache } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import type { UsageIncrement } from '#domain/usage.ts';
import { toUsageIncrement } from '#usage/usage-increment.ts';

/**
 * What a settled answer adds to the usage of its day. Null for one from the cache: nothing was asked
 * and nothing paid; what it saved is counted by the cache.
 * @param before The row as it was before anything was asked: a continued answer counts only what was
 * added to it.
 */
export function answerUsage(settled: Message, before: Message): UsageIncrement | null {
  if (readFromCache(settled)) return null;
  return toUsageIncrement(settled, before.completionTokens ?? 0);
}
