import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { NO_PRICES } from '#domain/prices.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import { seedConversation, seedConversations, seedSettings, seedUsage } from '../support/seed.ts';
import { expect, test, text } from './seeded.ts';
import { expectNoViolations } from './violations.ts';

/** Two models over five weeks; one of them with a price, and history of another product. */
const ROWS: readonly UsageStatistic[] = [
  ...Array.from({ length: 36 }, (_, daysAgo) =>
    seedUsage(daysAgo, 'gpt-5', {
      requestCount: 2,
      promptTokens: 1000,
      completionTokens: 500,
      totalTokens: 1500,
      totalCostUsd: 0.5,
      unpricedCount: 0,
      totalResponseTimeMs: 5000,
      timedCount: 2,
    }),
  ),
  seedUsage(1, '=cmd|"x"', { errorCount: 1 }),
  seedUsage(400, 'old-model', {
    requestCount: 0,
    promptTokens: 0,
    completionTokens: 0,
    totalTokens: 0,
    unpricedCount: 0,
    totalResponseTimeMs: 0,
    timedCount: 0,
    importedCount: 7,
    importedPromptTokens: 70,
    importedCompletionTokens: 700,
    importedCostUsd: 0,
  }),
];

const tile = (page: Page, name: string) =>
  page
    .getByRole('group', { name: text('usage.measure') })
    .locator('label', { has: page.getByText(name, { exact: true }) });

test('shows what was used, by time and by model', async ({ start }) => {
  const { page } = await start({ rows: { usageStatistics: ROWS }, hash: '#/usage' });
  await expect(page.getByRole('heading', { name: 'Usage', level: 1 })).toBeVisible();
  await expect(tile(page, 'Requests')).toContainText('61');
  await expect(tile(page, 'Cost')).toContainText('$15.00');
  await expect(tile(page, 'Cost')).toContainText('1 request without a known price');
  await page.getByLabel('All', { exact: true }).check();
  await expect(tile(page, 'Requests')).toContainText('73');
  await tile(page, 'Cost').click();
  const charts = page.getByRole('region', { name: 'Charts' });
  await expect(charts.getByRole('img', { name: /^Cost over time; highest/ })).toBeVisible();
  await expect(charts.getByRole('list')).toContainText('gpt-5');
  await expect(charts.getByRole('list').getByText('unknown')).toBeVisible();
  const imported = page.getByRole('region', { name: 'Imported history' });
  await expect(imported).toContainText('7 answers');
  await expect(charts.getByRole('list')).not.toContainText('old-model');
});

test('shows the year as a map of days, darker where more was asked', async ({ start }) => {
  const busiest = seedUsage(3, 'gpt-5', { requestCount: 40 });
  const { page } = await start({
    rows: { usageStatistics: [...ROWS.filter(({ id }) => id !== busiest.id), busiest] },
    hash: '#/usage',
  });
  const map = page.getByRole('region', { name: text('usage.heatTitle') });
  await expect(
    map.getByRole('img', { name: /^Requests on 36 days; most on .*: 40\.$/ }),
  ).toBeVisible();
  await expect(map.locator('rect')).toHaveCount(365);
  const day = (count: number) => map.locator('rect').filter({ hasText: `: ${count} request` });
  await expect(day(40)).toHaveClass(/level-4/);
  await expect(day(0)).toHaveCount(365 - 36);
  // The same figures for those who do not see the map: the days with requests, and none without.
  const table = map.getByRole('table', { name: text('usage.heatTitle') });
  await expect(table.getByRole('row')).toHaveCount(1 + 36);
  const busiestDay = (await table.getByRole('rowheader').allTextContents()).at(-4);
  await expect(table.getByRole('row', { name: `${busiestDay} 40` })).toHaveCount(1);
  await expect(table.getByRole('cell', { name: '40', exact: true })).toHaveCount(1);
  await expect(day(40)).toContainText(`${busiestDay}: 40 requests`);
  // The newest day stands last, and in sight where the map is wider than the screen.
  await page.setViewportSize({ width: 390, height: 800 });
  await map.scrollIntoViewIfNeeded();
  await expect(map.locator('rect').last()).toBeInViewport();
});

test('gives the same figures as tables, by the keyboard', async ({ start }) => {
  const { page } = await start({ rows: { usageStatistics: ROWS }, hash: '#/usage' });
  await page.getByLabel('30 days').focus();
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByLabel('7 days')).toBeChecked();
  await page.getByRole('switch', { name: 'Show as a table' }).focus();
  await page.keyboard.press('Space');
  const table = page.getByRole('table', { name: 'By model' });
  await expect(table.getByRole('row', { name: /^gpt-5/ })).toHaveText(
    /gpt-5\s*14\s*7,000\s*3,500\s*\$3\.50\s*0\s*2\.5s\s*0/,
  );
  await expect(page.getByRole('table', { name: 'Over time' }).getByRole('row')).toHaveCount(8);
});

