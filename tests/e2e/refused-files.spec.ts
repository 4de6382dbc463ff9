import initSqlJs from 'sql.js';
import type { Page } from '@playwright/test';
import { expect, test, text } from './seeded.ts';
import { readMade } from './without-room.ts';

test('a database that is none of ours is refused, with what is in it, and there is nothing to cancel', async ({
  start,
}) => {
  const { page } = await start();
  await page.goto('/#/data');
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page
      .getByRole('button', { name: text('import.button'), exact: true })
      .first()
      .click(),
  ]);
  const sqlite = await initSqlJs();
  const database = new sqlite.Database();
  database.run('CREATE TABLE a (x); CREATE TABLE jars (y);');
  const buffer = Buffer.from(database.export());
  database.close();
  await chooser.setFiles({ name: 'other.sqlite', mimeType: 'application/vnd.sqlite3', buffer });
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(text('error.file/unknown-format'));
  await expect(dialog).toContainText('In it: a, jars');
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toHaveCount(0);
  const close = dialog.getByRole('button', { name: 'Close' }).last();
  await close.click();
  await expect(dialog).toHaveCount(0);
});

/** Chooses a database that `sql` makes as a file to import. */
async function choose(page: Page, sql: string): Promise<void> {
  const sqlite = await initSqlJs();
  const database = new sqlite.Database();
  database.run(sql);
  const buffer = Buffer.from(database.export());
  database.close();
  const button = page.getByRole('button', { name: text('import.button'), exact: true }).first();
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), button.click()]);
  await chooser.setFiles({ name: 'other.sqlite', mimeType: 'application/vnd.sqlite3', buffer });
}

test('a view that never ends holds no import, and a database refused changes nothing', async ({
  start,
}) => {
  const { page } = await start();
  await page.goto('/#/data');
  const dialog = page.getByRole('dialog');
  const before = await readMade(page);
  const endless = `AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
    SELECT max(i) AS conversation_id FROM n;`;
  await choose(page, `CREATE VIEW conversations ${endless} CREATE VIEW messages ${endless}`);
  await expect(dialog).toContainText(text('error.file/unknown-format'));
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  expect(await readMade(page)).toEqual(before);

  await choose(
    page,
    `CREATE TABLE conversations (conversation_id TEXT, title TEXT);
     INSERT INTO conversations VALUES ('c', 'Beside the view');
     CREATE TABLE messages (conversation_id TEXT, role TEXT, content TEXT);
     INSERT INTO messages VALUES ('c', 'user', 'clay');
     CREATE VIEW attachments ${endless} CREATE VIEW endless ${endless}`,
  );
  await dialog.getByRole('button', { name: /^Import \d/ }).click();
  await expect(dialog).toContainText(text('import.added'));
  await dialog.getByRole('button', { name: 'Close' }).first().click();
  await expect(page.getByRole('link', { name: 'Beside the view' })).toBeVisible();
});
