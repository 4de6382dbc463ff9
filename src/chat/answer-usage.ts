import type { Message } from '#domain/message.ts';
import type { UsageIncrement } from '#domain/usage.ts';
import { toEmptyIncrement, toUsageIncrement } from '#domain/usage-increment.ts';
import { isNothingNew } from './settle-answer.ts';
import type { AnswerSoFar } from './settle-answer.ts';

/**
 * What a settled answer adds to the usage of the day on which it was asked. Null for one from the cache and for one
 * that ended before anybody was asked: nothing is paid. What the cache saved is counted by it.
 * @param before The row as it was before anything was asked: a continued answer counts only what was
 * added to it, and no tokens where nothing came.
 */
export function answerUsage(
  settled: Message,
  before: Message,
  answer: AnswerSoFar,
): UsageIncrement | null {
  if (answer.cached || !answer.isAsked) return null;
  const askedAt = before.streamingSince;
  if (isNothingNew(before, answer)) return toEmptyIncrement(settled, askedAt);
  return toUsageIncrement(settled, before.completionTokens ?? 0, askedAt);
}
