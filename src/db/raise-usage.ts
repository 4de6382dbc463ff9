import type { UsageChange, UsageUndo } from '#domain/maintenance.ts';
import type { MaintenanceRun } from '#domain/stored-rows.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import { commit } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';

/**
 * Puts rows in the place of those with their keys, in one transaction with the note of how to undo that;
 * one that changed since is left alone. Durable.
 * @param noteIn Gives the row of the run with the note in it.
 * @returns how many were put.
 */
export function raiseUsageRows(
  { strict: db }: OnggiDatabase,
  changes: readonly UsageChange[],
  noteIn: (undo: UsageUndo) => MaintenanceRun,
): Promise<number> {
  return commit(() =>
    db.transaction('rw', db.usageStatistics, db.maintenanceRuns, async () => {
      const present = await db.usageStatistics.bulkGet(changes.map(({ after }) => after.id));
      const unchanged = changes.filter(({ before }, at) => isSame(present[at] ?? null, before));
      if (unchanged.length === 0) return 0;
      await db.usageStatistics.bulkPut(unchanged.map(({ after }) => after));
      await db.maintenanceRuns.put(noteIn({ usage: unchanged }));
      return unchanged.length;
    }),
  );
}

/**
 * Takes it back: rows are as they were, and those that were made go. One that was counted up since is
 * passed over: its figures of now are right. Durable.
 * @param without The row of its run without the note, written in the same transaction.
 */
export function undoUsage(
  { strict: db }: OnggiDatabase,
  { usage }: UsageUndo,
  without: MaintenanceRun,
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.usageStatistics, db.maintenanceRuns, async () => {
      await db.maintenanceRuns.put(without);
      const present = await db.usageStatistics.bulkGet(usage.map(({ after }) => after.id));
      for (const [at, { before, after }] of usage.entries()) {
        if (!isSame(present[at] ?? null, after)) continue;
        if (before === null) await db.usageStatistics.delete(after.id);
        else await db.usageStatistics.put(before);
      }
    }),
  );
}

/** Fields stand in another order in a row that came out of a note. */
function isSame(a: UsageStatistic | null, b: UsageStatistic | null): boolean {
  const sorted = (row: UsageStatistic | null): string =>
    JSON.stringify(Object.entries(row ?? {}).sort(([one], [other]) => (one < other ? -1 : 1)));
  return sorted(a) === sorted(b);
}
