/** A browser that gives the origin no more room, as CDP can make it. */
import type { CDPSession, Page } from '@playwright/test';
import { expect } from '@playwright/test';

export interface ShortOfRoom {
  /** Gives the room back. */
  lift(): Promise<void>;
}

/** Enough for a database of a test. */
const LITTLE_BYTES = 8_000_000;
/** Pages whose origin has little room. */
const little = new WeakSet<Page>();

/**
 * Leaves the page's origin little room from before anything of it is opened. The browser goes by what it knew of
 * the room for half a minute, but never gives more than it knew of: after this {@link takeAllRoom} takes no time.
 */
export async function haveLittleRoom(page: Page, origin: string): Promise<void> {
  const client = await page.context().newCDPSession(page);
  const quotaSize = LITTLE_BYTES;
  await client.send('Storage.overrideQuotaForOrigin', { origin, quotaSize });
  little.add(page);
}

/**
 * Takes all room from the page's origin and waits until the browser really refuses: for a while it goes by
 * what it knew of the room before.
 * @param quotaOf Bytes the origin may use in all, by what it uses: that falls for a while after much was written.
 */
export async function takeAllRoom(
  page: Page,
  quotaOf: (usageBytes: number) => number = () => 1,
): Promise<ShortOfRoom> {
  const client: CDPSession = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  await page.evaluate(openProbe);
  const tryIt = (byteLength = 1) => page.evaluate(tryToWrite, byteLength);
  const take = async () => {
    const usage = await page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);
    await client.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: quotaOf(usage) });
    return tryIt(little.has(page) ? LITTLE_BYTES : 1);
  };
  await expect.poll(take, { timeout: 90_000 }).toBe('QuotaExceededError');
  return {
    async lift() {
      await client.send('Storage.overrideQuotaForOrigin', { origin });
      await expect.poll(() => tryIt(), { timeout: 90_000 }).toBe('written');
    },
  };
}

function openProbe(): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('probe');
    request.onupgradeneeded = () => request.result.createObjectStore('probe');
    request.onerror = () => reject(request.error ?? new Error('no probe'));
    request.onsuccess = () => {
      Object.assign(window, { probe: request.result });
      resolve();
    };
  });
}

/** Writes a little into a database of its own, in a page that {@link openProbe} ran in. */
function tryToWrite(byteLength: number): Promise<string> {
  return new Promise((resolve) => {
    const open = indexedDB.open('probe');
    open.onsuccess = () => {
      const transaction = open.result.transaction('probe', 'readwrite', { durability: 'strict' });
      transaction.objectStore('probe').put('x'.repeat(byteLength), 'key');
      const end = (name: string) => () => {
        open.result.close();
        resolve(name);
      };
      transaction.oncomplete = end('written');
      transaction.onabort = () => end(transaction.error?.name ?? 'aborted')();
    };
  });
}
