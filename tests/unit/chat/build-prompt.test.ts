import { expect, test } from 'vitest';
import { buildPrompt } from '#chat/build-prompt.ts';
import { makeMessage } from '../db/conversation-rows.ts';

const silent = { sendsReasoning: false };
const open = { sendsReasoning: true };
const question = makeMessage('c', 'q', null, { content: '질문 🍯' });
const answer = makeMessage('c', 'a', 'q', {
  role: 'assistant',
  content: 'answer',
  reasoning: 'thought',
});

test('is the branch in its order, behind the system prompt', () => {
  expect(buildPrompt([question, answer], 'Be brief.', silent)).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: '질문 🍯' },
    { role: 'assistant', content: 'answer' },
  ]);
});

test.each([null, '', ' \n'])('has no system message for the system prompt %j', (systemPrompt) => {
  expect(buildPrompt([question], systemPrompt, silent).map(({ role }) => role)).toEqual(['user']);
});

test('leaves out what has no text and what needs call ids', () => {
  const branch = [
    question,
    makeMessage('c', 'empty', 'q', { role: 'assistant', content: '' }),
    makeMessage('c', 'tool', 'q', { role: 'tool' }),
    makeMessage('c', 'function', 'q', { role: 'function' }),
    makeMessage('c', 'system', 'q', { role: 'system', content: 'imported' }),
  ];
  expect(buildPrompt(branch, null, silent)).toEqual([
    { role: 'user', content: '질문 🍯' },
    { role: 'system', content: 'imported' },
  ]);
});

test('carries earlier reasoning only where the endpoint wants it', () => {
  expect(buildPrompt([answer], null, silent)[0]?.content).toBe('answer');
  expect(buildPrompt([answer], null, open)[0]?.content).toBe(
    '<think>\nthought\n</think>\n\nanswer',
  );
  const thoughtful = makeMessage('c', 'q', null, { content: 'question', reasoning: 'not ours' });
  expect(buildPrompt([thoughtful], null, open)[0]?.content).toBe('question');
});

test('asks for the rest of a cut answer behind that answer', () => {
  const prompt = buildPrompt([question], null, open, answer);
  expect(prompt.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  expect(prompt[1]?.content).toContain('answer');
  expect(prompt[1]?.content).toContain('thought');
  expect(prompt[2]?.content).toMatch(/^Continue exactly where/);
});
