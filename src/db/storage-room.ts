import { isStagingName } from './staging.ts';

/** What the browser says of its room; bytes. */
export interface StorageRoom {
  readonly freeBytes: number;
  /** Of all databases of the origin; null where it says only a sum. */
  readonly databaseBytes: number | null;
  /** How many of them hold conversations: the present ones, and those from before an earlier restore. */
  readonly databaseCount: number;
}

/** What Chrome says beside the standard. */
interface UsageDetails {
  readonly usageDetails?: { readonly indexedDB?: number };
}

/**
 * Null where the browser does not say. Enough by this is no promise: the disk may be full before.
 * @param baseName What the names of databases with conversations begin with.
 */
export async function readStorageRoom(baseName = 'onggi'): Promise<StorageRoom | null> {
  try {
    const estimate: StorageEstimate & UsageDetails = await navigator.storage.estimate();
    const { quota, usage, usageDetails } = estimate;
    if (quota === undefined || usage === undefined) return null;
    const found = (await indexedDB.databases()).map(({ name = '' }) => name);
    const whole = found.filter((name) => name === baseName || isStagingName(baseName, name));
    return {
      freeBytes: quota - usage,
      databaseBytes: usageDetails?.indexedDB ?? null,
      databaseCount: whole.length,
    };
  } catch {
    return null;
  }
}
