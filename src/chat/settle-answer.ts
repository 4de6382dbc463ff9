import type { ErrorCode, OnggiError } from '#domain/errors.ts';
import type { Message, MessageFailure, MessageStatus } from '#domain/message.ts';
import { MAX_CONTENT_CHARACTERS, settleMessage } from '#domain/message.ts';
import type { CachedResponse } from '#domain/stored-rows.ts';
import type { ChatQuestion, TokenUsage } from '#domain/stream.ts';
import { savedTokensOf } from '#cache/cache-level.ts';
import { estimatePromptTokens, estimateTokens } from '#usage/estimate-tokens.ts';

/** All that is known of an answer while it runs. */
export interface AnswerSoFar {
  content: string;
  reasoning: string | null;
  finishReason: string | null;
  usage: TokenUsage | null;
  question: ChatQuestion | null;
  /** Where it came from, when that is the cache. */
  cached: CachedResponse | null;
  /** Whether the request was handed over; false where it ended before, by a stop or a key that does not open. */
  isAsked: boolean;
  /** Milliseconds of a clock that nobody sets, here and below. */
  readonly startedAt: number;
  firstTokenAt: number | null;
  failure: OnggiError | null;
  isStopped: boolean;
}

/** Failures that cut an answer off, as against those that refuse it. */
const CUTS: ReadonlySet<ErrorCode> = new Set([
  'provider/unreachable',
  'provider/offline',
  'provider/interrupted',
  'provider/idle',
  'provider/too-long',
  'provider/too-large',
  'provider/malformed',
]);

/**
 * The row of an answer that is over: status, reason, tokens and times.
 * @param now On the clock of `answer.startedAt`.
 */
export function settleAnswer(message: Message, answer: AnswerSoFar, now: number): Message {
  const { status, failure } = outcome(answer);
  const { question } = answer;
  return settleMessage(message, {
    status,
    error: failure,
    content: answer.content.slice(0, MAX_CONTENT_CHARACTERS),
    reasoning: answer.reasoning === '' ? null : answer.reasoning,
    finishReason: answer.finishReason,
    timestamp: message.timestamp,
    responseTimeMs: Math.round(now - answer.startedAt),
    timeToFirstTokenMs:
      answer.firstTokenAt === null ? null : Math.round(answer.firstTokenAt - answer.startedAt),
    ...(question && { modelUsed: question.chatModel, temperature: question.temperature }),
    ...(answer.cached ? fromCache(message, answer.cached) : tokens(message, answer)),
  });
}

/** Order matters: the person's stop counts before what broke because of it. */
function outcome(answer: AnswerSoFar): { status: MessageStatus; failure: MessageFailure | null } {
  const { failure } = answer;
  const hasText = answer.content !== '' || Boolean(answer.reasoning);
  if (answer.isStopped) return { status: 'stopped', failure: null };
  if (failure) {
    const status = hasText && CUTS.has(failure.code) ? 'interrupted' : 'error';
    return { status, failure: { code: failure.code, detail: failure.detail ?? null } };
  }
  if (answer.finishReason === null) {
    return hasText
      ? { status: 'interrupted', failure: { code: 'provider/interrupted', detail: null } }
      : { status: 'error', failure: { code: 'provider/empty', detail: null } };
  }
  if (answer.finishReason === 'content_filter') {
    return { status: 'complete', failure: { code: 'provider/content-filter', detail: null } };
  }
  if (!hasText) return { status: 'error', failure: { code: 'provider/empty', detail: null } };
  return { status: 'complete', failure: null };
}

/** The figures of the answer as it was once given, its mark, and no cost: nobody was asked. */
function fromCache(message: Message, cached: CachedResponse): Partial<Message> {
  const { promptTokens, completionTokens, isTokenCountEstimated } = cached;
  const savedTokens = savedTokensOf(cached);
  return {
    promptTokens,
    completionTokens,
    tokenCount: completionTokens,
    isTokenCountEstimated,
    costUsd: 0,
    metadata: { ...message.metadata, fromCache: { savedTokens } },
  };
}

/**
 * Whether the endpoint said neither a word nor a count: the request leaves text and figures as they were.
 * @param before The row as it was before the endpoint was asked.
 */
export function isNothingNew(
  before: Message,
  { usage, content, reasoning }: Pick<AnswerSoFar, 'usage' | 'content' | 'reasoning'>,
): boolean {
  const isSameText = content === before.content && (reasoning ?? '') === (before.reasoning ?? '');
  return usage === null && isSameText;
}

/** The endpoint's count where there is one, else our estimate, marked as one (CHAT section 9). */
function tokens(message: Message, answer: AnswerSoFar): Partial<Message> {
  const { usage, question, content, reasoning } = answer;
  const before = message.completionTokens ?? 0;
  if (usage) {
    const completionTokens = before + usage.completionTokens;
    return {
      promptTokens: usage.promptTokens,
      completionTokens,
      tokenCount: completionTokens,
      isTokenCountEstimated: before > 0 && message.isTokenCountEstimated,
    };
  }
  if (isNothingNew(message, answer)) return {};
  const completionTokens = estimateTokens(content) + estimateTokens(reasoning ?? '');
  return {
    promptTokens: question ? estimatePromptTokens(question.messages) : null,
    completionTokens,
    tokenCount: completionTokens,
    isTokenCountEstimated: true,
  };
}
