import type { Locator, Page } from '@playwright/test';
import {
  seedConversation,
  seedConversations,
  seedDatabase,
  seedEndpoint,
  seedSettings,
} from '../support/seed.ts';
import { expect, test } from './onggi.ts';
import type { Onggi } from './onggi.ts';
import { saysMeaning, text } from './seeded.ts';

const texts = (question: string, answer: string) => ({ texts: [question, answer] });

const CORPUS = seedConversations([
  seedConversation('백업 이야기', { id: 'ko', ...texts('복구에 실패했습니다', '다시 해 보세요') }),
  seedConversation('Restore', { id: 'en', ...texts('pg_restore stops here', 'Create the role') }),
  seedConversation('紅葉', { id: 'ja', ...texts('京都の見頃はいつ', '十一月の後半です') }),
  seedConversation('备份', { id: 'zh', ...texts('数据库备份失败了', '先检查磁盘空间') }),
]);

const resultsOn = (page: Page) =>
  page.getByRole('list', { name: text('search.results') }).getByRole('listitem');

/** The search screen over the conversations of four languages. */
async function openSearch(onggi: Onggi) {
  const { page } = onggi;
  await seedDatabase(page, { userSettings: [seedSettings()], ...CORPUS });
  await onggi.open('#/search');
  const box = page.getByRole('main').getByRole('searchbox', { name: text('sidebar.search') });
  return { box, results: resultsOn(page) };
}

async function findInFourLanguages(page: Page) {
  const box = page.getByRole('searchbox', { name: text('sidebar.search') });
  // By words: what is near in meaning, as 备份 is to 백업, may come behind it.
  const results = resultsOn(page).filter({ has: page.locator('mark') });
  for (const [query, title] of [
    ['실패했', '백업 이야기'],
    ['_REST', 'Restore'],
    ['後半', '紅葉'],
    ['磁', '备份'],
  ] as const) {
    await box.fill(query);
    await expect(results).toHaveCount(1, { timeout: 15_000 });
    await expect(results).toContainText(title);
    await expect(results.locator('mark').first()).toHaveText(new RegExp(query, 'i'));
  }
  return results;
}

test('any part of a word is found in four languages, and a click leads to it', async ({
  onggi,
  endpoint,
  page,
}) => {
  const row = seedEndpoint(endpoint.localhostUrl, ['echo-fast']);
  await seedDatabase(page, {
    endpoints: [row],
    userSettings: [seedSettings({ defaultEndpointId: row.id, defaultModel: 'echo-fast' })],
    ...CORPUS,
  });
  await onggi.open();
  await page.getByRole('button', { name: text('search.open'), exact: true }).click();
  const results = await findInFourLanguages(page);

  // A click opens the conversation at the place, and finding goes on there.
  await results.getByRole('link').click();
  await expect(onggi.answers).toContainText(['先检查磁盘空间']);
  const find = page.getByRole('search', { name: text('find.open') });
  await expect(find.getByRole('status')).toHaveText(text('find.count', { position: 1, total: 1 }));
  await find.getByRole('searchbox').fill('备份');
  await expect(find.getByRole('status')).toHaveText(text('find.count', { position: 1, total: 1 }));
  await find.getByRole('searchbox').press('Escape');
  await expect(find).toHaveCount(0);
});

test('the line above the results says how many were found by words and how many by meaning', async ({
  onggi,
  page,
}) => {
  const { box, results } = await openSearch(onggi);
  await box.fill('データベースのバックアップ');
  await expect(results.filter({ hasText: '备份' })).toContainText(saysMeaning);
  const count = await results.count();
  const line = onggi.status.filter({ hasText: /^Results/ });
  // How long it took stands beside it: what is read out does not change with every letter.
  await expect(line).toHaveText(text('search.summaryBoth', { words: 0, meaning: count }));
  await expect(page.getByText(/· [\d,]+ ms/)).toBeVisible();
  // What meaning found, words find too: it is counted once.
  await box.fill('备份');
  await expect(results.filter({ hasText: '备份' })).toContainText(text('meaning.byBoth'));
  const byMeaning = results.filter({ hasText: saysMeaning });
  await expect(byMeaning.first()).toBeVisible();
  const meaning = await byMeaning.count();
  await expect(line).toContainText(text('search.summaryBoth', { words: 1, meaning }));
});

test('a filter, a quote or an excluded word finds by words alone, and a line says so', async ({
  onggi,
  page,
}) => {
  const { box } = await openSearch(onggi);
  const line = page.getByText(text('meaning.leftOut'));
  for (const query of ['"备份"', '备份 role:user', '备份 -磁盘']) {
    await box.fill(query);
    await expect(line).toBeVisible();
    await box.fill('备份');
    await expect(line).toHaveCount(0);
  }
});

test('a filter is added and taken away with the mouse and with the keyboard', async ({
  onggi,
  page,
}) => {
  const { box, results } = await openSearch(onggi);
  const filters = page.getByRole('group', { name: text('search.filters') });
  const menu = filters.getByRole('button', { name: text('search.filter.role') });
  const chip = filters.getByRole('button', {
    name: text('search.removeFilter', { filter: text('search.role.user') }),
  });
  const byWords = results.filter({ has: page.locator('mark') });
  await box.fill('복구');
  await expect(byWords).toHaveCount(1);
  await expect(byWords).toContainText('백업 이야기');
  for (const press of [
    (button: Locator) => button.click(),
    (button: Locator) => button.press('Enter'),
  ]) {
    await press(menu);
    await press(filters.getByRole('button', { name: text('search.role.user') }));
    await expect(box).toHaveValue('복구 role:user');
    await expect(box).toBeFocused();
    await press(chip);
    await expect(box).toHaveValue('복구');
    await expect(chip).toHaveCount(0);
  }
});

