import type { Page } from '@playwright/test';
import { seedConversation, seedConversations } from '../support/seed.ts';
import { expect, test, text } from './seeded.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

const reminder = (page: Page) =>
  page.getByRole('status').filter({ hasText: text('backup.reminder') });

test('who has no copy outside the browser for weeks is reminded, and left alone for days after “Later”', async ({
  start,
  page,
}) => {
  const rows = seedConversations([seedConversation('Years of talk', { daysAgo: 20 })]);
  const { conversations } = await start({ rows });
  await expect(reminder(page)).toBeVisible();
  await reminder(page)
    .getByRole('button', { name: text('data.backUpNow') })
    .click();
  const dialog = page.getByRole('dialog', { name: text('backup.dialog') });
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);

  await reminder(page)
    .getByRole('button', { name: text('backup.later') })
    .click();
  await expect(reminder(page)).toHaveCount(0);
  await page.waitForFunction(() => localStorage.getItem('onggi.backup-snoozed') !== null);
  await page.reload();
  await expect(conversations).toHaveCount(1);
  await expect(reminder(page)).toHaveCount(0);
  await page.clock.setFixedTime(Date.now() + 4 * DAY_MS);
  await page.reload();
  await expect(reminder(page)).toBeVisible();
});

test('a copy that was downloaded ends the reminder', async ({ start, page }) => {
  const rows = seedConversations([seedConversation('Years of talk', { daysAgo: 20 })]);
  await start({ rows });
  await reminder(page)
    .getByRole('button', { name: text('data.backUpNow') })
    .click();
  const dialog = page.getByRole('dialog', { name: text('backup.dialog') });
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: text('backup.start') }).click(),
  ]);
  expect(await download.failure()).toBeNull();
  await dialog
    .getByRole('button', { name: text('common.close') })
    .last()
    .click();
  await expect(dialog).toHaveCount(0);
  await expect(reminder(page)).toHaveCount(0);
});

test('a backup says how many rows and bytes it has read', async ({ start, page }) => {
  const texts = Array.from({ length: 300 }, (_, at) => `Text ${at} ${'x'.repeat(200)}`);
  const rows = seedConversations([seedConversation('Long', { texts })]);
  await start({ rows, hash: '#/data' });
  const noted = await page.evaluateHandle(() => {
    const told: string[] = [];
    new MutationObserver(() => {
      for (const line of document.querySelectorAll('dialog .figures')) {
        const said = line.textContent.trim();
        if (said !== '' && told.at(-1) !== said) told.push(said);
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
    return told;
  });
  await page.getByRole('button', { name: text('data.backUpNow') }).click();
  const dialog = page.getByRole('dialog', { name: text('backup.dialog') });
  await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: text('backup.start') }).click(),
  ]);
  const told = await noted.jsonValue();
  expect(told.length).toBeGreaterThan(0);
  for (const said of told) expect(said).toMatch(/^[\d,]+ entries · [\d.]+\s(?:bytes?|[kM]?B)$/);
});
