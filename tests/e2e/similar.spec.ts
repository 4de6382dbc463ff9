import type { Page } from '@playwright/test';
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

test('similar conversations are named, although nobody has searched yet; where there are none it says so', async ({
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
  // To look for them begins the index.
  await openSimilar('code');
  await expect(dialog).toContainText(text('meaning.nothingNear'), { timeout: 30_000 });
  await page.keyboard.press('Escape');
  await openSimilar('kimchi');
  await expect(dialog.getByRole('listitem')).toContainText(['된장찌개 맛있게']);
});

test('what was asked before is pointed out, one click leads to it, and it can be switched off', async ({
  start,
  page,
}) => {
  const onggi = await start({ rows: ROWS, hash: '#/search' });
  // Typing begins no index: a search does.
  await page.getByRole('main').getByRole('searchbox').fill('끓이는 요리');
  await expect(page.getByText(text('meaning.byMeaning')).first()).toBeVisible({ timeout: 30_000 });
  const question = '김치찌개 2인분은 어떻게 끓여?';
  const hint = page.getByRole('main').getByText(text('meaning.askedBefore'));
  await page.goto('/#/');
  await onggi.composer.fill(question);
  await expect(hint).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: '김치찌개 끓이는 법' }).click();
  await expect(page).toHaveURL(/#\/c\/kimchi/);
  await expect(onggi.questions).toContainText(['김치찌개 2인분 끓이는 법 알려줘']);

  await page.goto('/#/settings/behaviour');
  await page.getByRole('switch', { name: text('meaning.hintSetting') }).click();
  await page.goto('/#/');
  await onggi.composer.fill(`${question} 알려줘`);
  // Longer than it took before.
  await page.waitForTimeout(2500);
  await expect(hint).toHaveCount(0);
});

const PASSAGE = '김치찌개 2인분 끓이는 법 알려줘';

/** A long conversation in which one passage alone, far above its end, is about what the other is about. */
const PLACE_ROWS = seedConversations([
  seedConversation('Notes', {
    id: 'notes',
    texts: [
      PASSAGE,
      'Sure.',
      ...Array.from({ length: 30 }, (_, at) => [
        `How do I print spreadsheet number ${at}?`,
        `Open sheet ${at} in the office program.\n\nChoose the printer.\n\nPress print.`,
      ]).flat(),
    ],
  }),
  seedConversation('된장찌개 맛있게', {
    id: 'soy',
    texts: ['된장찌개 2인분 끓이는 법 알려줘', '멸치 육수에 된장을 풀고 두부를 넣어 끓이세요.'],
  }),
]);

const markedOn = (page: Page) =>
  page.evaluate(() =>
    [...(CSS.highlights.get('onggi-found') ?? [])].map((range) =>
      range instanceof Range ? range.cloneContents().textContent : null,
    ),
  );

test('a similar conversation opens at the passage that is similar, which is marked; so does what was asked before, in any conversation', async ({
  start,
  page,
}) => {
  const onggi = await start({ rows: PLACE_ROWS, hash: '#/c/soy' });
  const dialog = page.getByRole('dialog', { name: text('meaning.similar') });
  const passage = onggi.log.getByText(PASSAGE);
  await expect(onggi.answers).toHaveCount(1);
  await page
    .getByRole('main')
    .getByRole('button', { name: /^More for “/ })
    .click();
  await page.getByRole('button', { name: text('meaning.similar') }).click();
  await expect(dialog.getByRole('listitem')).toContainText([PASSAGE], { timeout: 30_000 });
  await dialog.getByRole('button', { name: 'Notes' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(passage).toBeInViewport();
  await expect.poll(() => markedOn(page)).toEqual([PASSAGE]);

  // Not only in the first question of a new one.
  await page.goto('/#/c/soy');
  await expect(passage).toHaveCount(0);
  await onggi.composer.fill('김치찌개 2인분 끓이는 법 좀 알려줘');
  await expect(page.getByRole('main').getByText(text('meaning.askedBefore'))).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'Notes' }).click();
  await expect(page).toHaveURL(/#\/c\/notes\?/);
  await expect(passage).toBeInViewport();
  await expect.poll(() => markedOn(page)).toEqual([PASSAGE]);
});
