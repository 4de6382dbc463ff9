import { readDatabaseNames } from './idb-request.ts';
import { toStorageError } from './storage-errors.ts';
import { mendLog, noteTorn } from './torn-log.ts';

/**
 * Makes the torn log whole, and looks whether the browser opens its databases. Never before the log is whole.
 * See [Note: Torn log].
 * @throws OnggiError `db/no-space` while there is no room for it.
 */
export async function lookForRoom(): Promise<void> {
  await mendLog();
  try {
    await readDatabaseNames();
  } catch (error) {
    noteTorn();
    throw toStorageError(error);
  }
}
