import type { SidecarFile, SidecarStore } from './sidecar-store.ts';

/** Files that are gone with the worker. */
export function memoryStore(): SidecarStore {
  const files = new Map<string, SidecarFile>();
  return {
    kind: 'memory',
    list: () => Promise.resolve([...files.keys()]),
    open(name) {
      const file = files.get(name) ?? memoryFile();
      files.set(name, file);
      return Promise.resolve(file);
    },
    remove(name) {
      files.delete(name);
      return Promise.resolve();
    },
  };
}

function memoryFile(): SidecarFile {
  let bytes = new Uint8Array(65_536);
  let size = 0;
  return {
    get size() {
      return size;
    },
    read(target, at) {
      if (at + target.length > size) throw new RangeError('past the end of a file of search');
      target.set(bytes.subarray(at, at + target.length));
      return undefined;
    },
    append(added) {
      if (size + added.length > bytes.length) {
        const wider = new Uint8Array(Math.max(bytes.length * 2, size + added.length));
        wider.set(bytes.subarray(0, size));
        bytes = wider;
      }
      bytes.set(added, size);
      size += added.length;
      return undefined;
    },
    overwrite(written, at) {
      if (at + written.length > size) throw new RangeError('past the end of a file of search');
      bytes.set(written, at);
      return undefined;
    },
    truncate(to) {
      size = Math.min(size, to);
      return undefined;
    },
    flush: () => undefined,
    close: () => undefined,
  };
}
