import { OnggiError } from '#domain/errors.ts';
import type { ErrorCode } from '#domain/errors.ts';

/** Ends a request that takes too long, and keeps the reason that the platform would lose. */
export interface Watchdog {
  /** For the request: aborts with it and its body when a limit is passed or the person stops. */
  readonly signal: AbortSignal;
  /** Bites with `code` unless it hears again within `ms`. */
  expect(ms: number, code: ErrorCode): void;
  /** Nothing is expected for now. */
  relax(): void;
  /** Ends all timers and the request, if it still runs. Does nothing the second time. */
  stop(reason?: unknown): void;
  /**
   * What to throw for an error of the request: the limit that was passed, else the abort itself,
   * else an error of ours as it is, else `otherwise`.
   */
  reasonFor(error: unknown, otherwise: () => OnggiError): unknown;
}

/**
 * A watchdog for one request.
 * @param answerMs From now to the end of the answer, in milliseconds; then `provider/too-long`.
 * @param outer The person's stop.
 */
export function createWatchdog(answerMs: number, outer: AbortSignal | undefined): Watchdog {
  const own = new AbortController();
  let bite: OnggiError | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const end = (code: ErrorCode): void => {
    bite = new OnggiError(code, 'watchdog ended the request', { retryable: true });
    stop(bite);
  };
  const wholeTimer = setTimeout(() => end('provider/too-long'), answerMs);
  const passOn = (): void => stop(outer?.reason);
  const relax = (): void => clearTimeout(timer);
  const stop = (reason?: unknown): void => {
    relax();
    clearTimeout(wholeTimer);
    outer?.removeEventListener('abort', passOn);
    own.abort(reason);
  };
  if (outer?.aborted) passOn();
  else outer?.addEventListener('abort', passOn);

  return {
    signal: own.signal,
    expect(ms, code) {
      relax();
      if (!own.signal.aborted) timer = setTimeout(() => end(code), ms);
    },
    relax,
    stop,
    reasonFor(error, otherwise) {
      if (bite) return bite;
      if (outer?.aborted) return new DOMException('aborted', 'AbortError');
      return error instanceof OnggiError ? error : otherwise();
    },
  };
}
