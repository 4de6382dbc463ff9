/**
 * The models whose frames are odd and yet right, as real servers send them (CHAT.md section 2).
 * Each answers with `ODD_ANSWER`, so whoever reads the frames well gets exactly that text.
 */
import {
  chunkOf,
  deltaFrame,
  streamSteps,
  toSseFrame,
  wait,
  write,
} from './conformance-stream.mjs';
import { ODD_ANSWER, splitIntoTokens } from './conformance-text.mjs';

/** @typedef {import('./conformance-models.mjs').ConformanceModel} ConformanceModel */
/** @typedef {import('./conformance-models.mjs').StepMaker} StepMaker */
/** @typedef {import('./conformance-stream.mjs').Call} Call */
/** @typedef {import('./conformance-stream.mjs').Reply} Reply */
/** @typedef {import('./conformance-stream.mjs').Step} Step */

/** @type {(style: import('./conformance-stream.mjs').StreamStyle) => StepMaker} */
const styled = (style) => (call, reply) => streamSteps(call, reply, style);

const AZURE_OPENING = toSseFrame({
  id: '',
  object: '',
  created: 0,
  model: '',
  choices: [],
  prompt_filter_results: [
    { prompt_index: 0, content_filter_results: { hate: { filtered: false, severity: 'safe' } } },
  ],
});

/** @type {(call: Call) => string} */
const choiceWithoutDelta = (call) =>
  toSseFrame(
    chunkOf(call, [
      {
        index: 0,
        finish_reason: null,
        content_filter_offsets: { check_offset: 0, start_offset: 0, end_offset: 12 },
        content_filter_results: { violence: { filtered: false, severity: 'safe' } },
      },
    ]),
  );

/** @type {(call: Call) => string[]} */
const emptyToolCalls = (call) => [
  deltaFrame(call, { tool_calls: [] }),
  deltaFrame(call, {
    tool_calls: [{ index: 0, id: '', type: 'function', function: { name: '', arguments: '' } }],
  }),
];

/** Every line form that the SSE specification allows beside the usual one. @param {object} value */
const toCommentedFrame = (value) =>
  `: ping\n\n\n:\nevent: message\nid: 7\nretry: 3000\ndata:${JSON.stringify(value)}\n\n`;

/** @type {(lineEnd: string) => (call: Call, reply: Reply) => Generator<Step>} */
const withLineEnd = (lineEnd) =>
  function* (call, reply) {
    for (const step of streamSteps(call, reply)) {
      yield step.kind === 'write' ? write(String(step.bytes).replaceAll('\n', lineEnd)) : step;
    }
  };

/**
 * ASCII goes out in runs; each byte of a longer character goes out alone, `ms` after the last.
 * @type {(call: Call, reply: Reply) => Generator<Step>}
 */
function* splitUtf8Steps(call, reply) {
  for (const step of streamSteps(call, reply)) {
    if (step.kind !== 'write') continue;
    const bytes = Buffer.from(step.bytes);
    let from = 0;
    for (const [at, byte] of bytes.entries()) {
      if (byte < 0x80 && at + 1 < bytes.length) continue;
      if (byte >= 0x80 && from < at) yield write(bytes.subarray(from, at));
      yield write(bytes.subarray(byte < 0x80 ? from : at, at + 1));
      yield wait(call.ms ?? 0);
      from = at + 1;
    }
  }
}

/** @type {(id: string, summary: string, more: Partial<ConformanceModel>) => ConformanceModel} */
const oddity = (id, summary, more) => ({
  id: `odd/${id}`,
  summary,
  reply: () => ({ text: splitIntoTokens(ODD_ANSWER) }),
  ...more,
});

/** @type {ConformanceModel[]} */
export const ODD_MODELS = [
  oddity('azure-first-chunk', 'First chunk with choices [] and an empty id.', {
    steps: styled({ opening: [AZURE_OPENING] }),
  }),
  oddity('no-delta', 'Choices without a delta, the one with the finish_reason too.', {
    steps: (call, reply) =>
      streamSteps(call, reply, { opening: [choiceWithoutDelta(call)], finish: 'without-delta' }),
  }),
  oddity('empty-tool-calls', 'Tool calls that are an empty list or have empty arguments.', {
    steps: (call, reply) => streamSteps(call, reply, { opening: emptyToolCalls(call) }),
  }),
  oddity('placeholder-first', 'First chunks with no content, null content and an empty delta.', {
    steps: (call, reply) =>
      streamSteps(call, reply, {
        opening: [{}, { content: null }, { role: 'assistant', content: null, refusal: null }].map(
          (delta) => deltaFrame(call, delta),
        ),
      }),
  }),
  oddity('tiny-deltas', 'One code point a delta.', {
    reply: () => ({ text: Array.from(ODD_ANSWER) }),
  }),
  oddity('comments', 'Comments, blank lines, other fields, data: without a space.', {
    steps: styled({ toFrame: toCommentedFrame }),
  }),
  oddity('crlf', 'Lines end with CR LF.', { steps: withLineEnd('\r\n') }),
  oddity('cr', 'Lines end with CR alone.', { steps: withLineEnd('\r') }),
  oddity('bom', 'The stream begins with a byte order mark.', {
    steps: styled({ opening: ['\uFEFF'] }),
  }),
  oddity('split-utf8', 'Korean and emoji cut over network chunks at every byte, ms (2) apart.', {
    ms: 2,
    steps: splitUtf8Steps,
  }),
  oddity('usage-each-chunk', 'Growing usage on every chunk, asked for or not.', {
    steps: styled({ usage: 'each-chunk' }),
  }),
  oddity('usage-with-choice', 'Usage in the last chunk, together with a choice.', {
    steps: styled({ usage: 'with-finish' }),
  }),
  oddity('no-usage', 'No usage, even when it is asked for.', {
    steps: styled({ usage: 'never' }),
  }),
  oddity('late-finish', 'finish_reason comes ms (500) after the text.', {
    ms: 500,
    steps: styled({ finish: 'late' }),
  }),
  oddity('finish-with-text', 'finish_reason in the chunk of the last text.', {
    steps: styled({ finish: 'with-text' }),
  }),
  oddity('finish-length', 'Ends with finish_reason length.', {
    reply: () => ({ text: splitIntoTokens(ODD_ANSWER), finishReason: 'length' }),
  }),
  oddity('finish-content-filter', 'Ends with finish_reason content_filter.', {
    reply: () => ({ text: splitIntoTokens(ODD_ANSWER), finishReason: 'content_filter' }),
  }),
];