test('downloads the shown days as CSV that no spreadsheet runs', async ({ start }) => {
  const { page } = await start({ rows: { usageStatistics: ROWS }, hash: '#/usage' });
  await page.getByLabel('7 days').check();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download as CSV' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(
    /^onggi-usage-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.csv$/,
  );
  const csv = await readFile(await download.path(), 'utf8');
  const lines = csv.replace('\uFEFF', '').split('\r\n');
  expect(lines[0]).toMatch(/^date,model,request_count,prompt_tokens,/);
  expect(lines).toHaveLength(1 + 8 + 1);
  expect(lines.at(-1)).toBe('');
  expect(csv).toContain(`,"'=cmd|""x""",1,100,50,150,,1,1.5,1,1`);
});

test('opens from the daily counters, whatever number of messages there is', async ({
  page,
  start,
}) => {
  await page.addInitScript(() => {
    const asked = new Set<string>();
    Object.assign(window, { asked });
    for (const [target, storeOf] of [
      [IDBObjectStore.prototype, (store: object) => (store as IDBObjectStore).name],
      [IDBIndex.prototype, (index: object) => (index as IDBIndex).objectStore.name],
    ] as const) {
      // Not keys: those of the newest rows are noted outside the database every now and then.
      for (const name of ['get', 'getAll', 'count', 'openCursor']) {
        const call = Object.getOwnPropertyDescriptor(target, name)?.value as () => unknown;
        Object.defineProperty(target, name, {
          value(this: object, ...args: []) {
            asked.add(storeOf(this));
            return Reflect.apply(call, this, args);
          },
        });
      }
    }
  });
  const rows = { ...seedConversations([seedConversation('Jars')]), usageStatistics: ROWS };
  const onggi = await start({ rows, hash: '#/' });
  await expect(onggi.conversations).toHaveCount(1);
  // The start itself looks for answers that were cut.
  await page.evaluate(() => (Reflect.get(window, 'asked') as Set<string>).clear());
  await page.getByRole('button', { name: 'Usage', exact: true }).click();
  await expect(tile(page, 'Requests')).toContainText('61');
  const asked = await page.evaluate(() => [...(Reflect.get(window, 'asked') as Set<string>)]);
  expect(asked).toContain('usageStatistics');
  expect(asked).not.toContain('messages');
});

test('warns when the month is over its budget and refuses what is no amount', async ({ start }) => {
  const { page } = await start({
    rows: { usageStatistics: [seedUsage(0, 'gpt-5', { totalCostUsd: 4.5, unpricedCount: 0 })] },
    settings: { prices: { ...NO_PRICES, monthlyBudgetUsd: 5 } },
    hash: '#/usage',
  });
  const card = page.getByRole('region', { name: 'This month' });
  await expect(card.getByRole('alert')).toHaveText(text('usage.budgetNear', { left: '$0.50' }));
  const field = card.getByLabel('Monthly budget in US dollars');
  await field.fill('-3');
  await card.getByRole('button', { name: 'Save' }).click();
  await expect(card.getByText('An amount cannot be below 0.')).toBeVisible();
  await field.fill('4');
  await card.getByRole('button', { name: 'Save' }).click();
  await expect(card.getByRole('alert')).toHaveText(text('usage.budgetOver'));
  await field.fill('');
  await card.getByRole('button', { name: 'Save' }).click();
  await expect(card.getByRole('alert')).toHaveCount(0);
});

test('says beside the message box that the budget is nearly used, until it is put away', async ({
  start,
}) => {
  const { page } = await start({
    rows: { usageStatistics: [seedUsage(0, 'gpt-5', { totalCostUsd: 4.5, unpricedCount: 0 })] },
    settings: { prices: { ...NO_PRICES, monthlyBudgetUsd: 5 } },
  });
  const line = page.getByRole('status').filter({ hasText: /80 %/ });
  await expect(line).toContainText(text('usage.budgetNear', { left: '$0.50' }));
  await expectNoViolations(page, 'budget line');
  await line.getByRole('link', { name: text('usage.title') }).click();
  await expect(page.getByRole('region', { name: 'This month' })).toBeVisible();
  await page.goBack();
  await line.getByRole('button', { name: text('usage.budgetDismiss') }).click();
  await expect(line).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole('textbox', { name: 'Message', exact: true })).toBeVisible();
  // What is used reaches the end: that is told once more.
  await page.goto('/#/usage');
  const card = page.getByRole('region', { name: 'This month' });
  await card.getByLabel('Monthly budget in US dollars').fill('4');
  await card.getByRole('button', { name: 'Save' }).click();
  await page.goBack();
  await expect(page.getByText(text('usage.budgetOver'))).toBeVisible();
});

