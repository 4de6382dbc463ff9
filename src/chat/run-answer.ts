import type { ConversationStore } from '#domain/conversation-store.ts';
import { OnggiError, toOnggiError } from '#domain/errors.ts';
import type { Message } from '#domain/message.ts';
import { MAX_CONTENT_CHARACTERS } from '#domain/message.ts';
import type { CachedResponse } from '#domain/stored-rows.ts';
import type { ChatDelta, ChatQuestion } from '#domain/stream.ts';
import type { UsageIncrement } from '#domain/usage.ts';
import { answerUsage } from './answer-usage.ts';
import { createCheckpoint } from './checkpoint.ts';
import { settleAnswer } from './settle-answer.ts';
import type { AnswerSoFar } from './settle-answer.ts';

/** What a running answer tells, in order; the last one is always `settled`. */
export type AnswerProgress =
  | { readonly kind: 'asking' }
  /** The endpoint wants a pause; epoch milliseconds of the next try. */
  | { readonly kind: 'waiting'; readonly retryAt: number }
  /** All text so far, not the last piece. */
  | { readonly kind: 'writing'; readonly content: string; readonly reasoning: string | null }
  /** It could not be written down just now; the text is in memory and is tried again. */
  | { readonly kind: 'unsaved'; readonly error: OnggiError }
  | { readonly kind: 'stream-options-refused' }
  /** The answer is over. `unsaved` says why it is not in the database yet. */
  | {
      readonly kind: 'settled';
      readonly message: Message;
      /** What it adds to the usage; null when nobody was asked. */
      readonly usage: UsageIncrement | null;
      readonly unsaved: OnggiError | null;
    };

/** What an answer is made of: pieces from an endpoint, or one piece from the cache. */
export type AnswerDelta =
  ChatDelta | { readonly kind: 'from-cache'; readonly cached: CachedResponse };

/** A conversation and new messages at its end, as they are stored. */
export type AddedRows = Awaited<ReturnType<ConversationStore['addMessages']>>;

/** One answer on its way. */
export interface AnswerRun {
  /** The row as it was stored before the endpoint was asked. */
  readonly message: Message;
  /** What was committed for it, where it began with new rows: they can be shown before they are read. */
  readonly added?: AddedRows | undefined;
  /** To be read to its end by exactly one reader. */
  readonly progress: AsyncIterable<AnswerProgress>;
  /** Keeps what arrived and ends. Calling it again does nothing. */
  stop(): void;
  /** Writes what arrived now, for a page that is about to be hidden. */
  flush(): Promise<void>;
}

interface AnswerDeps {
  readonly store: ConversationStore;
  readonly monotonic: () => number;
  readonly added?: AddedRows | undefined;
  /** Gives what is asked, when the answer begins. */
  readonly prepareQuestion: () => Promise<ChatQuestion>;
  /**
   * Asks the cache or the endpoint. The iterable ends when the answer ends or `signal` aborts; there is
   * none when nobody was asked.
   */
  readonly ask: (
    question: ChatQuestion,
    signal: AbortSignal,
  ) => Promise<AsyncIterable<AnswerDelta> | undefined>;
  /** Told of an answer that is stored, with what was asked. */
  readonly onStored?: (question: ChatQuestion, settled: Message) => Promise<void>;
  /** Called once when all is over, whatever happened. */
  readonly release: () => void;
}

/**
 * Runs one answer from its stored, empty (or cut) row to its settled row: deltas come in, text is
 * checkpointed about once a second, and one transaction at the end stores answer, counters and
 * usage. Never throws: what goes wrong is in the settled row.
 */
export function runAnswer(message: Message, deps: AnswerDeps): AnswerRun {
  const { store, monotonic } = deps;
  const abort = new AbortController();
  const startedAt = monotonic();
  const answer: AnswerSoFar = {
    content: message.content,
    reasoning: message.reasoning,
    finishReason: null,
    usage: null,
    question: null,
    cached: null,
    isAsked: false,
    startedAt,
    firstTokenAt: null,
    failure: null,
    isStopped: false,
  };
  const pending: AnswerProgress[] = [];
  const checkpoint = createCheckpoint(
    () =>
      store.checkpointAnswer(message.id, { content: answer.content, reasoning: answer.reasoning }),
    (error) => pending.push({ kind: 'unsaved', error: toOnggiError(error) }),
  );

  async function ask(): Promise<AsyncIterable<AnswerDelta> | undefined> {
    answer.question = await deps.prepareQuestion();
    return deps.ask(answer.question, abort.signal);
  }

  // Begun before anybody reads: while the screen makes room for the answer, the cache is looked at.
  const asked = ask();
  // Whoever reads is told of a failure; until then it is not an unhandled one.
  asked.catch(() => undefined);

  async function* run(): AsyncGenerator<AnswerProgress> {
    try {
      yield { kind: 'asking' };
      const deltas = await asked;
      answer.isAsked = deltas !== undefined;
      for await (const delta of deltas ?? []) {
        const progress = take(delta, answer, monotonic);
        if (progress?.kind === 'writing') checkpoint.note();
        if (progress) yield progress;
        while (pending.length > 0) yield* pending.splice(0);
        if (answer.content.length > MAX_CONTENT_CHARACTERS) {
          throw new OnggiError('provider/too-large', 'more text than may be stored');
        }
      }
    } catch (error) {
      answer.failure = toOnggiError(error);
    }
    answer.isStopped = abort.signal.aborted;
    await checkpoint.close();
    const settled = settleAnswer(message, answer, monotonic());
    const usage = answerUsage(settled, message, answer);
    yield { kind: 'settled', message: settled, usage, unsaved: await finish(settled, usage) };
  }

  async function finish(
    settled: Message,
    usage: UsageIncrement | null,
  ): Promise<OnggiError | null> {
    try {
      await store.finishAnswer(settled, usage);
      if (answer.question) void deps.onStored?.(answer.question, settled);
      return null;
    } catch (error) {
      return toOnggiError(error);
    } finally {
      deps.release();
    }
  }

  return {
    message,
    added: deps.added,
    progress: run(),
    stop: () => abort.abort(),
    flush: () => checkpoint.flush(),
  };
}

/** Adds one delta to the answer; what it means for the screen, if anything. */
function take(
  delta: AnswerDelta,
  answer: AnswerSoFar,
  monotonic: () => number,
): AnswerProgress | undefined {
  switch (delta.kind) {
    case 'text':
      if (delta.text !== '') answer.firstTokenAt ??= monotonic();
      answer.content += delta.text;
      return { kind: 'writing', content: answer.content, reasoning: answer.reasoning };
    case 'reasoning':
      answer.reasoning = (answer.reasoning ?? '') + delta.text;
      return { kind: 'writing', content: answer.content, reasoning: answer.reasoning };
    case 'from-cache':
      answer.cached = delta.cached;
      answer.firstTokenAt = monotonic();
      answer.content = delta.cached.response;
      answer.reasoning = delta.cached.reasoning;
      answer.finishReason = 'stop';
      return { kind: 'writing', content: answer.content, reasoning: answer.reasoning };
    case 'usage':
      answer.usage = delta.usage;
      return undefined;
    case 'finish':
      answer.finishReason = delta.reason;
      return undefined;
    case 'waiting':
      return { kind: 'waiting', retryAt: delta.retryAt };
    case 'stream-options-refused':
      return { kind: 'stream-options-refused' };
  }
}
