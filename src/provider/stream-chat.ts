import type { OnggiError } from '#domain/errors.ts';
import type { ChatDelta, ChatRequest, StreamChat } from '#domain/stream.ts';
import { askOnce } from './ask-once.ts';
import { initialDialect, nextDialect } from './chat-body.ts';
import type { Dialect } from './chat-body.ts';
import { toProviderError } from './errors.ts';
import { limitsOf } from './limits.ts';
import type { ProviderDeps } from './limits.ts';
import { untilAborted } from './until-aborted.ts';

/** Pauses before asking again, in milliseconds, where the endpoint does not say how long. */
const PAUSES_MS = [1000, 3000];

/**
 * Makes the function that asks endpoints for answers. One call is one request, but before the first
 * byte: a refusal with 429, 408 or 5xx is asked again at most twice after a pause, and a refused
 * field (`stream_options`, `max_tokens`, `temperature`) is changed or left out, each once; the last
 * two are remembered for the visit. After the first byte nothing is ever asked again: it may cost.
 *
 * The iterable throws an OnggiError `provider/*` for every failure; the deltas before it stand. An
 * answer that says it is finished and then breaks off is finished. An answer without a `finish`
 * delta was cut. On abort the iterable ends normally at once and the connection is closed.
 */
export function createStreamChat(deps: ProviderDeps): StreamChat {
  const dialects = new Map<string, Dialect>();
  return (request, signal) => untilAborted(converse(deps, dialects, request, signal), signal);
}

async function* converse(
  deps: ProviderDeps,
  dialects: Map<string, Dialect>,
  request: ChatRequest,
  signal: AbortSignal,
): AsyncGenerator<ChatDelta, void, undefined> {
  const speaker = JSON.stringify([request.endpoint.baseUrl, request.chatModel]);
  const first = initialDialect(request);
  let dialect: Dialect = { ...first, ...dialects.get(speaker) };
  if (!first.hasStreamOptions) dialect = { ...dialect, hasStreamOptions: false };
  let retries = 0;
  for (;;) {
    let hasBegun = false;
    let isFinished = false;
    try {
      for await (const delta of askOnce(deps, request, dialect, signal)) {
        hasBegun = true;
        isFinished ||= delta.kind === 'finish';
        yield delta;
      }
      return;
    } catch (thrown) {
      if (signal.aborted) return;
      const error = toProviderError(thrown);
      if (isFinished && isMereSilence(error)) return;
      if (hasBegun) throw error;
      const changed = nextDialect(dialect, error);
      if (changed) {
        if (changed.hasStreamOptions !== dialect.hasStreamOptions) {
          yield { kind: 'stream-options-refused' };
        }
        dialect = changed;
        dialects.set(speaker, changed);
        continue;
      }
      const waiting = toWaiting(deps, error, retries);
      if (!waiting) throw error;
      retries += 1;
      yield waiting;
      await deps.sleep(Math.max(0, waiting.retryAt - deps.clock()), signal);
    }
  }
}

/** Failures that take nothing away from an answer that already said it was finished. */
const isMereSilence = ({ code }: OnggiError): boolean =>
  code === 'provider/idle' || code === 'provider/interrupted' || code === 'provider/too-long';

/** When to ask again; undefined when it is not to be asked again. */
function toWaiting(
  deps: ProviderDeps,
  error: OnggiError,
  retries: number,
): Extract<ChatDelta, { kind: 'waiting' }> | undefined {
  const { code } = error;
  const pause = PAUSES_MS[retries];
  if (pause === undefined || !error.retryable) return undefined;
  if (code !== 'provider/rate-limited' && code !== 'provider/server') return undefined;
  const now = deps.clock();
  const retryAt = error.retryAt ?? now + pause;
  return retryAt - now > limitsOf(deps).longestPauseMs
    ? undefined
    : { kind: 'waiting', retryAt, code };
}
