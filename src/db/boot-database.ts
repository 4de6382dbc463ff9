import * as v from 'valibot';
import { OnggiError } from '#domain/errors.ts';
import { requestResult, transactionDone } from './idb-request.ts';
import { toStorageError } from './storage-errors.ts';

/** What the boot database says. */
interface BootState {
  /** Name of the live database. */
  readonly databaseName: string;
  /** Whether the browser said that it found the storage of this origin damaged and emptied it. */
  readonly dataLoss: boolean;
}

/** A database that was live. */
export interface ReplacedDatabase {
  readonly databaseName: string;
  /** Epoch milliseconds. */
  readonly replacedAt: number;
  /** From when its age counts, epoch milliseconds: see {@link countAges}. */
  readonly ageFrom: number;
}

/** Every database the boot database knows. */
export interface BootPointers {
  readonly live: string;
  /** The one that can be brought back; null before the first restore. */
  readonly previous: ReplacedDatabase | null;
  /** Older ones that wait to be deleted. */
  readonly retired: readonly ReplacedDatabase[];
}

const STORE = 'pointer';
const RETIRED_PREFIX = 'retired:';
const DatabaseName = v.pipe(v.string(), v.minLength(1));
const Pointer = v.object({ id: v.literal('live'), databaseName: DatabaseName });
const Replaced = v.object({
  id: v.string(),
  databaseName: DatabaseName,
  replacedAt: v.number(),
  ageFrom: v.optional(v.number()),
});
const Looked = v.object({ id: v.literal('looked'), at: v.number() });

/**
 * Opens the boot database, first of all: all databases of an origin are lost together, and only the
 * first one opened afterwards is told so (SECURITY section 2, finding 1). It holds the row
 * `{ id: 'live', databaseName }`, so that a restore can be staged beside the live data and put in its
 * place by one write, and after a restore `{ id: 'previous', databaseName, replacedAt }`. Made with
 * `defaultName` when it is not there.
 * @throws OnggiError `db/unavailable` when the browser refuses IndexedDB, `db/no-space`, `db/quota`,
 * `db/row-damaged` when the pointer cannot be read: guessing would show other data as the live ones.
 */
export async function readBootDatabase(bootName: string, defaultName: string): Promise<BootState> {
  if (!('indexedDB' in globalThis)) throw new OnggiError('db/unavailable', 'no IndexedDB here');
  let dataLoss = false;
  const database = await open(bootName, (event, fresh) => {
    dataLoss = 'dataLoss' in event && event.dataLoss === 'total';
    fresh
      .createObjectStore(STORE, { keyPath: 'id' })
      .put({ id: 'live', databaseName: defaultName });
  });
  try {
    const store = database.transaction(STORE, 'readonly').objectStore(STORE);
    const row: unknown = await requestResult<unknown>(store.get('live'));
    if (!v.is(Pointer, row)) throw new OnggiError('db/row-damaged', 'unreadable boot pointer');
    return { databaseName: row.databaseName, dataLoss };
  } catch (error) {
    throw toStorageError(error);
  } finally {
    database.close();
  }
}

/** Every pointer; rows of the past that cannot be read count as not there. */
export function readBootPointers(bootName: string): Promise<BootPointers> {
  return withStore(bootName, 'readonly', async (store) => toPointers(await readRows(store)));
}

/**
 * Makes `to` the live database in the place of `from`, which becomes the previous one. One small
 * strict transaction: a crash leaves the one or the other.
 * @throws OnggiError `db/failed` when `from` is not live any more.
 */
export function switchLiveDatabase(
  bootName: string,
  { from, to, now }: { readonly from: string; readonly to: string; readonly now: number },
): Promise<void> {
  return withStore(bootName, 'readwrite', async (store) => {
    const { live, previous } = toPointers(await readRows(store));
    if (live !== from) throw new OnggiError('db/failed', `${from} is not live any more`);
    if (previous && previous.databaseName !== to) {
      store.put({ ...previous, id: RETIRED_PREFIX + previous.databaseName });
    }
    store.delete(RETIRED_PREFIX + to);
    store.put({ id: 'previous', databaseName: from, replacedAt: now });
    store.put({ id: 'live', databaseName: to });
  });
}

/**
 * Lets the replaced databases grow older. Since the last call at most `mostMs` count, and nothing where
 * the clock was set back: a clock that is set ten years ahead makes nothing ten years old.
 */
export function countAges(
  bootName: string,
  { now, mostMs }: { readonly now: number; readonly mostMs: number },
): Promise<void> {
  return withStore(bootName, 'readwrite', async (store) => {
    const rows = await readRows(store);
    const last = rows.find((row) => v.is(Looked, row));
    const gap = v.is(Looked, last) ? now - last.at : 0;
    const skipped = gap - Math.min(Math.max(gap, 0), mostMs);
    for (const row of rows) {
      if (skipped === 0 || !v.is(Replaced, row)) continue;
      store.put({ ...row, ageFrom: (row.ageFrom ?? row.replacedAt) + skipped });
    }
    store.put({ id: 'looked', at: now });
  });
}

/** Forgets a database that was live, after it was deleted. The live one is never forgotten. */
export function forgetDatabase(bootName: string, databaseName: string): Promise<void> {
  return withStore(bootName, 'readwrite', async (store) => {
    const { previous } = toPointers(await readRows(store));
    if (previous?.databaseName === databaseName) store.delete('previous');
    store.delete(RETIRED_PREFIX + databaseName);
  });
}

function readRows(store: IDBObjectStore): Promise<unknown[]> {
  return requestResult<unknown[]>(store.getAll());
}

function toPointers(rows: readonly unknown[]): BootPointers {
  const live = rows.find((row) => v.is(Pointer, row));
  if (!v.is(Pointer, live)) throw new OnggiError('db/row-damaged', 'unreadable boot pointer');
  const replaced = rows.flatMap((row) => (v.is(Replaced, row) ? [row] : []));
  const bare = ({ databaseName, replacedAt, ageFrom }: v.InferOutput<typeof Replaced>) => ({
    databaseName,
    replacedAt,
    ageFrom: ageFrom ?? replacedAt,
  });
  const previous = replaced.find(({ id }) => id === 'previous');
  return {
    live: live.databaseName,
    previous: previous ? bare(previous) : null,
    retired: replaced.filter(({ id }) => id.startsWith(RETIRED_PREFIX)).map(bare),
  };
}

async function withStore<T>(
  bootName: string,
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => Promise<T>,
): Promise<T> {
  // Whoever asks for pointers has a live database: where there is none, none is made up.
  const database = await open(bootName, (_event, _fresh, transaction) => transaction?.abort());
  try {
    const transaction = database.transaction(STORE, mode, { durability: 'strict' });
    const done = transactionDone(transaction);
    done.catch(() => undefined);
    const result = await work(transaction.objectStore(STORE));
    await done;
    return result;
  } catch (error) {
    throw toStorageError(error);
  } finally {
    database.close();
  }
}

async function open(
  name: string,
  create: (
    event: IDBVersionChangeEvent,
    fresh: IDBDatabase,
    transaction: IDBTransaction | null,
  ) => void,
): Promise<IDBDatabase> {
  try {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = (event) => create(event, request.result, request.transaction);
    return await requestResult(request);
  } catch (error) {
    const { code } = toStorageError(error);
    if (code === 'db/quota' || code === 'db/no-space') throw toStorageError(error);
    throw new OnggiError('db/unavailable', 'IndexedDB refused to open', { cause: error });
  }
}
