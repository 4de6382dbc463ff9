/** Sockets of the test server: where it listens, what it reads, and the log of who left when. */
import { createServer } from 'node:http';

/** @typedef {import('./conformance-server.mjs').LogEntry} LogEntry */
/** @typedef {import('node:http').IncomingMessage} Request */
/** @typedef {import('node:http').ServerResponse} Response */
/** @typedef {import('node:http').RequestListener} RequestListener */
/** @typedef {import('node:http').Server} Server */

/**
 * A request being answered: its entry, a signal that fires when the connection is gone, and the
 * way to destroy it from this side.
 * @typedef {{ entry: LogEntry, signal: AbortSignal, cut: () => void }} Connection
 */

const SECRET_HEADERS = ['authorization', 'api-key', 'x-api-key', 'cookie'];
const BIND_ATTEMPTS = 5;

/** Keeps the scheme, hides the secret. @param {Request['headers']} headers */
const maskHeaders = (headers) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const text = String(value);
      if (!SECRET_HEADERS.includes(name)) return [name, text];
      return [name, text.startsWith('Bearer ') ? 'Bearer ***' : '***'];
    }),
  );

/**
 * The parsed body; text when it is not JSON; `null` when there is none.
 * @param {Request} request
 * @returns {Promise<unknown>}
 */
export const readBody = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const text = Buffer.concat(parts).toString('utf8');
  try {
    /** @type {unknown} */
    const value = text === '' ? null : JSON.parse(text);
    return value;
  } catch {
    return text;
  }
};

/** @type {(handler: RequestListener, host: string, port: number) => Promise<Server>} */
const listen = (handler, host, port) =>
  new Promise((resolve, reject) => {
    const server = createServer(handler);
    server.once('error', reject);
    server.listen({ host, port }, () => resolve(server));
  });

/** @param {unknown} cause */
const codeOf = (cause) => (cause instanceof Error && 'code' in cause ? cause.code : undefined);

/**
 * One port on 127.0.0.1 and on ::1, since `localhost` may mean either. Without IPv6 the first is
 * enough.
 * @type {(handler: RequestListener, port: number) => Promise<{ port: number, servers: Server[] }>}
 */
export const listenOnLoopback = async (handler, port) => {
  for (let attempt = 1; ; attempt += 1) {
    const first = await listen(handler, '127.0.0.1', port);
    const address = first.address();
    const bound = typeof address === 'object' && address ? address.port : port;
    try {
      return { port: bound, servers: [first, await listen(handler, '::1', bound)] };
    } catch (cause) {
      if (codeOf(cause) !== 'EADDRINUSE') return { port: bound, servers: [first] };
      first.close();
      if (port !== 0 || attempt === BIND_ATTEMPTS) throw cause;
    }
  }
};

/**
 * The list of requests seen. `watch` adds one and notes how and when its connection ends; while
 * `isClosing` says so, every end is the server's.
 * @param {() => boolean} isClosing
 */
export const createRequestLog = (isClosing) => {
  /** @type {LogEntry[]} */
  let entries = [];

  /** @type {(request: Request, response: Response) => Connection} */
  const watch = (request, response) => {
    /** @type {LogEntry} */
    const entry = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: maskHeaders(request.headers),
      body: null,
      receivedAt: Date.now(),
      status: null,
      closed: null,
      closedAt: null,
    };
    entries.push(entry);
    const gone = new AbortController();
    let isCut = false;
    response.once('close', () => {
      entry.status = response.headersSent ? response.statusCode : null;
      entry.closed = response.writableFinished || isCut || isClosing() ? 'server' : 'client';
      entry.closedAt = Date.now();
      gone.abort();
    });
    const cut = () => {
      isCut = true;
      response.destroy();
    };
    return { entry, signal: gone.signal, cut };
  };

  return {
    watch,
    entries: () => entries,
    clear: () => {
      entries = [];
    },
  };
};
