import initSqlJs from 'sql.js';
import { expect, test, text } from './seeded.ts';

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
  await expect(dialog).toContainText('In it: jars, a');
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toHaveCount(0);
  const close = dialog.getByRole('button', { name: 'Close' }).last();
  await close.click();
  await expect(dialog).toHaveCount(0);
});
