/**
 * The conformance server: a test double of an OpenAI-compatible endpoint (CHAT.md section 4).
 * It replays recordings and faults, chosen by the model's name; it is not a model. Node built-ins
 * only, so that it runs wherever the tests do.
 *
 *   server ── http · cors · request-check · embeddings
 *      └── models · frames · faults ── stream ── answers · text ── frames/
 */
import { setTimeout } from 'node:timers/promises';
import {
  ANTHROPIC_HEADER,
  corsHeaders,
  isBrowserAccessDeclared,
  preflight,
} from './conformance-cors.mjs';
import { createEmbeddings, EMBEDDING_MODELS } from './conformance-embeddings.mjs';
import { FAULT_MODELS, openAiError } from './conformance-faults.mjs';
import { ODD_MODELS } from './conformance-frames.mjs';
import { createRequestLog, listenOnLoopback, readBody } from './conformance-http.mjs';
import { WELL_MODELS } from './conformance-models.mjs';
import { checkChatBody, checkEmbeddingBody } from './conformance-request-check.mjs';
import {
  completionOf,
  CREATED_AT_SECONDS,
  limitReply,
  play,
  streamSteps,
  write,
} from './conformance-stream.mjs';

/** @typedef {import('./conformance-http.mjs').Connection} Connection */
/** @typedef {import('./conformance-server.mjs').ConformanceServerOptions} Options */
/** @typedef {import('./conformance-models.mjs').ConformanceModel} ConformanceModel */
/** @typedef {import('./conformance-models.mjs').HttpReply} HttpReply */
/** @typedef {import('node:http').IncomingMessage} Request */
/** @typedef {import('node:http').ServerResponse} Response */

export { ODD_ANSWER, steadyWords } from './conformance-text.mjs';

const CHAT_MODELS = [...WELL_MODELS, ...ODD_MODELS, ...FAULT_MODELS];

export const CONFORMANCE_MODELS = [...CHAT_MODELS, ...EMBEDDING_MODELS].map(({ id, summary }) => ({
  id,
  summary,
}));

const JSON_TYPE = 'application/json; charset=utf-8';
const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
};

/** @param {import('./conformance-request-check.mjs').Problem} problem */
const badRequest = ({ message, param, code }) =>
  openAiError(400, message, { type: 'invalid_request_error', param, code });

/** @param {string} model */
const modelNotFound = (model) =>
  openAiError(404, `The model '${model}' does not exist or you do not have access to it.`, {
    type: 'invalid_request_error',
    param: 'model',
    code: 'model_not_found',
  });

/**
 * The model and the numbers of a name such as `fault/silent-after?k=3&ms=500`.
 * @type {(name: string) => { model: ConformanceModel, k: number | undefined,
 *   ms: number | undefined } | HttpReply}
 */
const findModel = (name) => {
  const [id = '', suffix = ''] = name.split('?');
  const model = CHAT_MODELS.find((candidate) => candidate.id === id);
  if (!model) return modelNotFound(name);
  const numbers = { k: model.k, ms: model.ms };
  for (const [key, value] of new URLSearchParams(suffix)) {
    if ((key !== 'k' && key !== 'ms') || !/^\d{1,9}$/.test(value)) {
      const message = `The suffix of '${name}' may set k and ms to whole numbers only.`;
      return badRequest({ message, param: 'model', code: 'invalid_value' });
    }
    numbers[key] = Number(value);
  }
  return { model, ...numbers };
};

/** @type {Record<NonNullable<Options['models']>, () => HttpReply>} */
const MODEL_LISTS = {
  ok: () => ({
    status: 200,
    json: {
      object: 'list',
      data: CONFORMANCE_MODELS.map(({ id }) => ({
        id,
        object: 'model',
        created: CREATED_AT_SECONDS,
        owned_by: 'onggi-test-server',
      })),
    },
  }),
  404: () => ({ status: 404, type: 'text/plain; charset=utf-8', text: '404 page not found\n' }),
  'odd-shape': () => ({
    status: 200,
    json: { models: CONFORMANCE_MODELS.map(({ id }) => ({ name: id, size: 0 })) },
  }),
  html: () => ({
    status: 200,
    type: 'text/html; charset=utf-8',
    text: '<!doctype html><title>Welcome</title><h1>This is a web page</h1>',
  }),
};

/**
 * See `conformance-server.d.mts` for what it gives.
 * @param {Options} [options]
 */
