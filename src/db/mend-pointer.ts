/** Mending the note of which database is live, when nothing can be opened because of it. */
import * as v from 'valibot';
import { requestResult, readDatabaseNames, transactionDone } from './idb-request.ts';
import { inTime } from './in-time.ts';
import { newestVersion } from './migrate.ts';
import { toNativeVersion } from './onggi-dexie.ts';
import { openExisting } from './open-existing.ts';
import { SCHEMA_STEPS } from './schema-steps.ts';
import { toStorageError } from './storage-errors.ts';

/** A database that can be made the live one. */
export interface WholeDatabase {
  readonly name: string;
  readonly conversationCount: number;
  readonly messageCount: number;
  /** Time of its newest message, epoch milliseconds; null where it has none. */
  readonly newestAt: number | null;
}

export interface PointerOptions {
  /** The database that was noted as the live one outside of all databases. */
  readonly notedName?: string | undefined;
  /** Only tests give others. */
  readonly bootName?: string;
  readonly baseName?: string;
}

const STORE = 'pointer';
const Pointer = v.object({ databaseName: v.string() });
const Row = v.object({ id: v.string() });

/**
 * The databases that can be made the live one, where nothing says which is: the noted one first, then those
 * with the newest messages. Empty where the pointer is sound. Changes nothing.
 * @throws OnggiError `db/*` when the browser does not say which databases there are.
 */
export async function findForPointer({
  notedName,
  bootName = 'onggi-boot',
  baseName = 'onggi',
}: PointerOptions): Promise<readonly WholeDatabase[]> {
  try {
    const names = await inTime(readDatabaseNames());
    if (await isSound(bootName, names)) return [];
    const found: WholeDatabase[] = [];
    for (const name of names.filter((each) => isOurs(each, baseName))) {
      const whole = await look(name).catch(() => undefined);
      if (whole) found.push(whole);
    }
    const rank = ({ name, newestAt, messageCount }: WholeDatabase): readonly number[] => [
      name === notedName ? 1 : 0,
      newestAt ?? 0,
      messageCount,
    ];
    return found.sort((a, b) => {
      const [left, right] = [rank(a), rank(b)];
      return right.map((value, at) => value - (left[at] ?? 0)).find((gap) => gap !== 0) ?? 0;
    });
  } catch (error) {
    throw toStorageError(error);
  }
}

/**
 * Writes down that `name` is the live database. The others are kept for the days of an undo; a boot database
 * that cannot be written is made anew.
 * @param others Names of the other databases, the one to go back to first.
 * @throws OnggiError `db/*`.
 */
export async function mendPointer(
  { name, others, now }: { name: string; others: readonly string[]; now: number },
  { bootName = 'onggi-boot' }: Pick<PointerOptions, 'bootName'> = {},
): Promise<void> {
  try {
    const boot = await openForMending(bootName);
    try {
      const transaction = boot.transaction(STORE, 'readwrite', { durability: 'strict' });
      const store = transaction.objectStore(STORE);
      const done = transactionDone(transaction);
      store.put({ id: 'live', databaseName: name });
      others.forEach((databaseName, at) => {
        const id = at === 0 ? 'previous' : `retired:${databaseName}`;
        store.put({ id, databaseName, replacedAt: now });
      });
      store.delete(`retired:${name}`);
      if (others.length === 0) store.delete('previous');
      await inTime(done);
    } finally {
      boot.close();
    }
  } catch (error) {
    throw toStorageError(error);
  }
}

const isOurs = (name: string, baseName: string): boolean =>
  name === baseName ||
  (name.startsWith(`${baseName}-restore-`) && /-restore-\d+-[0-9a-f]{8}$/.test(name));

/** Whether the pointer can be read, and leads to a database. Where there is none, a start makes it. */
async function isSound(bootName: string, names: readonly string[]): Promise<boolean> {
  const boot = await openExisting(bootName);
  if (boot === 'missing') return true;
  if (boot === 'unreadable') return false;
  try {
    if (boot.version !== 1) return false;
    const rows: unknown[] = await inTime(
      requestResult(boot.transaction(STORE).objectStore(STORE).getAll()),
    );
    const live = rows.find((row) => v.is(Row, row) && row.id === 'live');
    return v.is(Pointer, live) && names.includes(live.databaseName);
  } catch {
    return false;
  } finally {
    boot.close();
  }
}

/** What a database holds; undefined where it cannot be used. */
async function look(name: string): Promise<WholeDatabase | undefined> {
  const database = await openExisting(name);
  if (typeof database === 'string') return undefined;
  try {
    if (database.version > toNativeVersion(newestVersion(SCHEMA_STEPS))) return undefined;
    const transaction = database.transaction(['conversations', 'messages', 'userSettings']);
    const messages = transaction.objectStore('messages');
    const counts = ['conversations', 'messages', 'userSettings'].map((table) =>
      // eslint-disable-next-line no-restricted-syntax -- once, on the rescue page: the count is what is shown
      requestResult(transaction.objectStore(table).count()),
    );
    const newest = requestResult(messages.index('timestamp').openCursor(null, 'prev'));
    const [conversationCount = 0, messageCount = 0] = await inTime(Promise.all(counts));
    const cursor = await inTime(newest);
    const newestAt = typeof cursor?.key === 'number' ? cursor.key : null;
    return { name, conversationCount, messageCount, newestAt };
  } finally {
    database.close();
  }
}

/** The boot database with its table; made anew where it is not one. It holds pointers and nothing else. */
async function openForMending(bootName: string): Promise<IDBDatabase> {
  const found = await openExisting(bootName);
  if (typeof found !== 'string') {
    if (found.version === 1 && found.objectStoreNames.contains(STORE)) return found;
    found.close();
  }
  await inTime(requestResult(indexedDB.deleteDatabase(bootName)));
  const request = indexedDB.open(bootName, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'id' });
  return inTime(requestResult(request));
}
