import { expect, test } from 'vitest';
import { createFailureMemory } from '#search/failure-memory.ts';

test('of many deadly questions the oldest is forgotten, never the one that was just noted', () => {
  const memory = createFailureMemory(() => 0);
  for (let at = 0; at < 100; at += 1) memory.noteDeadly(`question ${at}`);
  expect(memory.isDeadly('question 0')).toBe(true);
  memory.noteDeadly('one more');
  expect(memory.isDeadly('one more')).toBe(true);
  expect(memory.isDeadly('question 0')).toBe(false);
  expect(memory.isDeadly('question 1')).toBe(true);
  memory.forget();
  expect(memory.isDeadly('one more')).toBe(false);
});
