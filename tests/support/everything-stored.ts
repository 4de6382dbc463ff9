import type { Page } from '@playwright/test';

/**
 * Everything that the page's origin holds, as text: every row and key of IndexedDB, every file of its file
 * system, every cache, web storage and cookies. Bytes, wherever they lie, are read as UTF-8, those of a gzip
 * file as what is in it; keys that cannot be exported are named only. Each store is one line that begins with
 * `name/store`, each file one that begins with `opfs/path/name`; folders without files stand there too.
 * @throws where a gzip file does not open: what was not read proves nothing.
 */
export function readEverythingStored(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const found: string[] = [];
    const settle = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error(String(request.error)));
      });
    const toText = async (source: Blob): Promise<string> => {
      const bytes = new Uint8Array(await source.arrayBuffer());
      if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return new TextDecoder().decode(bytes);
      return new Response(source.stream().pipeThrough(new DecompressionStream('gzip'))).text();
    };
    /** As JSON can say it. */
    const toPlain = async (value: unknown): Promise<unknown> => {
      if (typeof value !== 'object' || value === null) return value;
      if (value instanceof Blob) return toText(value);
      if (value instanceof ArrayBuffer) return toText(new Blob([value]));
      if (ArrayBuffer.isView(value)) {
        return toText(
          new Blob([new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice()]),
        );
      }
      if (value instanceof CryptoKey) return `CryptoKey, extractable: ${value.extractable}`;
      if (value instanceof Date) return value.toISOString();
      if (value instanceof Map) return toPlain([...value]);
      if (value instanceof Set) return toPlain([...value]);
      if (Array.isArray(value)) return Promise.all(value.map(toPlain));
      const entries = Object.entries(value).map(
        async ([key, each]) => [key, await toPlain(each)] as const,
      );
      return Object.fromEntries(await Promise.all(entries));
    };
    const toJson = async (value: unknown) => JSON.stringify(await toPlain(value));
    for (const { name } of await indexedDB.databases()) {
      const database = await settle(indexedDB.open(name ?? ''));
      for (const store of database.objectStoreNames) {
        const { rows, keys } = await (async () => {
          const all = database.transaction(store).objectStore(store);
          const [rows, keys] = await Promise.all([settle(all.getAll()), settle(all.getAllKeys())]);
          return { rows: rows as unknown, keys };
        })();
        found.push(`${name}/${store} ${await toJson(rows)} keys ${await toJson(keys)}`);
      }
      database.close();
    }
    const push = (place: string, text: string) => {
      found.push(`${place} ${text.replaceAll('\n', ' ')}`);
    };
    const readFolder = async (folder: FileSystemDirectoryHandle, path: string): Promise<void> => {
      found.push(path);
      for await (const [name, handle] of folder.entries()) {
        const below = `${path}/${name}`;
        if (handle instanceof FileSystemDirectoryHandle) await readFolder(handle, below);
        else if (handle instanceof FileSystemFileHandle) {
          push(below, await toText(await handle.getFile()));
        }
      }
    };
    await readFolder(await navigator.storage.getDirectory(), 'opfs');
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const response = await cache.match(request);
        const body = response ? await toText(await response.blob()) : '';
        push(`${name} ${request.url}`, body);
      }
    }
    for (const storage of [localStorage, sessionStorage]) {
      found.push(JSON.stringify(Object.entries(storage)));
    }
    found.push(document.cookie);
    return found.join('\n');
  });
}
