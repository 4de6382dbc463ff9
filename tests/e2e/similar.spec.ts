import { seedConversation, seedConversations } from '../support/seed.ts';
import { expect, test, text } from './seeded.ts';

const ROWS = seedConversations([
  seedConversation('김치찌개 끓이는 법', {
    id: 'kimchi',
    texts: [
      '김치찌개 2인분 끓이는 법 알려줘',
      '돼지고기와 묵은지를 볶은 다음 물을 붓고 15분 끓이세요. 두부와 대파를 넣고 더 끓여요.',
    ],
  }),
  seedConversation('된장찌개 맛있게', {
    id: 'soy',
    texts: [
      '된장찌개를 맛있게 끓이려면?',
      '멸치 육수에 된장을 풀고 감자, 애호박, 두부를 넣어 끓이세요.',
    ],
  }),
  seedConversation('Python list', {
    id: 'code',
    texts: ['How do I remove duplicates from a list in Python?', 'Use dict.fromkeys.'],
  }),
]);

test('similar conversations are named; where there are none it says whether all were compared', async ({
  start,
  page,
}) => {
  const onggi = await start({ rows: ROWS, hash: '#/c/code' });
  const dialog = page.getByRole('dialog', { name: text('meaning.similar') });
  async function openSimilar(id: string) {
    await page.goto(`/#/c/${id}`);
    await expect(onggi.answers.last()).toBeVisible();
    await page
      .getByRole('main')
      .getByRole('button', { name: /^More for “/ })
      .click();
    await page.getByRole('button', { name: text('meaning.similar') }).click();
  }
  await openSimilar('code');
  await expect(dialog).toContainText(text('meaning.nothingSimilar'));
  await page.keyboard.press('Escape');

  // The first search begins the index.
  await page.goto('/#/search');
  await page.getByRole('main').getByRole('searchbox').fill('끓이는 요리');
  await expect(page.getByText(text('meaning.byMeaning')).first()).toBeVisible({ timeout: 30_000 });
  await openSimilar('code');
  await expect(dialog).toContainText(text('meaning.nothingNear'));
  await page.keyboard.press('Escape');
  await openSimilar('kimchi');
  await expect(dialog.getByRole('listitem')).toContainText(['된장찌개 맛있게']);
});
