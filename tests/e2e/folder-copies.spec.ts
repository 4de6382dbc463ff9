import { gunzipSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { FOLDER, pickWithoutDialog } from './picked-folder.ts';
import { expect, test, text } from './seeded.ts';

/** A day and a bit, for `page.clock`: when the next copy is due. */
const A_DAY = '25:00:00';
/** The texts of the messages in each file of the folder, by its name. */
async function readFolder(page: Page): Promise<Readonly<Record<string, readonly string[]>>> {
  const files = await page.evaluate(async (name) => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(name, { create: true });
    const found: [string, number[]][] = [];
    for await (const [fileName, handle] of folder.entries()) {
      // One that is being written has another name.
      if (!fileName.endsWith('.json.gz')) continue;
      const file = await (handle as FileSystemFileHandle).getFile();
      found.push([fileName, [...new Uint8Array(await file.arrayBuffer())]]);
    }
    return found;
  }, FOLDER);
  return Object.fromEntries(
    files.toSorted().map(([name, bytes]) => {
      const json = gunzipSync(Uint8Array.from(bytes)).toString('utf8');
      const { messages } = JSON.parse(json) as { messages: { content: string }[] };
      return [name, messages.map(({ content }) => content)];
    }),
  );
}

test('a folder gets a copy at once and one a day, stays over a reload, and says when it is gone @long', async ({
  start,
}) => {
  test.slow();
  const onggi = await start();
  const { page } = onggi;
  await page.clock.install();
  await pickWithoutDialog(page);
  await page.reload();
  await onggi.ask('The first jar');

  await page.goto('/#/data');
  const card = page.getByRole('region', { name: text('backup.title') });
  await card.getByRole('button', { name: text('backup.chooseFolder') }).click();
  const row = card.getByRole('listitem').filter({ hasText: FOLDER });
  await expect(row).toContainText('last:');
  const first = await readFolder(page);
  expect(Object.keys(first)).toEqual([expect.stringMatching(/^onggi_copy_\d{8}_\d{6}\.json\.gz$/)]);
  expect(Object.values(first)[0]).toContain('The first jar');

  // The handle lies in the database: a fresh page copies by itself when a day is over.
  await page.goto('/#/');
  await page.reload();
  await onggi.ask('The second jar');
  await page.clock.fastForward(A_DAY);
  await expect
    .poll(async () => Object.values(await readFolder(page)), { timeout: 60_000 })
    .toEqual([
      expect.not.arrayContaining(['The second jar']),
      expect.arrayContaining(['The first jar', 'The second jar']),
    ]);

  await page.goto('/#/data');
  await expect(row).toContainText('last:');
  await expect(row).not.toContainText('failed');
  await page.evaluate(async (name) => {
    await (await navigator.storage.getDirectory()).removeEntry(name, { recursive: true });
  }, FOLDER);
  await card.getByRole('button', { name: text('backup.copyIntoFolder') }).click();
  await expect(row).toContainText(text('error.backup/folder-denied'));
  await expect(row).toContainText('last:');

  await card.getByRole('button', { name: text('backup.folderRemove') }).click();
  await expect(row).toHaveCount(0);
  await expect(card.getByRole('button', { name: text('backup.chooseFolder') })).toBeVisible();
});
