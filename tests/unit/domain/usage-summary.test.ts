import { describe, expect, it } from 'vitest';
import { LOCAL_USER_ID } from '#domain/ids.ts';
import { usageStatisticId } from '#domain/usage.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import {
  addDays,
  isChartDay,
  monthOf,
  rangeOf,
  rowsWithin,
  sumByModel,
  sumByTime,
  sumUsage,
  summariseMonth,
} from '#domain/usage-summary.ts';

const TODAY = '2026-11-22';

function row(date: string, changes: Partial<UsageStatistic> = {}): UsageStatistic {
  const model = changes.model ?? 'm';
  return {
    id: usageStatisticId(LOCAL_USER_ID, { date, model }),
    userId: LOCAL_USER_ID,
    date,
    model,
    requestCount: 2,
    promptTokens: 10,
    completionTokens: 20,
    totalTokens: 30,
    totalCostUsd: 0.5,
    unpricedCount: 0,
    totalResponseTimeMs: 3000,
    timedCount: 2,
    errorCount: 0,
    ...changes,
  };
}

describe('isChartDay', () => {
  it.each(['2026-02-28', '2024-02-29', '1990-01-01'])('takes %s', (date) => {
    expect(isChartDay(date)).toBe(true);
  });
  it.each(['', '2026-02-30', '2026-13-01', '1969-12-31', '9999-01-01', '2026-1-1', 'yesterday'])(
    'refuses %j',
    (date) => {
      expect(isChartDay(date)).toBe(false);
    },
  );
});

describe('rangeOf', () => {
  it.each([
    ['week', '2026-11-16'],
    ['month', '2026-10-24'],
    ['year', '2025-11-23'],
  ] as const)('a %s begins on %s', (span, from) => {
    expect(rangeOf(span, [], TODAY)).toEqual({ from, to: TODAY });
  });

  it('everything reaches over all rows, the future of a clock set back included', () => {
    const rows = [row('2024-01-05'), row('2027-01-01'), row('0001-01-01'), row('nonsense')];
    expect(rangeOf('all', rows, TODAY)).toEqual({ from: '2024-01-05', to: '2027-01-01' });
  });

  it('everything is today without rows', () => {
    expect(rangeOf('all', [], TODAY)).toEqual({ from: TODAY, to: TODAY });
  });
});

describe('sumUsage', () => {
  it.each([-1, 315_360_000_000])(
    'leaves a time of %s ms out of the mean',
    (totalResponseTimeMs) => {
      const wrong = row('2026-11-01', { totalResponseTimeMs });
      expect(sumUsage([wrong, row('2026-11-02')])).toMatchObject({
        requestCount: 4,
        meanResponseMs: 1500,
      });
      expect(sumUsage([wrong]).meanResponseMs).toBeNull();
    },
  );

  it('adds up, and takes the mean over requests and not over days', () => {
    const rows = [
      row('2026-11-01'),
      row('2026-11-02', { totalResponseTimeMs: 1000, timedCount: 8 }),
    ];
    expect(sumUsage(rows)).toMatchObject({
      requestCount: 4,
      totalTokens: 60,
      costUsd: 1,
      meanResponseMs: 400,
    });
  });

  it('says null for a cost that nobody knows, and 0 for one that is 0', () => {
    const unknown = row('2026-11-01', { totalCostUsd: 0, unpricedCount: 2 });
    expect(sumUsage([unknown]).costUsd).toBeNull();
    expect(sumUsage([row('2026-11-01', { totalCostUsd: 0 })]).costUsd).toBe(0);
    expect(sumUsage([]).costUsd).toBeNull();
    const refused = row('2026-11-01', { totalCostUsd: 0, errorCount: 2 });
    expect(sumUsage([refused]).costUsd).toBeNull();
  });

  it('says 0 for a failure that cost nothing, beside one whose cost nobody knows', () => {
    const free = { totalCostUsd: 0, requestCount: 1, errorCount: 1, pricedCount: 1 };
    const failed = { totalCostUsd: 0, requestCount: 1, errorCount: 1, unpricedCount: 1 };
    expect(sumUsage([row('2026-11-01', free)]).costUsd).toBe(0);
    const both = [row('2026-11-01', free), row('2026-11-02', { ...failed, pricedCount: 0 })];
    expect(sumUsage(both)).toMatchObject({ costUsd: 0, unpricedCount: 1 });
    expect(sumUsage([row('2026-11-02', { ...failed, pricedCount: 0 })]).costUsd).toBeNull();
    // One model of one day: the failed one was taken off twice.
    const joined = { ...free, requestCount: 2, unpricedCount: 1, pricedCount: 1 };
    expect(sumUsage([row('2026-11-01', joined)]).costUsd).toBe(0);
  });

  it('reads a row without the count, or with one that is none, as before', () => {
    const older = row('2026-11-01', { totalCostUsd: 0, unpricedCount: 1 });
    expect(sumUsage([older]).costUsd).toBe(0);
    for (const pricedCount of [Number.NaN, -1, Infinity]) {
      const damaged = { ...older, pricedCount, unpricedCount: 2 };
      expect(sumUsage([damaged]).costUsd).toBeNull();
    }
  });

  it('keeps imported history out of every other figure', () => {
    const rows = [
      row('2026-11-01', {
        requestCount: 0,
        promptTokens: 0,
        completionTokens: 0,
        totalTokens: 0,
        totalCostUsd: 0,
        importedCount: 3,
        importedPromptTokens: 5,
        importedCompletionTokens: 6,
        importedCostUsd: 2,
      }),
    ];
    expect(sumUsage(rows)).toMatchObject({
      requestCount: 0,
      totalTokens: 0,
      costUsd: null,
      importedCount: 3,
      importedTokens: 11,
      importedCostUsd: 2,
    });
  });

  it('takes the mean of ratings over answers', () => {
    const ratings = [
      { date: TODAY, model: 'm', ratedCount: 1, ratingSum: 5 },
      { date: TODAY, model: 'n', ratedCount: 3, ratingSum: 3 },
    ];
    expect(sumUsage([], ratings)).toMatchObject({ ratedCount: 4, meanRating: 2 });
  });
});

