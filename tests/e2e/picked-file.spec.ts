import { gunzipSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { strFromU8, unzipSync } from 'fflate';
import { holdRows, readRows } from './raw-rows.ts';
import { expect, test, text } from './seeded.ts';

const FOLDER = 'picked by me';

/**
 * The browser's own dialog cannot be driven: in its place a real file of the browser's file system is
 * handed over, made empty as the dialog makes it.
 */
async function pickWithoutDialog(page: Page): Promise<void> {
  await page.addInitScript((name) => {
    Object.assign(window, {
      showSaveFilePicker: async ({ suggestedName }: { suggestedName: string }) => {
        const root = await navigator.storage.getDirectory();
        const folder = await root.getDirectoryHandle(name, { create: true });
        return folder.getFileHandle(suggestedName, { create: true });
      },
    });
  }, FOLDER);
}

/** The files of the folder by name. */
async function readFolder(page: Page): Promise<Readonly<Record<string, Buffer>>> {
  const files = await page.evaluate(async (name) => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(name, { create: true });
    const found: [string, number[]][] = [];
    for await (const [fileName, handle] of folder.entries()) {
      // One that is being written goes in the very moment in which its place is taken.
      const file = await (handle as FileSystemFileHandle).getFile().catch(() => undefined);
      if (!file) continue;
      found.push([fileName, [...new Uint8Array(await file.arrayBuffer())]]);
    }
    return found;
  }, FOLDER);
  return Object.fromEntries(files.map(([name, bytes]) => [name, Buffer.from(bytes)]));
}

/** The text of a file, whatever wraps it. */
function textOf(name: string, bytes: Buffer): string {
  if (name.endsWith('.zip')) {
    return Object.values(unzipSync(bytes))
      .map((entry) => strFromU8(entry))
      .join('\n');
  }
  return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

test('an export goes straight into the picked file, in every format @long', async ({ start }) => {
  test.slow();
  const onggi = await start();
  const { page } = onggi;
  await pickWithoutDialog(page);
  await page.reload();
  await onggi.ask('두부 500그램');
  let downloadCount = 0;
  page.on('download', () => (downloadCount += 1));

  const labels = {
    Archive: 'zip',
    'JSON Every field': 'json',
    'OpenAI fine-tuning': 'jsonl',
    'All data as a database': 'sqlite',
    'For PostgreSQL': 'sql',
  };
  for (const label of Object.keys(labels)) {
    await page.goto('/#/data');
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('radio', { name: label }).check();
    await dialog.getByRole('button', { name: text('backup.saveAs') }).click();
    await expect(dialog.getByRole('status')).toContainText('Exported: onggi');
    await dialog.getByRole('button', { name: 'Close' }).last().click();
  }
  const files = await readFolder(page);
  expect(Object.keys(files).map((name) => name.split('.').at(-1))).toEqual(
    expect.arrayContaining(Object.values(labels)),
  );
  for (const [name, bytes] of Object.entries(files)) {
    expect(textOf(name, bytes), name).toContain('두부 500그램');
  }
  expect(downloadCount).toBe(0);
});

test('an export or a backup that is stopped leaves no file behind @long', async ({ start }) => {
  test.slow();
  const onggi = await start();
  const { page } = onggi;
  await pickWithoutDialog(page);
  await page.reload();
  await onggi.ask('The first jar');
  await page.goto('/#/data');

  async function startAndStop(openDialog: () => Promise<void>, ending: RegExp): Promise<void> {
    await openDialog();
    const letGo = await holdRows(page, ['conversations', 'messages', 'maintenanceRuns'], 0);
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: text('backup.saveAs') }).click();
    const stop = dialog.getByRole('button', { name: text('common.cancelWork') });
    await expect(stop).toBeVisible();
    expect(Object.keys(await readFolder(page))).toEqual([expect.stringMatching(ending)]);
    await stop.click();
    await letGo();
    await expect.poll(async () => Object.keys(await readFolder(page))).toEqual([]);
  }

  const exports = page.getByRole('button', { name: 'Export', exact: true });
  await startAndStop(() => exports.click(), /\.zip$/);
  await startAndStop(
    () => page.getByRole('button', { name: text('data.backUpNow') }).click(),
    /\.json\.gz$/,
  );
});

test('a dialog that is closed while the place is picked leaves no file and no row @long', async ({
  start,
}) => {
  const onggi = await start();
  const { page } = onggi;
  await pickWithoutDialog(page);
  // The file is there as soon as its name is, and is handed over when the test says so.
  await page.addInitScript(() => {
    const { showSaveFilePicker: pick } = window as unknown as {
      showSaveFilePicker: (options: object) => Promise<unknown>;
    };
    Object.assign(window, {
      showSaveFilePicker: async (options: object) => {
        const handle = await pick(options);
        await new Promise<void>((resolve) => Object.assign(window, { handOver: resolve }));
        return handle;
      },
    });
  });
  await page.reload();
  await onggi.ask('The first jar');
  await page.goto('/#/data');

  for (const [name, ending] of [
    ['Export', /\.zip$/],
    [text('data.backUpNow'), /\.json\.gz$/],
  ] as const) {
    await page.getByRole('button', { name, exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: text('backup.saveAs') }).click();
    await page.waitForFunction(() => 'handOver' in window);
    expect(Object.keys(await readFolder(page))).toEqual([expect.stringMatching(ending)]);
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    // Opened again it is another dialog: what was closed does not begin in it.
    await page.getByRole('button', { name, exact: true }).click();
    await page.evaluate(() => {
      const { handOver } = window as unknown as { handOver?: () => void };
      delete (window as { handOver?: unknown }).handOver;
      handOver?.();
    });
    await expect.poll(async () => Object.keys(await readFolder(page))).toEqual([]);
    await expect(dialog.getByRole('button', { name: text('backup.saveAs') })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
  }
  const targets = await readRows<{ id: string; lastSuccessAt: unknown }>(page, 'backupTargets');
  // The snapshot that onggi makes by itself is none of it.
  const made = targets.filter(
    ({ id, lastSuccessAt }) => id !== 'snapshot' && lastSuccessAt !== null,
  );
  expect(made).toEqual([]);
  expect(await readRows(page, 'maintenanceRuns')).toEqual([]);
});

test('whoever changes their mind about the place is back at the choice @long', async ({
  start,
}) => {
  const onggi = await start();
  const { page } = onggi;
  await page.addInitScript(() => {
    Object.assign(window, {
      showSaveFilePicker: () => Promise.reject(new DOMException('no', 'AbortError')),
    });
  });
  await page.reload();
  await page.goto('/#/data');
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const dialog = page.getByRole('dialog');
  const saveAs = dialog.getByRole('button', { name: text('backup.saveAs') });
  await saveAs.click();
  await expect(saveAs).toBeEnabled();
  await expect(dialog.getByRole('radio', { name: 'Archive' })).toBeChecked();
});
