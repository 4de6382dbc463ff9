/** Several rows of one day and model, as the specification's table may hold them, as one. */
import { pricedCountOf } from './usage.ts';
import type { UsageStatistic } from './usage.ts';
import { joinIncrements } from './usage-increments.ts';

const IMPORTED = [
  'importedCount',
  'importedPromptTokens',
  'importedCompletionTokens',
  'importedCostUsd',
] as const satisfies readonly (keyof UsageStatistic)[];

/** The rows with each day and model once: figures added up, the same row a second time left out. */
export function joinUsageDays(rows: readonly UsageStatistic[]): readonly UsageStatistic[] {
  const days = new Map<string, UsageStatistic>();
  const seen = new Set<string>();
  for (const row of rows) {
    const said = JSON.stringify(row);
    if (seen.has(said)) continue;
    seen.add(said);
    const before = days.get(row.id);
    days.set(row.id, before ? joinDays(before, row) : row);
  }
  return [...days.values()];
}

function joinDays(one: UsageStatistic, other: UsageStatistic): UsageStatistic {
  const imported = IMPORTED.filter((key) => one[key] !== undefined || other[key] !== undefined);
  const hasPriced = one.pricedCount !== undefined || other.pricedCount !== undefined;
  return {
    ...joinIncrements(one, other),
    ...(hasPriced && { pricedCount: pricedCountOf(one) + pricedCountOf(other) }),
    ...Object.fromEntries(imported.map((key) => [key, (one[key] ?? 0) + (other[key] ?? 0)])),
  };
}
