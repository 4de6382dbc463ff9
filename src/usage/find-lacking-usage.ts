import type { UsageChange } from '#domain/maintenance.ts';
import { pricedCountOf } from '#domain/usage.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import { USAGE_AMOUNTS, hasMeasuredTimes, isAmount } from '#domain/usage-increments.ts';

/**
 * Rows that say less than the messages show, or figures that are none. Never one that says more:
 * answers that were deleted since are no longer there to be counted. Models are compared over all days,
 * and no model is raised beyond what its messages show: after a journey to another time zone the same
 * answers stand on other days. Imported history is not looked at: only counting anew counts it.
 * @param counted The usage as it is counted from all messages.
 */
export function findLackingUsage(
  stored: readonly UsageStatistic[],
  counted: readonly UsageStatistic[],
): readonly UsageChange[] {
  const storedById = new Map(stored.map((row) => [row.id, row]));
  const countedById = new Map(counted.map((row) => [row.id, row]));
  const lacking = new Map<string, UsageChange>();
  const sound = stored.map((row) => {
    const after = withAmounts(row, countedById.get(row.id));
    if (after !== row) lacking.set(row.id, { before: row, after });
    return after;
  });
  const soundById = new Map(sound.map((row) => [row.id, row]));
  const missing = new Map<string, number>();
  const sum = (rows: readonly UsageStatistic[], sign: 1 | -1): void => {
    for (const { model, requestCount } of rows) {
      missing.set(model, (missing.get(model) ?? 0) + sign * requestCount);
    }
  };
  sum(counted, 1);
  sum(sound, -1);
  for (const row of counted.toSorted((a, b) => (a.date < b.date ? -1 : 1))) {
    const present = soundById.get(row.id);
    const more = row.requestCount - (present?.requestCount ?? 0);
    const left = missing.get(row.model) ?? 0;
    if (more <= 0 || more > left) continue;
    missing.set(row.model, left - more);
    lacking.set(row.id, { before: storedById.get(row.id) ?? null, after: raised(present, row) });
  }
  return [...lacking.values()];
}

const TIMES: readonly (typeof USAGE_AMOUNTS)[number][] = ['totalResponseTimeMs', 'timedCount'];

/**
 * The row with its figures that are none, and times that cannot be, as counted; the row itself when all of
 * them are figures. What is none in the messages either is 0: the same row is not told again.
 */
function withAmounts(row: UsageStatistic, counted: UsageStatistic | undefined): UsageStatistic {
  const isTimed = hasMeasuredTimes(row);
  const wrong = USAGE_AMOUNTS.filter(
    (name) => !isAmount(row[name]) || (!isTimed && TIMES.includes(name)),
  );
  if (wrong.length === 0) return row;
  const amounts = wrong.map((name): [string, number] => {
    const amount = counted?.[name];
    return [name, isAmount(amount) ? amount : 0];
  });
  return { ...row, ...(Object.fromEntries(amounts) as Partial<UsageStatistic>) };
}

/** Figure for figure the larger one. What is imported stays as it was stored. */
function raised(present: UsageStatistic | undefined, counted: UsageStatistic): UsageStatistic {
  const larger = USAGE_AMOUNTS.map((name) => [name, Math.max(present?.[name] ?? 0, counted[name])]);
  const {
    importedCount: _count,
    importedPromptTokens: _prompt,
    importedCompletionTokens: _completion,
    importedCostUsd: _cost,
    ...own
  } = counted;
  const pricedCount = Math.max(present ? pricedCountOf(present) : 0, pricedCountOf(counted));
  const amounts = Object.fromEntries(larger) as Partial<UsageStatistic>;
  return { ...own, ...present, ...amounts, pricedCount };
}
