import { strToU8, zipSync } from 'fflate';
import { expect, test, text } from './seeded.ts';

test('what becomes far larger than usual is asked about with its sizes, and read when allowed @long', async ({
  start,
}) => {
  const onggi = await start();
  const { page } = onggi;
  await page.goto('/#/data');
  const message = { author: { role: 'user' }, content: { content_type: 'text', parts: ['옹기'] } };
  const conversation = {
    conversation_id: 'c1',
    title: 'Much space',
    mapping: { a: { parent: null, children: [], message: { id: 'a', ...message } } },
    current_node: 'a',
  };
  // An export nobody wrote, and as dense as one whose every line says the same.
  const json = `[${' '.repeat(20 * 1024 * 1024)}${JSON.stringify(conversation)}]`;
  const archive = Buffer.from(zipSync({ 'conversations.json': strToU8(json) }, { level: 9 }));
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page
      .getByRole('button', { name: text('import.button'), exact: true })
      .first()
      .click(),
  ]);
  await chooser.setFiles({ name: 'export.zip', mimeType: 'application/zip', buffer: archive });
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(text('import.far'));
  await expect(dialog).toContainText(text('error.file/expands-far'));
  await expect(dialog).toContainText('0.02 MB → 21 MB');
  await dialog.getByRole('button', { name: text('import.readFar') }).click();
  await dialog.getByRole('button', { name: 'Import 1 conversation' }).click();
  await expect(dialog).toContainText('Messages added');
  await dialog.getByRole('button', { name: text('import.show') }).click();
  await expect(onggi.conversations.filter({ hasText: 'Much space' })).toBeVisible();
});
