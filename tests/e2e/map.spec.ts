import { seedConversation, seedConversations } from '../support/seed.ts';
import { expect, test, text } from './seeded.ts';
import { expectNoViolations } from './violations.ts';

const COOKING = [
  '김치찌개 끓이는 법',
  '된장국에 넣을 채소',
  '계란말이 예쁘게 마는 법',
  '갈비찜 양념 비율',
];
const CODING = ['git rebase conflicts', 'Undo a git commit', 'Merge two git branches'];
const rows = seedConversations(
  [...COOKING, ...CODING].map((title, at) =>
    seedConversation(title, {
      id: `c${at}`,
      daysAgo: at,
      texts: [`${title}?`, `${title}: an answer`],
    }),
  ),
);

test('the map shows all conversations; the keyboard walks, opens, selects and tags them', async ({
  start,
  page,
}) => {
  const onggi = await start({ rows, hash: '#/search' });
  await page.getByRole('button', { name: text('map.open') }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('map.title') })).toBeVisible();
  const map = page.getByRole('application', { name: 'Map of 7 conversations' });
  await expect(map).toBeVisible();
  await expectNoViolations(page, 'the map', 'light');
  await map.focus();

  await page.keyboard.press('ArrowRight');
  const told = onggi.status.filter({ hasText: new RegExp([...COOKING, ...CODING].join('|')) });
  await expect(told).toHaveCount(1);
  await page.keyboard.press(' ');
  await expect(told).toContainText(text('map.isSelected'));
  const selection = page.getByRole('region', { name: text('map.selection') });
  await expect(selection.getByRole('listitem')).toHaveCount(1);

  // A rectangle around everything, with the mouse.
  await page.getByRole('button', { name: text('map.select'), exact: true }).click();
  const box = await map.boundingBox();
  if (!box) throw new Error('no map');
  await page.mouse.move(box.x + 20, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.move(box.x + box.width - 20, box.y + box.height - 20);
  await page.mouse.up();
  await expect(selection.getByRole('listitem')).toHaveCount(7);
  await selection.getByRole('button', { name: text('conversation.tags') }).click();
  await page.getByRole('textbox', { name: text('tags.field') }).fill('shelf');
  await page.keyboard.press('Enter');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: text('common.save') })
    .click();
  await expect(page.getByRole('combobox', { name: text('map.highlight') })).toContainText('shelf');
  await expect(onggi.conversations.filter({ hasText: 'shelf' })).toHaveCount(7);

  await page.keyboard.press('Escape');
  await expect(selection).toHaveCount(0);
  await page.keyboard.press('Escape');
  await map.focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#\/c\/c\d$/);
  await expect(onggi.questions).toHaveCount(1);
});

test('without conversations the map says what to do', async ({ start, page }) => {
  await start({ hash: '#/map' });
  await expect(page.getByText(text('map.empty'))).toBeVisible();
  await expect(page.getByRole('application')).toHaveCount(0);
});

test('while conversations are not indexed yet the map does not say that there are none', async ({
  start,
  page,
}) => {
  const settings = { meaning: { isPaused: true, isHintShown: true } };
  await start({ rows, settings, hash: '#/map' });
  await expect(page.getByText(text('meaning.paused'))).toBeVisible();
  await expect(page.getByText(text('map.empty'))).toHaveCount(0);
  await page.getByRole('button', { name: text('meaning.goOn') }).click();
  await expect(page.getByRole('application', { name: 'Map of 7 conversations' })).toBeVisible();
});
