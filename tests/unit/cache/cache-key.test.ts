import { expect, it, test } from 'vitest';
import { createCacheKeys } from '#cache/cache-key.ts';
import { toEndpointId } from '#domain/ids.ts';
import type { ChatQuestion } from '#domain/stream.ts';
import { generateHmacKey } from '#vault/hmac.ts';
import { makeQuestion } from './support.ts';

const question = makeQuestion({
  messages: [
    { role: 'system', content: 'You are a potter.' },
    { role: 'user', content: 'What is clay?' },
  ],
});
const [system = { role: 'system', content: '' }, user = { role: 'user', content: '' }] =
  question.messages;

test('an equal question has equal keys, streamed or not', async () => {
  const key = await generateHmacKey();
  const keys = await createCacheKeys(key, question);
  expect(keys.cacheKey).toMatch(/^[0-9a-f]{64}$/);
  expect(keys.promptHash).toMatch(/^[0-9a-f]{64}$/);
  expect(keys.promptHash).not.toBe(keys.cacheKey);
  expect(await createCacheKeys(key, structuredClone(question))).toEqual(keys);
  expect(await createCacheKeys(key, { ...question, isStreaming: false })).toEqual(keys);
});

const DIFFERENT: readonly [string, Partial<ChatQuestion>, 'same prompt' | 'other prompt'][] = [
  [
    'the endpoint',
    { endpoint: { ...question.endpoint, id: toEndpointId('other') } },
    'same prompt',
  ],
  [
    'its address',
    { endpoint: { ...question.endpoint, baseUrl: 'http://localhost:2/v1' } },
    'same prompt',
  ],
  ['the model', { chatModel: 'model-2' }, 'same prompt'],
  ['the temperature', { temperature: 0.70001 }, 'same prompt'],
  ['the longest answer', { maxTokens: 2001 }, 'same prompt'],
  ['the text', { messages: [system, { ...user, content: 'What is clay? ' }] }, 'other prompt'],
  ['a role', { messages: [{ ...system, role: 'user' }, user] }, 'other prompt'],
  ['the system prompt', { messages: [user] }, 'other prompt'],
  ['the order', { messages: [user, system] }, 'other prompt'],
  [
    'the history',
    { messages: [system, user, { role: 'assistant', content: 'Earth.' }, user] },
    'other prompt',
  ],
  [
    'where one message ends',
    { messages: [{ ...system, content: 'You are a potter.What is clay?' }] },
    'other prompt',
  ],
];

it.each(DIFFERENT)('changing %s changes the key', async (_name, changes, prompt) => {
  const key = await generateHmacKey();
  const before = await createCacheKeys(key, question);
  const after = await createCacheKeys(key, { ...question, ...changes });
  expect(after.cacheKey).not.toBe(before.cacheKey);
  expect(after.promptHash === before.promptHash).toBe(prompt === 'same prompt');
});

test('another installation has other keys', async () => {
  const [one, other] = await Promise.all(
    [1, 2].map(async () => createCacheKeys(await generateHmacKey(), question)),
  );
  expect(one?.cacheKey).not.toBe(other?.cacheKey);
  expect(one?.promptHash).not.toBe(other?.promptHash);
});
