/**
 * Databases of released versions as JSON (tests/fixtures/db/vN.json): their shape and their rows.
 * Bytes are `{ "$bytes": base64 }`, buffers `{ "$buffer": base64 }`; a CryptoKey is `{ "$deviceKey": base64 }`
 * and comes back as the vault makes it, not extractable.
 */
export interface TableShape {
  readonly keyPath: string;
  /** Present where the database gives the keys. */
  readonly autoIncrement?: true;
  /** `name` → key path, whether it is unique, whether each element of a list is indexed. */
  readonly indexes: Readonly<Record<string, readonly [string | string[], boolean, boolean]>>;
}

export interface DatabaseFixture {
  readonly version: number;
  readonly shape: Readonly<Record<string, TableShape>>;
  readonly rows: Readonly<Record<string, readonly unknown[]>>;
}

/** The tables and indexes a database has on the disk. */
export function readShape(database: IDBDatabase): Record<string, TableShape> {
  const names = [...database.objectStoreNames];
  return Object.fromEntries(
    names.map((name) => {
      const store = database.transaction(name).objectStore(name);
      const indexes = [...store.indexNames].map((index) => {
        const { keyPath, unique, multiEntry } = store.index(index);
        return [index, [keyPath, unique, multiEntry]] as const;
      });
      const shape = { keyPath: String(store.keyPath), indexes: Object.fromEntries(indexes) };
      return [name, store.autoIncrement ? { ...shape, autoIncrement: true } : shape];
    }),
  );
}

/** Makes the database of a fixture under `name`, as its version of the code left it. */
export async function createFromFixture(name: string, fixture: DatabaseFixture): Promise<void> {
  const entries = Object.entries(fixture.rows);
  const rows = new Map<string, unknown[]>();
  for (const [table, list] of entries) rows.set(table, await Promise.all(list.map(revive)));
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name, fixture.version * 10);
    request.onupgradeneeded = () => {
      for (const [table, shape] of Object.entries(fixture.shape)) {
        const { keyPath, autoIncrement = false, indexes } = shape;
        const store = request.result.createObjectStore(table, { keyPath, autoIncrement });
        for (const [index, [path, unique, multiEntry]] of Object.entries(indexes)) {
          store.createIndex(index, path, { unique, multiEntry });
        }
        for (const row of rows.get(table) ?? []) store.add(row);
      }
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error(String(request.error)));
  });
  database.close();
}

/** What a table holds, in a form that a test compares field for field. */
interface TableContents {
  readonly rows: readonly unknown[];
  /** How many rows each index finds, by its name. */
  readonly found: Readonly<Record<string, number>>;
}

/** Everything in a database, by table, whatever its version. Makes and changes nothing. */
export async function readContents(name: string): Promise<Record<string, TableContents>> {
  const settle = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(new Error(String(request.error)));
    });
  const database = await settle(indexedDB.open(name));
  const contents: Record<string, TableContents> = {};
  for (const table of database.objectStoreNames) {
    const store = database.transaction(table).objectStore(table);
    const counts = [...store.indexNames].map((index) => settle(store.index(index).count()));
    const [rows, ...found] = await Promise.all([settle<unknown[]>(store.getAll()), ...counts]);
    contents[table] = {
      rows: rows.map(toComparable),
      found: Object.fromEntries([...store.indexNames].map((index, at) => [index, found[at] ?? 0])),
    };
  }
  database.close();
  return contents;
}

/** To a test any two keys or buffers are alike: bytes are told by their numbers, keys by what they are for. */
function toComparable(value: unknown): unknown {
  if (value instanceof CryptoKey) {
    const { algorithm, extractable, usages } = value;
    return { algorithm: { ...algorithm }, extractable, usages: [...usages].sort() };
  }
  if (value instanceof ArrayBuffer) return { buffer: [...new Uint8Array(value)] };
  if (ArrayBuffer.isView(value)) {
    return { bytes: [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)] };
  }
  if (Array.isArray(value)) return value.map(toComparable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, toComparable(each)]));
}

/** A row as it was stored, from its JSON. */
export async function revive(value: unknown): Promise<unknown> {
  if (typeof value === 'object' && value !== null) {
    if ('$bytes' in value) return fromBase64(String(value.$bytes));
    if ('$buffer' in value) return fromBase64(String(value.$buffer)).buffer;
    if ('$deviceKey' in value) {
      const raw = fromBase64(String(value.$deviceKey));
      return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['wrapKey', 'unwrapKey']);
    }
  }
  if (Array.isArray(value)) return Promise.all(value.map(revive));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(async ([key, part]) => [key, await revive(part)]);
  return Object.fromEntries(await Promise.all(entries));
}

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
