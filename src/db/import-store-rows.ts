import { LOCAL_USER_ID } from '#domain/ids.ts';
import type { Draft } from '#domain/stored-rows.ts';
import { usageStatisticId } from '#domain/usage.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import { read } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';

/**
 * Adds days of usage and drafts whose keys are not here yet, in one transaction; what is here stays as
 * it is. The usage counts for the person of this browser, whoever the file names.
 * @returns the days that were added.
 */
export function addMissingRows(
  { relaxed: db }: OnggiDatabase,
  {
    usageStatistics,
    drafts,
  }: { readonly usageStatistics: readonly UsageStatistic[]; readonly drafts: readonly Draft[] },
): Promise<readonly UsageStatistic[]> {
  const days = new Map(
    usageStatistics.map((row) => {
      const id = usageStatisticId(LOCAL_USER_ID, row);
      return [id, { ...row, id, userId: LOCAL_USER_ID }];
    }),
  );
  const written = drafts.filter(({ text, pasted }) => text !== '' || pasted.length > 0);
  const texts = new Map(written.map((draft) => [draft.id, draft]));
  return read(() =>
    db.transaction('rw', db.usageStatistics, db.drafts, async () => {
      const knownDays = await db.usageStatistics.bulkGet([...days.keys()]);
      for (const row of knownDays) if (row) days.delete(row.id);
      const knownTexts = await db.drafts.bulkGet([...texts.keys()]);
      for (const row of knownTexts) if (row) texts.delete(row.id);
      await db.usageStatistics.bulkAdd([...days.values()]);
      await db.drafts.bulkAdd([...texts.values()]);
      return [...days.values()];
    }),
  );
}
