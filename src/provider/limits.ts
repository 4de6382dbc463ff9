import type { Clock } from '#domain/ids.ts';

/** How much an endpoint may send and how long it may take (SECURITY section 7). */
export interface StreamLimits {
  /** One event of a stream, which is at least one line of it, in bytes. */
  readonly lineBytes: number;
  /** The text of one answer, and the whole body of one that comes in one piece, in UTF-8 bytes. */
  readonly answerBytes: number;
  /** The text of one answer, reasoning included, in UTF-16 code units. */
  readonly answerCharacters: number;
  /** A whole stream with its frames, in bytes. See [Note: Bytes of a stream]. */
  readonly streamBytes: number;
  /** Of an error body this much is read and the rest left, in bytes. */
  readonly errorBytes: number;
  /** Longest pause between two bytes, in milliseconds. */
  readonly idleMs: number;
  /** From the request to the last byte, in milliseconds. */
  readonly answerMs: number;
  /** An answer in one piece may be silent at least this long: it is written before it is sent. */
  readonly wholeFirstByteMs: number;
  /** First byte of a list of models, in milliseconds. */
  readonly listFirstByteMs: number;
  /** A pause before a retry that is longer is not waited for, in milliseconds. */
  readonly longestPauseMs: number;
}

const MIB = 1024 * 1024;

/**
 * The limits that hold outside of tests.
 *
 * [Note: Bytes of a stream] A frame of 200 to 350 bytes carries one token, so 16 MiB of frames are
 * only 50,000 tokens, which reasoning models exceed. The 16 MiB of SECURITY section 7 therefore
 * bound the text, and the frames have a bound of their own; they are never held in memory.
 */
const DEFAULT_LIMITS: StreamLimits = {
  lineBytes: MIB,
  answerBytes: 16 * MIB,
  answerCharacters: 10_000_000,
  streamBytes: 128 * MIB,
  errorBytes: 64 * 1024,
  idleMs: 60_000,
  answerMs: 30 * 60_000,
  wholeFirstByteMs: 10 * 60_000,
  listFirstByteMs: 20_000,
  longestPauseMs: 60_000,
};

/** Resolves after `ms`, or as soon as `signal` aborts; it never rejects. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** What talking to endpoints needs from outside. */
export interface ProviderDeps {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly sleep: Sleep;
  /** `navigator.onLine`: false is certain, true is not. */
  readonly isOnline: () => boolean;
  /** {@link DEFAULT_LIMITS} where left out. */
  readonly limits?: Partial<StreamLimits>;
}

/** The limits of these deps, defaults filled in. */
export function limitsOf(deps: ProviderDeps): StreamLimits {
  return { ...DEFAULT_LIMITS, ...deps.limits };
}

/** {@link Sleep} by the page's timer. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener('abort', finish);
  });
}
