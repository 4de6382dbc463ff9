import { expect, test } from 'vitest';
import { judge } from '../../quota/verdict.mjs';

const spec = (ok: boolean, ...told: readonly string[]) => ({
  title: 'a test',
  ok,
  tests: [{ annotations: told.map((description) => ({ type: 'told: a site', description })) }],
});

test.each([
  ['every site was told in time', { specs: [spec(true, '120 ms', '2000 ms after a pause')] }, true],
  [
    'one was told late',
    { suites: [{ specs: [spec(true, '120 ms'), spec(true, '2001 ms')] }] },
    false,
  ],
  ['a test failed', { specs: [spec(false, '120 ms')] }, false],
  ['nothing was timed', { specs: [spec(true)] }, false],
  ['nothing was reported', {}, false],
  ['a time is missing, whichever is first', { specs: [spec(true, '120 ms', '', '90 ms')] }, false],
])('it is judged whether %s', (_name, report, isKept) => {
  expect(judge(report).isKept).toBe(isKept);
});
