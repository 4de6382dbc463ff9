/**
 * The models that answer well: plain ones and reasoning ones. Those with odd frames are in
 * `conformance-frames.mjs`, those that fail in `conformance-faults.mjs`.
 */
import { answerTo, hostileAnswer, MARKDOWN_ANSWER } from './conformance-answers.mjs';
import { streamSteps } from './conformance-stream.mjs';
import { splitIntoTokens, steadyWords } from './conformance-text.mjs';

/** @typedef {import('./conformance-stream.mjs').Call} Call */
/** @typedef {import('./conformance-stream.mjs').Reply} Reply */
/** @typedef {import('./conformance-stream.mjs').Step} Step */
/** @typedef {import('./conformance-stream.mjs').StreamStyle} StreamStyle */
/** @typedef {(call: Call, reply: Reply) => Iterable<Step>} StepMaker */

/**
 * An answer of HTTP itself, in place of a completion: `json` or `text`.
 * @typedef {{ status: number, headers?: Record<string, string>, json?: unknown, text?: string,
 *   type?: string }} HttpReply
 */

/**
 * One model of the server. `k` and `ms` are the defaults of the suffix `?k=&ms=`.
 * @typedef {object} ConformanceModel
 * @property {string} id
 * @property {string} summary  one line for people
 * @property {number} [k]
 * @property {number} [ms]
 * @property {(call: Call) => Reply} reply
 * @property {StepMaker} [steps]  default: the plain stream
 * @property {(reply: Reply) => object} [toMessage]  fields of the message when not streamed
 * @property {(call: Call, json: string) => Iterable<Step>} [wholeSteps]  when not streamed
 * @property {(call: Call) => HttpReply | undefined} [refuse]  asked before anything else
 */

/** @type {(call: Call) => Reply} */
const echoReply = ({ body }) => ({ text: splitIntoTokens(answerTo(body.messages)) });

/** Like a person reading aloud: 20 to 40 ms, uneven but the same each time. @param {number} index */
const speakingPauseMs = (index) => 20 + ((index * 7) % 21);

/** @type {(style?: StreamStyle) => StepMaker} */
const paced = (style) => (call, reply) =>
  streamSteps(call, reply, { pauseMs: (index) => call.ms ?? speakingPauseMs(index), ...style });

/** @type {ConformanceModel[]} */
const PLAIN_MODELS = [
  {
    id: 'echo',
    summary: 'Tells back what it was asked, or a recorded answer; 20-40 ms between deltas.',
    reply: echoReply,
    steps: paced(),
  },
  {
    id: 'echo-fast',
    summary: 'The same as echo, without pauses.',
    reply: echoReply,
  },
  {
    id: 'markdown/all',
    summary: 'Every construct of Markdown; ms between deltas.',
    ms: 5,
    reply: () => ({ text: splitIntoTokens(MARKDOWN_ANSWER) }),
    steps: paced(),
  },
  {
    id: 'hostile',
    summary: 'Scripts, event handlers, remote images, frames, forms: must stay text.',
    reply: ({ origin }) => ({ text: splitIntoTokens(hostileAnswer(origin)) }),
  },
  {
    id: 'slow',
    summary: 'A long answer of k deltas (200), ms apart (50).',
    k: 200,
    ms: 50,
    reply: (call) => ({ text: Array.from({ length: call.k ?? 0 }, (_, at) => `slow ${at}, `) }),
    steps: paced(),
  },
  {
    id: 'steady',
    summary: 'The words w0 w1 w2 …, k of them (3000), one every ms (20).',
    k: 3000,
    ms: 20,
    reply: (call) => ({ text: steadyWords(call.k ?? 0) }),
    steps: paced(),
  },
  {
    id: 'many',
    summary: 'k deltas (5000) as fast as they go.',
    k: 5000,
    reply: (call) => ({ text: steadyWords(call.k ?? 0) }),
  },
];

const THOUGHT = splitIntoTokens(
  'First I look at what was asked. 그다음 짧게 답하기로 합니다. No model is thinking here.',
);

/** @type {(call: Call) => Reply} */
const reasonedReply = (call) => ({ reasoning: THOUGHT, text: echoReply(call).text });

/**
 * Reasoning written into the text between two marks, which are themselves cut over deltas.
 * @type {(id: string, open: string, close: string) => ConformanceModel}
 */
const inlineReasoning = (id, open, close) => ({
  id,
  summary: `Reasoning inside the text, between ${open} and ${close}, cut over deltas.`,
  ms: 10,
  reply: (call) => ({
    text: [
      open.slice(0, 3),
      open.slice(3),
      '\n',
      ...THOUGHT,
      '\n',
      close.slice(0, 4),
      close.slice(4),
      '\n\n',
      ...echoReply(call).text,
    ],
  }),
  steps: paced(),
});

/** @type {(piece: string) => object} */
const thinkingPart = (piece) => ({ type: 'thinking', thinking: [{ type: 'text', text: piece }] });

/** @type {ConformanceModel[]} */
const REASONING_MODELS = [
  {
    id: 'reasoning/deepseek',
    summary: 'Reasoning in delta.reasoning_content, before the content.',
    ms: 10,
    reply: reasonedReply,
    steps: paced(),
  },
  inlineReasoning('reasoning/think-tag', '<think>', '</think>'),
  inlineReasoning('reasoning/details-tag', '<details type="reasoning">', '</details>'),
  {
    id: 'reasoning/mistral-parts',
    summary: 'Content as a list of parts, thinking parts first, then plain strings.',
    ms: 10,
    reply: reasonedReply,
    steps: paced({
      toDeltas: ({ reasoning = [], text: [first = '', ...rest] }) => [
        ...reasoning.map((piece) => ({ content: [thinkingPart(piece)] })),
        { content: [{ type: 'text', text: first }] },
        ...rest.map((piece) => ({ content: piece })),
      ],
    }),
    toMessage: ({ reasoning = [], text }) => ({
      content: [thinkingPart(reasoning.join('')), { type: 'text', text: text.join('') }],
      reasoning_content: undefined,
    }),
  },
];

export const WELL_MODELS = [...PLAIN_MODELS, ...REASONING_MODELS];
