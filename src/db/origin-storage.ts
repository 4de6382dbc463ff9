/** What everything of this origin takes, in whatever kind of storage it lies. */
import { readBootPointers } from './boot-pointers.ts';

/** Files of the browser's own file system in one folder of its root. */
export interface FolderSize {
  readonly name: string;
  readonly fileCount: number;
  readonly sizeBytes: number;
}

/** A cache of responses: the files of the app, models that were fetched. */
export interface CacheSize {
  readonly name: string;
  readonly entryCount: number;
  readonly sizeBytes: number;
}

/** What a database is for. `undo` is of the last restore, `earlier` of one before it. */
export type DatabaseRole = 'live' | 'undo' | 'earlier' | 'copy' | 'cache' | 'boot' | 'staging';

/** The names of all databases of this origin. */
export async function listDatabaseNames(): Promise<readonly string[]> {
  return (await indexedDB.databases()).flatMap(({ name }) => name ?? []);
}

/** The databases of this origin and what each is for. The browser tells no sizes of them. */
export async function listDatabases(
  bootName = 'onggi-boot',
): Promise<readonly { readonly name: string; readonly role: DatabaseRole }[]> {
  const [stored, pointers] = await Promise.all([
    indexedDB.databases(),
    readBootPointers(bootName).catch(() => undefined),
  ]);
  const earlier = new Set(pointers?.retired.map(({ databaseName }) => databaseName));
  return stored.flatMap(({ name }) => {
    if (name === undefined) return [];
    const role: DatabaseRole =
      name === pointers?.live
        ? 'live'
        : name === bootName
          ? 'boot'
          : name === 'onggi-cache'
            ? 'cache'
            : name === pointers?.previous?.databaseName
              ? 'undo'
              : earlier.has(name)
                ? 'earlier'
                : name.includes('-before-v')
                  ? 'copy'
                  : 'staging';
    return [{ name, role }];
  });
}

/** What each folder of the browser's own file system holds; empty where there is none. */
export async function measureFolders(): Promise<readonly FolderSize[]> {
  const sizes: FolderSize[] = [];
  try {
    const root = await navigator.storage.getDirectory();
    for await (const [name, handle] of root.entries()) {
      const files = await measureFiles(handle);
      sizes.push({
        name,
        fileCount: files.length,
        sizeBytes: files.reduce((sum, size) => sum + size, 0),
      });
    }
  } catch {
    // No such file system in this browser, or in a private window: nothing lies there.
  }
  return sizes;
}

async function measureFiles(handle: FileSystemHandle): Promise<number[]> {
  try {
    if (handle instanceof FileSystemFileHandle) return [(await handle.getFile()).size];
    const sizes: number[] = [];
    if (handle instanceof FileSystemDirectoryHandle) {
      for await (const child of handle.values()) sizes.push(...(await measureFiles(child)));
    }
    return sizes;
  } catch {
    return [];
  }
}

/** What each cache of responses holds; empty where the browser has none. */
export async function measureCaches(): Promise<readonly CacheSize[]> {
  const sizes: CacheSize[] = [];
  try {
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      const requests = await cache.keys();
      let sizeBytes = 0;
      for (const request of requests) sizeBytes += await sizeOf(await cache.match(request));
      sizes.push({ name, entryCount: requests.length, sizeBytes });
    }
  } catch {
    // Not a secure address: there are no caches.
  }
  return sizes;
}

async function sizeOf(response: Response | undefined): Promise<number> {
  if (!response) return 0;
  const isPlain = response.headers.get('content-encoding') === null;
  const length = Number(response.headers.get('content-length'));
  return isPlain && length > 0 ? length : (await response.blob()).size;
}
