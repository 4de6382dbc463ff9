import type { Locator, Page } from '@playwright/test';
import { seedConversation, seedConversations } from '../support/seed.ts';
import type { Message } from '#domain/message.ts';
import { expect, test, text } from './seeded.ts';

const CODE = '```js\nconst jar = 1;\n```';
const ROWS = seedConversations([
  seedConversation('Jars', { id: 'jars', texts: ['What is a jar?', `A jar:\n\n${CODE}`] }),
]);

/** Presses Tab until the element has the focus. */
async function tabTo(page: Page, target: Locator) {
  await expect(target).toBeVisible();
  for (let presses = 0; presses < 60; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('Tab never gets there');
}

test('from a first start to an answer without a pointer', async ({ onggi, page, endpoint }) => {
  await onggi.open();
  const { keyboard } = page;
  await tabTo(page, page.getByRole('button', { name: /API key/ }));
  await keyboard.press('Enter');
  await tabTo(page, page.getByRole('radio', { checked: true }));
  // From the first provider back to the last one, which is any other address.
  await keyboard.press('ArrowUp');
  await expect(page.getByRole('radio', { name: text('endpoint.custom') })).toBeChecked();
  await tabTo(page, page.getByLabel(text('endpoint.address')));
  await keyboard.type(endpoint.localhostUrl);
  await keyboard.press('Enter');
  await expect(onggi.composer).toBeFocused();

  await keyboard.press('Control+Shift+M');
  await expect(page.getByRole('searchbox', { name: text('model.filter') })).toBeFocused();
  await keyboard.type('echo-fast');
  await keyboard.press('Enter');
  await expect(page.getByRole('button', { name: /^Model: echo-fast/ })).toBeVisible();

  await keyboard.press('Shift+Escape');
  await expect(onggi.composer).toBeFocused();
  await keyboard.type('Hello by hand');
  await keyboard.press('Enter');
  await expect(onggi.answers.last()).toContainText('Hello by hand');
  await expect(onggi.composer).toBeFocused();

  // From the answer's buttons to its text and back into the box.
  await onggi.answers.last().getByRole('button', { name: 'Regenerate' }).waitFor();
  await keyboard.press('Shift+Tab');
  await keyboard.press('Shift+Escape');
  await expect(onggi.composer).toBeFocused();
});

test('Mod+/ lists every shortcut there is', async ({ start, page }) => {
  await start();
  await page.keyboard.press('Control+/');
  const dialog = page.getByRole('dialog', { name: text('shortcut.title') });
  const rows: readonly (readonly [Parameters<typeof text>[0], string])[] = [
    ['shortcut.send', 'Enter'],
    ['shortcut.newLine', 'Shift+Enter'],
    ['shortcut.editLast', '↑'],
    ['shortcut.stop', 'Esc'],
    ['shortcut.newChat', 'Ctrl+Shift+O'],
    ['shortcut.temporaryChat', "Ctrl+Shift+'"],
    ['shortcut.search', 'Ctrl+K'],
    ['shortcut.find', 'Ctrl+Shift+F'],
    ['shortcut.model', 'Ctrl+Shift+M'],
    ['shortcut.settings', 'Ctrl+.'],
    ['shortcut.sidebar', 'Ctrl+Shift+S'],
    ['shortcut.lock', 'Ctrl+Shift+L'],
    ['shortcut.copyAnswer', 'Ctrl+Shift+C'],
    ['shortcut.copyCode', 'Ctrl+Shift+;'],
    ['shortcut.delete', 'Ctrl+Shift+Backspace'],
    ['shortcut.composer', 'Shift+Escape'],
    ['shortcut.shortcuts', 'Ctrl+/'],
  ];
  await expect(dialog.getByRole('term')).toHaveText(rows.map(([key]) => text(key)));
  await expect(dialog.getByRole('definition')).toHaveText(rows.map(([, keys]) => keys));
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
});

test('the main shortcuts do what the list says', async ({ start, page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const onggi = await start({ rows: ROWS, hash: '#/c/jars' });
  const { keyboard } = page;
  await expect(onggi.answers).toHaveCount(1);
  // Markdown is drawn by code that comes after the first text.
  await expect(page.getByRole('button', { name: text('common.copyCode') })).toBeVisible();

  await keyboard.press('Control+Shift+C');
  await expect
    .poll(() => page.evaluate(() => navigator.clipboard.readText()))
    .toBe(`A jar:\n\n${CODE}`);
  await keyboard.press('Control+Shift+;');
  await expect
    .poll(() => page.evaluate(() => navigator.clipboard.readText()))
    .toMatch(/^const jar = 1;\n?$/);

  const search = page.getByRole('searchbox', { name: text('sidebar.search') });
  await keyboard.press('Control+Shift+S');
  await expect(search).toBeHidden();
  await keyboard.press('Control+k');
  await expect(search).toBeFocused();
  // An empty box has nothing to clear: back to the conversation.
  await keyboard.press('Escape');
  await expect(onggi.composer).toBeVisible();
  await keyboard.press('Shift+Escape');
  await expect(onggi.composer).toBeFocused();

  await keyboard.press('Control+.');
  await expect(page.getByRole('heading', { level: 1, name: text('settings.title') })).toBeVisible();
  await keyboard.press('Control+Shift+O');
  await expect(page.getByText(text('empty.title'))).toBeVisible();
  await expect(onggi.composer).toBeFocused();
  await keyboard.press("Control+Shift+'");
  await expect(page.getByText(text('empty.temporaryTitle'))).toBeVisible();

  // Moving to the trash can be undone, so it does not ask.
  await page.goto('/#/c/jars');
  await expect(onggi.questions).toHaveCount(1);
  await keyboard.press('Control+Shift+Backspace');
  await expect(onggi.conversations).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
});

test('arrow up edits the last message, and arrows walk the messages', async ({ start, page }) => {
  const onggi = await start({ rows: ROWS, hash: '#/c/jars' });
  await expect(onggi.answers).toHaveCount(1);
  await expect(onggi.composer).toBeFocused();
  await page.keyboard.press('ArrowUp');
  const field = onggi.questions.last().getByRole('textbox', { name: text('message.editField') });
  await expect(field).toBeFocused();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('What is an onggi?');
  // The same keys as in the message box, where the focus is to be next.
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('And a lid?');
  await page.keyboard.press('Enter');
  await expect(onggi.questions.last().locator('.bubble')).toHaveText(
    'What is an onggi?\nAnd a lid?',
  );
  await expect(onggi.composer).toBeFocused();
  await expect(onggi.answers.last()).toContainText('And a lid?');

  await onggi.answers.last().focus();
  await page.keyboard.press('ArrowUp');
  await expect(onggi.questions.last()).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(onggi.answers.last()).toBeFocused();
});

test('arrows walk over a step of a tool, which opens by the keyboard with its sources', async ({
  start,
  page,
}) => {
  const { conversation, messages } = seedConversation('Tools', {
    id: 'tools',
    texts: ['How warm is it?', '21 degrees', 'And there?', 'Colder.'],
  });
  const source = { title: 'The weather office', url: 'https://example.com/weather' };
  const step = (message: Message): Message => ({
    ...message,
    metadata: { ...message.metadata, folded: true, citations: [source] },
  });
  const folded = messages.map((message, at) => (at === 1 ? step(message) : message));
  const rows = seedConversations([{ conversation, messages: folded }]);
  const onggi = await start({ rows, hash: '#/c/tools' });
  const head = onggi.log.locator('details[data-message] > summary');
  await onggi.questions.last().focus();
  await page.keyboard.press('ArrowUp');
  await expect(head).toBeFocused();
  await page.keyboard.press('Enter');
  const sources = onggi.log.locator('summary', { hasText: text('message.citations') });
  await sources.focus();
  await page.keyboard.press('Enter');
  await expect(onggi.log.getByRole('link', { name: source.title })).toBeVisible();
  await head.focus();
  await page.keyboard.press('ArrowUp');
  await expect(onggi.questions.first()).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(head).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(onggi.questions.last()).toBeFocused();
});

test('the box of an edited message stays in sight above a long answer', async ({ start, page }) => {
  const answer = Array.from({ length: 80 }, (_, line) => `Line ${line}`).join('\n\n');
  const rows = seedConversations([
    seedConversation('Long', { id: 'long', texts: ['A question\n'.repeat(8), answer] }),
  ]);
  const onggi = await start({ rows, hash: '#/c/long' });
  await expect(onggi.answers.last().getByText('Line 79')).toBeInViewport();
  await expect(onggi.composer).toBeFocused();
  await page.keyboard.press('ArrowUp');
  const field = onggi.questions.last().getByRole('textbox', { name: text('message.editField') });
  await expect(field).toBeFocused();
  await expect(field).toBeInViewport();
  await page.keyboard.type('Another line of it');
  await expect(field).toBeInViewport({ ratio: 0.5 });
});

test('a dialog that closes gives the focus back to what opened it', async ({ start, page }) => {
  await start({ rows: ROWS, hash: '#/c/jars' });
  const options = page.getByRole('button', { name: text('options.open') });
  await options.focus();
  await page.keyboard.press('Enter');
  // A form begins in its first field.
  await expect(page.getByRole('textbox', { name: text('options.systemPrompt') })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(options).toBeFocused();
});

test('a screen that opens takes the focus that would be lost', async ({ start, page }) => {
  await start({ rows: ROWS, hash: '#/c/jars' });
  await page.keyboard.press('Control+.');
  await expect(page.getByRole('heading', { name: text('settings.title') })).toBeFocused();
  const data = page.getByRole('link', { name: text('data.title') });
  await tabTo(page, data);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
});
