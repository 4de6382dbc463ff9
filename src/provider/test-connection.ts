import type { ConnectionCause, ConnectionReport } from '#domain/connection-report.ts';
import type { ChatModel, Endpoint } from '#domain/endpoint.ts';
import type { OnggiError } from '#domain/errors.ts';
import type { ErrorCode } from '#domain/errors.ts';
import type { ChatRequest } from '#domain/stream.ts';
import { askOnce } from './ask-once.ts';
import { initialDialect, nextDialect } from './chat-body.ts';
import { toProviderError } from './errors.ts';
import { createListChatModels } from './list-models.ts';
import type { ProviderDeps } from './limits.ts';
import { findSilenceCause } from './probe.ts';

/** What is to be tested: an endpoint that may not be stored yet. */
export interface ConnectionQuestion {
  readonly endpoint: Endpoint;
  readonly apiKey: string | undefined;
  /** Asked for one token when given: some endpoints list their models without a key. */
  readonly chatModel: string | undefined;
}

/**
 * Tests a connection and never rejects but on abort, with the signal's reason. Costs at most two
 * lists, one token, and one request that cannot be read.
 */
export type TestConnection = (
  question: ConnectionQuestion,
  signal: AbortSignal,
) => Promise<ConnectionReport>;

/** Makes the test of a connection. */
export function createTestConnection(deps: ProviderDeps): TestConnection {
  const listChatModels = createListChatModels(deps);

  return async (question, signal) => {
    const { endpoint, apiKey, chatModel } = question;
    let chatModels: readonly ChatModel[] = [];
    try {
      chatModels = await listChatModels(endpoint, apiKey, signal);
    } catch (error) {
      signal.throwIfAborted();
      const failure = toProviderError(error);
      // Small servers have no list, or one of their own; the model tells whether they work.
      const isListMissing = isOneOf(failure.code, ['provider/not-found', 'provider/not-json']);
      if (!isListMissing || chatModel === undefined) return report(question, failure, [], signal);
    }
    if (chatModel === undefined) return { kind: 'ok', chatModels, answered: false };
    try {
      await askForOneToken(deps, { ...question, chatModel }, signal);
      signal.throwIfAborted();
      return { kind: 'ok', chatModels, answered: true };
    } catch (error) {
      signal.throwIfAborted();
      return report(question, toProviderError(error), chatModels, signal);
    }
  };

  async function report(
    { endpoint, apiKey }: ConnectionQuestion,
    error: OnggiError,
    chatModels: readonly ChatModel[],
    signal: AbortSignal,
  ): Promise<ConnectionReport> {
    const cause =
      error.code === 'provider/unreachable'
        ? await findSilenceCause(deps, endpoint.baseUrl, signal)
        : causeOf(error.code, apiKey !== undefined);
    signal.throwIfAborted();
    const failed = { kind: 'failed', code: error.code, cause, chatModels } as const;
    const betterBaseUrl = await findBetterBaseUrl(endpoint, apiKey, cause, signal);
    return { ...failed, detail: error.detail ?? null, ...(betterBaseUrl && { betterBaseUrl }) };
  }

  /** Most servers of this protocol have it below `/v1`, which is easily left out. */
  async function findBetterBaseUrl(
    endpoint: Endpoint,
    apiKey: string | undefined,
    cause: ConnectionCause,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { baseUrl } = endpoint;
    if ((cause !== 'wrong-address' && cause !== 'cors-refused') || /\/v\d/.test(baseUrl)) return;
    const better = `${baseUrl}/v1`;
    try {
      const chatModels = await listChatModels({ ...endpoint, baseUrl: better }, apiKey, signal);
      return chatModels.length > 0 ? better : undefined;
    } catch (error) {
      signal.throwIfAborted();
      return toProviderError(error).code === 'provider/unauthorized' ? better : undefined;
    }
  }
}

async function askForOneToken(
  deps: ProviderDeps,
  { endpoint, apiKey, chatModel }: ConnectionQuestion & { readonly chatModel: string },
  signal: AbortSignal,
): Promise<void> {
  const request: ChatRequest = {
    endpoint,
    apiKey,
    chatModel,
    messages: [{ role: 'user', content: 'Hi' }],
    temperature: 1,
    maxTokens: 1,
    isStreaming: false,
  };
  let dialect = initialDialect(request);
  for (;;) {
    try {
      for await (const _delta of askOnce(deps, request, dialect, signal)) {
        // That it answers at all is what was asked.
      }
      return;
    } catch (error) {
      const changed = nextDialect(dialect, toProviderError(error));
      if (!changed) throw error;
      dialect = changed;
    }
  }
}

const isOneOf = (code: ErrorCode, codes: readonly ErrorCode[]): boolean => codes.includes(code);

function causeOf(code: ErrorCode, hasKey: boolean): ConnectionCause {
  switch (code) {
    case 'provider/unauthorized':
      return hasKey ? 'wrong-key' : 'missing-key';
    case 'provider/forbidden':
      return hasKey ? 'refused' : 'missing-key';
    case 'provider/model-not-found':
      return 'wrong-model';
    case 'provider/not-found':
    case 'provider/not-json':
    case 'provider/malformed':
    case 'provider/redirected':
      return 'wrong-address';
    case 'provider/offline':
      return 'offline';
    case 'provider/rate-limited':
    case 'provider/bad-request':
    case 'provider/context-too-long':
    case 'provider/content-filter':
    case 'provider/server':
      return 'refused';
    default:
      return 'unknown';
  }
}
