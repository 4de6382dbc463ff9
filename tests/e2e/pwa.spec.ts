import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createBuildHost } from '../support/build-host.ts';
import { expect, test } from './onggi.ts';
import { SEARCH_FILES, isKeptOffline, text } from './seeded.ts';

test('the manifest names everything that installing needs, and all of it is there', async ({
  request,
}) => {
  const manifest = (await (await request.get('/manifest.webmanifest')).json()) as {
    id: string;
    start_url: string;
    icons: { src: string; purpose?: string }[];
    screenshots: { src: string }[];
    shortcuts: { url: string }[];
  };
  expect(manifest.id).toBe('/');
  const purposes = manifest.icons.map(({ purpose }) => purpose ?? 'any');
  expect(purposes).toEqual(expect.arrayContaining(['any', 'maskable', 'monochrome']));
  for (const { src } of [...manifest.icons, ...manifest.screenshots]) {
    expect((await request.get(src)).status(), src).toBe(200);
  }
});

test.describe('an update', () => {
  const host = createBuildHost(4275);
  let laterBuild = '';
  test.use({ baseURL: host.origin });

  test.beforeAll(() => {
    laterBuild = mkdtempSync(path.join(tmpdir(), 'onggi-later-'));
    cpSync(path.resolve(import.meta.dirname, '../../dist'), laterBuild, { recursive: true });
    // One byte more makes it a new version to the browser.
    appendFileSync(path.join(laterBuild, 'sw.js'), '\n// later\n');
  });

  test.afterAll(async () => {
    await host.close();
    rmSync(laterBuild, { recursive: true, force: true });
  });

  test('waits for a click, tells the other tab, and reloads nothing by itself', async ({
    onggi,
    context,
  }) => {
    const { page } = onggi;
    await host.serve('dist');
    await onggi.open();
    await expect
      .poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state))
      .toBe('activated');
    const other = await context.newPage();
    await other.goto('/');
    await expect(other.getByRole('button', { name: /API key/ })).toBeVisible();

    await host.serve(laterBuild);
    await page.evaluate(async () => {
      Object.assign(window, { isSamePage: true });
      const registration = await navigator.serviceWorker.getRegistration();
      await registration?.update();
    });
    await expect(page.getByText('A new version of onggi is ready.')).toBeVisible();
    expect(await page.evaluate(() => 'isSamePage' in window)).toBe(true);

    await Promise.all([
      page.waitForEvent('load'),
      page.getByRole('button', { name: 'Reload now' }).click(),
    ]);
    expect(await page.evaluate(() => 'isSamePage' in window)).toBe(false);
    await expect(other.getByText('onggi was updated in another tab.')).toBeVisible();
  });
});

test('a page that is loaded anew while the first worker is being installed is told of no update, and gets all of it', async ({
  onggi,
  page,
}) => {
  await onggi.open();
  await page.waitForFunction(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    return registration?.installing;
  });
  await page.reload();
  await page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated');
  await expect(page.getByRole('button', { name: /API key/ })).toBeVisible();
  await expect(page.getByText(text('update.replaced'))).toHaveCount(0);
  await expect.poll(() => isKeptOffline(page, SEARCH_FILES), { timeout: 60_000 }).toBe(true);
});

test('what is fetched when the page is idle works offline too, search among it', async ({
  connected,
  context,
}) => {
  const { page } = connected;
  await connected.ask('A jar of 김치 for the winter');
  await expect.poll(() => isKeptOffline(page, SEARCH_FILES), { timeout: 60_000 }).toBe(true);
  await context.setOffline(true);
  await page.reload();
  await page.keyboard.press('Control+k');
  await page.getByRole('searchbox', { name: 'Search conversations' }).last().fill('김치');
  await expect(page.getByRole('list', { name: 'Results' }).getByRole('listitem')).toHaveCount(1);
});

test('another build brings the engine of models to those who used the old one, and takes the old one away @long', async ({
  connected,
}) => {
  const { page } = connected;
  const keptPaths = () =>
    page.evaluate(async () => {
      const cache = await caches.open('onggi-wasm');
      return (await cache.keys()).map(({ url }) => new URL(url).pathname);
    });
  // Whoever never used a model of transformers.js is spared its 14 MB.
  const isIdle = () =>
    page.evaluate(async () => (await (await caches.open('onggi-later')).keys()).length > 0);
  await expect.poll(isIdle, { timeout: 60_000 }).toBe(true);
  expect(await keptPaths()).toEqual([]);
  const OLD = '/workers/transformers.worker-of-another-build.js';
  await page.evaluate(async (path) => {
    await (await caches.open('onggi-wasm')).put(path, new Response('old'));
  }, OLD);
  await page.reload();
  await expect.poll(keptPaths, { timeout: 60_000 }).not.toContain(OLD);
  const paths = await keptPaths();
  for (const start of ['/workers/transformers.worker-', '/workers/ort-wasm-simd-threaded-']) {
    expect(paths.some((path) => path.startsWith(start))).toBe(true);
  }
  expect(paths.filter((path) => path.includes('sql-wasm'))).toEqual([]);
});

test('all data leave as a database file without a network, once My data was open', async ({
  connected,
  context,
}) => {
  const { page } = connected;
  await connected.ask('A jar of 김치 for the winter');
  await page.goto('/#/data');
  // All that the build lists but the engines: which chunks the screen is made of is not ours to know.
  const list = await (await page.request.get('/sw.js')).text();
  const listed = [...list.matchAll(/["']?\burl["']?:\s*["']([^"']+)["']/g)].map(
    ([, url]) => `/${url}`,
  );
  const wanted = listed.filter(
    (url) => !/\.(wasm|mjs)$|\/(?:transformers(?:-gpu)?\.worker|sql-wasm-browser)-/.test(url),
  );
  expect(wanted.length).toBeGreaterThan(100);
  const isKept = () => isKeptOffline(page, wanted);
  await expect.poll(isKept, { timeout: 60_000 }).toBe(true);
  await expect
    .poll(() =>
      page.evaluate(async () => {
        const cache = await caches.open('onggi-wasm');
        return (await cache.keys()).filter(({ url }) => url.includes('/workers/sql-wasm')).length;
      }),
    )
    .toBe(2);
  await context.setOffline(true);
  await page.reload();
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await page.getByRole('radio', { name: 'All data as a database' }).check();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('dialog').getByRole('button', { name: 'Export', exact: true }).click(),
  ]);
  const bytes = readFileSync(await download.path());
  expect(bytes.subarray(0, 15).toString('latin1')).toBe('SQLite format 3');
  expect(bytes.includes('A jar of 김치 for the winter')).toBe(true);
});

test('another build brings SQLite to those who used the old one @long', async ({ connected }) => {
  const { page } = connected;
  const OLD = '/workers/sql-wasm-of-another-build.wasm';
  await page.evaluate(async (path) => {
    await (await caches.open('onggi-wasm')).put(path, new Response('old'));
  }, OLD);
  const keptPaths = () =>
    page.evaluate(async () => {
      const cache = await caches.open('onggi-wasm');
      return (await cache.keys()).map(({ url }) => new URL(url).pathname);
    });
  await expect.poll(keptPaths, { timeout: 60_000 }).not.toContain(OLD);
  const paths = await keptPaths();
  const endings = paths.map((path) => path.replace(/-[^.]*/, ''));
  expect(endings.toSorted()).toEqual(['/workers/sql.js', '/workers/sql.wasm']);
});
