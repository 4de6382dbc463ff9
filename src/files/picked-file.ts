/**
 * Lets `write` fill a file that the person picked. Picking a name makes an empty file, which would stay
 * behind when the writing fails or is stopped: one that is still empty then is taken away, where the
 * browser can. A file with content is left as it is.
 * @param handle Null where the bytes go elsewhere.
 * @param write When it rejects, it has nothing of the file open any more.
 * @param signal Aborted before anything began, `write` is not called.
 * @throws what `write` throws; the signal's reason.
 */
export async function fillPicked<T>(
  handle: FileSystemFileHandle | null,
  write: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  try {
    signal?.throwIfAborted();
    return await write();
  } catch (error) {
    if (handle) await removeEmpty(handle);
    throw error;
  }
}

async function removeEmpty(handle: FileSystemFileHandle): Promise<void> {
  const removable: FileSystemFileHandle & { remove?: () => Promise<void> } = handle;
  try {
    const { size } = await handle.getFile();
    if (size === 0) await removable.remove?.();
  } catch {
    // Gone already, or the permission was taken back: there is nothing left to take away.
  }
}
