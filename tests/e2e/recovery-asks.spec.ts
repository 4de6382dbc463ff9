import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { seedConversation, seedConversations } from '../support/seed.ts';
import { damage, holdOlder, loseDatabases } from './lost-databases.ts';
import { changeRows } from './raw-rows.ts';
import { expect, makeSnapshot, test, text } from './seeded.ts';
import { expectNoViolations } from './violations.ts';

const PASSPHRASE = 'kimchi jar in the yard';
const letters = seedConversation('Kept letters');
const rows = seedConversations([letters]);

/** A backup that is protected, as its file. */
async function backUpProtected(page: Page) {
  await page.goto('/#/data');
  await page.getByRole('button', { name: text('data.backUpNow') }).click();
  await page.getByRole('switch', { name: text('backup.protect') }).click();
  await page.getByLabel(text('backup.passphrase'), { exact: true }).fill(PASSPHRASE);
  await page.getByLabel(text('backup.passphraseAgain')).fill(PASSPHRASE);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: text('backup.start'), exact: true }).click(),
  ]);
  return {
    name: download.suggestedFilename(),
    mimeType: 'application/octet-stream',
    buffer: await readFile(await download.path()),
  };
}

test('a protected backup that is all that is left asks for its passphrase and brings everything back', async ({
  start,
}) => {
  test.slow();
  const { page } = await start({ rows });
  const file = await backUpProtected(page);
  expect(file.name).toMatch(/\.age$/);
  await damage(page, loseDatabases);
  // One may have been made meanwhile, where this took long.
  await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    await root.removeEntry('snapshots', { recursive: true }).catch(() => undefined);
  });
  await page.goto('/');
  await expect(page.getByRole('heading', { name: text('recovery.title') })).toBeVisible();
  await expect(page.getByText(text('recovery.none'))).toBeVisible();
  // What a browser greys out in its list of files nobody can choose.
  await expect(page.locator('input[type=file]')).toHaveAttribute('accept', /(^|,)\.age(,|$)/);
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: text('recovery.file') }).click(),
  ]);
  await chooser.setFiles(file);
  await expect(page.getByText(text('error.file/passphrase-needed'))).toBeVisible();
  const field = page.getByLabel(text('backup.passphrase'), { exact: true });
  await expect(field).toBeFocused();
  await expectNoViolations(page, 'the recovery page that asks for a passphrase', 'light');
  await field.fill('wrong');
  await page.keyboard.press('Enter');
  // Deriving the key from a passphrase is slow on purpose.
  const patience = { timeout: 40_000 };
  await expect(page.getByText(text('error.file/passphrase-wrong'))).toBeVisible(patience);
  await field.fill(PASSPHRASE);
  await page.getByRole('button', { name: text('restore.unlock'), exact: true }).click();
  await expect(
    page.getByText(text('recovery.holds', { conversations: 1, messages: 2 })),
  ).toBeVisible(patience);
  await expect(field).toHaveCount(0);
  await page.getByRole('button', { name: /^Restore the file/ }).click();
  await expect(page.getByRole('link', { name: 'Kept letters' })).toBeVisible(patience);
  await expect(page.getByText(text('restore.done.recovered'))).toBeVisible();
});

test('where conversations are missing each copy says how many of them it has, without a click', async ({
  start,
}) => {
  const onggi = await start({ rows });
  const { page } = onggi;
  await makeSnapshot(page);
  await onggi.open();
  await onggi.ask('Said after the whole copy');
  await expect(async () => {
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    const note = await page.evaluate(() => localStorage.getItem('onggi.canary'));
    expect((JSON.parse(note ?? '') as { conversationIds: unknown[] }).conversationIds).toHaveLength(
      2,
    );
  }).toPass();
  await page.goto('/__seed');
  await page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open('onggi');
      request.onsuccess = () => resolve(request.result);
    });
    const transaction = database.transaction('conversations', 'readwrite');
    transaction.objectStore('conversations').clear();
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    database.close();
  });
  await page.goto('/');
  await expect(page.getByText('2 of 2 conversations')).toBeVisible();
  const copy = page.getByRole('region', { name: text('recovery.snapshots') }).getByRole('listitem');
  await expect(copy).toHaveCount(1);
  await expect(copy).toContainText(text('recovery.holds', { conversations: 1, messages: 2 }));
  await expect(copy).toContainText(text('recovery.hasMissing', { found: 1, noted: 2 }));
  await expect(copy.getByRole('button', { name: /^Look into the snapshot/ })).toHaveCount(0);
});

test('a merge that became another one while it was prepared is shown, and done only after a yes', async ({
  start,
}) => {
  const { page } = await start({ rows });
  await makeSnapshot(page);
  await page.goto('/__seed');
  const { conversation, messages } = letters;
  await changeRows(page, [
    { table: 'conversations', id: conversation.id, changes: null },
    ...messages.map(({ id }) => ({ table: 'messages', id, changes: null })),
  ]);
  await page.goto('/#/rescue');
  const restore = page.getByRole('button', { name: /^Restore the snapshot/ });
  await expect(restore).toBeVisible();
  // Another tab writes when the merge is prepared: the page asks then whether an answer is being written.
  await page.evaluate((written) => {
    const query = navigator.locks.query.bind(navigator.locks);
    navigator.locks.query = async () => {
      navigator.locks.query = query;
      const database = await new Promise<IDBDatabase>((resolve) => {
        const request = indexedDB.open('onggi');
        request.onsuccess = () => resolve(request.result);
      });
      const transaction = database.transaction(['conversations', 'messages'], 'readwrite');
      transaction.objectStore('conversations').put(written.conversation);
      for (const row of written.messages) transaction.objectStore('messages').put(row);
      await new Promise((resolve) => (transaction.oncomplete = resolve));
      database.close();
      return query();
    };
  }, letters);
  await restore.click();
  await expect(page.getByText(text('restore.changed'))).toBeFocused();
  await expectNoViolations(page, 'the rescue page that asks again', 'light');
  const card = page.getByRole('region', { name: text('restore.title') });
  const row = card.getByRole('row', { name: text('backup.table.conversations') });
  await expect(row.getByRole('cell')).toHaveText(['0', '0', '1']);
  await expect(restore).toBeDisabled();
  await card.getByRole('button', { name: text('restore.confirmMerge') }).click();
  await expect(page.getByRole('link', { name: 'Kept letters' })).toBeVisible();
  await expect(page.getByText(text('restore.done.merge'))).toBeVisible();
});

test('a restore that waits can be stopped, and leaves the page as it was', async ({ start }) => {
  const { page } = await start({ rows });
  await makeSnapshot(page);
  await damage(page, holdOlder);
  const other = await page.context().newPage();
  await other.goto('/#/rescue');
  const restore = other.getByRole('button', { name: /^Restore the snapshot/ });
  await restore.click();
  await expect(other.getByText(text('error.db/blocked'))).toBeVisible();
  await expect(other.getByRole('progressbar', { name: text('recovery.working') })).toBeVisible();
  await other.getByRole('button', { name: text('common.cancelWork'), exact: true }).click();
  await expect(other.getByText(text('recovery.working'))).toHaveCount(0);
  await expect(other.getByRole('progressbar')).toHaveCount(0);
  await expect(restore).toBeEnabled();
  await expect(other.locator('.problem')).toHaveCount(0);
  // Asked for again it goes on as if it had not been stopped.
  await restore.click();
  await page.close();
  await expect(other.getByRole('link', { name: 'Kept letters' })).toBeVisible();
});
