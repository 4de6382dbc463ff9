import { isLocalUrl } from '#domain/endpoint.ts';
import { OnggiError } from '#domain/errors.ts';
import { guardBody } from './guarded-body.ts';
import { readRefusal, refusalToError } from './errors.ts';
import { limitsOf } from './limits.ts';
import type { ProviderDeps } from './limits.ts';
import { parseRetryAfter } from './retry-after.ts';
import { createWatchdog } from './watchdog.ts';
import type { Watchdog } from './watchdog.ts';

/** How one call is watched. */
export interface Guard {
  /** `stream`: server-sent events are expected; `whole`: one JSON body. */
  readonly shape: 'stream' | 'whole';
  /** From the request to the first byte of the body, in milliseconds. */
  readonly firstByteTimeoutMs: number;
}

/**
 * The fetch that the SDK is given: it sends no cookie and no referrer, follows no redirect, bounds
 * bytes and time, and throws an OnggiError for everything that is not a usable answer, so that the
 * SDK sees answers of status 200 only. Aborting is passed on unchanged.
 * @throws OnggiError `provider/unreachable` (no server, or CORS: a page cannot tell),
 * `provider/offline`, `provider/redirected`, `provider/not-json`, `provider/first-byte-timeout`, and
 * by status as `refusalToError` says; from the body also `provider/idle`, `provider/interrupted`,
 * `provider/too-large` and `provider/too-long`.
 */
export function createGuardedFetch(deps: ProviderDeps, guard: Guard): typeof globalThis.fetch {
  // Called as a method, the browser's fetch throws "Illegal invocation".
  const { fetch } = deps;
  const limits = limitsOf(deps);

  return async (input, init) => {
    const watchdog = createWatchdog(limits.answerMs, init?.signal ?? undefined);
    watchdog.expect(guard.firstByteTimeoutMs, 'provider/first-byte-timeout');
    try {
      const response = await fetch(input, {
        ...init,
        signal: watchdog.signal,
        // A key never follows a redirect to another address; nor does anything else.
        redirect: 'manual',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        cache: 'no-store',
      });
      if (response.type === 'opaqueredirect' || isRedirect(response.status)) {
        throw new OnggiError('provider/redirected', 'redirect refused');
      }
      if (!response.ok) throw await readFailure(response, watchdog, init?.headers);
      if (isHtml(response)) throw new OnggiError('provider/not-json', 'a web page, not an API');
      if (!response.body) throw new OnggiError('provider/not-json', 'answer without a body');
      const body = guardBody(response.body, { watchdog, limits, shape: guard.shape });
      const { status, statusText, headers } = response;
      return new Response(body, { status, statusText, headers });
    } catch (error) {
      const reason = watchdog.reasonFor(error, () => networkError(input));
      watchdog.stop(reason);
      throw reason;
    }
  };

  async function readFailure(
    response: Response,
    watchdog: Watchdog,
    headers: RequestInit['headers'],
  ): Promise<OnggiError> {
    const text = await readAtMost(response, limits.errorBytes, watchdog);
    const secret = new Headers(headers).get('authorization')?.replace(/^Bearer /, '');
    const retryAt = parseRetryAfter(response.headers, deps.clock());
    return refusalToError(readRefusal(response.status, text, secret), retryAt);
  }

  function networkError(input: RequestInfo | URL): OnggiError {
    const url = input instanceof Request ? input.url : String(input);
    return !deps.isOnline() && !isLocalUrl(url)
      ? new OnggiError('provider/offline', 'the browser is offline', { retryable: true })
      : new OnggiError('provider/unreachable', 'no server, or CORS refused', { retryable: true });
  }
}

const isRedirect = (status: number): boolean => status >= 300 && status < 400;

const isHtml = (response: Response): boolean =>
  /^\s*(text\/html|application\/xhtml\+xml)/i.test(response.headers.get('content-type') ?? '');

/** The first bytes of an error body as text. A body that stops or breaks off gives what it had. */
async function readAtMost(response: Response, limit: number, watchdog: Watchdog): Promise<string> {
  if (!response.body) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (let bytes = 0; bytes < limit;) {
      const { value, done } = await reader.read();
      if (done) break;
      bytes += value.length;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // The status alone says what happened; the words are only a help.
  }
  watchdog.stop();
  return text.slice(0, limit);
}
