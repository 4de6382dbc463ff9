import { Dexie } from 'dexie';
import type { LiveRead } from '#domain/conversation-store.ts';
import type { UserId } from '#domain/ids.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import { commit, read } from './commit.ts';
import { liveRead } from './live-read.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';

/** The rows of all days from `from` to `to` (`YYYY-MM-DD`, both counted in), by day. */
export function readUsageStatistics(
  { strict: db }: OnggiDatabase,
  { from, to }: { from: string; to: string },
): Promise<readonly UsageStatistic[]> {
  return read(() => db.usageStatistics.where('date').between(from, to, true, true).toArray());
}

/** The rows of a person by day, all or those of `from` and later, now and after every answer. */
export function watchUsageStatistics(
  { strict: db }: OnggiDatabase,
  userId: UserId,
  from?: string,
): LiveRead<readonly UsageStatistic[]> {
  return liveRead(() => rowsOf(db, userId, from).toArray());
}

/** All rows of a person, in the order of their key. */
export function readAllUsage(
  { strict: db }: OnggiDatabase,
  userId: UserId,
): Promise<readonly UsageStatistic[]> {
  return read(() => rowsOf(db, userId).toArray());
}

/**
 * Puts other rows in the place of all rows of a person, in one transaction. Durable.
 * @param before The rows as they were when `after` began to be counted.
 * @returns false, with nothing changed, when an answer was counted since.
 */
export function replaceUsage(
  { strict: db }: OnggiDatabase,
  userId: UserId,
  before: readonly UsageStatistic[],
  after: readonly UsageStatistic[],
): Promise<boolean> {
  return commit(() =>
    db.transaction('rw', db.usageStatistics, async () => {
      const present = await rowsOf(db, userId).toArray();
      if (JSON.stringify(present) !== JSON.stringify(before)) return false;
      await rowsOf(db, userId).delete();
      await db.usageStatistics.bulkAdd(after);
      return true;
    }),
  );
}

function rowsOf(db: OnggiDexie, userId: UserId, from: string | number = Dexie.minKey) {
  const first = [userId, from, Dexie.minKey];
  return db.usageStatistics
    .where('[userId+date+model]')
    .between(first, [userId, Dexie.maxKey, Dexie.maxKey], true, true);
}
