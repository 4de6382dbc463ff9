import { expect, test } from '@playwright/test';
import { runKillRounds } from '../support/kill-rounds.mjs';
import { text } from './seeded.ts';

// Two rounds of `npm run test:kill`, which runs thirty.
test('a killed browser loses no acknowledged message and at most a second of an answer @long', async ({
  baseURL,
}) => {
  // Three browsers are started one after the other: on a busy machine that takes its time.
  test.setTimeout(120_000);
  const rounds = await runKillRounds({
    appUrl: baseURL ?? '',
    interruptedText: text('error.provider/interrupted'),
    rounds: 2,
  });
  expect(rounds.flatMap(({ problems }) => problems)).toEqual([]);
  expect(rounds.filter(({ isStored, stage }) => isStored && stage === 'mid-stream')).toHaveLength(
    1,
  );
});
