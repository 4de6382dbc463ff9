import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { seedConversation, seedConversations } from '../support/seed.ts';
import { makeSnapshot, expect, test, text } from './seeded.ts';
import { expectNoViolations } from './violations.ts';

const rows = seedConversations([seedConversation('Kept letters')]);

/** What the browser refuses: everything of its databases, or to open those of onggi, for want of room or not. */
type Refusal = 'all' | 'opening' | 'opening at all';

/** Has the browser refuse to open its databases, as Chromium does on a full disk, until `free`. */
async function fillDisk(page: Page): Promise<void> {
  await page.addInitScript(() => {
    for (const name of ['open', 'deleteDatabase', 'databases'] as const) {
      const real: unknown = Object.getOwnPropertyDescriptor(IDBFactory.prototype, name)?.value;
      Object.assign(IDBFactory.prototype, {
        [name](this: IDBFactory, ...given: unknown[]) {
          const how = localStorage.getItem('test.full');
          const isOpening = name === 'open' && given[0] !== 'onggi-turn-log';
          if (how === null || (how !== 'all' && !isOpening)) {
            return Reflect.apply(real as () => unknown, this, given) as unknown;
          }
          const refusal =
            how === 'opening at all'
              ? new DOMException('Internal error.', 'NotReadableError')
              : new DOMException(
                  'Internal error opening backing store for indexedDB.open.',
                  'UnknownError',
                );
          if (name === 'deleteDatabase') localStorage.setItem('test.deleted', String(given[0]));
          if (name === 'databases') return Promise.reject(refusal);
          const openings = Number(localStorage.getItem('test.openings'));
          localStorage.setItem('test.openings', String(openings + 1));
          throw refusal;
        },
      });
    }
  });
  await refuse(page, 'all');
}

const refuse = (page: Page, how: Refusal) =>
  page.evaluate((refused) => localStorage.setItem('test.full', refused), how);
const free = (page: Page) => page.evaluate(() => localStorage.removeItem('test.full'));

/** Starts on a full disk. @returns the field in which something can be written meanwhile */
async function startOnFullDisk(page: Page) {
  await fillDisk(page);
  await page.goto('/robots.txt');
  await page.goto('/');
  return page.getByRole('textbox', { name: text('recovery.write') });
}

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

test('the page of a full disk stays as it is while the database is tried behind it', async ({
  start,
}) => {
  const { page } = await start({ rows });
  const field = await startOnFullDisk(page);
  await refuse(page, 'opening');
  await field.fill('쓰는 중');
  await field.evaluate((box: HTMLTextAreaElement) => {
    box.setSelectionRange(2, 2);
    box.dataset['mark'] = 'the same';
  });
  const openings = () => page.evaluate(() => Number(localStorage.getItem('test.openings')));
  const before = await openings();
  await expect.poll(openings, { timeout: 30_000 }).toBeGreaterThan(before + 1);
  await expect(field).toBeFocused();
  const found = await field.evaluate((box: HTMLTextAreaElement) => [
    box.selectionStart,
    box.dataset['mark'],
  ]);
  expect(found).toEqual([2, 'the same']);
  await expect(field).toHaveValue('쓰는 중');
});

test('what was typed on a full disk is shown where no history is kept, and is kept nowhere then', async ({
  start,
}) => {
  const onggi = await start({ rows, settings: { saveHistory: false } });
  const { page } = onggi;
  const field = await startOnFullDisk(page);
  await field.fill('적어 둔 생각');
  await free(page);
  await page.getByRole('button', { name: text('common.tryAgain') }).click();
  await expect(onggi.composer).toHaveValue('적어 둔 생각');
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain('생각');
});

test('what was typed on a full disk is offered where opening fails otherwise, and outlives a reload', async ({
  start,
}) => {
  const onggi = await start({ rows });
  const { page } = onggi;
  const field = await startOnFullDisk(page);
  await field.fill('적어 둔 생각');
  await refuse(page, 'opening at all');
  await page.getByRole('button', { name: text('common.tryAgain') }).click();
  await expect(page.getByRole('alert')).toContainText(text('error.db/unavailable'));
  const unsaved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download the unsaved text' }).click();
  expect(readFileSync(await (await unsaved).path(), 'utf8')).toBe('적어 둔 생각');

  await free(page);
  const question = page.waitForEvent('dialog').then((dialog) => dialog.accept());
  await page.getByRole('button', { name: text('blocked.reload') }).click({ noWaitAfter: true });
  await question;
  await expect(onggi.composer).toHaveValue('적어 둔 생각');
});

test('what was typed on a full disk is there when data turn out missing and were brought back', async ({
  start,
}) => {
  const onggi = await start({ rows });
  const { page } = onggi;
  const questions: string[] = [];
  page.on('dialog', (dialog) => {
    questions.push(dialog.type());
    void dialog.accept();
  });
  await makeSnapshot(page);
  const field = await startOnFullDisk(page);
  await field.fill('적어 둔 생각');
  await refuse(page, 'opening');
  await page.evaluate(async () => {
    for (const { name = '' } of await indexedDB.databases()) {
      await new Promise((resolve) => {
        indexedDB.deleteDatabase(name).onsuccess = resolve;
      });
    }
  });
  await free(page);
  await expect(page.getByRole('heading', { name: text('recovery.title') })).toBeVisible({
    timeout: 30_000,
  });
  await page.getByRole('button', { name: /^Restore the snapshot/ }).click();
  await expect(page.getByText(text('restore.done.recovered'))).toBeVisible();
  await expect(onggi.composer).toHaveValue('적어 둔 생각');
  expect(questions).toEqual([]);
});

test('a start on a full disk says so where its page cannot be fetched', async ({ start }) => {
  const { page } = await start({ rows });
  await page.route(/open-with-room/, (route) => route.abort());
  await fillDisk(page);
  await page.goto('/robots.txt');
  await page.goto('/');
  await expect(page.getByRole('alert')).toContainText(text('error.db/no-space'));
});

test('the rescue page opens no database behind a torn log before there is room', async ({
  start,
}) => {
  const { page } = await start({ rows });
  await page.evaluate(() => localStorage.setItem('onggi.torn', '1'));
  await fillDisk(page);
  await page.goto('/robots.txt');
  await page.goto('/#/rescue');
  // Nor does it look for the live one, and says why.
  await expect(page.getByText(text('error.db/no-space'))).toBeVisible();
  await page.getByRole('button', { name: text('recovery.export') }).click();
  await expect(page.getByText(text('error.db/no-space'))).toBeVisible();
  await free(page);
  const taken = page.waitForEvent('download');
  await page.getByRole('button', { name: text('recovery.export') }).click();
  await taken;
  expect(await page.evaluate(() => localStorage.getItem('onggi.torn'))).toBeNull();
});