test('more results come as one scrolls to their end', async ({ onggi, page }) => {
  const many = Array.from({ length: 45 }, (_, at) =>
    seedConversation(`Pear ${at}`, { id: `p${at}`, daysAgo: at, ...texts(`pear ${at}?`, 'Yes.') }),
  );
  await seedDatabase(page, { userSettings: [seedSettings()], ...seedConversations(many) });
  await onggi.open('#/search');
  await page.getByRole('main').getByRole('searchbox').fill('pear');
  await page.getByLabel(text('search.order')).selectOption('newest');
  const results = resultsOn(page);
  await expect(results).toHaveCount(20);
  for (const count of [40, 45]) {
    await results.last().scrollIntoViewIfNeeded();
    await expect(results).toHaveCount(count);
  }
  await expect(results.last()).toContainText('Pear 44');
  await expect(page.getByRole('button', { name: text('search.more') })).toHaveCount(0);
});

test('newest first finds by words alone, and a line says so', async ({ onggi, page }) => {
  const { box } = await openSearch(onggi);
  const line = page.getByText(text('meaning.leftOutNewest'));
  await box.fill('备份');
  await expect(line).toHaveCount(0);
  await page.getByLabel(text('search.order')).selectOption('newest');
  await expect(line).toBeVisible();
});

test('a query of 100,000 characters stays as it was pasted, is asked, and leaves a short address @long', async ({
  onggi,
  page,
}) => {
  const { box, results } = await openSearch(onggi);
  const query = '실패했 '.repeat(25_000);
  await box.fill(query);
  await expect(results.filter({ hasText: '백업 이야기' })).toBeVisible({ timeout: 15_000 });
  await expect(page.getByText(text('search.cut'))).toBeVisible();
  await expect(box).toHaveValue(query);
  // What is typed behind that is not taken away again.
  await box.press('End');
  await box.press('x');
  await expect(box).toHaveValue(`${query}x`);
  expect(page.url().length).toBeLessThan(10_000);
  await page.reload();
  await expect(box).toHaveValue(query.slice(0, 1000));
});

/** As a worker that hangs: it tells how it is, and answers no question. */
const HANGING_WORKER = `onmessage = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => {
    if (data.kind !== 'tell-status') return;
    port.postMessage({ kind: 'status', status: {
      phase: 'ready', indexedCount: 8, totalCount: 8, storage: 'memory', isFast: false,
      meaning: { phase: 'off', doneCount: 0, totalCount: 0, doneBytes: 0, totalBytes: null, errorCode: null },
    } });
  };
};`;

test.describe('a search worker that hangs', () => {
  test.use({ serviceWorkers: 'block' });

  test('is started again, a sentence says so, and words are found', async ({ onggi, page }) => {
    await page.clock.install();
    await seedDatabase(page, { userSettings: [seedSettings()], ...CORPUS });
    const hanging = page.route(
      '**/workers/search.worker-*.js',
      (route) => route.fulfill({ contentType: 'text/javascript', body: HANGING_WORKER }),
      { times: 1 },
    );
    await hanging;
    await onggi.open('#/search');
    const box = page.getByRole('main').getByRole('searchbox', { name: text('sidebar.search') });
    const worker = page.waitForEvent('worker', (each) => each.url().includes('search.worker'));
    await box.fill('실패했');
    await worker;
    await expect(page.getByRole('list', { name: text('search.results') })).toHaveAttribute(
      'aria-busy',
      'true',
    );
    // In steps: the watch over the worker begins only when the question has left the page.
    await expect(async () => {
      await page.clock.runFor(20_000);
      await expect(page.getByText(text('search.restarted'))).toBeVisible({ timeout: 1000 });
    }).toPass();
    const results = resultsOn(page);
    await expect(results.locator('mark').first()).toHaveText('실패했');
    await findInFourLanguages(page);
    await expect(page.getByText(text('search.restarted'))).toHaveCount(0);
  });
});

test('when the leading tab is frozen another one takes over, and hands back nothing to it @long', async ({
  onggi,
  page,
  context,
}) => {
  test.setTimeout(210_000);
  const { box, results } = await openSearch(onggi);
  await box.fill('실패했');
  await expect(results.locator('mark').first()).toHaveText('실패했');
  expect(page.workers().some((each) => each.url().includes('search.worker'))).toBe(true);
  const other = await context.newPage();
  await other.goto('/#/search');
  const otherBox = other.getByRole('main').getByRole('searchbox', {
    name: text('sidebar.search'),
  });
  await otherBox.fill('後半');
  await expect(otherBox).toBeVisible();
  const session = await context.newCDPSession(page);
  // Headless Chromium freezes no page that is asked to; one that a debugger stopped does as little.
  await session.send('Debugger.enable');
  await session.send('Debugger.pause');
  await otherBox.fill('_REST');
  // Three turns of the clock until it is told, two more until the lock is taken away.
  await expect(resultsOn(other).locator('mark').first()).toHaveText(/_rest/i, { timeout: 110_000 });
  expect(other.workers().some((each) => each.url().includes('search.worker'))).toBe(true);
  await session.send('Debugger.disable');
  // It wakes up, ends its worker and asks the other.
  await expect
    .poll(() => page.workers().some((each) => each.url().includes('search.worker')))
    .toBe(false);
  await box.fill('磁');
  await expect(results.locator('mark').first()).toHaveText('磁');
});
