import type { ResponseCache } from '#cache/response-cache.ts';
import type { ConversationStore } from '#domain/conversation-store.ts';
import type { Endpoint } from '#domain/endpoint.ts';
import type { Message } from '#domain/message.ts';
import type { CachedResponse } from '#domain/stored-rows.ts';
import type { ChatQuestion, StreamChat } from '#domain/stream.ts';
import type { UserSettings } from '#domain/user-settings.ts';
import { lastRequestCost } from '#domain/message-requests.ts';
import type { AnswerDelta } from './run-answer.ts';

/**
 * How an answer is asked for: `send` looks into the cache first; `anew` (regenerate, try again) never
 * does, and its answer takes the place of the cached one; `continue` is the rest of another answer
 * and has nothing to do with the cache.
 */
export type AskingKind = 'send' | 'anew' | 'continue';

interface AskDeps {
  readonly cache: Pick<ResponseCache, 'find' | 'keep'>;
  readonly streamChat: StreamChat;
  readonly openApiKey: (endpoint: Endpoint) => Promise<string | undefined>;
  readonly getSettings: () => UserSettings;
}

/** Asks for one answer: the cache where it may be asked, else the endpoint with its key opened. */
export function createAsk(deps: AskDeps, store: ConversationStore, kind: AskingKind) {
  /** Read anew each time: the person may switch it off while the answer runs. */
  function mayUseCache(): boolean {
    const { useCache, saveHistory } = deps.getSettings();
    return store.isPersistent && useCache && saveHistory;
  }

  /**
   * What the cache has for a question. It asks nobody, so it may be looked at before the question is
   * stored. Never rejects but for the question itself.
   */
  async function lookUp(question: Promise<ChatQuestion>): Promise<CachedResponse | undefined> {
    return kind === 'send' && mayUseCache() ? deps.cache.find(await question) : undefined;
  }

  /** @returns undefined when it was stopped before anybody was asked. */
  async function ask(
    question: ChatQuestion,
    lookedUp: Promise<CachedResponse | undefined>,
    signal: AbortSignal,
  ): Promise<AsyncIterable<AnswerDelta> | undefined> {
    const cached = await lookedUp;
    if (cached) return fromCache(cached, signal);
    const isStopped = (): boolean => signal.aborted;
    if (isStopped()) return undefined;
    const apiKey = await deps.openApiKey(question.endpoint);
    // Opening a key may wait for the person.
    if (isStopped()) return undefined;
    return deps.streamChat({ ...question, apiKey }, signal);
  }

  /** Keeps a stored answer for the next time. Never rejects. */
  async function onStored(question: ChatQuestion, settled: Message): Promise<void> {
    if (kind === 'continue' || !mayUseCache()) return;
    // The stored row knows its price; one that is gone again is not to come back.
    const stored = await store.getMessage(settled.id).catch(() => undefined);
    if (!stored || !mayUseCache()) return;
    // What it saves the next time is one request, not all that it took.
    await deps.cache.keep(question, { ...stored, costUsd: lastRequestCost(stored) });
  }

  return { lookUp, ask, onStored };
}

// `async`, so that the one piece comes the way the pieces of an endpoint come.
async function* fromCache(
  cached: CachedResponse,
  signal: AbortSignal,
): AsyncGenerator<AnswerDelta> {
  await Promise.resolve();
  if (!signal.aborted) yield { kind: 'from-cache', cached };
}
