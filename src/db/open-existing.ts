/** Opening databases as they are, past everything that may be broken above: for the rescue screen. */
import { requestResult } from './idb-request.ts';
import { inTime } from './in-time.ts';

/**
 * Opens a database that is there, whatever its version. Looking makes none.
 * @returns `unreadable` also where nothing answers in time.
 */
export async function openExisting(
  name: string,
  patienceMs?: number,
): Promise<IDBDatabase | 'missing' | 'unreadable'> {
  const seen = { isMissing: false };
  let request: IDBOpenDBRequest | undefined;
  try {
    const opening = (request = indexedDB.open(name));
    opening.onupgradeneeded = () => {
      seen.isMissing = true;
      opening.transaction?.abort();
    };
    return await inTime(requestResult(opening), patienceMs);
  } catch {
    // Should it open after all, it must hold nobody up.
    if (request) request.onsuccess = () => request?.result.close();
    return seen.isMissing ? 'missing' : 'unreadable';
  }
}
