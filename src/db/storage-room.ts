/** What the browser says of its room; bytes. */
export interface StorageRoom {
  readonly freeBytes: number;
  /** Of all databases of the origin; null where it says only a sum. */
  readonly databaseBytes: number | null;
}

/** What Chrome says beside the standard. */
interface UsageDetails {
  readonly usageDetails?: { readonly indexedDB?: number };
}

/** Null where the browser does not say. Enough by this is no promise: the disk may be full before. */
export async function readStorageRoom(): Promise<StorageRoom | null> {
  try {
    const estimate: StorageEstimate & UsageDetails = await navigator.storage.estimate();
    const { quota, usage, usageDetails } = estimate;
    if (quota === undefined || usage === undefined) return null;
    return { freeBytes: quota - usage, databaseBytes: usageDetails?.indexedDB ?? null };
  } catch {
    return null;
  }
}
