import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { seedConversation, seedConversations } from '../support/seed.ts';
import { makeSnapshot, expect, test, text } from './seeded.ts';
import { expectNoViolations } from './violations.ts';

const rows = seedConversations([seedConversation('Kept letters')]);

/** Has the browser refuse to open its databases, as Chromium does on a full disk, until `free`. */
async function fillDisk(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const isFull = () => localStorage.getItem('test.full') !== null;
    const refusal = () =>
      new DOMException('Internal error opening backing store for indexedDB.open.', 'UnknownError');
    for (const name of ['open', 'deleteDatabase', 'databases'] as const) {
      const real: unknown = Object.getOwnPropertyDescriptor(IDBFactory.prototype, name)?.value;
      Object.assign(IDBFactory.prototype, {
        [name](this: IDBFactory, ...given: unknown[]) {
          if (!isFull()) return Reflect.apply(real as () => unknown, this, given) as unknown;
          if (name === 'deleteDatabase') localStorage.setItem('test.deleted', String(given[0]));
          if (name === 'databases') return Promise.reject(refusal());
          throw refusal();
        },
      });
    }
  });
  await page.evaluate(() => localStorage.setItem('test.full', '1'));
}

const free = (page: Page) => page.evaluate(() => localStorage.removeItem('test.full'));

test('a start on a full disk says so, shows copies, keeps what is typed, and opens by itself', async ({
  start,
}) => {
  const onggi = await start({ rows });
  const { page } = onggi;
  await makeSnapshot(page);
  await fillDisk(page);
  await page.goto('/robots.txt');
  await page.goto('/');
  await expect(page.getByRole('heading', { name: text('recovery.fullTitle') })).toBeVisible();
  await expect(page.getByRole('alert')).toContainText(text('recovery.fullBody'));
  await expectNoViolations(page, 'the page of a full disk');

  // Copies are read, and nothing is offered that needs room.
  await page.getByRole('button', { name: /^Look into the snapshot/ }).click();
  await expect(
    page.getByText(text('recovery.holds', { conversations: 1, messages: 2 })),
  ).toBeVisible();
  const snapshot = page.waitForEvent('download');
  await page.getByRole('button', { name: /^Download the snapshot/ }).click();
  expect((await snapshot).suggestedFilename()).toMatch(/^backup_.*\.json\.gz$/);
  await expect(page.getByRole('button', { name: /^Restore the snapshot/ })).toHaveCount(0);
  await expect(page.getByRole('button', { name: text('recovery.export') })).toHaveCount(0);

  await page.getByRole('textbox', { name: text('recovery.write') }).fill('적어 둔 생각');
  const unsaved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download the unsaved text' }).click();
  expect(readFileSync(await (await unsaved).path(), 'utf8')).toBe('적어 둔 생각');

  // Without room it stays, whatever is pressed.
  await page.getByRole('button', { name: text('common.tryAgain') }).click();
  await expect(page.getByRole('button', { name: text('common.tryAgain') })).toBeEnabled();
  await expect(page.getByRole('heading', { name: text('recovery.fullTitle') })).toBeVisible();
  expect(await page.evaluate(() => localStorage.getItem('test.deleted'))).toBeNull();
  // What was cut while it was opened may have torn the log, too.
  expect(await page.evaluate(() => localStorage.getItem('onggi.torn'))).toBe('1');

  // Whoever would leave for the rescue page, and stays for what was typed, is not led there later.
  const question = page.waitForEvent('dialog').then((dialog) => dialog.dismiss());
  await page.getByRole('link', { name: text('recovery.link') }).click({ noWaitAfter: true });
  await question;
  await expect(page.getByRole('heading', { name: text('recovery.fullTitle') })).toBeVisible();

  await free(page);
  await expect(page.getByRole('link', { name: 'Kept letters' })).toBeVisible({ timeout: 20_000 });
  await expect(onggi.composer).toHaveValue('적어 둔 생각');
});

test('the rescue page opens no database behind a torn log before there is room', async ({
  start,
}) => {
  const { page } = await start({ rows });
  await page.evaluate(() => localStorage.setItem('onggi.torn', '1'));
  await fillDisk(page);
  await page.goto('/robots.txt');
  await page.goto('/#/rescue');
  await page.getByRole('button', { name: text('recovery.export') }).click();
  await expect(page.getByText(text('error.db/no-space'))).toBeVisible();
  await free(page);
  const taken = page.waitForEvent('download');
  await page.getByRole('button', { name: text('recovery.export') }).click();
  await taken;
  expect(await page.evaluate(() => localStorage.getItem('onggi.torn'))).toBeNull();
});
