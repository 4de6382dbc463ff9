import type { Page } from '@playwright/test';

/** One change of stored rows below the app, as damage does. */
interface RawChange {
  readonly table: string;
  readonly id: string;
  /** Fields that change; null deletes the row. */
  readonly changes: Readonly<Record<string, unknown>> | null;
}

/** Changes rows of the app's database without a word to the app. */
export function changeRows(page: Page, changes: readonly RawChange[]): Promise<void> {
  return page.evaluate(
    (all) =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.open('onggi');
        request.onerror = () => reject(new Error(String(request.error)));
        request.onsuccess = () => {
          const tables = [...new Set(all.map(({ table }) => table))];
          const transaction = request.result.transaction(tables, 'readwrite');
          for (const { table, id, changes: fields } of all) {
            const store = transaction.objectStore(table);
            if (fields === null) store.delete(id);
            else {
              const read = store.get(id);
              read.onsuccess = () => store.put({ ...(read.result as object), ...fields });
            }
          }
          transaction.oncomplete = () => {
            request.result.close();
            resolve();
          };
          transaction.onabort = () => reject(new Error(String(transaction.error)));
        };
      }),
    changes,
  );
}

/** All rows of a table of the app's database. */
export function readRows<Row>(page: Page, table: string): Promise<readonly Row[]> {
  return page.evaluate(
    (name) =>
      new Promise<unknown[]>((resolve, reject) => {
        const request = indexedDB.open('onggi');
        request.onerror = () => reject(new Error(String(request.error)));
        request.onsuccess = () => {
          const read = request.result.transaction(name).objectStore(name).getAll();
          read.onerror = () => reject(new Error(String(read.error)));
          read.onsuccess = () => {
            request.result.close();
            resolve(read.result as unknown[]);
          };
        };
      }),
    table,
  ) as Promise<readonly Row[]>;
}
