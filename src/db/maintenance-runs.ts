import type { LiveRead } from '#domain/conversation-store.ts';
import type { Clock } from '#domain/ids.ts';
import type { MaintenanceRun } from '#domain/stored-rows.ts';
import { commit, read } from './commit.ts';
import { liveRead } from './live-read.ts';
import type { OnggiDatabase } from './open-database.ts';

/** Writes a run, new or changed. Durable. */
export function putMaintenanceRun(
  { strict: db }: OnggiDatabase,
  run: MaintenanceRun,
): Promise<void> {
  return commit(() => db.maintenanceRuns.put(run).then(() => undefined));
}

/** One run; undefined when it is gone. */
export function getMaintenanceRun(
  { strict: db }: OnggiDatabase,
  id: string,
): Promise<MaintenanceRun | undefined> {
  return read(() => db.maintenanceRuns.get(id));
}

/** The latest runs that began up to `until` (epoch milliseconds), newest first. */
export function readMaintenanceRuns(
  { strict: db }: OnggiDatabase,
  until: number,
  limit: number,
): Promise<readonly MaintenanceRun[]> {
  return read(() =>
    db.maintenanceRuns.where('startedAt').belowOrEqual(until).reverse().limit(limit).toArray(),
  );
}

/**
 * The latest runs, newest first, now and after every change. Those of a clock that was ahead are not among them
 * once it is right again.
 */
export function watchMaintenanceRuns(
  { strict: db }: OnggiDatabase,
  clock: Clock,
  limit: number,
): LiveRead<readonly MaintenanceRun[]> {
  return liveRead(() => {
    const now = clock();
    // Not a range that ends now: what is written after it is outside, and would wake nobody.
    const newest = db.maintenanceRuns.orderBy('startedAt').reverse();
    return newest
      .filter(({ startedAt }) => startedAt <= now)
      .limit(limit)
      .toArray();
  });
}

/** Deletes all runs but the newest `keep`. @returns how many went */
export function trimMaintenanceRuns({ strict: db }: OnggiDatabase, keep: number): Promise<number> {
  return commit(() =>
    db.transaction('rw', db.maintenanceRuns, async () => {
      const old = await db.maintenanceRuns
        .orderBy('startedAt')
        .reverse()
        .offset(keep)
        .primaryKeys();
      await db.maintenanceRuns.bulkDelete(old);
      return old.length;
    }),
  );
}
