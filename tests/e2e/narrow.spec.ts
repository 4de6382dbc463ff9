import { seedConversation, seedConversations, seedUsage } from '../support/seed.ts';
import { expect, test, text } from './seeded.ts';

const ROWS = seedConversations([
  seedConversation('Jars', { id: 'jars', texts: ['What is a jar?', 'A jar.'] }),
]);
const PHONE = { width: 390, height: 844 };

for (const viewport of [PHONE, { width: 1280, height: 800 }]) {
  test(`the whole menu of a conversation is seen on ${viewport.width} pixels`, async ({
    start,
    page,
  }) => {
    await page.setViewportSize(viewport);
    const onggi = await start({ rows: ROWS, hash: '#/c/jars' });
    await expect(onggi.answers).toHaveCount(1);
    const name = text('conversation.menu', { title: 'Jars' });
    await page.getByRole('main').getByRole('button', { name }).click();
    const menu = page.getByRole('main').getByRole('group', { name });
    await expect(menu.getByRole('button', { name: text('conversation.remove') })).toBeInViewport({
      ratio: 1,
    });
    await expect(menu.getByRole('button').first()).toBeInViewport({ ratio: 1 });
    expect(
      await menu.evaluate(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight),
    ).toBe(0);
  });
}

test('the button of the sidebar says whether it is open', async ({ start, page }) => {
  await page.setViewportSize(PHONE);
  await start({ rows: ROWS, hash: '#/c/jars' });
  const toggle = page.getByRole('button', { name: 'Sidebar', exact: true, includeHidden: true });
  await expect(toggle).toHaveAttribute('aria-expanded', 'false');
  await toggle.click();
  await expect(toggle).toHaveAttribute('aria-expanded', 'true');
});

test('Esc closes the dialog over the open sidebar, and the sidebar only after it', async ({
  start,
  page,
}) => {
  await page.setViewportSize(PHONE);
  const { conversations } = await start({ rows: ROWS, hash: '#/c/jars' });
  const toggle = page.getByRole('button', { name: 'Sidebar', exact: true, includeHidden: true });
  await toggle.click();
  const menu = { name: text('conversation.menu', { title: 'Jars' }) };
  await conversations.getByRole('button', menu).click();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('complementary').getByRole('group', menu)).toBeHidden();
  await expect(toggle).toHaveAttribute('aria-expanded', 'true');
  await conversations.getByRole('button', menu).click();
  await page.getByRole('button', { name: text('conversation.tags') }).click();
  await page.getByRole('dialog').getByRole('textbox').press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(toggle).toHaveAttribute('aria-expanded', 'true');
  await page.keyboard.press('Escape');
  await expect(toggle).toHaveAttribute('aria-expanded', 'false');
});

test.describe('on touch', () => {
  test.use({ hasTouch: true, isMobile: true, viewport: PHONE });

  test('the menu of a row does not cover the dot of its running answer', async ({
    start,
    page,
  }) => {
    const onggi = await start({ model: 'slow' });
    await onggi.composer.fill('A question that takes its time');
    await onggi.send.tap();
    await page.getByRole('button', { name: 'Sidebar', exact: true }).tap();
    const row = onggi.conversations.first();
    await expect(row.getByRole('img', { name: text('status.writing') })).toBeVisible();
    // At once, because the sidebar slides in.
    const room = await row.evaluate((item) => {
      const edgeOf = (selector: string) => item.querySelector(selector)?.getBoundingClientRect();
      return (edgeOf('button')?.left ?? 0) - (edgeOf('[role="img"]')?.right ?? Infinity);
    });
    expect(room).toBeGreaterThanOrEqual(0);
    await onggi.stop.evaluate((button) => (button as HTMLElement).click());
  });
});

test('the two prices of a model stand side by side on a phone', async ({ start, page }) => {
  await page.setViewportSize(PHONE);
  await start({ rows: { ...ROWS, usageStatistics: [seedUsage(0, 'gpt-5')] }, hash: '#/usage' });
  await page.getByRole('button', { name: text('usage.price.add') }).click();
  const topOf = async (name: string) => (await page.getByLabel(name).boundingBox())?.y;
  expect(await topOf('Input, per million tokens')).toBe(await topOf('Output, per million tokens'));
  expect(await topOf(text('usage.price.connection'))).toBeLessThan(
    (await topOf('Input, per million tokens')) ?? 0,
  );
});

test('headings of the usage table keep their words whole', async ({ start, page }) => {
  await page.setViewportSize(PHONE);
  await start({ rows: { ...ROWS, usageStatistics: [seedUsage(0, 'gpt-5')] }, hash: '#/usage' });
  await page.getByRole('switch', { name: text('usage.asTable') }).click();
  const table = page.getByRole('group', { name: text('usage.byModel') });
  await expect(table).toBeVisible();
  const heights = await table
    .getByRole('columnheader')
    .evaluateAll((cells) =>
      cells.map(
        (cell) =>
          cell.getBoundingClientRect().height / Number.parseFloat(getComputedStyle(cell).fontSize),
      ),
    );
  // Three lines at most.
  expect(Math.max(...heights)).toBeLessThan(6);
});

test('a question has as much room on its right as on its left', async ({ start }) => {
  const onggi = await start({ rows: ROWS, hash: '#/c/jars' });
  const [left, right] = await onggi.questions
    .last()
    .locator('.bubble')
    .evaluate((bubble) => {
      const words = document.createTreeWalker(bubble, NodeFilter.SHOW_TEXT);
      const range = new Range();
      for (let node = words.nextNode(); node; node = words.nextNode()) {
        if (node.textContent?.trim()) range.selectNodeContents(node);
      }
      const [outer, inner] = [bubble.getBoundingClientRect(), range.getBoundingClientRect()];
      return [inner.left - outer.left, outer.right - inner.right];
    });
  expect(Math.round(right)).toBe(Math.round(left));
});

test('the age of a backup goes on by itself', async ({ start, page }) => {
  await page.clock.install();
  await start({ rows: ROWS, hash: '#/data' });
  await page.getByRole('button', { name: 'Back up now', exact: true }).click();
  const dialog = page.getByRole('dialog');
  const download = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Back up', exact: true }).click();
  await download;
  const footer = page.getByRole('complementary').getByRole('link', { name: /backup/ });
  await expect(footer).toContainText(text('footer.backup', { when: text('time.justNow') }));
  await page.clock.fastForward('03:20');
  await expect(footer).toContainText('3 minutes ago');
});
