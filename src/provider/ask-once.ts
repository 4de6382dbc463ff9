import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import { OnggiError } from '#domain/errors.ts';
import type { ChatDelta, ChatRequest } from '#domain/stream.ts';
import { toChatBody } from './chat-body.ts';
import type { Dialect } from './chat-body.ts';
import { createClient } from './client.ts';
import { limitsOf } from './limits.ts';
import type { ProviderDeps } from './limits.ts';
import { parseChunk } from './parse-chunk.ts';
import { createThinkSplitter } from './think-splitter.ts';

/**
 * One request and what it answers, reasoning split off and the text bounded.
 * @throws whatever the SDK or the guarded fetch throws, unread.
 */
export async function* askOnce(
  deps: ProviderDeps,
  request: ChatRequest,
  dialect: Dialect,
  signal: AbortSignal,
): AsyncGenerator<ChatDelta, void, undefined> {
  const chunks = request.isStreaming
    ? await openStream(deps, request, dialect, signal)
    : [await askWhole(deps, request, dialect, signal)];
  const count = createTextCounter(deps);
  const splitter = createThinkSplitter();
  for await (const chunk of chunks) {
    for (const delta of parseChunk(chunk)) {
      if (delta.kind === 'text' || delta.kind === 'reasoning') count(delta.text);
      if (delta.kind === 'finish') yield* splitter.flush();
      if (delta.kind === 'text') yield* splitter.push(delta.text);
      else yield delta;
    }
  }
  yield* splitter.flush();
}

async function openStream(
  deps: ProviderDeps,
  request: ChatRequest,
  dialect: Dialect,
  signal: AbortSignal,
): Promise<AsyncIterable<ChatCompletionChunk>> {
  const { endpoint, apiKey } = request;
  const { firstByteTimeoutMs } = endpoint;
  const client = await createClient(deps, {
    endpoint,
    apiKey,
    shape: 'stream',
    firstByteTimeoutMs,
  });
  return client.chat.completions.create(
    {
      ...toChatBody(request, dialect),
      stream: true,
      ...(dialect.hasStreamOptions ? { stream_options: { include_usage: true } } : {}),
    },
    { signal },
  );
}

async function askWhole(
  deps: ProviderDeps,
  request: ChatRequest,
  dialect: Dialect,
  signal: AbortSignal,
): Promise<unknown> {
  const { endpoint, apiKey } = request;
  const firstByteTimeoutMs = Math.max(endpoint.firstByteTimeoutMs, limitsOf(deps).wholeFirstByteMs);
  const client = await createClient(deps, { endpoint, apiKey, shape: 'whole', firstByteTimeoutMs });
  const body = { ...toChatBody(request, dialect), stream: false as const };
  const answer: unknown = await client.chat.completions.create(body, { signal });
  return requireObject(answer);
}

/**
 * An answer in one piece, which the SDK gives as text when its content type does not say JSON.
 * @throws OnggiError `provider/not-json` when it is no JSON object.
 */
export function requireObject(answer: unknown): object {
  const value: unknown = typeof answer === 'string' ? parseOrUndefined(answer) : answer;
  if (typeof value === 'object' && value !== null) return value;
  throw new OnggiError('provider/not-json', 'answer is not a JSON object');
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Counts the text of one answer; throws `provider/too-large` for the piece that is too much. */
function createTextCounter(deps: ProviderDeps): (text: string) => void {
  const { answerBytes, answerCharacters } = limitsOf(deps);
  const encoder = new TextEncoder();
  let bytes = 0;
  let characters = 0;
  return (text) => {
    characters += text.length;
    bytes += encoder.encode(text).length;
    if (characters > answerCharacters || bytes > answerBytes) {
      throw new OnggiError('provider/too-large', 'answer over the limit');
    }
  };
}
