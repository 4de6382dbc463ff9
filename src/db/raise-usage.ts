import type { UsageStatistic } from '#domain/usage.ts';
import { commit } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';

/**
 * Puts rows in the place of those with their keys, in one transaction; one that changed since is left
 * alone. Durable.
 * @param before The rows as they were, for each of `after`; undefined where there was none.
 * @returns how many were put.
 */
export function putUsage(
  { strict: db }: OnggiDatabase,
  before: readonly (UsageStatistic | undefined)[],
  after: readonly UsageStatistic[],
): Promise<number> {
  return commit(() =>
    db.transaction('rw', db.usageStatistics, async () => {
      const present = await db.usageStatistics.bulkGet(after.map(({ id }) => id));
      const unchanged = after.filter(
        (_row, at) => JSON.stringify(present[at]) === JSON.stringify(before[at]),
      );
      await db.usageStatistics.bulkPut(unchanged);
      return unchanged.length;
    }),
  );
}
