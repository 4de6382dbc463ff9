import { expect, test } from 'vitest';
import { formatVisitDuration } from '#ui/settings/visit-duration.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const lasting = (ms: number) => ({ createdAt: 1000, lastActivity: 1000 + ms });

test.each([
  [0, undefined],
  [MINUTE - 1, undefined],
  [MINUTE, '1 min'],
  [2 * MINUTE - 1, '1 min'],
  [HOUR - 1, '59 min'],
  [HOUR, '1 hr'],
  [HOUR + 5 * MINUTE, '1 hr 5 min'],
  [26 * HOUR, '26 hr'],
  [-HOUR, undefined],
  [Number.NaN, undefined],
])('a visit of %d ms lasted %s', (ms, expected) => {
  expect(formatVisitDuration(lasting(ms), 'en')).toBe(expected);
});

test.each([
  ['ko', '1시간 5분'],
  ['ja', '1 時間 5 分'],
  ['zh', '1小时 5分钟'],
])('is told in the words of %s', (language, expected) => {
  expect(formatVisitDuration(lasting(HOUR + 5 * MINUTE), language)).toBe(expected);
});
