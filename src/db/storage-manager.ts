/**
 * Asks the browser not to clear the data by itself. Some browsers ask the person, others decide.
 * @returns whether it promised to; false also where it cannot.
 */
export async function requestPersistence(): Promise<boolean> {
  try {
    return await navigator.storage.persist();
  } catch {
    return false;
  }
}

/**
 * Whether the data are safe from being cleared, and how much this origin keeps.
 * `usageBytes` is the browser's estimate over everything of the origin, null where it gives none.
 * Its quota says nothing of the disk and is not read (SECURITY 8.2).
 */
export async function readStorageState(): Promise<{
  isPersisted: boolean;
  usageBytes: number | null;
}> {
  try {
    const [isPersisted, { usage }] = await Promise.all([
      navigator.storage.persisted(),
      navigator.storage.estimate(),
    ]);
    return { isPersisted, usageBytes: usage ?? null };
  } catch {
    return { isPersisted: false, usageBytes: null };
  }
}
