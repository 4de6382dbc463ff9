import { chromiumArgs, chromiumPath } from '../../scripts/browser.mjs';
import {
  LOADING,
  card,
  findByMeaning,
  gpu,
  removeModel,
  row,
  rows,
  useModel,
} from './gpu-model.ts';
import { expect, isKeptOffline, test, text } from './seeded.ts';

const executablePath = await chromiumPath();
// One that is computed: it is right, and slow. The service worker tells which engine was fetched.
test.use({
  serviceWorkers: 'allow',
  launchOptions: {
    ...(executablePath ? { executablePath } : {}),
    args: [...chromiumArgs, '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
  },
});

test('the graphics processor runs a model once that is chosen, with an engine that is fetched only then', async ({
  start,
  page,
  context,
}) => {
  test.setTimeout(240_000);
  const isFetched = (name: string): Promise<boolean> => isKeptOffline(page, [`/workers/${name}-`]);
  await start({ rows, hash: '#/settings/models' });
  await expect
    .poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null))
    .toBe(true);
  await page.reload();
  try {
    await useModel(page, 'gpu-some/tiny');
    await expect.poll(() => isFetched('ort-wasm-simd-threaded'), LOADING).toBe(true);
    await findByMeaning(page);
    await page.goto('/#/settings/models');
    expect(await isFetched('ort-wasm-simd-threaded.asyncify')).toBe(false);
    await gpu(page).click();
    await expect.poll(() => isFetched('ort-wasm-simd-threaded.asyncify'), LOADING).toBe(true);
    await expect(row(page, 'gpu-some/tiny')).toContainText(text('embedder.inUse'), LOADING);
    await findByMeaning(page);
    await page.goto('/#/settings/models');
    await expect(gpu(page)).toBeChecked();
    await expect(card(page).getByText(text('error.model/no-gpu'))).toHaveCount(0);
    await expect
      .poll(() => isKeptOffline(page, ['/assets/SearchEntry-', '/workers/search.worker-']), LOADING)
      .toBe(true);
    await context.setOffline(true);
    await page.reload();
    await findByMeaning(page);
  } finally {
    await removeModel('gpu-some');
  }
});
