import type { Page } from '@playwright/test';
import { seedConversation, seedConversations } from '../support/seed.ts';
import { expect, test, text } from './seeded.ts';

/** The rare word is far beyond the two hundredth place of the frequent one. */
const LONG = `${'Firing must be slow.\n\n'.repeat(247)}Keep it slow below 150 degrees.\n\nThe end.`;
const ROWS = seedConversations([
  seedConversation('Jars', {
    id: 'jars',
    texts: ['A jar?', 'A jar of clay.', 'How is clay fired?', LONG, 'And then?', 'Another jar.'],
  }),
]);

const barOn = (page: Page) => {
  const bar = page.getByRole('search', { name: text('find.open') });
  return { bar, field: bar.getByRole('searchbox'), count: bar.getByRole('status') };
};

test('the shortcut leads back into the bar that is open, and Esc in the message box closes it', async ({
  start,
  page,
}) => {
  const onggi = await start({ rows: ROWS, hash: '#/c/jars' });
  const { bar, field } = barOn(page);
  await expect(onggi.answers.last()).toBeVisible();
  await page.keyboard.press('Control+Shift+F');
  await expect(field).toBeFocused();
  await page.keyboard.type('jar');
  await onggi.composer.focus();
  await page.keyboard.press('Control+Shift+F');
  await expect(field).toBeFocused();
  // What was looked for is selected: typing takes its place.
  await page.keyboard.type('clay');
  await expect(field).toHaveValue('clay');
  await onggi.composer.focus();
  await page.keyboard.press('Escape');
  await expect(bar).toHaveCount(0);
});

test('closed by Esc while it still brings a place into view, it leaves no marks behind', async ({
  start,
  page,
}) => {
  await start({ rows: ROWS, hash: '#/c/jars' });
  await expect(page.getByText('Another jar.')).toBeInViewport();
  await page.keyboard.press('Control+Shift+F');
  const { bar, count, field } = barOn(page);
  await expect(field).toBeFocused();
  await page.keyboard.type('jar');
  await expect(count).toHaveText(text('find.count', { position: 3, total: 3 }));
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await expect(bar).toHaveCount(0);
  // Longer than a place is brought into view again and again.
  await page.waitForTimeout(1200);
  expect(await page.evaluate(() => CSS.highlights.size)).toBe(0);
});

test('a search hit opens where its words stand together, and every place is counted', async ({
  start,
  page,
}) => {
  await start({ rows: ROWS, hash: '#/c/jars?q=slow%20150&m=jars%2F3' });
  const { count } = barOn(page);
  await expect(count).toHaveText(text('find.count', { position: 248, total: 249 }));
  await expect(page.getByText('Keep it slow below 150 degrees.')).toBeInViewport();
});

test('opened by hand it begins with the first place on the screen or below, else with the nearest above', async ({
  start,
  page,
}) => {
  const onggi = await start({ rows: ROWS, hash: '#/c/jars' });
  const { count, field } = barOn(page);
  await expect(page.getByText('Another jar.')).toBeInViewport();
  await page.keyboard.press('Control+Shift+F');
  await expect(field).toBeFocused();
  await page.keyboard.type('jar');
  await expect(count).toHaveText(text('find.count', { position: 3, total: 3 }));
  // Nothing below: back to what was said last, and not to the beginning of all.
  await page.keyboard.press('Control+Shift+F');
  await page.keyboard.type('clay');
  await expect(count).toHaveText(text('find.count', { position: 2, total: 2 }));
  await expect(onggi.answers.first()).toBeInViewport();
  // The answer above that question is on the screen now, and the first question not.
  await page.keyboard.press('Control+Shift+F');
  await page.keyboard.type('jar');
  await expect(count).toHaveText(text('find.count', { position: 2, total: 3 }));
});
