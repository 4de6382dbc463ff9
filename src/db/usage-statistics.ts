import type { UsageStatistic } from '#domain/usage.ts';
import { read } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';

/** The rows of all days from `from` to `to` (`YYYY-MM-DD`, both counted in), by day. */
export function readUsageStatistics(
  { strict: db }: OnggiDatabase,
  { from, to }: { from: string; to: string },
): Promise<readonly UsageStatistic[]> {
  return read(() => db.usageStatistics.where('date').between(from, to, true, true).toArray());
}
