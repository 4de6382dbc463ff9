/** Whether this browser has the file system in which snapshots lie: some have none in private windows. */
export async function hasSnapshotRoom(): Promise<boolean> {
  try {
    await navigator.storage.getDirectory();
    return true;
  } catch {
    return false;
  }
}
