import type { Page } from '@playwright/test';
import { DOWNLOADS_CACHE } from '#domain/cache-names.ts';
import { seedConversation, seedConversations } from '../support/seed.ts';
import { expect, makeSnapshot, test, text } from './seeded.ts';

/** Rows of a database, and about their bytes: a browser keeps texts with one or two bytes a letter. */
function weighDatabase(page: Page, name: string): Promise<{ rows: number; bytes: number }> {
  return page.evaluate(async (wanted) => {
    const settle = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error(String(request.error)));
      });
    const database = await settle(indexedDB.open(wanted));
    let [rows, bytes] = [0, 0];
    for (const store of database.objectStoreNames) {
      const found: unknown[] = await settle(
        database.transaction(store).objectStore(store).getAll(),
      );
      rows += found.length;
      const whole = (_key: string, value: unknown) => {
        if (value instanceof ArrayBuffer) return 'x'.repeat(value.byteLength);
        return typeof value === 'string' && /[^\0-\xff]/.test(value)
          ? 'xx'.repeat(value.length)
          : value;
      };
      for (const row of found) bytes += JSON.stringify(row, whole).length;
    }
    database.close();
    return { rows, bytes };
  }, name);
}

test('says of the data from before a restore and of cached answers how much they take', async ({
  start,
}) => {
  const long = 'Onggi breathe. '.repeat(400);
  const onggi = await start({
    rows: seedConversations(
      Array.from({ length: 30 }, (_, at) => seedConversation(`Jar ${at}`, { texts: [long, long] })),
    ),
  });
  const { page } = onggi;
  await onggi.ask('How long does a jar last? '.repeat(50).trim());
  await makeSnapshot(page);
  const card = page.getByRole('region', { name: text('backup.title') });
  await card
    .locator('details')
    .getByRole('button', { name: /^Restore/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'Prepare' }).click();
  await page.getByRole('button', { name: /^(Merge|Replace) now/ }).click();
  await expect(page.getByRole('button', { name: text('restore.undo') })).toBeVisible();

  await page.goto('/#/storage');
  const sizes = page.getByRole('region', { name: text('space.sizes') });
  for (const [key, name] of [
    ['space.undo', 'onggi'],
    ['space.cache', 'onggi-cache'],
  ] as const) {
    const stored = await weighDatabase(page, name);
    const row = sizes
      .getByRole('row')
      .filter({ has: page.getByRole('rowheader', { name: text(key), exact: true }) });
    await expect(row.getByRole('cell').first()).toHaveText(String(stored.rows));
    const shown = /^([\d.]+) (kB|MB)$/.exec(await row.getByRole('cell').last().innerText());
    const bytes = Number(shown?.[1]) * (shown?.[2] === 'MB' ? 1e6 : 1e3);
    // It is shown in whole kilobytes.
    expect(Math.abs(bytes - stored.bytes)).toBeLessThan(stored.bytes * 0.15 + 500);
  }
});

test('says what snapshots and fetched models take', async ({ start }) => {
  const { page } = await start({ rows: seedConversations([seedConversation('Kept')]) });
  await makeSnapshot(page);
  // As a model that was fetched lies there.
  const modelBytes = 3_000_000;
  await page.evaluate(
    async ([cacheName, size]) => {
      const cache = await caches.open(cacheName);
      for (const name of ['weights', 'words']) {
        await cache.put(`/some-model/${name}`, new Response(new Uint8Array(size / 2)));
      }
    },
    [DOWNLOADS_CACHE, modelBytes] as const,
  );
  const stored = await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    let [count, bytes] = [0, 0];
    for await (const file of (await root.getDirectoryHandle('snapshots')).values()) {
      if (!(file instanceof FileSystemFileHandle)) continue;
      count += 1;
      bytes += (await file.getFile()).size;
    }
    return { count, bytes };
  });
  expect(stored.count).toBe(1);
  await page.goto('/#/storage');
  const sizes = page.getByRole('region', { name: text('space.sizes') });
  const figuresOf = (key: 'space.snapshots' | 'space.models') =>
    sizes
      .getByRole('row')
      .filter({ has: page.getByRole('rowheader', { name: text(key), exact: true }) })
      .getByRole('cell');
  const size = (bytes: number) => {
    const isMega = bytes >= 1e6;
    return new Intl.NumberFormat('en', {
      ...({ style: 'unit', unitDisplay: 'short' } as const),
      unit: isMega ? 'megabyte' : 'kilobyte',
      maximumFractionDigits: isMega || bytes < 1000 ? 1 : 0,
    }).format(bytes / (isMega ? 1e6 : 1e3));
  };
  await expect(figuresOf('space.snapshots')).toHaveText(['1', size(stored.bytes)]);
  await expect(figuresOf('space.models')).toHaveText(['2', size(modelBytes)]);
});