it('sums by model, most tokens first, a model known from ratings alone included', () => {
  const rows = [
    row('2026-11-01', { model: 'a' }),
    row('2026-11-02', { model: 'b', totalTokens: 99 }),
  ];
  const ratings = [{ date: TODAY, model: 'c', ratedCount: 1, ratingSum: 4 }];
  expect(sumByModel(rows, ratings).map(({ model }) => model)).toEqual(['b', 'a', 'c']);
});

describe('sumByTime', () => {
  const bars = (from: string, to: string) =>
    sumByTime([], [], { from, to }).map((bucket) => [bucket.from, bucket.to]);

  it('has a bar for every day, with the rows of that day', () => {
    const buckets = sumByTime([row('2026-11-17'), row('2026-11-30')], [], {
      from: '2026-11-16',
      to: TODAY,
    });
    expect(buckets.map(({ requestCount }) => requestCount)).toEqual([0, 2, 0, 0, 0, 0, 0]);
  });

  it('has weeks for a year: the last ends with it, odd days join the first', () => {
    const weeks = bars('2025-11-23', TODAY);
    expect(weeks).toHaveLength(52);
    expect(weeks[0]).toEqual(['2025-11-23', '2025-11-30']);
    expect(weeks.at(-1)).toEqual(['2026-11-16', TODAY]);
  });

  it('has calendar months for some years, and years for many', () => {
    const months = bars('2024-02-10', TODAY);
    expect(months).toHaveLength(34);
    expect(months[0]).toEqual(['2024-02-10', '2024-02-29']);
    expect(months.at(-1)).toEqual(['2026-11-01', TODAY]);
    expect(bars('1990-01-01', '2199-12-31')).toHaveLength(210);
    expect(bars('2010-05-05', TODAY)[0]).toEqual(['2010-05-05', '2010-12-31']);
  });

  it.each([
    ['2026-09-22', TODAY],
    ['2026-09-21', TODAY],
    ['2025-09-29', TODAY],
    ['2025-01-01', TODAY],
    ['2020-02-29', TODAY],
  ])('loses no day between %s and %s', (from, to) => {
    const buckets = bars(from, to);
    buckets.forEach(([start], index) => {
      if (index > 0) expect(addDays(buckets[index - 1]?.[1] ?? '', 1)).toBe(start);
    });
    expect(buckets[0]?.[0]).toBe(from);
    expect(buckets.at(-1)?.[1]).toBe(to);
  });

  it('has the sum of the rows in its bars', () => {
    const rows = Array.from({ length: 500 }, (_, day) => row(addDays(TODAY, -day)));
    for (const span of ['week', 'month', 'year', 'all'] as const) {
      const range = rangeOf(span, rows, TODAY);
      const total = sumByTime(rows, [], range).reduce(
        (sum, { requestCount }) => sum + requestCount,
        0,
      );
      expect(total).toBe(sumUsage(rowsWithin(rows, range)).requestCount);
    }
  });
});

describe('summariseMonth', () => {
  it('knows the days of a month', () => {
    expect(monthOf('2024-02-10')).toEqual({ from: '2024-02-01', to: '2024-02-29' });
    expect(monthOf('2026-12-31')).toEqual({ from: '2026-12-01', to: '2026-12-31' });
  });

  it.each([
    [null, 'none'],
    [10, 'within'],
    [1.26, 'within'],
    [1.25, 'near'],
    [1.01, 'near'],
    [1, 'over'],
    [0.5, 'over'],
  ] as const)('against a budget of %j a cost of 1 is %s', (budget, state) => {
    const rows = [row('2026-11-01'), row('2026-11-20'), row('2026-10-31'), row('2026-12-01')];
    const month = summariseMonth(rows, TODAY, budget);
    expect(month).toMatchObject({ costUsd: 1, state });
    expect(month.costUpTo).toHaveLength(22);
    expect(month.costUpTo[0]).toBe(0.5);
  });

  it.each([
    ['nothing was asked', [], false],
    ['no request had a price', [{ totalCostUsd: 0, unpricedCount: 1 }], true],
    ['one had none, one was free', [{ totalCostUsd: 0, unpricedCount: 1, requestCount: 2 }], false],
    [
      'one had none, one was refused',
      [{ totalCostUsd: 0, unpricedCount: 1, errorCount: 1, requestCount: 2 }],
      true,
    ],
  ] as const)('when %s', (_, changes, isCostUnknown) => {
    const rows = changes.map((fields) => row('2026-11-01', { requestCount: 1, ...fields }));
    expect(summariseMonth(rows, TODAY, 5)).toMatchObject({ costUsd: 0, isCostUnknown });
  });
});
