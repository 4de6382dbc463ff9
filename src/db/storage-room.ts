import { requestResult } from './idb-request.ts';
import { openExisting } from './open-existing.ts';
import { isStagingName } from './staging.ts';

/** What the browser says of its room; bytes. */
export interface StorageRoom {
  readonly freeBytes: number;
  /** Of all databases of the origin; null where it says only a sum. */
  readonly databaseBytes: number | null;
  /**
   * How much of it the present data are, from 0 to 1, by their messages: those from before an earlier restore
   * may have been next to nothing, or far more.
   */
  readonly presentShare: number;
}

/** What Chrome says beside the standard. */
interface UsageDetails {
  readonly usageDetails?: { readonly indexedDB?: number };
}

/**
 * Null where the browser does not say. Enough by this is no promise: the disk may be full before.
 * @param presentName The database with the present data.
 * @param baseName What the names of databases with conversations begin with.
 */
export async function readStorageRoom(
  presentName: string,
  baseName = 'onggi',
): Promise<StorageRoom | null> {
  try {
    const estimate: StorageEstimate & UsageDetails = await navigator.storage.estimate();
    const { quota, usage, usageDetails } = estimate;
    if (quota === undefined || usage === undefined) return null;
    return {
      freeBytes: quota - usage,
      databaseBytes: usageDetails?.indexedDB ?? null,
      presentShare: await readPresentShare(presentName, baseName),
    };
  } catch {
    return null;
  }
}

async function readPresentShare(presentName: string, baseName: string): Promise<number> {
  const found = (await indexedDB.databases()).map(({ name = '' }) => name);
  const others = found.filter(
    (name) => name !== presentName && (name === baseName || isStagingName(baseName, name)),
  );
  if (others.length === 0) return 1;
  const present = 1 + (await countMessages(presentName));
  let all = present;
  for (const name of others) all += await countMessages(name);
  return present / all;
}

/** Conversations read at once. */
const PAGE_ROWS = 1000;

/** Messages by what the conversations say, which are far fewer; 0 where nothing can be read. */
async function countMessages(name: string): Promise<number> {
  const database = await openExisting(name);
  if (typeof database === 'string') return 0;
  try {
    const store = database.transaction('conversations').objectStore('conversations');
    let sum = 0;
    let range: IDBKeyRange | null = null;
    for (;;) {
      const rows: unknown[] = await requestResult(
        store.getAll(range, PAGE_ROWS) as IDBRequest<unknown[]>,
      );
      for (const row of rows) sum += Number(memberOf(row, 'messageCount')) || 0;
      if (rows.length < PAGE_ROWS) return sum;
      range = IDBKeyRange.lowerBound(memberOf(rows.at(-1), 'id'), true);
    }
  } catch {
    return 0;
  } finally {
    database.close();
  }
}

function memberOf(row: unknown, name: string): unknown {
  return typeof row === 'object' && row !== null ? (row as Record<string, unknown>)[name] : null;
}
