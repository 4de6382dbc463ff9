import { OnggiError } from '#domain/errors.ts';
import { deleteDatabase } from './database-names.ts';
import { requestResult, transactionDone } from './idb-request.ts';

/** Rows read and written at a time: bounds the memory a copy takes. */
const PAGE_ROWS = 500;
/** The same for tables whose rows hold whole files. */
const HEAVY_PAGE_ROWS: Readonly<Record<string, number>> = { attachments: 1, embeddings: 8 };

export interface CopyOptions {
  readonly signal?: AbortSignal | undefined;
  /** False where another tab may write meanwhile and the caller notices that by itself. */
  readonly checksCounts?: boolean;
}

/**
 * Copies a whole database, tables, indexes and rows, into a new one; an older copy of that name is
 * replaced. Rows are read in pages, so a tab that writes meanwhile may have its newest rows missing
 * in the copy, never in the original.
 * @throws OnggiError `db/migration-failed` when a count differs, unless `checksCounts` is false; DOMException when storage fails; what
 * `signal` was aborted with. In all cases the unfinished copy is gone again and the original untouched.
 */
export async function copyDatabase(
  from: string,
  to: string,
  { signal, checksCounts = true }: CopyOptions = {},
): Promise<void> {
  await deleteDatabase(to);
  const source = await requestResult(indexedDB.open(from));
  // An older tab, or this one, must stay free to upgrade it.
  source.onversionchange = () => source.close();
  try {
    const target = await createLike(source, to);
    try {
      for (const store of source.objectStoreNames) {
        const total = await countRows(source, store);
        await copyStore(source, target, store, signal);
        if (checksCounts) await requireCount(source, target, store, total);
      }
    } finally {
      target.close();
    }
  } catch (error) {
    await deleteDatabase(to);
    throw error;
  } finally {
    source.close();
  }
}

/** A new, empty database with the version, tables and indexes of `source`. */
function createLike(source: IDBDatabase, name: string): Promise<IDBDatabase> {
  const shapes = [...source.objectStoreNames].map((store) => readShape(source, store));
  const request = indexedDB.open(name, source.version);
  request.onupgradeneeded = () => {
    for (const { store, keyPath, autoIncrement, indexes } of shapes) {
      const copy = request.result.createObjectStore(store, { keyPath, autoIncrement });
      for (const index of indexes) copy.createIndex(index.name, index.keyPath, index);
    }
  };
  return requestResult(request);
}

function readShape(source: IDBDatabase, store: string) {
  const original = source.transaction(store, 'readonly').objectStore(store);
  const indexes = [...original.indexNames].map((index) => {
    const { name, keyPath, unique, multiEntry } = original.index(index);
    return { name, keyPath, unique, multiEntry };
  });
  return { store, keyPath: original.keyPath, autoIncrement: original.autoIncrement, indexes };
}

async function copyStore(
  source: IDBDatabase,
  target: IDBDatabase,
  name: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const pageRows = HEAVY_PAGE_ROWS[name] ?? PAGE_ROWS;
  let last: IDBValidKey | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const store = source.transaction(name, 'readonly').objectStore(name);
    const range = last === undefined ? null : IDBKeyRange.lowerBound(last, true);
    const [keys, rows] = await Promise.all([
      requestResult(store.getAllKeys(range, pageRows)),
      requestResult<unknown[]>(store.getAll(range, pageRows)),
    ]);
    last = keys.at(-1);
    if (last === undefined) break;
    const writing = target.transaction(name, 'readwrite');
    for (const row of rows) writing.objectStore(name).add(row);
    await transactionDone(writing);
  }
}

/** @param total Rows of the original before it was copied. */
async function requireCount(
  source: IDBDatabase,
  target: IDBDatabase,
  name: string,
  total: number,
): Promise<void> {
  const copied = await countRows(target, name);
  if (copied === total || copied === (await countRows(source, name))) return;
  throw new OnggiError('db/migration-failed', `copied ${copied} of ${total} rows of ${name}`, {
    retryable: true,
  });
}

function countRows(database: IDBDatabase, name: string): Promise<number> {
  const store = database.transaction(name, 'readonly').objectStore(name);
  // eslint-disable-next-line no-restricted-syntax -- once in a version: the count is the check
  return requestResult(store.count());
}