export const createConformanceServer = async (options = {}) => {
  /** @type {Required<Pick<Options, 'port' | 'cors' | 'latencyMs' | 'models'>> & Options} */
  const settings = {
    port: 0,
    cors: 'open',
    apiKey: 'test-key',
    latencyMs: 0,
    models: 'ok',
    ...options,
  };
  /** @type {Map<string, number>} */
  let attemptsByModel = new Map();
  let completionCount = 0;
  let origin = '';
  let isClosing = false;
  const requestLog = createRequestLog(() => isClosing);

  const reset = () => {
    requestLog.clear();
    attemptsByModel = new Map();
    completionCount = 0;
  };

  /** @type {(response: Response, reply: HttpReply) => void} */
  const send = (response, { status, headers = {}, json, text, type = JSON_TYPE }) => {
    const hasBody = json !== undefined || text !== undefined;
    response.writeHead(status, hasBody ? { ...headers, 'content-type': type } : headers);
    response.end(json === undefined ? text : JSON.stringify(json));
  };

  /** @param {Request} request @returns {HttpReply | undefined} */
  const refuseCaller = (request) => {
    if (!isBrowserAccessDeclared(settings.cors, request)) {
      return openAiError(401, `CORS requests must set the header '${ANTHROPIC_HEADER}'.`, {
        type: 'authentication_error',
      });
    }
    if (settings.apiKey === undefined) return undefined;
    if (request.headers.authorization === `Bearer ${settings.apiKey}`) return undefined;
    return openAiError(401, 'Incorrect API key provided.', {
      type: 'invalid_request_error',
      code: 'invalid_api_key',
    });
  };

  /**
   * A refusal to be sent, or nothing once a completion has been played on the connection.
   * @type {(response: Response, connection: Connection) => Promise<HttpReply | undefined>}
   */
  const complete = async (response, { entry, signal, cut }) => {
    const problem = checkChatBody(entry.body);
    if (problem) return badRequest(problem);
    const body = /** @type {import('./conformance-stream.mjs').ChatBody} */ (entry.body);
    const found = findModel(body.model);
    if ('status' in found) return found;

    const { model, k, ms } = found;
    const attempt = (attemptsByModel.get(body.model) ?? 0) + 1;
    attemptsByModel.set(body.model, attempt);
    completionCount += 1;
    const id = `chatcmpl-test-${completionCount}`;
    const { redirectTo } = settings;
    const call = { id, model: body.model, body, k, ms, attempt, origin, redirectTo };
    const refusal = model.refuse?.(call);
    if (refusal) return refusal;

    const reply = limitReply(call, model.reply(call));
    if (body.stream) {
      const steps = (model.steps ?? streamSteps)(call, reply);
      await play(response, steps, { headers: STREAM_HEADERS, signal, cut });
    } else {
      const json = JSON.stringify(completionOf(call, reply, model.toMessage?.(reply)));
      const steps = model.wholeSteps?.(call, json) ?? [write(json)];
      await play(response, steps, { headers: { 'content-type': JSON_TYPE }, signal, cut });
    }
    return undefined;
  };

  /** @type {(asked: unknown) => HttpReply} */
  const embed = (asked) => {
    const problem = checkEmbeddingBody(asked);
    if (problem) return badRequest(problem);
    const body = /** @type {import('./conformance-embeddings.mjs').EmbeddingBody} */ (asked);
    if (body.model === 'embed/picky' && JSON.stringify(body.input).includes('refuse me')) {
      return badRequest({
        param: 'input',
        code: 'invalid_value',
        message: 'This input is refused.',
      });
    }
    return EMBEDDING_MODELS.some(({ id }) => id === body.model)
      ? { status: 200, json: createEmbeddings(body) }
      : modelNotFound(body.model);
  };

  /** @type {(request: Request, response: Response) => Promise<HttpReply | undefined>} */
  const answer = async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', origin);
    const route = `${request.method ?? ''} ${pathname}`;
    if (route === 'GET /__log') return { status: 200, json: requestLog.entries() };
    if (route === 'POST /__reset') {
      reset();
      return { status: 204 };
    }

    const connection = requestLog.watch(request, response);
    if (request.method === 'OPTIONS') return preflight(settings.cors, request);
    connection.entry.body = await readBody(request);
    if (settings.latencyMs > 0) {
      await setTimeout(settings.latencyMs, undefined, { signal: connection.signal });
    }
    if (pathname === '/__elsewhere') return { status: 200, json: { elsewhere: true } };
    const refusal = refuseCaller(request);
    if (refusal) return refusal;
    if (route === 'GET /v1/models') return MODEL_LISTS[settings.models]();
    if (route === 'POST /v1/chat/completions') return complete(response, connection);
    if (route === 'POST /v1/embeddings') return embed(connection.entry.body);
    return openAiError(404, `Invalid URL (${route})`, { type: 'invalid_request_error' });
  };

  /** @type {(request: Request, response: Response) => Promise<void>} */
  const handle = async (request, response) => {
    if (request.method !== 'OPTIONS') {
      for (const [name, value] of Object.entries(corsHeaders(settings.cors, request))) {
        response.setHeader(name, value);
      }
    }
    try {
      const reply = await answer(request, response);
      if (reply) send(response, reply);
    } catch (cause) {
      // A client that leaves while it sends or waits is no fault of this server.
      if (response.destroyed || request.destroyed) return;
      response.destroy();
      console.error('conformance server:', cause);
    }
  };

  const { port, servers } = await listenOnLoopback(
    (request, response) => void handle(request, response),
    settings.port,
  );
  origin = `http://127.0.0.1:${port}`;

  return {
    origin,
    baseUrl: `${origin}/v1`,
    localhostUrl: `http://localhost:${port}/v1`,
    log: () => structuredClone(requestLog.entries()),
    reset,
    close: async () => {
      isClosing = true;
      await Promise.all(
        servers.map((server) => {
          const closed = new Promise((resolve) => server.close(resolve));
          server.closeAllConnections();
          return closed;
        }),
      );
    },
  };
};
