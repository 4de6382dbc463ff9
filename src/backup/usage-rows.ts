import { createUsageDays } from '#domain/join-usage-days.ts';
import type { FileUsage } from '#domain/join-usage-days.ts';
import type { UsageStatistic } from '#domain/usage.ts';

/** Puts the rows of a day and model together, wherever in a file they stand. */
export interface UsageCollector {
  add(rows: readonly FileUsage[]): Promise<void>;
  /** Stores what is left. Once, after the last row. */
  finish(): Promise<void>;
}

/** Rows that wait in memory, some 30 MB of them: a hundred models for three years. */
const MAX_ROWS = 100_000;

/** @param store Takes the days of the whole file at once, unless it has more than 100,000 rows. */
export function createUsageCollector(
  store: (days: readonly UsageStatistic[]) => Promise<unknown>,
): UsageCollector {
  const days = createUsageDays();
  const flush = async (): Promise<void> => {
    await store(days.take());
  };
  return {
    async add(rows) {
      days.add(rows);
      if (days.rowCount >= MAX_ROWS) await flush();
    },
    finish: flush,
  };
}
