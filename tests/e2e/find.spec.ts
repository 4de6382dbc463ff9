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

test('the next and the previous place are reached by buttons and keys, and round at the ends', async ({
  start,
  page,
}) => {
  await start({ rows: ROWS, hash: '#/c/jars?q=jar' });
  const { bar, count, field } = barOn(page);
  const at = (position: number) =>
    expect(count).toHaveText(text('find.count', { position, total: 3 }));
  await at(1);
  await expect(page.getByText('A jar?')).toBeInViewport();
  await bar.getByRole('button', { name: text('find.next') }).click();
  await at(2);
  await bar.getByRole('button', { name: text('find.next') }).click();
  await at(3);
  await expect(page.getByText('Another jar.')).toBeInViewport();
  await bar.getByRole('button', { name: text('find.next') }).click();
  await at(1);
  await expect(page.getByText('A jar?')).toBeInViewport();
  await bar.getByRole('button', { name: text('find.previous') }).click();
  await at(3);
  await field.press('Shift+Enter');
  await at(2);
  await field.press('Enter');
  await at(3);
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

test('a hit in a step that is not shown by itself opens it and marks it', async ({
  start,
  page,
}) => {
  const rows = seedConversations([
    seedConversation('Jars', {
      id: 'jars',
      texts: ['A jar?', 'A lid.', 'searching for clay', 'Done.'],
    }),
  ]);
  const messages = (rows.messages ?? []).map((message) =>
    message.seq === 2 ? { ...message, metadata: { hidden: true } } : message,
  );
  await start({ rows: { ...rows, messages }, hash: '#/c/jars?q=clay&m=jars%2F2' });
  const { count } = barOn(page);
  await expect(count).toHaveText(text('find.count', { position: 1, total: 1 }));
  await expect(page.getByText('searching for clay')).toBeInViewport();
});

test('a hit in the feedback or the title says where it stands', async ({ start, page }) => {
  const rows = seedConversations([
    seedConversation('검색 화면', { id: 'screen', texts: ['A jar?', 'A lid.'] }),
  ]);
  const messages = (rows.messages ?? []).map((message) =>
    message.seq === 1 ? { ...message, rating: 5 as const, feedback: 'very helpful' } : message,
  );
  await start({ rows: { ...rows, messages }, hash: '#/c/screen?q=helpful&m=screen%2F1' });
  const { count } = barOn(page);
  await expect(count).toHaveText(text('find.in.feedback'));
  await page.goto('/#/search?q=%E3%84%B1%E3%85%85');
  await page
    .getByRole('list', { name: text('search.results') })
    .getByRole('link')
    .click();
  await expect(count).toHaveText(text('find.in.title'));
});

test('what was found by meaning is marked as the passage that it is, and not word by word', async ({
  start,
  page,
}) => {
  const passage = 'Firing must be slow, or the wall of the vessel cracks.';
  const rows = seedConversations([
    seedConversation('Pottery', {
      id: 'pottery',
      texts: [
        'How is the clay of the jar fired?',
        `${'The lid of the jar is round. '.repeat(20)}\n\n**Slowly.** ${passage}`,
      ],
    }),
  ]);
  const at = rows.messages?.[1]?.content.indexOf(passage) ?? 0;
  await start({
    rows,
    hash: `#/c/pottery?q=&m=pottery%2F1&s=${at}-${at + passage.length}`,
  });
  const { count } = barOn(page);
  await expect(count).toHaveText(text('meaning.byMeaning'));
  await expect(page.getByText(passage)).toBeInViewport();
  const marked = () =>
    page.evaluate(() =>
      [...CSS.highlights.values()].flatMap((highlight) => [...highlight].map(String)),
    );
  await expect.poll(marked).toEqual([passage.slice(0, -1)]);
});
