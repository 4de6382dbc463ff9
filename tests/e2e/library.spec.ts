import type { Page } from '@playwright/test';
import { seedConversation, seedConversations } from '../support/seed.ts';
import { expect, test, text } from './seeded.ts';

const words = (name: string, content: string, mimeType = 'text/plain') => ({
  name,
  mimeType,
  buffer: Buffer.from(content),
});

/** A document whose last part is about something that no word of the question says. */
const HOUSE = words(
  'house.md',
  `# The house\n\n${'The roof was tiled anew and the doors were painted. '.repeat(60)}\n\n` +
    `The kitten slept on the warm stove and purred all evening.\n`,
);
const REPORT = words('report.html', '<p>Revenue <b>rose</b> by 12 %.</p><script>alert(1)</script>');

async function openLibrary(page: Page) {
  await page.getByRole('link', { name: text('library.title') }).click();
  await expect(page.getByRole('heading', { name: text('library.title') })).toBeVisible();
  return page.getByRole('list', { name: text('library.list') }).getByRole('listitem');
}

async function addFiles(page: Page, files: readonly ReturnType<typeof words>[]) {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Add documents', exact: true }).click();
  await (await chooser).setFiles([...files]);
}

const results = (page: Page) =>
  page.getByRole('list', { name: text('search.results') }).getByRole('listitem');

async function search(page: Page, query: string) {
  await page.goto('/#/search');
  await page.getByRole('main').getByRole('searchbox').fill(query);
}

test('documents are added, found by words and by meaning, opened at the place, deleted, brought back', async ({
  start,
  page,
}) => {
  const rows = seedConversations([
    seedConversation('Tax', { texts: ['When is it due?', 'In May'] }),
  ]);
  await start({ rows });
  const documents = await openLibrary(page);
  await expect(page.getByRole('heading', { name: text('library.empty') })).toBeVisible();
  await addFiles(page, [HOUSE, REPORT, words('scan.pdf', '%PDF-1.7')]);
  await expect(documents).toHaveCount(2);
  const added = page.getByRole('region', { name: text('library.adding') });
  await expect(added).toContainText('scan.pdf');
  await expect(added).toContainText(text('error.library/not-text'));
  // Two others were added: it must not say that nothing was.
  await expect(added).toContainText('2 documents added.');
  await expect(added).not.toContainText(/nothing was changed/i);
  await addFiles(page, [HOUSE]);
  await expect(added).toContainText(text('library.there'));
  await expect(added.getByRole('status')).toHaveText(text('library.noneAdded'));
  await expect(documents).toHaveCount(2);

  // By a word, opened at the place.
  await search(page, 'purred');
  await expect(results(page).filter({ hasText: 'house.md' }).locator('mark')).toHaveText('purred');
  await results(page).filter({ hasText: 'house.md' }).getByRole('link').click();
  const body = page.getByRole('region', { name: text('library.text', { name: 'house.md' }) });
  await expect(body.locator('mark')).toHaveText('purred');
  await expect(body.locator('mark')).toBeInViewport();

  // By what it means: none of its words are in the question.
  await search(page, 'my sleepy cat');
  const near = results(page).filter({ hasText: 'house.md' });
  await expect(near).toContainText(text('meaning.byMeaning'), { timeout: 30_000 });
  await near.getByRole('link').click();
  await expect(body.getByText('The kitten slept')).toBeInViewport();

  // The page of HTML gave its words, and nothing ran.
  await page.getByRole('link', { name: text('library.title') }).click();
  await documents.getByRole('link', { name: 'report.html' }).click();
  await expect(
    page.getByRole('region', { name: text('library.text', { name: 'report.html' }) }),
  ).toHaveText('Revenue rose by 12 %.');

  // Renamed, deleted, and back with its text.
  await page
    .getByRole('button', { name: text('conversation.menu', { title: 'report.html' }) })
    .click();
  await page.getByRole('button', { name: text('conversation.rename') }).click();
  await page.getByRole('textbox', { name: text('library.nameField') }).fill('Figures');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Figures' })).toBeVisible();
  await page.getByRole('button', { name: text('conversation.menu', { title: 'Figures' }) }).click();
  await page.getByRole('button', { name: text('common.delete') }).click();
  await expect(documents).toHaveCount(1);
  await page.getByRole('button', { name: text('common.undo') }).click();
  await expect(documents).toHaveCount(2);
  await page.reload();
  await documents.getByRole('link', { name: 'Figures' }).click();
  await expect(
    page.getByRole('region', { name: text('library.text', { name: 'Figures' }) }),
  ).toHaveText('Revenue rose by 12 %.');
});

test('files dropped on the library are added, and nothing is imported', async ({ start, page }) => {
  await start({ hash: '#/library' });
  const place = page.getByRole('heading', { name: text('library.empty') });
  await expect(place).toBeVisible();
  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['장독대에 볕이 든다'], '장독대.txt', { type: 'text/plain' }));
    return transfer;
  });
  await place.dispatchEvent('dragover', { dataTransfer: data });
  await place.dispatchEvent('drop', { dataTransfer: data });
  await expect(page.getByRole('link', { name: '장독대.txt' })).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
});
