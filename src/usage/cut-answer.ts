import { abandonedAnswer } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import type { UsageIncrement } from '#domain/usage.ts';
import { CUT_REQUEST } from '#domain/usage-increments.ts';
import { estimateTokens } from './estimate-tokens.ts';
import { toUsageIncrement } from '#domain/usage-increment.ts';

/**
 * An answer whose page is gone, at rest, and what its request adds to the usage of its day: a request,
 * our estimate of the text that came, and an unknown cost, because nobody knows how long the prompt
 * was. The record of it stays in the metadata until the answer is asked for once more, or until its
 * page stores the end after all.
 */
export function toCutAnswer(running: Message): { answer: Message; usage: UsageIncrement } {
  const { content, reasoning, metadata } = running;
  const completionTokens = estimateTokens(content) + estimateTokens(reasoning ?? '');
  const answer: Message = {
    ...abandonedAnswer(running),
    promptTokens: null,
    costUsd: null,
    ...(completionTokens > 0 && {
      completionTokens,
      tokenCount: completionTokens,
      isTokenCountEstimated: true,
    }),
  };
  const { completionTokens: earlierTokens, streamingSince } = running;
  const usage = toUsageIncrement(answer, earlierTokens ?? 0, streamingSince);
  return { answer: { ...answer, metadata: { ...metadata, [CUT_REQUEST]: usage } }, usage };
}
