import { OnggiError } from '#domain/errors.ts';
import { readDatabaseNames } from './idb-request.ts';
import { inTime } from './in-time.ts';
import { toStorageError } from './storage-errors.ts';
import { mendLog, noteTorn } from './torn-log.ts';

/**
 * Makes the torn log whole, and looks whether the browser opens its databases. Never before the log is whole.
 * See [Note: Torn log].
 * @throws OnggiError `db/no-space` while there is no room for it; `db/no-answer` where the browser says nothing.
 */
export async function lookForRoom(): Promise<void> {
  await inTime(mendLog());
  try {
    await inTime(readDatabaseNames());
  } catch (error) {
    noteTorn();
    throw error instanceof OnggiError ? error : toStorageError(error);
  }
}
