import { listDatabaseNames } from '#db/origin-storage.ts';
import type { SidecarFile, SidecarStore } from './sidecar-store.ts';

/** The folder of search in the file system of the origin; below it one folder a database. */
const FOLDER = 'search';

/**
 * Files in the file system of the origin.
 * @returns undefined where there is none, or where it cannot be written.
 */
export async function openOpfsStore(databaseName: string): Promise<SidecarStore | undefined> {
  try {
    const root = await navigator.storage.getDirectory();
    const search = await root.getDirectoryHandle(FOLDER, { create: true });
    const folder = await search.getDirectoryHandle(toFileName(databaseName), { create: true });
    const probe = await openFile(folder, 'probe');
    probe.close();
    await folder.removeEntry('probe');
    return opfsStore(folder);
  } catch {
    // No such file system, a private window, a full disk: the table is tried next.
    return undefined;
  }
}

/** Deletes the folders of databases that are gone: of copies that were put back, or replaced. */
export async function removeLostFolders(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const search = await root.getDirectoryHandle(FOLDER);
  const folders: string[] = [];
  for await (const name of search.keys()) folders.push(name);
  // Asked after the folders: whoever has one had its database before.
  const present = new Set((await listDatabaseNames()).map(toFileName));
  for (const name of folders) {
    if (!present.has(name)) await search.removeEntry(name, { recursive: true });
  }
}

/** What a worker can do with a file at once; TypeScript knows it only in programs without a page. */
interface SyncAccessHandle {
  getSize(): number;
  read(target: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}
interface SyncFileHandle {
  createSyncAccessHandle(): Promise<SyncAccessHandle>;
}

function isSync(handle: object): handle is SyncFileHandle {
  return 'createSyncAccessHandle' in handle;
}

const toFileName = (name: string): string => name.replace(/[^\w-]/g, '_');

function opfsStore(folder: FileSystemDirectoryHandle): SidecarStore {
  let probing: Promise<boolean> | undefined;
  return {
    kind: 'opfs',
    async list() {
      const names: string[] = [];
      for await (const name of folder.keys()) names.push(name);
      return names;
    },
    open: (name) => openFile(folder, name),
    hasRoom(byteLength) {
      probing ??= probeRoom(folder, byteLength)
        .catch(() => false)
        .finally(() => (probing = undefined));
      return probing;
    },
    async remove(name) {
      try {
        await folder.removeEntry(name);
      } catch (error) {
        if (!(error instanceof DOMException) || error.name !== 'NotFoundError') throw error;
      }
    },
  };
}

const ROOM_PROBE = 'room-probe';

/** @throws what the storage throws where there is no room even for the name of a file */
async function probeRoom(folder: FileSystemDirectoryHandle, byteLength: number): Promise<boolean> {
  const handle: object = await folder.getFileHandle(ROOM_PROBE, { create: true });
  if (!isSync(handle)) return false;
  const probe = await handle.createSyncAccessHandle();
  try {
    // A file is as large as its end: the browser counts it before anything is written.
    probe.truncate(byteLength);
    return true;
  } finally {
    probe.truncate(0);
    probe.close();
    await folder.removeEntry(ROOM_PROBE);
  }
}

/** A worker that was ended a moment ago may still have the file; this often it is asked for again. */
const OPEN_ATTEMPTS = 20;
const OPEN_PAUSE_MS = 50;

async function openFile(folder: FileSystemDirectoryHandle, name: string): Promise<SidecarFile> {
  const handle: object = await folder.getFileHandle(name, { create: true });
  if (!isSync(handle)) throw new DOMException('no synchronous files here', 'NotSupportedError');
  for (let attempt = 1; ; attempt += 1) {
    try {
      return opfsFile(await handle.createSyncAccessHandle());
    } catch (error) {
      const isHeld = error instanceof DOMException && error.name === 'NoModificationAllowedError';
      if (!isHeld || attempt === OPEN_ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, OPEN_PAUSE_MS));
    }
  }
}

function opfsFile(handle: SyncAccessHandle): SidecarFile {
  let size = handle.getSize();
  return {
    get size() {
      return size;
    },
    read(target, at) {
      const count = handle.read(target, { at });
      if (count !== target.length) throw new RangeError('a file of search is shorter than it said');
      return undefined;
    },
    append(bytes) {
      const count = handle.write(bytes, { at: size });
      if (count !== bytes.length) throw new DOMException('file of search', 'QuotaExceededError');
      size += count;
      return undefined;
    },
    overwrite(bytes, at) {
      if (at + bytes.length > size) throw new RangeError('past the end of a file of search');
      const count = handle.write(bytes, { at });
      if (count !== bytes.length) throw new DOMException('file of search', 'QuotaExceededError');
      return undefined;
    },
    truncate(to) {
      if (to >= size) return undefined;
      handle.truncate(to);
      size = to;
      return undefined;
    },
    flush() {
      handle.flush();
      return undefined;
    },
    close: () => handle.close(),
  };
}
