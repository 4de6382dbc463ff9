import { LOCAL_USER_ID } from '#domain/ids.ts';
import { createUsageDays } from '#domain/join-usage-days.ts';
import type { FileUsage } from '#domain/join-usage-days.ts';
import type { Session } from '#domain/session.ts';
import { digestValue } from '#domain/import-memory.ts';
import type { Draft, ImportRun } from '#domain/stored-rows.ts';
import { usageStatisticId } from '#domain/usage.ts';
import type { UserSettings } from '#domain/user-settings.ts';
import { read } from './commit.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';

/** What a file of ours holds beside conversations and documents. */
interface StoreRows {
  readonly usageStatistics: readonly FileUsage[];
  readonly drafts: readonly Draft[];
  readonly sessions: readonly Session[];
  readonly userSettings: readonly UserSettings[];
}

/** What was added. */
export type AddedRows = Required<Pick<ImportRun, 'addedUsage' | 'addedSessionIds'>> &
  Pick<ImportRun, 'settings'>;

/**
 * Adds days of usage, drafts and visits whose keys are not here yet, and the settings where nobody has set
 * anything here, in one transaction; what is here stays as it is. Usage and settings are those of the
 * person of this browser, whoever the file names. A connection that is not here is no default one.
 * @param toPart What the import writes down of it in the same transaction, see [Note: Parts of an import].
 * @returns what was added.
 */
export function addMissingRows(
  { relaxed: db }: OnggiDatabase,
  { usageStatistics, drafts, sessions, userSettings }: StoreRows,
  toPart: (added: AddedRows) => ImportRun,
): Promise<AddedRows> {
  const own = usageStatistics.map(({ row, statId }) => {
    const id = usageStatisticId(LOCAL_USER_ID, row);
    return { row: { ...row, id, userId: LOCAL_USER_ID }, statId };
  });
  const joined = createUsageDays();
  joined.add(own);
  const days = new Map(joined.take().map((row) => [row.id, row]));
  const written = drafts.filter(({ text, pasted }) => text !== '' || pasted.length > 0);
  const texts = new Map(written.map((draft) => [draft.id, draft]));
  const visits = new Map(sessions.map((session) => [session.id, atRest(session)]));
  const [settings] = userSettings;
  const tables = [db.usageStatistics, db.drafts, db.sessions, db.userSettings, db.endpoints];
  return read(() =>
    db.transaction('rw', [...tables, db.imports], async () => {
      const knownDays = await db.usageStatistics.bulkGet([...days.keys()]);
      for (const row of knownDays) if (row) days.delete(row.id);
      const knownTexts = await db.drafts.bulkGet([...texts.keys()]);
      for (const row of knownTexts) if (row) texts.delete(row.id);
      await db.usageStatistics.bulkAdd([...days.values()]);
      await db.drafts.bulkAdd([...texts.values()]);
      const knownVisits = await db.sessions.bulkGet([...visits.keys()]);
      for (const row of knownVisits) if (row) visits.delete(row.id);
      await db.sessions.bulkAdd([...visits.values()]);
      const put = settings && (await putSettings(db, settings));
      const added: AddedRows = {
        addedUsage: [...days.values()],
        addedSessionIds: [...visits.keys()],
        ...(put && { settings: put }),
      };
      if (days.size + visits.size > 0 || put) await db.imports.put(toPart(added));
      return added;
    }),
  );
}

/** Nothing is put where the person changed a setting. */
async function putSettings(
  db: OnggiDexie,
  settings: UserSettings,
): Promise<AddedRows['settings'] | undefined> {
  const own = await db.userSettings.get(LOCAL_USER_ID);
  if (own && own.updatedAt !== own.createdAt) return undefined;
  const { defaultEndpointId: id } = settings;
  const isConnected = id !== null && (await db.endpoints.get(id)) !== undefined;
  const unconnected = { defaultEndpointId: null, defaultModel: null };
  const row = { ...settings, ...(!isConnected && unconnected), userId: LOCAL_USER_ID };
  await db.userSettings.put(row);
  return { before: own ?? null, after: digestValue(row) };
}

/** A visit of another browser is over here. */
function atRest(session: Session): Session {
  return session.status === 'active' ? { ...session, status: 'expired' } : session;
}
