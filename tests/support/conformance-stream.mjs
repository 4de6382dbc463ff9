/**
 * Answers as steps, and the player that writes them to a socket.
 *
 *   models -> Reply -> deltas -> chunks -> frames (SSE text) -> steps -> play() -> socket
 */
import { once } from 'node:events';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { splitIntoTokens, textOf } from './conformance-text.mjs';

/**
 * One thing to do on the connection: write bytes, wait (ms), send the headers early, stay silent
 * until the client leaves, or destroy the socket. After the last step the answer ends cleanly.
 * @typedef {{ kind: 'write', bytes: string | Buffer } | { kind: 'wait', ms: number }
 *   | { kind: 'headers' } | { kind: 'hang' } | { kind: 'cut' }} Step
 */

/**
 * What is to be said, before it takes the form of deltas. One piece is one delta and one token.
 * @typedef {object} Reply
 * @property {string[]} text
 * @property {string[]} [reasoning]
 * @property {'stop' | 'length' | 'content_filter'} [finishReason]  default `stop`
 */

/**
 * What a checked chat body holds, as far as answers depend on it.
 * @typedef {object} ChatBody
 * @property {string} model
 * @property {{ role: string, content?: unknown }[]} messages
 * @property {boolean | null} [stream]
 * @property {{ include_usage?: boolean } | null} [stream_options]
 * @property {number | null} [max_tokens]
 * @property {number | null} [max_completion_tokens]
 */

/**
 * A checked request with everything its answer may depend on.
 * @typedef {object} Call
 * @property {string} id  completion id, counted from 1 since the last reset
 * @property {string} model  as the client wrote it, suffix included
 * @property {ChatBody} body
 * @property {number | undefined} k  the model's count: `?k=` or its default
 * @property {number | undefined} ms  the model's time in milliseconds: `?ms=` or its default
 * @property {number} attempt  requests for this very model id since the last reset, from 1
 * @property {string} origin  of this server, no slash at the end
 * @property {string | undefined} redirectTo
 */

/**
 * How a stream departs from the plain one.
 * @typedef {object} StreamStyle
 * @property {(reply: Reply) => object[]} [toDeltas]  deltas between the role and the finish
 * @property {string[]} [opening]  frames before everything else
 * @property {(value: object) => string} [toFrame]
 * @property {(index: number) => number} [pauseMs]  after the delta of that index
 * @property {'asked' | 'never' | 'each-chunk' | 'with-finish'} [usage]
 * @property {'own-chunk' | 'with-text' | 'without-delta' | 'late' | 'never'} [finish]
 * @property {boolean} [done]  whether `[DONE]` ends the stream; default true
 */

/** Fixed, so that two runs give the same bytes. Seconds since 1970. */
export const CREATED_AT_SECONDS = 1_763_000_000;

const STEPS_PER_TURN = 64;
const CUT_DELAY_MS = 20;

/** @type {(bytes: string | Buffer) => Step} */
export const write = (bytes) => ({ kind: 'write', bytes });

/** @type {(ms: number) => Step} */
export const wait = (ms) => ({ kind: 'wait', ms });

/** @type {(value: unknown) => string} */
export const toSseFrame = (value) => `data: ${JSON.stringify(value)}\n\n`;

export const DONE_FRAME = 'data: [DONE]\n\n';

/**
 * A chunk without choices, for the caller to fill.
 * @type {(call: Call, choices: object[]) => Record<string, unknown>}
 */
export const chunkOf = (call, choices) => ({
  id: call.id,
  object: 'chat.completion.chunk',
  created: CREATED_AT_SECONDS,
  model: call.model,
  choices,
});

/** @type {(delta: object, finishReason?: string | null) => Record<string, unknown>} */
export const choiceOf = (delta, finishReason = null) => ({
  index: 0,
  delta,
  logprobs: null,
  finish_reason: finishReason,
});

/** @type {(call: Call, delta: object) => string} */
export const deltaFrame = (call, delta) => toSseFrame(chunkOf(call, [choiceOf(delta)]));

/**
 * Deterministic counts in token-like pieces: prompt with 4 a message and 3 more, as tiktoken's
 * cookbook counts; completion with one a delta.
 * @type {(call: Call, textCount: number, reasoningCount: number) => object}
 */
export const usageOf = (call, textCount, reasoningCount) => {
  const promptCount = call.body.messages.reduce(
    (sum, message) => sum + 4 + splitIntoTokens(textOf(message)).length,
    3,
  );
  return {
    prompt_tokens: promptCount,
    completion_tokens: textCount + reasoningCount,
    total_tokens: promptCount + textCount + reasoningCount,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: reasoningCount },
  };
};

/**
 * The reply cut to the request's token limit, reasoning first, as the API counts it.
 * @type {(call: Call, reply: Reply) => Reply}
 */
export const limitReply = (call, reply) => {
  const limit = call.body.max_completion_tokens ?? call.body.max_tokens ?? Infinity;
  const reasoning = reply.reasoning ?? [];
  if (reasoning.length + reply.text.length <= limit) return reply;
  return {
    reasoning: reasoning.slice(0, limit),
    text: reply.text.slice(0, Math.max(0, limit - reasoning.length)),
    finishReason: 'length',
  };
};

