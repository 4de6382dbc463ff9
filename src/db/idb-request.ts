/** Gives the result of a plain IndexedDB request. @throws DOMException as the request's own. */
export function requestResult<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('request failed'));
  });
}

/** Resolves once a plain IndexedDB transaction is committed. @throws DOMException when it aborted. */
export function transactionDone(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException('', 'AbortError'));
  });
}

/**
 * The names of all databases. A browser that finds its storage damaged refuses once, throws it away, and
 * then says what is left (measured with Chromium 156): so it is asked once more.
 * @throws DOMException when it refuses again, as on a full disk.
 */
export async function readDatabaseNames(): Promise<readonly string[]> {
  const found = await indexedDB.databases().catch(() => indexedDB.databases());
  return found.flatMap(({ name }) => name ?? []);
}
