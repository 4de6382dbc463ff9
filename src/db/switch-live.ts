import { OnggiError } from '#domain/errors.ts';
import type { Clock } from '#domain/ids.ts';
import { ANSWER_LOCK_PREFIX } from '#domain/lock-names.ts';
import { carryKeys } from './aside-keys.ts';
import { readBootPointers, switchLiveDatabase } from './boot-pointers.ts';
import { requestResult } from './idb-request.ts';
import { inTime } from './in-time.ts';
import { takeLiveAlone, tryHoldRestoreLock } from './live-lock.ts';
import { readHeldLocks } from './locks.ts';
import type { OnggiDatabase } from './open-database.ts';
import { openExisting } from './open-existing.ts';
import { UNDO_MS } from './staging.ts';
import { toStorageError } from './storage-errors.ts';

/** How long other tabs may take to close the database. */
const PATIENCE_MS = 5000;

export interface SwitchOptions {
  readonly bootName?: string;
  readonly clock: Clock;
  /** Only tests give another. */
  readonly patienceMs?: number;
}

/** @throws OnggiError `backup/busy` while an answer is being written or an import runs, in any tab. */
export async function requireNoAnswers(): Promise<void> {
  const answers = await readHeldLocks(ANSWER_LOCK_PREFIX);
  if (answers.length > 0) throw new OnggiError('backup/busy', 'an answer is being written');
  // Its worker has a connection of its own and hears of no switch.
  const imports = await readHeldLocks('onggi-import:');
  if (imports.length > 0) throw new OnggiError('backup/busy', 'an import runs');
}

/**
 * Puts another database in the place of the one that this page shows. The caller holds the right to
 * restore (its worker does while it stages). Other tabs are asked to close; when they have, this
 * page's database is closed for good, `finish` does what must see no more writes and names the other
 * database, and the pointer flips in one strict transaction. The caller then loads the page anew, also
 * after an error that came from `finish`: its database is closed.
 * @throws OnggiError `backup/busy` (nothing changed, the database stays open) when a tab does not let
 * go or an answer is being written; what `finish` throws, with the old data still live; `db/*`.
 */
export async function switchLive(
  db: OnggiDatabase,
  finish: () => Promise<string>,
  { bootName = 'onggi-boot', clock, patienceMs = PATIENCE_MS }: SwitchOptions,
): Promise<void> {
  await requireNoAnswers();
  db.liveHold?.release();
  let release: (() => void) | undefined;
  try {
    release = await takeLiveAlone(db.name, patienceMs);
    if (!release) {
      throw new OnggiError('backup/busy', 'another tab does not let go of the data', {
        retryable: true,
      });
    }
    await requireNoAnswers();
  } catch (error) {
    release?.();
    await db.liveHold?.retake();
    throw error;
  }
  try {
    db.close();
    const to = await finish();
    await switchLiveDatabase(bootName, { from: db.name, to, now: clock() });
  } catch (error) {
    throw toStorageError(error);
  } finally {
    release();
  }
}

/** Data from before a restore that can be brought back. */
export interface Undo {
  readonly databaseName: string;
  /** Epoch milliseconds. */
  readonly replacedAt: number;
  /** Epoch milliseconds. */
  readonly until: number;
}

/** The data from before each restore of the last days, those of the last one first; those that are gone are not. */
export async function readUndos({
  bootName = 'onggi-boot',
  clock,
}: Pick<SwitchOptions, 'bootName' | 'clock'>): Promise<readonly Undo[]> {
  const { live, previous, retired } = await readBootPointers(bootName);
  const earlier = retired.toSorted((a, b) => b.replacedAt - a.replacedAt);
  const stored = new Set((await indexedDB.databases()).map(({ name }) => name));
  return [...(previous ? [previous] : []), ...earlier].flatMap(
    ({ databaseName, replacedAt, ageFrom }) => {
      const until = ageFrom + UNDO_MS;
      const isKept = databaseName !== live && stored.has(databaseName) && clock() <= until;
      return isKept ? [{ databaseName, replacedAt, until }] : [];
    },
  );
}

/**
 * Whether a database has no conversation and no document: what was made where the one before had been lost, or of
 * an onggi that was new. False where it cannot be looked at.
 */
export async function isNothingIn(databaseName: string): Promise<boolean> {
  const database = await openExisting(databaseName);
  if (typeof database === 'string') return false;
  try {
    const tables = ['conversations', 'messages', 'documents'];
    const transaction = database.transaction(tables);
    const keys = tables.map((table) =>
      requestResult(transaction.objectStore(table).getAllKeys(null, 1)),
    );
    return (await inTime(Promise.all(keys))).every(({ length }) => length === 0);
  } catch {
    return false;
  } finally {
    database.close();
  }
}

/**
 * Brings back data from before a restore, with the lock and the keys of now; the data of now become the ones
 * that can be brought back, and those of other restores stay as they are. The caller then loads the page anew.
 * @param databaseName As {@link readUndos} says; those of the last restore by default.
 * @throws OnggiError `backup/nothing-to-undo`; `backup/busy` as {@link switchLive}, and while a
 * restore is under way.
 */
export async function undoRestore(
  db: OnggiDatabase,
  options: SwitchOptions,
  databaseName?: string,
): Promise<void> {
  const release = await tryHoldRestoreLock();
  if (!release) throw new OnggiError('backup/busy', 'a restore is under way', { retryable: true });
  try {
    const undos = await readUndos(options);
    const undo = undos.find((each) => each.databaseName === (databaseName ?? each.databaseName));
    if (!undo) throw new OnggiError('backup/nothing-to-undo', 'no data from before a restore');
    const finish = async (): Promise<string> => {
      // The present lock stays, and the present keys.
      await carryKeys(db.name, undo.databaseName);
      return undo.databaseName;
    };
    await switchLive(db, finish, options);
  } finally {
    release();
  }
}
