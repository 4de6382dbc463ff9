import { expect, it } from 'vitest';
import { isKeepable } from '#cache/is-keepable.ts';
import type { Message } from '#domain/message.ts';
import { makeStoredAnswer } from './support.ts';

it.each(['stop', 'end_turn', 'stop_sequence', 'eos', 'eos_token'])(
  'an answer that ended with %s is kept',
  (finishReason) => expect(isKeepable(makeStoredAnswer('whole', { finishReason }))).toBe(true),
);

const NEVER: readonly [string, Partial<Message>][] = [
  ['interrupted', { status: 'interrupted' }],
  ['stopped', { status: 'stopped' }],
  ['failed', { status: 'error', error: { code: 'provider/server', detail: null } }],
  ['still running', { status: 'streaming' }],
  ['cut by its length', { finishReason: 'length' }],
  [
    'filtered',
    {
      finishReason: 'content_filter',
      error: { code: 'provider/content-filter', detail: null },
    },
  ],
  ['a call of a tool', { finishReason: 'tool_calls' }],
  ['ended for a reason nobody knows', { finishReason: 'weather' }],
  ['without a reason for its end', { finishReason: null }],
  ['without text', { content: ' \n', reasoning: 'hm' }],
  ['from the cache itself', { metadata: { fromCache: { savedTokens: 3 } } }],
  ['a question', { role: 'user' }],
  ['too long', { content: 'x'.repeat(64_001) }],
  ['too long with its reasoning', { content: 'x'.repeat(60_000), reasoning: 'y'.repeat(4001) }],
];

it.each(NEVER)('an answer that is %s is not kept', (_name, fields) => {
  expect(isKeepable(makeStoredAnswer('text', fields))).toBe(false);
});

it('the longest one that is kept', () => {
  expect(isKeepable(makeStoredAnswer('x'.repeat(64_000)))).toBe(true);
});
