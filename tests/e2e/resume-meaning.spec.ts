import { seedConversation, seedConversations } from '../support/seed.ts';
import { readRows } from './raw-rows.ts';
import { expect, test, text } from './seeded.ts';

const rows = seedConversations([
  seedConversation('Fruit', { id: 'fruit', texts: ['How ripe must bananas be?', 'Very ripe.'] }),
  seedConversation('Dogs', { id: 'dogs', texts: ['Why does my dog bark?', 'It is bored.'] }),
]);

test('indexing that a reload broke off goes on by itself, while one reads in a conversation', async ({
  start,
  page,
  context,
}) => {
  let isHeld = true;
  let loadings = 0;
  await context.route('**/static-multilingual/**/*.onnx*', async (route) => {
    loadings += 1;
    if (!isHeld) await route.continue();
  });
  const onggi = await start({ rows, hash: '#/search' });
  await page.getByRole('searchbox', { name: text('sidebar.search') }).fill('banana');
  await expect(page.getByText(text('meaning.loading'))).toBeVisible();
  await expect.poll(() => loadings).toBe(1);
  // Other rows of the table are of nobody.
  const covered = async () =>
    (await readRows<{ ownerId?: string }>(page, 'embeddingCoverage')).flatMap(({ ownerId = '' }) =>
      ownerId === '' ? [] : ownerId,
    );
  expect(await covered()).toEqual([]);

  isHeld = false;
  await page.goto('/#/c/dogs');
  await page.reload();
  await expect(onggi.answers).toContainText(['It is bored.']);
  // Nothing is touched.
  await expect
    .poll(async () => (await covered()).toSorted(), { timeout: 60_000 })
    .toEqual(['dogs', 'fruit']);
  await expect(page).toHaveURL(/#\/c\/dogs$/);
});
