/** How an instance treats browser pages of another origin. */
export type CorsProfile = 'open' | 'strict' | 'anthropic' | 'none' | 'expose';

export interface ConformanceServerOptions {
  /** 0, the default, takes any free port. Rejects with `EADDRINUSE` when a given one is taken. */
  readonly port?: number;
  /**
   * - `open` (default): reflects the origin and allows every header, private network access too;
   * - `strict`: allows only `authorization` and `content-type`; a preflight that asks for more
   *   gets no allow header;
   * - `anthropic`: needs `anthropic-dangerous-direct-browser-access: true`, else 401 without an
   *   allow-origin header;
   * - `none`: no CORS headers, `OPTIONS` is 404;
   * - `expose`: like `open`, and lists `retry-after` as readable.
   */
  readonly cors?: CorsProfile;
  /** The expected bearer token, `test-key` by default; `undefined`, given, wants no key. */
  readonly apiKey?: string | undefined;
  /** Milliseconds before any answer but a preflight, `/__log` and `/__reset`. Default 0. */
  readonly latencyMs?: number;
  /** What `GET /v1/models` gives. Default `ok`. */
  readonly models?: 'ok' | '404' | 'odd-shape' | 'html';
  /** Where `fault/redirect` points; by default to `/__elsewhere` of the same server. */
  readonly redirectTo?: string;
}

/** One request as it was seen; `/__log` and `/__reset` are not listed, preflights are. */
export interface LogEntry {
  readonly method: string;
  /** Path with its query. */
  readonly path: string;
  /** Names in lower case; keys masked (`Bearer ***`). */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; the text when it is not JSON; `null` when there was none or it is not read yet. */
  body: unknown;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  /** HTTP status; `null` while open, and when the connection ended before any header. */
  status: number | null;
  /** Who ended the answer: `client` means it left before the end; `null` while open. */
  closed: 'client' | 'server' | null;
  /** Epoch milliseconds; `null` while open. */
  closedAt: number | null;
}

export interface ConformanceServer {
  /** `http://127.0.0.1:PORT/v1`: what a user would type as the base URL. */
  readonly baseUrl: string;
  /** The same as `baseUrl` by the name `localhost`. */
  readonly localhostUrl: string;
  /** `http://127.0.0.1:PORT`, for `/__log`, `/__reset` and `/__elsewhere`. */
  readonly origin: string;
  /** A copy of the requests since the start or the last reset, oldest first. */
  log(): LogEntry[];
  /** Empties the log and the counters; open streams go on. */
  reset(): void;
  /** Destroys every connection and frees the port. */
  close(): Promise<void>;
}

/**
 * Starts a test double of an OpenAI-compatible endpoint on 127.0.0.1 and ::1. Several may run at
 * once. The model's name chooses the behaviour; `?k=3&ms=500` behind it tunes its numbers.
 */
export function createConformanceServer(
  options?: ConformanceServerOptions,
): Promise<ConformanceServer>;

/** Every model id the server knows, with one line on what it does. */
export const CONFORMANCE_MODELS: readonly { readonly id: string; readonly summary: string }[];

/** The whole answer of every `odd/…` model. */
export const ODD_ANSWER: string;

/**
 * The pieces `"w0 "`, `"w1 "`, … that `steady`, `many` and the fault models send, one a delta.
 */
export function steadyWords(count: number, start?: number): string[];
