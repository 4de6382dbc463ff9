/** The anchors' IndexedDB: nothing between them and the browser. */

export function requestDone<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error(String(request.error)));
  });
}

export function transactionDone(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(new Error(String(transaction.error)));
  });
}

/** Opens a database that is there, whatever its version. */
export function openRaw(name: string): Promise<IDBDatabase> {
  return requestDone(indexedDB.open(name));
}

/** Makes a database with the one table `name` of `model`: same key, same indexes. */
export function createRawTwin(name: string, model: IDBDatabase, table: string) {
  const shape = model.transaction(table).objectStore(table);
  const { keyPath } = shape;
  // Read now: the transaction is over when the other database asks.
  const indexes = [...shape.indexNames].map((indexName) => shape.index(indexName));
  const definitions = indexes.map(({ name: indexName, keyPath: path, unique, multiEntry }) => ({
    indexName,
    path,
    options: { unique, multiEntry },
  }));
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    const store = request.result.createObjectStore(table, { keyPath });
    for (const { indexName, path, options } of definitions) {
      store.createIndex(indexName, path, options);
    }
  };
  return requestDone(request);
}

/** Adds rows in one relaxed transaction. */
export function addRaw(
  database: IDBDatabase,
  table: string,
  rows: readonly unknown[],
): Promise<void> {
  const transaction = database.transaction(table, 'readwrite', { durability: 'relaxed' });
  const store = transaction.objectStore(table);
  for (const row of rows) store.add(row);
  return transactionDone(transaction);
}

/** Reads one row in a transaction of its own. */
export function getRaw(database: IDBDatabase, table: string, key: IDBValidKey): Promise<unknown> {
  return requestDone<unknown>(database.transaction(table).objectStore(table).get(key));
}
