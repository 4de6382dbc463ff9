import { describe, expect, it } from 'vitest';
import { OnggiError } from '#domain/errors.ts';
import { parseChunk } from '#provider/parse-chunk.ts';

const ofDelta = (delta: unknown): unknown => ({ choices: [{ index: 0, delta }] });

describe('parseChunk', () => {
  it.each([
    ['content', { content: '안녕' }, [{ kind: 'text', text: '안녕' }]],
    ['reasoning_content', { reasoning_content: 'a' }, [{ kind: 'reasoning', text: 'a' }]],
    ['reasoning', { reasoning: 'a', content: '' }, [{ kind: 'reasoning', text: 'a' }]],
    [
      'both names once',
      { reasoning: 'a', reasoning_content: 'a' },
      [{ kind: 'reasoning', text: 'a' }],
    ],
    ['a refusal', { refusal: 'I cannot' }, [{ kind: 'text', text: 'I cannot' }]],
    [
      'parts',
      {
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'a' }] },
          { type: 'thinking', thinking: 'b' },
          { type: 'text', text: 'c' },
          { type: 'reference', reference_ids: [1] },
          'd',
          null,
        ],
      },
      [
        { kind: 'reasoning', text: 'ab' },
        { kind: 'text', text: 'cd' },
      ],
    ],
    ['tool calls', { tool_calls: [{ function: { name: '', arguments: '' } }] }, []],
    ['an empty delta', {}, []],
  ])('reads %s', (_name, delta, expected) => {
    expect(parseChunk(ofDelta(delta))).toEqual(expected);
  });

  it('reads a whole completion like a chunk', () => {
    const chunk = {
      choices: [{ message: { content: 'b', reasoning_content: 'a' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
    };
    expect(parseChunk(chunk)).toEqual([
      { kind: 'reasoning', text: 'a' },
      { kind: 'text', text: 'b' },
      { kind: 'usage', usage: { promptTokens: 3, completionTokens: 4 } },
      { kind: 'finish', reason: 'stop' },
    ]);
  });

  it('reads usage without choices, and in x_groq', () => {
    const usage = { prompt_tokens: 0, completion_tokens: 1 };
    const expected = [{ kind: 'usage', usage: { promptTokens: 0, completionTokens: 1 } }];
    expect(parseChunk({ choices: [], usage })).toEqual(expected);
    expect(parseChunk({ choices: [], x_groq: { usage } })).toEqual(expected);
  });

  it('reads finish_reason of a choice without delta', () => {
    const chunk = { choices: [{ index: 0, finish_reason: 'length' }] };
    expect(parseChunk(chunk)).toEqual([{ kind: 'finish', reason: 'length' }]);
  });

  it('counts only the first choice', () => {
    const choices = [
      { index: 1, delta: { content: 'second' } },
      { index: 0, delta: { content: 'first' } },
    ];
    expect(parseChunk({ choices })).toEqual([{ kind: 'text', text: 'first' }]);
  });

  it.each([
    null,
    undefined,
    42,
    'text',
    [],
    [1],
    {},
    { choices: 'x' },
    { choices: {} },
    { choices: [null] },
    { choices: [[]] },
    { choices: [{ delta: 'x' }] },
    ofDelta({ content: 7 }),
    ofDelta({ content: { text: 'x' } }),
    ofDelta({ content: [[], 1, { type: 'text', text: 3 }] }),
    { choices: [{ finish_reason: 3 }] },
    { choices: [], usage: 'much' },
    { usage: { prompt_tokens: -1, completion_tokens: 1 } },
    { usage: { prompt_tokens: 1.5, completion_tokens: 1 } },
    { usage: { prompt_tokens: 1e300, completion_tokens: 1 } },
    { error: null },
  ])('gives nothing for %j', (chunk) => {
    expect(parseChunk(chunk)).toEqual([]);
  });

  it.each([
    [{ error: { message: 'no', code: 502 } }, 'provider/server'],
    [{ error: 'overloaded' }, 'provider/server'],
    [{ choices: [{ error: { message: 'slow down', code: 429 } }] }, 'provider/rate-limited'],
    [{ error: { message: 'maximum context length is 8 tokens' } }, 'provider/context-too-long'],
  ])('throws for %j', (chunk, code) => {
    const parse = (): unknown => parseChunk(chunk);
    expect(parse).toThrow(OnggiError);
    expect(parse).toThrow(expect.objectContaining({ code }));
  });
});
