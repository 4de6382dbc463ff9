import { describe, expect, it } from 'vitest';
import { LOCAL_USER_ID } from '#domain/ids.ts';
import { usageStatisticId } from '#domain/usage.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import { createUsageReport } from '#usage/usage-report.ts';

const NOW = new Date(2026, 10, 9, 12).getTime();

function createRow(
  date: string,
  model: string,
  changes: Partial<UsageStatistic> = {},
): UsageStatistic {
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
    errorCount: 1,
    ...changes,
  };
}

const modelsOf = (model: string): readonly string[] =>
  createUsageReport([createRow('2026-11-01', model)], NOW).months.map((row) => row.model);

describe('createUsageReport', () => {
  it('is empty without statistics', () => {
    expect(createUsageReport([], NOW)).toEqual({
      format: 'onggi-usage-report',
      version: 1,
      created_on: '2026-11-09',
      months: [],
    });
  });

  it('sums days into months, ordered', () => {
    const rows = [
      createRow('2026-11-02', 'gpt-5'),
      createRow('2026-11-01', 'gpt-5'),
      createRow('2026-10-31', 'gpt-5'),
      createRow('2026-11-01', 'gpt-4o'),
    ];
    const { months } = createUsageReport(rows, NOW);
    expect(months.map(({ month, model }) => [month, model])).toEqual([
      ['2026-10', 'gpt-5'],
      ['2026-11', 'gpt-4o'],
      ['2026-11', 'gpt-5'],
    ]);
    expect(months[2]).toEqual({
      month: '2026-11',
      model: 'gpt-5',
      request_count: 4,
      prompt_tokens: 20,
      completion_tokens: 40,
      total_tokens: 60,
      total_cost_usd: 1,
      unpriced_count: 0,
      average_response_time: 1.5,
      error_count: 2,
    });
  });

  it('says null for what was never measured', () => {
    const row = createRow('2026-11-01', 'a', {
      totalCostUsd: 0,
      unpricedCount: 2,
      totalResponseTimeMs: 0,
      timedCount: 0,
    });
    expect(createUsageReport([row], NOW).months[0]).toMatchObject({
      total_cost_usd: null,
      average_response_time: null,
    });
  });

  it('says null for the cost where all requests were refused', () => {
    const row = createRow('2026-11-01', 'a', {
      requestCount: 2,
      errorCount: 2,
      totalCostUsd: 0,
      unpricedCount: 0,
    });
    expect(createUsageReport([row], NOW).months[0]).toMatchObject({ total_cost_usd: null });
  });

  it('holds no id and no day', () => {
    const text = JSON.stringify(createUsageReport([createRow('2026-11-07', 'a')], NOW));
    expect(text).not.toMatch(/local|2026-11-07|"id"|user/);
  });

  it.each([
    ['gpt-5', 'gpt-5'],
    ['GPT-5', 'gpt-5'],
    ['openai/gpt-5', 'gpt-5'],
    ['openai/gpt-oss-20b', 'openai/gpt-oss-20b'],
    ['models/gemini-2.5-pro', 'gemini-2.5-pro'],
    ['claude-haiku-4-5-20251001', 'claude-haiku-4-5*'],
    ['claude-haiku-4-5-for-kims-bakery', 'claude-haiku-4-5*'],
    ['ft:gpt-4o-mini:kims-bakery::abc123', 'ft:gpt-4o-mini'],
    ['ft:kims-base:kims-bakery::abc123', 'other 1'],
    ['/home/kim/models/gemma.gguf', 'other 1'],
    ['C:\\Users\\Kim\\gemma.gguf', 'other 1'],
    ['kims-bakery-helper', 'other 1'],
    ['gpt-5-kims-bakery', 'other 1'],
    ['김씨네 빵집 🥖', 'other 1'],
    ['', 'other 1'],
    ['unknown', 'unknown'],
  ])('names %s as %s', (model, shown) => {
    expect(modelsOf(model)).toEqual([shown]);
  });

  it('calls other models by the order of their first use, in every month and in later reports', () => {
    const rows = [
      createRow('2026-11-02', 'b-first-in-november'),
      createRow('2026-10-01', 'z-first-in-october'),
      createRow('2026-11-02', 'a-first-in-november'),
      createRow('2026-11-03', 'z-first-in-october'),
    ];
    const name = (given: readonly UsageStatistic[]) =>
      createUsageReport(given, NOW).months.map(({ month, model }) => [month, model]);
    const shown = [
      ['2026-10', 'other 1'],
      ['2026-11', 'other 1'],
      ['2026-11', 'other 2'],
      ['2026-11', 'other 3'],
    ];
    expect(name(rows)).toEqual(shown);
    expect(name([...rows, createRow('2026-12-01', '0-later')])).toEqual([
      ...shown,
      ['2026-12', 'other 4'],
    ]);
    expect(JSON.stringify(createUsageReport(rows, NOW))).not.toContain('first-in');
  });
});
