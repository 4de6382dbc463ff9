import { describe, expect, test } from 'vitest';
import { LOCAL_USER_ID } from '#domain/ids.ts';
import { addUsage } from '#domain/usage.ts';
import type { UsageIncrement, UsageStatistic } from '#domain/usage.ts';
import { findLackingUsage } from '#usage/find-lacking-usage.ts';

function row(date: string, requestCount: number, fields: Partial<UsageStatistic> = {}) {
  const increment: UsageIncrement = {
    date,
    model: fields.model ?? 'm',
    requestCount,
    promptTokens: 10 * requestCount,
    completionTokens: 5 * requestCount,
    totalTokens: 15 * requestCount,
    totalCostUsd: requestCount,
    unpricedCount: 0,
    totalResponseTimeMs: 100 * requestCount,
    timedCount: requestCount,
    errorCount: 0,
  };
  return { ...addUsage(undefined, LOCAL_USER_ID, increment), ...fields };
}

const [FRIDAY, SATURDAY] = ['2026-11-27', '2026-11-28'];

test('rows that agree lack nothing, nor do those of answers that were deleted since', () => {
  expect(findLackingUsage([], [])).toEqual([]);
  expect(findLackingUsage([row(FRIDAY, 2)], [row(FRIDAY, 2)])).toEqual([]);
  expect(findLackingUsage([row(FRIDAY, 3)], [row(FRIDAY, 2)])).toEqual([]);
  expect(findLackingUsage([row(FRIDAY, 3)], [])).toEqual([]);
});

test('a row that is not there, and one that says less, become what the messages show', () => {
  const lesser = row(SATURDAY, 1, { totalCostUsd: 9 });
  expect(findLackingUsage([lesser], [row(FRIDAY, 2), row(SATURDAY, 4)])).toEqual([
    { before: null, after: row(FRIDAY, 2) },
    // No figure is lowered.
    { before: lesser, after: row(SATURDAY, 4, { totalCostUsd: 9 }) },
  ]);
});

test('the same answers on other days, after a journey, lack nothing', () => {
  expect(findLackingUsage([row(FRIDAY, 3)], [row(FRIDAY, 1), row(SATURDAY, 2)])).toEqual([]);
});

test('a model is not raised beyond what its messages show', () => {
  const stored = [row(FRIDAY, 3)];
  const counted = [row(FRIDAY, 1), row(SATURDAY, 3)];
  expect(findLackingUsage(stored, counted)).toEqual([]);
  const other = row(FRIDAY, 1, { id: 'other', model: 'other' });
  expect(findLackingUsage(stored, [...counted, other])).toEqual([{ before: null, after: other }]);
});

test('imported history is left as it is stored', () => {
  const stored = row(FRIDAY, 1, { importedCount: 7 });
  const counted = row(FRIDAY, 2, { importedCount: 9, importedPromptTokens: 4 });
  const [lacking] = findLackingUsage([stored], [counted]);
  expect(lacking?.after).toEqual(row(FRIDAY, 2, { importedCount: 7 }));
  const [missing] = findLackingUsage([], [counted]);
  expect(missing?.after).toEqual(row(FRIDAY, 2));
});

describe('figures that are none', () => {
  test.each([[Number.NaN], [-1], ['5'], [null], [Infinity]])('%j is counted anew', (damaged) => {
    const stored = row(FRIDAY, 2, { promptTokens: damaged as number });
    expect(findLackingUsage([stored], [row(FRIDAY, 2)])).toEqual([
      { before: stored, after: row(FRIDAY, 2) },
    ]);
  });

  test('are 0 where no message says better', () => {
    const stored = row(FRIDAY, 2, { errorCount: Number.NaN });
    expect(findLackingUsage([stored], [])).toEqual([{ before: stored, after: row(FRIDAY, 2) }]);
  });
});

test.each([-1, 315_360_000_000])('a time of %s ms is mended once, and not told again', (wrong) => {
  const stored = row(FRIDAY, 2, { totalResponseTimeMs: wrong });
  // Of the messages one was measured.
  const counted = row(FRIDAY, 2, { totalResponseTimeMs: 300, timedCount: 1 });
  expect(findLackingUsage([stored], [counted])).toEqual([{ before: stored, after: counted }]);
  expect(findLackingUsage([counted], [counted])).toEqual([]);
  const [gone] = findLackingUsage([stored], []);
  expect(gone?.after).toEqual(row(FRIDAY, 2, { totalResponseTimeMs: 0, timedCount: 0 }));
});

test('a figure that is none in the messages either becomes 0 once', () => {
  const stored = row(FRIDAY, 1, { promptTokens: -4 });
  const [change] = findLackingUsage([stored], [stored]);
  expect(change?.after).toEqual(row(FRIDAY, 1, { promptTokens: 0 }));
  expect(change && findLackingUsage([change.after], [stored])).toEqual([]);
});
