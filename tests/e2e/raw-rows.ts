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

/**
 * Takes its turn among the transactions over these tables until a run has noted `repairCount` repairs, and
 * then keeps the turn, so that whoever wants to read or write them waits.
 * @param tables `maintenanceRuns` among them.
 * @param repairCount 0: keeps the first turn.
 * @returns once it is held, what lets it go
 */
export async function holdRows(
  page: Page,
  tables: readonly string[],
  repairCount: number,
): Promise<() => Promise<void>> {
  await page.evaluate(
    ({ names, wanted }) =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.open('onggi');
        request.onerror = () => reject(new Error(String(request.error)));
        request.onsuccess = () => {
          const database = request.result;
          let mustHold = true;
          const first = names[0] ?? '';
          // A transaction lives as long as it is asked for something.
          function hold(transaction: IDBTransaction): void {
            transaction.objectStore(first).count().onsuccess = () => {
              if (mustHold) hold(transaction);
              else database.close();
            };
          }
          function takeTurn(): void {
            const transaction = database.transaction(names, 'readwrite');
            const runs = transaction.objectStore('maintenanceRuns').getAll();
            runs.onsuccess = () => {
              const rows = runs.result as { report: { undo?: readonly unknown[] } }[];
              const isDone =
                wanted === 0 || rows.some(({ report }) => (report.undo?.length ?? 0) >= wanted);
              if (!isDone) {
                takeTurn();
                return;
              }
              hold(transaction);
              resolve();
            };
          }
          takeTurn();
          Object.assign(window, { letGo: () => (mustHold = false) });
        };
      }),
    { names: [...tables], wanted: repairCount },
  );
  return () =>
    page.evaluate(() => {
      (window as unknown as { letGo: () => void }).letGo();
    });
}
