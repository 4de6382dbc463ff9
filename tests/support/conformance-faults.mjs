/** The models that fail, each in its own way (CHAT.md section 4, "fault modes"). */
import {
  chunkOf,
  choiceOf,
  deltaFrame,
  DONE_FRAME,
  streamSteps,
  toSseFrame,
  wait,
  write,
} from './conformance-stream.mjs';
import { steadyWords } from './conformance-text.mjs';

/** @typedef {import('./conformance-models.mjs').ConformanceModel} ConformanceModel */
/** @typedef {import('./conformance-models.mjs').HttpReply} HttpReply */
/** @typedef {import('./conformance-stream.mjs').Call} Call */
/** @typedef {import('./conformance-stream.mjs').Step} Step */

/** Words in the answer of a fault model that is not cut short by `k`. */
const WORD_COUNT = 10;
const DEFAULT_K = 3;
const PAUSE_MS = 10;
const MEBIBYTE = 1024 * 1024;

/**
 * @type {(status: number, message: string, fields: { type: string, code?: string | null,
 *   param?: string | null }, headers?: Record<string, string>) => HttpReply}
 */
export const openAiError = (
  status,
  message,
  { type, code = null, param = null },
  headers = {},
) => ({
  status,
  headers,
  json: { error: { message, type, param, code } },
});

const HTML_PAGE = `<!doctype html>
<html><head><title>502 Bad Gateway</title><script>window.__onggiPwned = 'error page'</script></head>
<body><h1>502 Bad Gateway</h1><img src="x" onerror="window.__onggiPwned = 'error image'">
<p>nginx, in front of nothing</p></body></html>
`;

const serverError = () =>
  openAiError(500, 'The server had an error while processing your request.', {
    type: 'server_error',
  });

/** @param {Record<string, string>} [headers] */
const rateLimited = (headers) =>
  openAiError(
    429,
    'Rate limit reached for requests. Please try again later.',
    { type: 'requests', code: 'rate_limit_exceeded' },
    headers,
  );

/** Role and the first `k` words, a little apart. @param {Call} call @returns {Generator<Step>} */
function* openingSteps(call) {
  yield write(deltaFrame(call, { role: 'assistant', content: '' }));
  for (const content of steadyWords(call.k ?? 0)) {
    yield write(deltaFrame(call, { content }));
    yield wait(PAUSE_MS);
  }
}

/** The rest of a stream whose opening was sent. @param {Call} call @returns {Generator<Step>} */
function* closingSteps(call) {
  for (const content of steadyWords(WORD_COUNT, call.k)) {
    yield write(deltaFrame(call, { content }));
  }
  yield write(toSseFrame(chunkOf(call, [choiceOf({}, 'stop')])));
  yield write(DONE_FRAME);
}

/** @type {(middle: (call: Call) => Step[]) => (call: Call) => Generator<Step>} */
const afterOpening = (middle) =>
  function* (call) {
    yield* openingSteps(call);
    yield* middle(call);
  };

/** @type {() => Step[]} */
const hang = () => [{ kind: 'hang' }];

/** JSON that parses, in shapes that no chunk has. */
const GARBAGE = [
  null,
  42,
  'text',
  [],
  [1, 2],
  {},
  { choices: 'x' },
  { choices: {} },
  { choices: [null] },
  { choices: [{ delta: 'x' }] },
  { choices: [{ delta: { content: 7 } }] },
  { choices: [{ delta: { content: { text: 'x' } } }] },
  { choices: [], usage: 'much' },
];

/** @param {Call} call @returns {Generator<Step>} */
function* endlessSteps(call) {
  for (let at = 0; ; at += 1) yield write(deltaFrame(call, { content: `w${at} ` }));
}

