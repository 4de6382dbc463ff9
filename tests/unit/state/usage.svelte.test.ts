import { expect, test, vi } from 'vitest';
import { LOCAL_USER_ID } from '#domain/ids.ts';
import { OnggiError } from '#domain/errors.ts';
import { usageStatisticId } from '#domain/usage.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import type { UserSettings } from '#domain/user-settings.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import { Settings } from '#state/settings.svelte.ts';
import { StorageHealth } from '#state/storage-health.svelte.ts';
import { usageToCsv } from '#state/usage-csv.ts';
import { Usage } from '#state/usage.svelte.ts';
import type { UsageWork } from '#state/usage.svelte.ts';

const NOW = new Date(2026, 10, 22, 23, 30).getTime();

function makeRow(date: string, model: string): UsageStatistic {
  return {
    id: usageStatisticId(LOCAL_USER_ID, { date, model }),
    userId: LOCAL_USER_ID,
    date,
    model,
    requestCount: 1,
    promptTokens: 1,
    completionTokens: 2,
    totalTokens: 3,
    totalCostUsd: 0.5,
    unpricedCount: 0,
    totalResponseTimeMs: 1500,
    timedCount: 1,
    errorCount: 0,
  };
}

function open(work: Partial<UsageWork> = {}) {
  const stored: Partial<UserSettings>[] = [];
  const unsubscribe = vi.fn();
  let tell = (_rows: readonly UsageStatistic[]): void => undefined;
  const storage = new StorageHealth();
  const row = createUserSettings('en', 0);
  const settings = new Settings(
    row,
    {
      load: () => Promise.resolve(row),
      update: (changes) => {
        stored.push(changes);
        return Promise.resolve(row);
      },
      watch: () => ({ subscribe: () => ({ unsubscribe }) }),
    },
    storage,
  );
  const usage = new Usage(
    {
      watch: () => ({
        subscribe: ({ next }) => {
          tell = next;
          return { unsubscribe };
        },
      }),
      rebuild: () => Promise.resolve(true),
      readBuiltInPrices: () => Promise.resolve({ asOf: '2026-09-23', source: '', models: [] }),
      readRatedDays: () => Promise.resolve([]),
      calculateDay: () => Promise.reject(new OnggiError('db/failed', 'no')),
      ...work,
    },
    settings,
    storage,
    () => NOW,
  );
  return {
    usage,
    settings,
    storage,
    stored,
    unsubscribe,
    tell: (rows: UsageStatistic[]) => tell(rows),
  };
}

test('follows the rows until it is told to stop', () => {
  const { usage, unsubscribe, tell } = open();
  expect(usage.rows).toBeUndefined();
  const stop = usage.follow();
  tell([makeRow('2026-11-22', 'm')]);
  expect(usage.rows).toHaveLength(1);
  stop();
  expect(unsubscribe).toHaveBeenCalledOnce();
});

test('today is the day of the person, not that of Greenwich', () => {
  expect(open().usage.today).toBe('2026-11-22');
});

test('a change of prices keeps what else was said about money', async () => {
  const { usage, stored } = open();
  await usage.savePrices({ monthlyBudgetUsd: 5 });
  await usage.savePrices({ isLocalFree: true });
  expect(usage.prices).toEqual({ own: [], isLocalFree: true, monthlyBudgetUsd: 5 });
  expect(stored.at(-1)).toEqual({ prices: usage.prices });
});

test('counting shows where it stands, runs once at a time, and tells how it ended', async () => {
  let finish = (_isDone: boolean): void => undefined;
  const rebuild = vi.fn<UsageWork['rebuild']>((onProgress) => {
    onProgress({ step: 'usage', doneBytes: 0, totalBytes: null, doneRows: 5, totalRows: 9 });
    return new Promise((resolve) => (finish = resolve));
  });
  const { usage } = open({ rebuild });
  const first = usage.rebuild();
  await usage.rebuild();
  expect(rebuild).toHaveBeenCalledOnce();
  expect(usage.phase).toMatchObject({ kind: 'running', progress: { doneRows: 5 } });
  usage.stop();
  expect(rebuild.mock.calls[0]?.[1].aborted).toBe(true);
  finish(false);
  await first;
  expect(usage.phase.kind).toBe('idle');
  const second = usage.rebuild();
  finish(true);
  await second;
  expect(usage.phase.kind).toBe('done');
});

test('counting that failed says why and can be begun again', async () => {
  const rebuild = () => Promise.reject(new OnggiError('chat/busy', 'busy'));
  const { usage } = open({ rebuild });
  await usage.rebuild();
  expect(usage.phase).toMatchObject({ kind: 'failed', error: { code: 'chat/busy' } });
  await usage.rebuild();
  expect(usage.phase.kind).toBe('failed');
});

test('how a counting ended is forgotten with the screen, one that runs goes on', async () => {
  let reject: (error: unknown) => void = () => undefined;
  const rebuild = () => new Promise<boolean>((_resolve, refuse) => (reject = refuse));
  const { usage } = open({ rebuild });
  const leave = usage.follow();
  const counting = usage.rebuild();
  leave();
  expect(usage.phase.kind).toBe('running');
  reject(new OnggiError('db/quota', 'no room'));
  await counting;
  // It failed while nobody looked: that is told once.
  const leaveAgain = usage.follow();
  expect(usage.phase.kind).toBe('failed');
  leaveAgain();
  expect(usage.phase.kind).toBe('idle');
});

test('ratings are kept with the days they are of, and forgotten with the screen', async () => {
  const days = [{ date: '2026-11-22', model: 'm', ratedCount: 1, ratingSum: 4 }];
  const { usage } = open({ readRatedDays: () => Promise.resolve(days) });
  const stop = usage.follow();
  const range = { from: '2026-11-16', to: '2026-11-22' };
  await usage.countRatings(range);
  expect(usage.ratings).toEqual({ ...range, days });
  expect(usage.isCountingRatings).toBe(false);
  stop();
  expect(usage.ratings).toBeUndefined();
});

test('a day that the storage refuses is told by the storage state', async () => {
  const { usage, storage } = open();
  expect(await usage.calculateDay('2026-11-22')).toBeUndefined();
  expect(storage.problem).toMatchObject({ code: 'db/failed' });
});

test('CSV is ordered by day and model, and no cell is a formula', () => {
  const rows = [
    makeRow('2026-11-02', 'b'),
    makeRow('2026-11-02', '=1+1'),
    makeRow('2026-11-01', 'a,"b"'),
  ];
  const lines = usageToCsv(rows).split('\r\n');
  expect(lines.slice(1)).toEqual([
    '2026-11-01,"a,""b""",1,1,2,3,0.5,0,1.5,1,0',
    `2026-11-02,'=1+1,1,1,2,3,0.5,0,1.5,1,0`,
    '2026-11-02,b,1,1,2,3,0.5,0,1.5,1,0',
    '',
  ]);
});
