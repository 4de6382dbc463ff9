/** How an endpoint treats a browser page of another origin: one profile for each instance. */

/** @typedef {'open' | 'strict' | 'anthropic' | 'none' | 'expose'} CorsProfile */

export const ANTHROPIC_HEADER = 'anthropic-dangerous-direct-browser-access';

const STRICT_HEADERS = ['authorization', 'content-type'];

/** @param {import('node:http').IncomingMessage} request */
const askedHeaders = (request) =>
  (request.headers['access-control-request-headers'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');

/**
 * Whether the header that the `anthropic` profile insists on is there; true for other profiles.
 * @type {(profile: CorsProfile, request: import('node:http').IncomingMessage) => boolean}
 */
export const isBrowserAccessDeclared = (profile, request) =>
  profile !== 'anthropic' || request.headers[ANTHROPIC_HEADER] === 'true';

/**
 * The CORS headers of an answer that is not a preflight; none without an `Origin`.
 * @type {(profile: CorsProfile, request: import('node:http').IncomingMessage) => Record<string, string>}
 */
export const corsHeaders = (profile, request) => {
  const { origin } = request.headers;
  if (profile === 'none' || !origin || !isBrowserAccessDeclared(profile, request)) return {};
  return {
    'access-control-allow-origin': origin,
    vary: 'Origin',
    ...(profile === 'expose' ? { 'access-control-expose-headers': 'retry-after' } : {}),
  };
};

/**
 * The answer to `OPTIONS`. A preflight that asks for a header the profile does not allow gets no
 * allow header at all, so the browser refuses the call.
 * @type {(profile: CorsProfile, request: import('node:http').IncomingMessage) =>
 *   { status: number, headers: Record<string, string> }}
 */
export const preflight = (profile, request) => {
  if (profile === 'none') return { status: 404, headers: {} };
  const asked = askedHeaders(request);
  const isAllowed =
    profile === 'strict'
      ? asked.every((name) => STRICT_HEADERS.includes(name))
      : profile !== 'anthropic' || asked.includes(ANTHROPIC_HEADER);
  if (!isAllowed) return { status: 204, headers: {} };
  const allowed = profile === 'strict' ? STRICT_HEADERS : asked;
  const wantsPrivateNetwork = request.headers['access-control-request-private-network'] === 'true';
  return {
    status: 204,
    headers: {
      'access-control-allow-origin': request.headers.origin ?? '*',
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers': allowed.join(', '),
      vary: 'Origin, Access-Control-Request-Headers',
      ...(wantsPrivateNetwork && profile !== 'strict'
        ? { 'access-control-allow-private-network': 'true' }
        : {}),
    },
  };
};
