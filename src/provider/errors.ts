import { OnggiError, toOnggiError } from '#domain/errors.ts';
import type { ErrorCode } from '#domain/errors.ts';
import { readList, readObject, readText } from './read.ts';

/** What an endpoint said when it refused, as plain text without the key. */
export interface Refusal {
  /** HTTP status; undefined for an error inside a stream that names none. */
  readonly status: number | undefined;
  /** Its own code and type, joined; empty when it gave none. */
  readonly code: string;
  readonly message: string;
  /** Everything it said, in lower case and cut at 4,000 characters, to look for the name of a field. */
  readonly said: string;
}

const LONGEST_SAID = 4000;

/**
 * Reads the body of an error: OpenAI's shape, Gemini's list around it, FastAPI's `detail`, or text.
 * Markup becomes text; a page of it that says nothing more than its title is kept as that.
 * @param secret Taken out wherever the body repeats it.
 */
export function readRefusal(
  status: number | undefined,
  body: string,
  secret: string | undefined,
): Refusal {
  const clean = secret ? body.replaceAll(secret, '•••') : body;
  const outer = parseJson(clean);
  const object = readObject(readList(outer)?.[0] ?? outer);
  if (!object) {
    const message = toPlainText(clean);
    return { status, code: '', message, said: message.toLowerCase().slice(0, LONGEST_SAID) };
  }
  return { ...readErrorObject(status, object), said: clean.toLowerCase().slice(0, LONGEST_SAID) };
}

function readErrorObject(
  status: number | undefined,
  object: Readonly<Record<string, unknown>>,
): Omit<Refusal, 'said'> {
  const error = readObject(object.error) ?? object;
  const message =
    readText(error.message) ??
    readText(object.error) ??
    readText(object.detail) ??
    readText(readObject(readList(object.detail)?.[0])?.msg) ??
    '';
  const numeric = [error.code, error.status, object.status].find(isHttpStatus);
  const code = [error.code, error.type].map((value) => readText(value) ?? '').join(' ');
  return { status: status ?? numeric, code: code.trim(), message: toPlainText(message) };
}

const isHttpStatus = (value: unknown): value is number =>
  typeof value === 'number' && value >= 400 && value < 600;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toPlainText(text: string): string {
  return text
    .replace(/<(script|style)\b[\s\S]*?(<\/\1\s*>|$)/gi, ' ')
    .replace(/<[^>]*>?/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

const SAYS_CONTEXT =
  /context[_ ]?(length|window|size)|maximum context|prompt is too long|too many (input )?tokens|exceeds? the (available|maximum) (context|number of tokens|input)/i;
const SAYS_MODEL =
  /model[_ ]not[_ ](found|exist)|invalid[_ ]model|not a valid model|(unknown|no such) model|\bmodels?\b.{0,120}?(not found|(does )?not exist|not available|is invalid)|no endpoints found for/i;
const SAYS_KEY =
  /api[_ -]?key.{0,40}(not valid|invalid|incorrect|missing)|(invalid|incorrect).{0,12}api[_ -]?key/i;
const SAYS_QUOTA =
  /insufficient[_ ](quota|balance|credit|funds)|exceeded your current quota|billing/i;
const SAYS_LIMIT = /rate[_ ]?limit|too many requests/i;
const SAYS_FILTER = /content[_ ](filter|policy)|responsible ?ai/i;

/**
 * The error for a refusal. The refusal itself is its `cause`.
 * @param retryAt Epoch milliseconds before which the endpoint does not want to be asked again.
 */
export function refusalToError(refusal: Refusal, retryAt?: number): OnggiError {
  const { status } = refusal;
  const says = (pattern: RegExp): boolean =>
    pattern.test(refusal.code) || pattern.test(refusal.message);
  const isQuota = status === 402 || says(SAYS_QUOTA);
  const isWorthRetrying = (status === 429 || (status ?? 0) >= 500 || status === 408) && !isQuota;
  return new OnggiError(codeOf(status, says), `endpoint refused (${status ?? 'in stream'})`, {
    cause: refusal,
    retryable: isWorthRetrying,
    ...(refusal.message === '' ? {} : { detail: refusal.message }),
    ...(retryAt === undefined ? {} : { retryAt }),
  });
}

function codeOf(status: number | undefined, says: (pattern: RegExp) => boolean): ErrorCode {
  if (status === 401) return 'provider/unauthorized';
  if (status === 402 || status === 429) return 'provider/rate-limited';
  if (status === 403) return says(SAYS_KEY) ? 'provider/unauthorized' : 'provider/forbidden';
  if (status === 404) return says(SAYS_MODEL) ? 'provider/model-not-found' : 'provider/not-found';
  if (status === 413) return 'provider/context-too-long';
  if (status === 408 || (status !== undefined && status >= 500)) {
    return says(SAYS_CONTEXT) ? 'provider/context-too-long' : 'provider/server';
  }
  if (says(SAYS_CONTEXT)) return 'provider/context-too-long';
  if (says(SAYS_KEY)) return 'provider/unauthorized';
  if (says(SAYS_MODEL)) return 'provider/model-not-found';
  if (says(SAYS_FILTER)) return 'provider/content-filter';
  if (says(SAYS_QUOTA) || says(SAYS_LIMIT)) return 'provider/rate-limited';
  return status === undefined ? 'provider/server' : 'provider/bad-request';
}

/** The error for an `error` object inside a stream or inside an answer of status 200. */
export function errorInAnswer(error: unknown): OnggiError {
  return refusalToError(readRefusal(undefined, JSON.stringify({ error }), undefined));
}

/** The refusal an error was made from; undefined for every other error. */
export function refusalOf(error: OnggiError): Refusal | undefined {
  const cause = readObject(error.cause);
  const { code, message, said, status } = cause ?? {};
  if (typeof code !== 'string' || typeof message !== 'string' || typeof said !== 'string') {
    return undefined;
  }
  return { code, message, said, status: isHttpStatus(status) ? status : undefined };
}

/**
 * Whatever was thrown while an endpoint was asked, as ours. What the guarded fetch threw comes back
 * out of the SDK's wrapping; an error object inside a stream and broken JSON are told apart by their
 * shape, because the SDK's names and subclasses do not survive (CHAT section 2).
 */
export function toProviderError(error: unknown): OnggiError {
  if (error instanceof OnggiError) return error;
  if (error instanceof SyntaxError) {
    return new OnggiError('provider/malformed', 'broken JSON from the endpoint');
  }
  if (error instanceof Error) {
    if (error.cause instanceof OnggiError) return error.cause;
    if ('requestID' in error && 'error' in error && error.error !== undefined) {
      return errorInAnswer(error.error);
    }
  }
  return toOnggiError(error);
}
