import { existsSync, readFileSync } from 'node:fs';
import { readRows } from './raw-rows.ts';
import { expect, test, text } from './seeded.ts';

/** Export files of real products, shared beside the repository; what INDEX.md there counts in each. */
const EXPORTS = new URL('../../../shared/samples/exports/', import.meta.url);
const SAMPLES = [
  { path: 'chatgpt/noo-bass--context-carry--conversations.json', conversations: 2, messages: 5 },
  { path: 'claude/noo-bass--context-carry--conversations.json', conversations: 1, messages: 3 },
  { path: 'claude/noo-bass--context-carry--projects.json', conversations: 0, messages: 0 },
  {
    path: 'openwebui/yetanotherchris--openwebui-importer--webui-json.json',
    conversations: 1,
    messages: 2,
  },
] as const;

test.skip(!existsSync(EXPORTS), 'no ../shared/samples/exports beside the repository');

for (const { path, conversations, messages } of SAMPLES) {
  test(`the sample ${path} comes in whole, and a second time adds nothing @long`, async ({
    start,
  }) => {
    const { page } = await start({ hash: '#/data' });
    const name = path.slice(path.lastIndexOf('/') + 1);
    const file = {
      name,
      mimeType: 'application/json',
      buffer: readFileSync(new URL(path, EXPORTS)),
    };
    const dialog = page.getByRole('dialog');

    async function choose(): Promise<void> {
      const card = page.getByRole('region', { name: text('import.title') });
      const [chooser] = await Promise.all([
        page.waitForEvent('filechooser'),
        card.getByRole('button', { name: text('import.button') }).click(),
      ]);
      await chooser.setFiles(file);
    }

    async function countRows(): Promise<{ conversations: number; messages: number }> {
      const rows = [await readRows(page, 'conversations'), await readRows(page, 'messages')];
      return { conversations: rows[0]?.length ?? 0, messages: rows[1]?.length ?? 0 };
    }

    await choose();
    if (conversations === 0) {
      await expect(dialog).toContainText(text('import.nothing'));
      expect(await countRows()).toEqual({ conversations, messages });
      return;
    }
    await dialog.getByRole('button', { name: /^Import \d+ conversation/ }).click();
    await expect(dialog.getByRole('button', { name: text('import.show') })).toBeVisible();
    const stored = { conversations, messages };
    expect(await countRows()).toEqual(stored);
    const before = await readRows(page, 'messages');
    await dialog.getByRole('button', { name: text('import.show') }).click();

    await page.goto('/#/data');
    await choose();
    await expect(dialog).toContainText(text('import.nothingNew'));
    await dialog.getByRole('button', { name: text('common.cancel') }).click();
    expect(await countRows()).toEqual(stored);
    expect(await readRows(page, 'messages')).toEqual(before);
  });
}
