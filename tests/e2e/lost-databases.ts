/** What a browser or a disk does to the storage of the app, done in a page of its origin that has nothing open. */
import type { Page } from '@playwright/test';

/** Leaves the app and does something to its storage. */
export async function damage(page: Page, work: () => Promise<void>): Promise<void> {
  await page.goto('/__seed');
  await page.evaluate(work);
}

/** Takes all databases away. For {@link damage}. */
export async function loseDatabases(): Promise<void> {
  for (const { name } of await indexedDB.databases()) {
    await new Promise((resolve) => {
      indexedDB.deleteDatabase(name ?? '').onsuccess = resolve;
    });
  }
}

/**
 * Leaves the databases as a tab of an older version has them open: of a version before the first, and held by
 * this page, which pays no attention to others. For {@link damage}.
 */
export async function holdOlder(): Promise<void> {
  for (const { name } of await indexedDB.databases()) {
    await new Promise((resolve) => {
      indexedDB.deleteDatabase(name ?? '').onsuccess = resolve;
    });
  }
  const held = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open('onggi', 1);
    request.onsuccess = () => resolve(request.result);
  });
  Object.assign(window, { held });
}
