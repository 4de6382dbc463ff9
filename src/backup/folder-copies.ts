import { OnggiError } from '#domain/errors.ts';
import { addCopy, pruneCopies } from './copy-folder.ts';
import type { CopyMaker, CopyNames, FolderCopy, KeepBounds } from './copy-folder.ts';
import { folderCopyName, isFolderCopyName } from './file-name.ts';

/**
 * Copies that stay in a folder: a month of days, and the largest, because after a loss those of a month are
 * nearly empty. Their size is the person's business.
 */
const FOLDER_BOUNDS: KeepBounds = { least: 2, most: 30, maxBytes: Infinity, keepsLargest: true };

/**
 * Names of our own: backups that the person saved or encrypted into the same folder are never cleared
 * away.
 */
export const FOLDER_NAMES: CopyNames = {
  partName: 'onggi_copy.part',
  nameOf: folderCopyName,
  isOwn: isFolderCopyName,
};

/** Chromium's methods, which not every declaration of the type has. */
interface PermissionHandle {
  queryPermission(options: { mode: 'readwrite' }): Promise<PermissionState>;
  requestPermission(options: { mode: 'readwrite' }): Promise<PermissionState>;
}

/** Whether the folder may be written now, without asking. */
export async function isFolderGranted(directory: FileSystemDirectoryHandle): Promise<boolean> {
  if (!isPermissionHandle(directory)) return true;
  return (await directory.queryPermission({ mode: 'readwrite' })) === 'granted';
}

/**
 * Asks the person to let the folder be written; only while handling a click.
 * @returns whether it may.
 */
export async function askForFolder(directory: FileSystemDirectoryHandle): Promise<boolean> {
  if (!isPermissionHandle(directory)) return true;
  if (await isFolderGranted(directory)) return true;
  return (await directory.requestPermission({ mode: 'readwrite' })) === 'granted';
}

function isPermissionHandle(handle: object): handle is PermissionHandle {
  return 'queryPermission' in handle && 'requestPermission' in handle;
}

/**
 * Puts a fresh backup into a folder that the person picked, and clears away the oldest of ours beyond
 * the bounds. Other files are never touched.
 * @throws OnggiError `backup/folder-denied` when the browser wants to be asked first, or the folder is
 * gone; `backup/not-written`, `db/*`.
 */
export async function copyIntoFolder(
  directory: FileSystemDirectoryHandle,
  maker: CopyMaker,
  {
    signal,
    bounds = FOLDER_BOUNDS,
  }: { readonly signal?: AbortSignal; readonly bounds?: KeepBounds } = {},
): Promise<FolderCopy & { readonly createdAt: number }> {
  if (!(await isFolderGranted(directory))) {
    throw new OnggiError('backup/folder-denied', 'the folder may not be written');
  }
  try {
    const copy = await addCopy(directory, maker, signal, FOLDER_NAMES);
    await pruneCopies(directory, bounds, FOLDER_NAMES, copy.createdAt);
    return copy;
  } catch (error) {
    const cause = error instanceof OnggiError ? error.cause : error;
    const isGone = cause instanceof DOMException && /^(NotFound|NotAllowed)Error$/.test(cause.name);
    if (isGone) throw new OnggiError('backup/folder-denied', 'the folder is gone', { cause });
    throw error;
  }
}
