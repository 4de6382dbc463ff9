import { expect, it } from 'vitest';
import { earliestOf, latestOf } from '#portability/formats/date-bounds.ts';

it('gives the ends of any number of dates, and null of none', () => {
  expect([earliestOf([3, 1, 2]), latestOf([3, 1, 2])]).toEqual([1, 3]);
  expect([earliestOf([]), latestOf([])]).toEqual([null, null]);
  const many = Array.from({ length: 500_000 }, (_, index) => index);
  expect([earliestOf(many), latestOf(many)]).toEqual([0, 499_999]);
});
