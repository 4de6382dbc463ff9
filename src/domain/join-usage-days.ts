/** Several rows of one day and model, as the specification's table may hold them, as one. */
import { pricedCountOf } from './usage.ts';
import type { UsageStatistic } from './usage.ts';
import { joinIncrements } from './usage-increments.ts';

/** A row of a file. */
export interface FileUsage {
  /** With the id of its day and model. */
  readonly row: UsageStatistic;
  /** What the file calls it; null where it has no name. */
  readonly statId: string | null;
}

const IMPORTED = [
  'importedCount',
  'importedPromptTokens',
  'importedCompletionTokens',
  'importedCostUsd',
] as const satisfies readonly (keyof UsageStatistic)[];

/** Joins the rows of a file as they come. */
export interface UsageDays {
  add(rows: readonly FileUsage[]): void;
  /** Each day and model once, in the order in which they came first; from then on it begins anew. */
  take(): readonly UsageStatistic[];
  /** Rows that are remembered. */
  readonly rowCount: number;
}

/**
 * Adds the figures of one day and model up. The same row a second time is left out: by the id that the
 * file gives it, of several with one id the first counts; without an id by what it says.
 */
export function createUsageDays(): UsageDays {
  let days = new Map<string, UsageStatistic>();
  let seen = new Set<string>();
  return {
    add(rows) {
      for (const { row, statId } of rows) {
        const name = statId === null ? JSON.stringify(row) : `#${statId}`;
        if (seen.has(name)) continue;
        seen.add(name);
        const before = days.get(row.id);
        days.set(row.id, before ? joinDays(before, row) : row);
      }
    },
    take() {
      const joined = [...days.values()];
      days = new Map();
      seen = new Set();
      return joined;
    },
    get rowCount() {
      return seen.size;
    },
  };
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
