import * as v from 'valibot';
import { OnggiError } from '#domain/errors.ts';
import { requestResult } from './idb-request.ts';
import { toStorageError } from './storage-errors.ts';

/** What the boot database says. */
interface BootState {
  /** Name of the live database. */
  readonly databaseName: string;
  /** Whether the browser said that it found the storage of this origin damaged and emptied it. */
  readonly dataLoss: boolean;
}

/** Its one store. */
export const BOOT_STORE = 'pointer';
export const DatabaseName = v.pipe(v.string(), v.minLength(1));
/** The row that names the live database. */
export const Pointer = v.object({ id: v.literal('live'), databaseName: DatabaseName });
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
  const database = await openBootDatabase(bootName, (event, fresh) => {
    dataLoss = 'dataLoss' in event && event.dataLoss === 'total';
    fresh
      .createObjectStore(BOOT_STORE, { keyPath: 'id' })
      .put({ id: 'live', databaseName: defaultName });
  });
  try {
    const store = database.transaction(BOOT_STORE, 'readonly').objectStore(BOOT_STORE);
    const row: unknown = await requestResult<unknown>(store.get('live'));
    if (!v.is(Pointer, row)) throw new OnggiError('db/row-damaged', 'unreadable boot pointer');
    return { databaseName: row.databaseName, dataLoss };
  } catch (error) {
    throw toStorageError(error);
  } finally {
    database.close();
  }
}

/** Opens it; `create` is called where there was none. */
export async function openBootDatabase(
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
