import { OnggiError } from '#domain/errors.ts';
import { addCopy, listCopies, pruneCopies } from './copy-folder.ts';
import type { CopyMaker, FolderCopy, KeepBounds } from './copy-folder.ts';
import { isBackupFileName } from './file-name.ts';

/** The folder in the browser's own file system. */
const FOLDER = 'snapshots';

/** At least two generations (SECURITY 8.3); more while they are small. */
const SNAPSHOT_BOUNDS: KeepBounds = {
  least: 2,
  most: 8,
  maxBytes: 256 * 1024 * 1024,
  keepsLargest: true,
};

export interface SnapshotsDeps {
  readonly maker: CopyMaker;
  /** The root of the browser's own file system; only tests give another. */
  readonly openRoot?: () => Promise<FileSystemDirectoryHandle>;
  readonly bounds?: KeepBounds;
}

/** Backups in the browser's own file system: they survive damage of the database, not of the site's data. */
export interface Snapshots {
  /**
   * Takes one: written, read back, then listed; older ones beyond the bounds go afterwards.
   * @throws OnggiError `backup/not-written`, also where the browser has no such file system; `db/*`.
   */
  take(signal?: AbortSignal): Promise<FolderCopy & { readonly createdAt: number }>;
  /** Whole ones, newest first; none where the browser has no such file system. */
  list(): Promise<readonly FolderCopy[]>;
  /** @throws OnggiError `file/unreadable` when it is gone. */
  read(name: string): Promise<File>;
  /** Nothing happens when it is gone. */
  remove(name: string): Promise<void>;
}

export function createSnapshots({
  maker,
  openRoot = () => navigator.storage.getDirectory(),
  bounds = SNAPSHOT_BOUNDS,
}: SnapshotsDeps): Snapshots {
  async function openFolder(): Promise<FileSystemDirectoryHandle> {
    try {
      return await (await openRoot()).getDirectoryHandle(FOLDER, { create: true });
    } catch (cause) {
      throw new OnggiError('backup/not-written', 'no file system in this browser', { cause });
    }
  }

  return {
    async take(signal) {
      const folder = await openFolder();
      const copy = await addCopy(folder, maker, signal);
      await pruneCopies(folder, bounds);
      return copy;
    },
    async list() {
      try {
        return await listCopies(await openFolder());
      } catch {
        return [];
      }
    },
    async read(name) {
      try {
        if (!isBackupFileName(name)) throw new Error('no snapshot of that name');
        return await (await (await openFolder()).getFileHandle(name)).getFile();
      } catch (cause) {
        throw new OnggiError('file/unreadable', 'the snapshot is gone', { cause });
      }
    },
    async remove(name) {
      if (!isBackupFileName(name)) return;
      await (await openFolder()).removeEntry(name).catch(() => undefined);
    },
  };
}
