import { seedConversation, seedConversations } from '../support/seed.ts';
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