/** @param {Call} call @returns {Generator<Step>} */
function* dripSteps(call) {
  const frames = [
    { choices: [{ index: 0, delta: { content: '똑 ' } }] },
    { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  ];
  for (const byte of Buffer.from(frames.map(toSseFrame).join('') + DONE_FRAME)) {
    yield write(Buffer.of(byte));
    yield wait(call.ms ?? 0);
  }
}

/**
 * One SSE line of `k` MiB of text, in pieces that fit through a socket.
 * @param {Call} call
 * @returns {Generator<Step>}
 */
function* hugeLineSteps(call) {
  const [head = '', tail = ''] = deltaFrame(call, { content: '@' }).split('@');
  const piece = 'x'.repeat(MEBIBYTE / 16);
  yield write(head);
  for (let at = 0; at < (call.k ?? 0) * 16; at += 1) yield write(piece);
  yield write(tail);
  yield* closingSteps({ ...call, k: 0 });
}

/** @type {(id: string, summary: string, more: Partial<ConformanceModel>) => ConformanceModel} */
const fault = (id, summary, more) => ({
  id: `fault/${id}`,
  summary,
  reply: () => ({ text: steadyWords(WORD_COUNT) }),
  ...more,
});

/** @type {ConformanceModel[]} */
const SILENCES_AND_CUTS = [
  fault('slow-first', 'Waits ms (3000) before the headers, then answers.', {
    ms: 3000,
    steps: function* (call, reply) {
      yield wait(call.ms ?? 0);
      yield* streamSteps(call, reply);
    },
    wholeSteps: (call, json) => [wait(call.ms ?? 0), write(json)],
  }),
  fault('slow-first-delta', 'Sends the headers at once, the first delta ms (3000) later.', {
    ms: 3000,
    steps: function* (call, reply) {
      yield { kind: 'headers' };
      yield wait(call.ms ?? 0);
      yield* streamSteps(call, reply);
    },
  }),
  fault('silent-from-start', 'Never sends anything, not even headers.', {
    steps: hang,
    wholeSteps: hang,
  }),
  fault('silent-after-headers', 'Sends the headers, then nothing for ever.', {
    steps: () => [{ kind: 'headers' }, { kind: 'hang' }],
    wholeSteps: () => [{ kind: 'headers' }, { kind: 'hang' }],
  }),
  fault('silent-after', 'Sends k words (3), then nothing for ever.', {
    k: DEFAULT_K,
    steps: afterOpening(hang),
    wholeSteps: hang,
  }),
  fault('cut-after', 'Sends k words (3), then destroys the socket.', {
    k: DEFAULT_K,
    steps: afterOpening(() => [{ kind: 'cut' }]),
    wholeSteps: (_call, json) => [write(json.slice(0, json.length / 2)), { kind: 'cut' }],
  }),
  fault('drip', 'One byte every ms (100): never idle, hardly ever done.', {
    ms: 100,
    reply: () => ({ text: ['똑 '] }),
    steps: dripSteps,
  }),
  fault('endless', 'Never stops, as fast as the client reads.', {
    steps: endlessSteps,
    wholeSteps: hang,
  }),
];

/** @type {ConformanceModel[]} */
const BROKEN_STREAMS = [
  fault('no-done', 'Ends with a finish_reason but without [DONE].', {
    steps: (call, reply) => streamSteps(call, reply, { done: false }),
  }),
  fault('no-finish', 'Ends with [DONE] but without a finish_reason.', {
    steps: (call, reply) => streamSteps(call, reply, { finish: 'never' }),
  }),
  fault('no-end', 'Sends k words (3), then ends cleanly: no finish_reason, no [DONE].', {
    k: DEFAULT_K,
    steps: openingSteps,
  }),
  fault('error-in-stream', 'Sends k words (3), then an error event inside the 200 stream.', {
    k: DEFAULT_K,
    steps: afterOpening(() => [write(toSseFrame(serverError().json))]),
    refuse: ({ body }) => (body.stream ? undefined : serverError()),
  }),
  fault('truncated-json', 'Sends k words (3), a data line of broken JSON, then goes on.', {
    k: DEFAULT_K,
    steps: function* (call) {
      yield* openingSteps(call);
      yield write(`data: ${deltaFrame(call, { content: 'lost' }).slice(6, -30)}\n\n`);
      yield* closingSteps(call);
    },
    wholeSteps: (_call, json) => [write(json.slice(0, json.length / 2))],
  }),
  fault(
    'json-garbage',
    'Sends k words (3), data lines of valid JSON in wrong shapes, then goes on.',
    {
      k: DEFAULT_K,
      steps: function* (call) {
        yield* openingSteps(call);
        for (const value of GARBAGE) yield write(toSseFrame(value));
        yield* closingSteps(call);
      },
      wholeSteps: () => [write('{"choices":"x"}')],
    },
  ),
  fault('huge', 'An answer of k KiB (1024).', {
    k: 1024,
    reply: (call) => ({
      text: Array.from({ length: call.k ?? 0 }, () => `${'x'.repeat(1023)}\n`),
    }),
  }),
  fault('huge-line', 'One SSE line of k MiB (16), then goes on.', {
    k: 16,
    reply: (call) => ({ text: ['x'.repeat((call.k ?? 0) * MEBIBYTE), ...steadyWords(WORD_COUNT)] }),
    steps: hugeLineSteps,
  }),
];

/** @type {ConformanceModel[]} */
const REFUSALS = [
  fault('500', 'HTTP 500.', { refuse: serverError }),
  fault('500-once', 'HTTP 500 for the first k requests (1), then answers.', {
    k: 1,
    refuse: (call) => (call.attempt <= (call.k ?? 0) ? serverError() : undefined),
  }),
  fault('429', 'HTTP 429 without retry-after.', { refuse: () => rateLimited() }),
  fault('429-once', 'HTTP 429 for the first k requests (1), then answers.', {
    k: 1,
    refuse: (call) => (call.attempt <= (call.k ?? 0) ? rateLimited() : undefined),
  }),
  fault('429-retry-after', 'HTTP 429 with retry-after: 1 (readable in CORS profile expose).', {
    refuse: () => rateLimited({ 'retry-after': '1' }),
  }),
  fault('401', 'HTTP 401, whatever the key.', {
    refuse: () =>
      openAiError(401, 'Incorrect API key provided.', {
        type: 'invalid_request_error',
        code: 'invalid_api_key',
      }),
  }),
  fault('403', 'HTTP 403.', {
    refuse: () =>
      openAiError(403, 'You are not allowed to sample from this model.', {
        type: 'invalid_request_error',
        code: 'permission_denied',
      }),
  }),
  fault('html-error', 'HTTP 502 with an HTML page that has a script in it.', {
    refuse: () => ({ status: 502, type: 'text/html; charset=utf-8', text: HTML_PAGE }),
  }),
  fault('html-200', 'The same HTML page with status 200.', {
    refuse: () => ({ status: 200, type: 'text/html; charset=utf-8', text: HTML_PAGE }),
  }),
  fault('text-error', 'HTTP 503 with 1,000 characters of plain text.', {
    refuse: () => ({
      status: 503,
      type: 'text/plain; charset=utf-8',
      text: 'upstream 오류. '.repeat(100).slice(0, 1000),
    }),
  }),
  fault('reject-stream-options', 'HTTP 400 when stream_options is sent; answers otherwise.', {
    refuse: ({ body }) =>
      body.stream_options
        ? openAiError(400, 'Unrecognized request argument supplied: stream_options', {
            type: 'invalid_request_error',
            param: 'stream_options',
          })
        : undefined,
  }),
  fault('context-too-long', 'HTTP 400, code context_length_exceeded.', {
    refuse: () =>
      openAiError(
        400,
        "This model's maximum context length is 8192 tokens. Please reduce the length of the messages.",
        { type: 'invalid_request_error', param: 'messages', code: 'context_length_exceeded' },
      ),
  }),
  fault('redirect', 'HTTP 302 to the redirectTo of the instance, or to /__elsewhere.', {
    refuse: ({ redirectTo, origin }) => ({
      status: 302,
      headers: { location: redirectTo ?? `${origin}/__elsewhere` },
      text: '',
    }),
  }),
];

export const FAULT_MODELS = [...SILENCES_AND_CUTS, ...BROKEN_STREAMS, ...REFUSALS];
