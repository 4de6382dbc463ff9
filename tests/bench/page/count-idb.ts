/** Counts what the app really asks of IndexedDB, by standing in the way of its own functions. */

interface Reads {
  readonly requests: number;
  /** Rows and keys that were handed over. */
  readonly rows: number;
}

/** What `work` reads by get, getAll, getAllKeys and cursors. */
export async function countReads(work: () => Promise<unknown>): Promise<Reads> {
  let requests = 0;
  let rows = 0;
  const restore = [IDBObjectStore.prototype, IDBIndex.prototype].flatMap((target) =>
    (['get', 'getAll', 'getAllKeys', 'openCursor', 'openKeyCursor'] as const).map((name) =>
      wrap(target, name, (request) => {
        requests += 1;
        request.addEventListener('success', () => {
          const result: unknown = request.result;
          if (Array.isArray(result)) rows += result.length;
          else if (result !== undefined && result !== null) rows += 1;
        });
      }),
    ),
  );
  try {
    await work();
  } finally {
    for (const undo of restore) undo();
  }
  return { requests, rows };
}

/**
 * Counts the writing transactions of this page from now on. To be called before any database is
 * opened: Dexie keeps the function that begins them.
 * @returns how many there were so far
 */
export function installWriteCounter(): () => number {
  let count = 0;
  const { prototype } = IDBDatabase;
  const original = Object.getOwnPropertyDescriptor(prototype, 'transaction');
  if (!original) throw new Error('no IndexedDB here');
  prototype.transaction = function (this: IDBDatabase, ...args) {
    if (args[1] === 'readwrite') count += 1;
    return Reflect.apply(original.value as IDBDatabase['transaction'], this, args);
  };
  return () => count;
}

type ReadName = 'get' | 'getAll' | 'getAllKeys' | 'openCursor' | 'openKeyCursor';

/** Tells `heard` of every request a function makes. @returns undoes it */
function wrap(
  target: IDBObjectStore | IDBIndex,
  name: ReadName,
  heard: (request: IDBRequest) => void,
): () => void {
  const original = Object.getOwnPropertyDescriptor(target, name);
  if (!original) throw new Error(`no ${name} here`);
  const call = original.value as (...args: unknown[]) => IDBRequest;
  Object.defineProperty(target, name, {
    ...original,
    value(this: unknown, ...args: unknown[]) {
      const request = Reflect.apply(call, this, args);
      heard(request);
      return request;
    },
  });
  return () => void Object.defineProperty(target, name, original);
}
