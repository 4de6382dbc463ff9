/** A pause longer than this is taken for nonsense. */
const LONGEST_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * Epoch milliseconds before which the endpoint does not want to be asked again, from
 * `retry-after-ms` or `retry-after` (seconds or a date, RFC 9110 section 10.2.3); undefined when it
 * gave none, when a page may not read it (not in `Access-Control-Expose-Headers`), or for nonsense.
 */
export function parseRetryAfter(headers: Headers, now: number): number | undefined {
  const ms = parseNumber(headers.get('retry-after-ms'));
  const seconds = parseNumber(headers.get('retry-after'));
  const date = Date.parse(headers.get('retry-after') ?? '');
  const pause = ms ?? (seconds === undefined ? date - now : seconds * 1000);
  return Number.isFinite(pause) && pause <= LONGEST_MS ? now + Math.max(0, pause) : undefined;
}

function parseNumber(value: string | null): number | undefined {
  return value !== null && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}
