/** Which database is live, which were: what a restore switches. */
import * as v from 'valibot';
import { OnggiError } from '#domain/errors.ts';
import { BOOT_STORE, DatabaseName, openBootDatabase, Pointer } from './boot-database.ts';
import { requestResult, transactionDone } from './idb-request.ts';
import { toStorageError } from './storage-errors.ts';

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

const RETIRED_PREFIX = 'retired:';
const Replaced = v.object({
  id: v.string(),
  databaseName: DatabaseName,
  replacedAt: v.number(),
  ageFrom: v.optional(v.number()),
});
const Looked = v.object({ id: v.literal('looked'), at: v.number() });

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
  const database = await openBootDatabase(bootName, (_event, _fresh, transaction) =>
    transaction?.abort(),
  );
  try {
    const transaction = database.transaction(BOOT_STORE, mode, { durability: 'strict' });
    const done = transactionDone(transaction);
    done.catch(() => undefined);
    const result = await work(transaction.objectStore(BOOT_STORE));
    await done;
    return result;
  } catch (error) {
    throw toStorageError(error);
  } finally {
    database.close();
  }
}
