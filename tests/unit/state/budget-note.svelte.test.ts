import { expect, test } from 'vitest';
import { LOCAL_USER_ID } from '#domain/ids.ts';
import { NO_PRICES } from '#domain/prices.ts';
import { addUsage } from '#domain/usage.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import { BudgetNote } from '#state/budget-note.svelte.ts';

const makeRow = (date: string, totalCostUsd: number): UsageStatistic =>
  addUsage(undefined, LOCAL_USER_ID, {
    date,
    model: 'model',
    requestCount: 1,
    promptTokens: 1,
    completionTokens: 1,
    totalTokens: 2,
    totalCostUsd,
    unpricedCount: 0,
    totalResponseTimeMs: 0,
    timedCount: 0,
    errorCount: 0,
  });

function createMemory(): Pick<Storage, 'getItem' | 'setItem'> {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
  };
}

function follow(memory = createMemory(), monthlyBudgetUsd: number | null = 10) {
  const asked: string[] = [];
  let tell: (rows: readonly UsageStatistic[]) => void = () => undefined;
  const usage = {
    prices: { ...NO_PRICES, monthlyBudgetUsd },
    today: '2026-11-22',
    watchSince: (from: string) => {
      asked.push(from);
      return {
        subscribe: ({ next }: { next: (rows: readonly UsageStatistic[]) => void }) => {
          tell = next;
          return { unsubscribe: () => (tell = () => undefined) };
        },
      };
    },
  };
  const note = new BudgetNote(usage, memory);
  const stop = note.follow();
  return { note, asked, stop, usage, spend: (...rows: UsageStatistic[]) => tell(rows) };
}

test.each([
  [7.99, undefined],
  [8, 'near'],
  [9.99, 'near'],
  [10, 'over'],
  [25, 'over'],
])('a cost of %d of 10 dollars is told as %s', (cost, state) => {
  const { note, asked, spend } = follow();
  expect(note.shown).toBeUndefined();
  spend(makeRow('2026-11-03', cost), makeRow('2026-10-31', 1000));
  expect(note.shown?.state).toBe(state);
  expect(asked).toEqual(['2026-11-01']);
});

test('nothing is told without a budget', () => {
  const { note, spend } = follow(createMemory(), null);
  spend(makeRow('2026-11-03', 1000));
  expect(note.shown).toBeUndefined();
});

test('put away it stays away for the month, but not when the budget ends, nor for the next month', () => {
  const memory = createMemory();
  const first = follow(memory);
  first.spend(makeRow('2026-11-03', 9));
  first.note.dismiss();
  expect(first.note.shown).toBeUndefined();

  const later = follow(memory);
  later.spend(makeRow('2026-11-03', 9.5));
  expect(later.note.shown).toBeUndefined();
  later.spend(makeRow('2026-11-03', 11));
  expect(later.note.shown?.state).toBe('over');
  later.note.dismiss();
  expect(later.note.shown).toBeUndefined();

  const december = follow(memory);
  december.usage.today = '2026-12-01';
  december.spend(makeRow('2026-12-01', 12));
  expect(december.note.shown?.state).toBe('over');
});

test('what is told follows the figures, and ends with the screen', () => {
  const { note, spend, stop } = follow();
  spend(makeRow('2026-11-03', 9));
  stop();
  spend(makeRow('2026-11-03', 11));
  expect(note.shown).toMatchObject({ state: 'near', costUsd: 9 });
});
