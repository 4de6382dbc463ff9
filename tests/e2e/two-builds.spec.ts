import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createBuildHost } from '../support/build-host.ts';
import { expect, onggiOn, test } from './onggi.ts';

const root = path.resolve(import.meta.dirname, '../..');
const host = createBuildHost(4274);
let laterBuild = '';

test.describe.configure({ mode: 'serial' });
test.use({ baseURL: host.origin, serviceWorkers: 'block' });

test.beforeAll(() => {
  laterBuild = mkdtempSync(path.join(tmpdir(), 'onggi-later-'));
  execFileSync(
    process.execPath,
    [
      path.join(root, 'node_modules/vite/bin/vite.js'),
      'build',
      ...['--config', path.join(root, 'tests/support/next-build.config.ts')],
      ...['--outDir', laterBuild, '--emptyOutDir', '--logLevel', 'error'],
    ],
    { cwd: root },
  );
});

test.afterAll(async () => {
  await host.close();
  rmSync(laterBuild, { recursive: true, force: true });
});

test('an update in one tab closes the old tab before it can write, and keeps everything', async ({
  onggi,
  endpoint,
  context,
}) => {
  await host.serve('dist');
  await onggi.open();
  await onggi.connect(endpoint.localhostUrl);
  await onggi.chooseModel('echo-fast');
  await onggi.ask('said before the update');
  await onggi.composer.fill('half a sentence');

  await host.serve(laterBuild);
  const newer = onggiOn(await context.newPage());
  await newer.open(new URL(onggi.page.url()).hash);
  await expect(newer.questions.first()).toContainText('said before the update');
  await expect(onggi.page.getByRole('alert')).toContainText('newer version');
  await expect(onggi.composer).toBeHidden();

  const rows = await newer.page.evaluate(
    () =>
      new Promise<{ later: boolean }[]>((resolve) => {
        const request = indexedDB.open('onggi');
        request.onsuccess = () => {
          const all = request.result
            .transaction('conversations')
            .objectStore('conversations')
            .getAll();
          all.onsuccess = () => {
            resolve(all.result as { later: boolean }[]);
            request.result.close();
          };
        };
      }),
  );
  expect(rows.map(({ later }) => later)).toEqual([true]);

  await newer.page.goto('/#/storage');
  await expect(newer.page.getByText('Version 3')).toBeVisible();
  await onggi.page.reload();
  await expect(onggi.questions.first()).toContainText('said before the update');
});

test('an old build that meets newer data says so and changes nothing', async ({ onggi, page }) => {
  await host.serve(laterBuild);
  await onggi.open();
  await expect(page.getByRole('button', { name: /API key/ })).toBeVisible();
  await host.serve('dist');
  await page.reload();
  await expect(page.getByRole('alert')).toContainText('already opened by a newer version');
  const version = await page.evaluate(async () => {
    const found = (await indexedDB.databases()).find(({ name }) => name === 'onggi');
    return found?.version;
  });
  expect(version).toBe(30);
});