test('says that nothing is counted yet, and counts history anew', async ({ start }) => {
  const { page } = await start({
    rows: seedConversations([
      seedConversation('Bread'),
      seedConversation('Brought', { source: 'chatgpt' }),
    ]),
    hash: '#/usage',
  });
  await expect(page.getByRole('heading', { name: 'Nothing counted yet' })).toBeVisible();
  await expectNoViolations(page, 'empty');
  await page.getByRole('button', { name: 'Count anew' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Count anew' }).click();
  await expect(page.getByText('Everything is counted anew.')).toBeVisible();
  await expect(tile(page, 'Requests')).toContainText('1');
  await expect(page.getByRole('region', { name: 'Imported history' })).toContainText('1 answer');
});

test('an own price holds from the next answer on', async ({ start, endpoint }) => {
  const onggi = await start();
  const { page } = onggi;
  await onggi.ask('first');
  await page.getByRole('button', { name: 'Usage', exact: true }).click();
  await expect(tile(page, 'Cost')).toContainText('unknown');
  const prices = page.getByRole('region', { name: 'Prices', exact: true });
  await prices.getByRole('button', { name: 'echo-fast' }).click();
  await prices.getByLabel('Input, per million tokens').fill('-1');
  await prices.getByLabel('Output, per million tokens').fill('2000');
  await prices.getByRole('button', { name: 'Save' }).click();
  await expect(prices.getByRole('alert')).toHaveText('An amount cannot be below 0.');
  await prices.getByLabel('Input, per million tokens').fill('1000');
  await prices.getByRole('button', { name: 'Save' }).click();
  await expect(prices.getByRole('list', { name: 'Your prices' })).toContainText('echo-fast');
  await page.getByRole('button', { name: 'Back to the chat' }).click();
  await onggi.ask('second');
  await onggi.answers.last().getByRole('button', { name: 'More for this answer' }).click();
  await page.getByRole('button', { name: 'Details' }).click();
  await expect(page.getByRole('dialog')).toContainText(/Cost\s*\$0\.\d+/);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Usage', exact: true }).click();
  await expect(tile(page, 'Cost')).toContainText('$0.');
  await expect(tile(page, 'Cost')).toContainText('1 request without a known price');
  expect(endpoint.log().filter(({ method }) => method === 'POST')).toHaveLength(2);
});

test('counts ratings only when asked', async ({ start }) => {
  const seeds = seedConversation('Rated');
  const messages = seeds.messages.map((message) =>
    message.role === 'assistant' ? { ...message, rating: 4 as const } : message,
  );
  const { page } = await start({
    rows: {
      ...seedConversations([{ ...seeds, messages }]),
      usageStatistics: [seedUsage(0, 'echo-fast')],
    },
    hash: '#/usage',
  });
  await expect(tile(page, 'Mean rating')).toContainText('not counted yet');
  await tile(page, 'Mean rating').click();
  await page.getByRole('button', { name: 'Count ratings' }).click();
  await expect(tile(page, 'Mean rating')).toContainText('1 rated answer');
  await expect(tile(page, 'Mean rating')).toContainText('4');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme === 'dark' ? 'dark @long' : 'light', () => {
    test.use({ colorScheme });

    test('has no violation, on a desk and on a phone', async ({ start }) => {
      test.slow();
      const { page } = await start({
        rows: { usageStatistics: ROWS },
        settings: seedSettings({
          prices: {
            own: [{ model: 'my-*', endpointId: null, inputUsd: 1, outputUsd: 2 }],
            isLocalFree: true,
            monthlyBudgetUsd: 1,
          },
        }),
        hash: '#/usage',
      });
      await expect(page.getByRole('region', { name: 'Charts' })).toBeVisible();
      await expectNoViolations(page, 'charts', colorScheme);
      await page.getByRole('button', { name: 'Add a price' }).click();
      await page.getByRole('button', { name: 'Save' }).last().click();
      await page.getByText('Prices that come with onggi').click();
      await page.getByRole('switch', { name: 'Show as a table' }).check();
      await expectNoViolations(page, 'tables and prices', colorScheme);
      await page.setViewportSize({ width: 390, height: 844 });
      await expectNoViolations(page, 'on a phone', colorScheme);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - window.innerWidth,
      );
      expect(overflow).toBeLessThanOrEqual(0);
    });
  });
}