/** Deltas as DeepSeek sends reasoning and as everyone sends text. @type {(reply: Reply) => object[]} */
export const toPlainDeltas = ({ text, reasoning = [] }) => [
  ...reasoning.map((piece) => ({ content: null, reasoning_content: piece })),
  ...text.map((piece) => ({ content: piece })),
];

/**
 * The stream of a whole answer: role, deltas, finish, usage when asked for, `[DONE]`.
 * @param {Call} call
 * @param {Reply} reply
 * @param {StreamStyle} [style]
 * @returns {Generator<Step>}
 */
export function* streamSteps(call, reply, style = {}) {
  const { opening = [], toFrame = toSseFrame, pauseMs, finish = 'own-chunk' } = style;
  const { usage = 'asked', done = true, toDeltas = toPlainDeltas } = style;
  const wantsUsage = call.body.stream_options?.include_usage === true;
  const reasoningCount = reply.reasoning?.length ?? 0;
  const deltas = toDeltas(reply);
  const finishReason = reply.finishReason ?? 'stop';

  /** @type {(choices: object[], sentCount: number, isFinish?: boolean) => Step} */
  const chunk = (choices, sentCount, isFinish = false) => {
    const value = chunkOf(call, choices);
    if (usage === 'each-chunk' || (usage === 'with-finish' && isFinish)) {
      const reasoned = Math.min(sentCount, reasoningCount);
      value.usage = usageOf(call, sentCount - reasoned, reasoned);
    } else if (usage === 'asked' && wantsUsage) {
      value.usage = null;
    }
    return write(toFrame(value));
  };

  for (const frame of opening) yield write(frame);
  yield chunk([choiceOf({ role: 'assistant', content: '' })], 0);
  for (const [index, delta] of deltas.entries()) {
    const endsHere = finish === 'with-text' && index === deltas.length - 1;
    yield chunk([choiceOf(delta, endsHere ? finishReason : null)], index + 1, endsHere);
    const pause = pauseMs?.(index) ?? 0;
    if (pause > 0) yield wait(pause);
  }
  if (finish === 'late') {
    yield chunk([choiceOf({})], deltas.length);
    yield wait(call.ms ?? 0);
  }
  if (finish === 'own-chunk' || finish === 'late') {
    yield chunk([choiceOf({}, finishReason)], deltas.length, true);
  } else if (finish === 'without-delta') {
    yield chunk([{ index: 0, finish_reason: finishReason }], deltas.length, true);
  }
  if (usage === 'asked' && wantsUsage) {
    const counts = usageOf(call, reply.text.length, reasoningCount);
    yield write(toFrame({ ...chunkOf(call, []), usage: counts }));
  }
  if (done) yield write(DONE_FRAME);
}

/**
 * The body of an answer that is not streamed.
 * @type {(call: Call, reply: Reply, message?: object) => object}
 */
export const completionOf = (call, reply, message = {}) => {
  const reasoning = reply.reasoning ?? [];
  return {
    id: call.id,
    object: 'chat.completion',
    created: CREATED_AT_SECONDS,
    model: call.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: reply.text.join(''),
          refusal: null,
          ...(reasoning.length > 0 ? { reasoning_content: reasoning.join('') } : {}),
          ...message,
        },
        logprobs: null,
        finish_reason: reply.finishReason ?? 'stop',
      },
    ],
    usage: usageOf(call, reply.text.length, reasoning.length),
  };
};

/**
 * Writes the steps one after another and ends the answer, unless the client leaves first.
 * @param {import('node:http').ServerResponse} response
 * @param {Iterable<Step>} steps
 * @param {object} connection
 * @param {Record<string, string>} connection.headers  sent with the first byte
 * @param {AbortSignal} connection.signal  fires when the connection is gone
 * @param {() => void} connection.cut  destroys the socket from this side
 */
export async function play(response, steps, { headers, signal, cut }) {
  const sendHeaders = () => {
    if (response.headersSent) return;
    response.writeHead(200, headers);
    response.flushHeaders();
  };
  let count = 0;
  try {
    for (const step of steps) {
      signal.throwIfAborted();
      if (step.kind === 'wait') {
        await setTimeout(step.ms, undefined, { signal });
      } else if (step.kind === 'hang') {
        await once(signal, 'abort');
        return;
      } else if (step.kind === 'headers') {
        sendHeaders();
      } else if (step.kind === 'cut') {
        // What was written shall arrive before the connection breaks.
        await setTimeout(CUT_DELAY_MS, undefined, { signal });
        cut();
        return;
      } else {
        sendHeaders();
        if (!response.write(step.bytes)) await once(response, 'drain', { signal });
      }
      count += 1;
      // Other requests get their turn while an endless answer is written.
      if (count % STEPS_PER_TURN === 0) await setImmediate();
    }
    response.end();
  } catch (cause) {
    if (!signal.aborted) throw cause;
  }
}
