import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { LANGUAGES } from '#domain/user-settings.ts';
import type { Language } from '#domain/user-settings.ts';
import type { MaintenanceRun } from '#domain/stored-rows.ts';
import { loadCatalog } from '#i18n/translate.ts';
import { readEverythingStored } from '../support/everything-stored.ts';
import { seedConversation, seedConversations } from '../support/seed.ts';
import { readRows } from './raw-rows.ts';
import { chatRequests, expect, makeSnapshot, test, text } from './seeded.ts';

const JARS = seedConversations([
  seedConversation('Jars', { id: 'jars', texts: ['What is **clay**?', 'It is **earth**.'] }),
]);

type Section = 'general' | 'models' | 'behaviour' | 'privacy';

const openSettings = async (page: Page, section: Section) => {
  await page.goto(`/#/settings/${section}`);
  await expect(page.getByRole('link', { name: text(`settings.${section}`) })).toHaveAttribute(
    'aria-current',
    'page',
  );
};

/** Turns a switch of the settings and checks that it is still so after a reload. */
async function turn(page: Page, section: Section, name: string, isOn: boolean) {
  await openSettings(page, section);
  const control = page.getByRole('switch', { name, exact: true });
  await expect(control).toBeChecked({ checked: !isOn });
  const before = await readRows(page, 'userSettings');
  await control.click();
  await expect(control).toBeChecked({ checked: isOn });
  // The switch turns at once; a page that is left before the row is committed may lose it.
  await expect.poll(() => readRows(page, 'userSettings')).not.toEqual(before);
  await page.reload();
  await expect(control).toBeChecked({ checked: isOn });
}

/** Goes through all of the maintenance by hand, which has the index of search write all that it has. */
async function runMaintenance(page: Page): Promise<void> {
  await page.goto('/#/storage');
  const card = page.getByRole('region', { name: text('upkeep.title') });
  await card.getByRole('button', { name: text('upkeep.run') }).click();
  const readDone = async () =>
    (await readRows<MaintenanceRun>(page, 'maintenanceRuns'))
      .filter(({ kind, endedAt }) => kind === 'by-hand' && endedAt !== null)
      .flatMap(({ report }) => report['done']);
  await expect.poll(readDone).toContain('compact');
}

test('model, temperature, length and system prompt are what is asked with', async ({
  start,
  page,
  endpoint,
}) => {
  const onggi = await start({ models: ['many?k=3'], hash: '#/settings/models' });
  const card = page.getByRole('region', { name: text('settings.defaults') });
  const model = card.getByLabel(text('settings.defaultModel'));
  const temperature = card.getByLabel(text('options.temperature'));
  const maxTokens = card.getByLabel(text('options.maxTokens'));
  const systemPrompt = card.getByLabel(text('options.systemPrompt'));
  await model.selectOption('many?k=3');
  await temperature.fill('1.3');
  await maxTokens.fill('321');
  await systemPrompt.fill('Answer as a potter.');
  await systemPrompt.blur();
  await page.reload();
  await expect(model).toHaveValue('many?k=3');
  await expect(temperature).toHaveValue('1.3');
  await expect(maxTokens).toHaveValue('321');
  await expect(systemPrompt).toHaveValue('Answer as a potter.');

  // What cannot be is said, and what counts stands in the field, twice in a row too.
  for (const impossible of ['9', '7']) {
    await temperature.fill(impossible);
    await temperature.blur();
    await expect(temperature).toHaveValue('2');
    await expect(card.getByText(text('field.outOfRange', { min: '0', max: '2' }))).toBeVisible();
  }
  await temperature.fill('1.3');
  await temperature.blur();
  // Letters are no number, and change nothing.
  await temperature.press('ControlOrMeta+a');
  await temperature.pressSequentially('e');
  await temperature.blur();
  await expect(temperature).toHaveValue('1.3');
  await expect(card.getByText(text('field.outOfRange', { min: '0', max: '2' }))).toBeHidden();

  await page.goto('/#/');
  await onggi.ask('Hello');
  expect(chatRequests(endpoint)[0]?.body).toMatchObject({
    model: 'many?k=3',
    temperature: 1.3,
    max_tokens: 321,
    messages: [
      { role: 'system', content: 'Answer as a potter.' },
      { role: 'user', content: 'Hello' },
    ],
  });
});

test('a conversation’s own options count before the settings', async ({
  start,
  page,
  endpoint,
}) => {
  const general = { temperature: 0.2, maxTokens: 111, systemPrompt: 'General' };
  const onggi = await start({ settings: general });
  const dialog = page.getByRole('dialog', { name: text('options.title') });
  const openOptions = () => page.getByRole('button', { name: text('options.open') }).click();
  await openOptions();
  await dialog.getByLabel(text('options.systemPrompt')).fill('Own');
  await dialog.getByLabel(text('options.temperature')).fill('1.9');
  await dialog.getByLabel(text('options.maxTokens')).fill('222');
  await dialog.getByRole('button', { name: 'Done' }).click();
  await onggi.chooseModel('many?k=2');
  await onggi.ask('With its own');
  const own = { model: 'many?k=2', temperature: 1.9, max_tokens: 222 };
  expect(chatRequests(endpoint)[0]?.body).toMatchObject(own);
  expect(chatRequests(endpoint)[0]?.body.messages[0]).toEqual({ role: 'system', content: 'Own' });

  // They belong to this conversation alone, and are still there after a reload.
  const hash = new URL(page.url()).hash;
  await page.getByRole('button', { name: text('sidebar.newChat') }).click();
  await onggi.ask('As in the settings');
  const asSettings = { model: 'echo-fast', temperature: 0.2, max_tokens: 111 };
  expect(chatRequests(endpoint)[1]?.body).toMatchObject(asSettings);
  expect(chatRequests(endpoint)[1]?.body.messages[0]?.content).toBe('General');
  await page.goto(`/${hash}`);
  await page.reload();
  await openOptions();
  await expect(dialog.getByLabel(text('options.temperature'))).toHaveValue('1.9');
  await dialog.getByRole('button', { name: text('options.reset') }).click();
  await expect(dialog.getByLabel(text('options.temperature'))).toHaveValue('');
  await page.keyboard.press('Escape');
  await onggi.ask('Back to the settings');
  expect(chatRequests(endpoint)[2]?.body).toMatchObject({ temperature: 0.2, max_tokens: 111 });
  expect(chatRequests(endpoint)[2]?.body.messages[0]?.content).toBe('General');
});

test('light, dark and automatic colours', async ({ start, page }) => {
  await start({ hash: '#/settings/general' });
  const background = () =>
    page.evaluate(() => getComputedStyle(document.body).getPropertyValue('background-color'));
  const choose = (theme: 'light' | 'dark' | 'auto') =>
    page.getByRole('radio', { name: text(`settings.theme.${theme}`) }).check({ force: true });
  const root = page.locator('html');
  await choose('light');
  await expect(root).toHaveAttribute('data-theme', 'light');
  const light = await background();
  await choose('dark');
  await expect(root).toHaveAttribute('data-theme', 'dark');
  const dark = await background();
  expect(dark).not.toBe(light);
  await page.reload();
  await expect(root).toHaveAttribute('data-theme', 'dark');
  expect(await background()).toBe(dark);

  await choose('auto');
  await expect(root).not.toHaveAttribute('data-theme');
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(background).toBe(dark);
  await page.emulateMedia({ colorScheme: 'light' });
  await expect.poll(background).toBe(light);
});

test('three text sizes', async ({ start, page }) => {
  await start({ hash: '#/settings/general' });
  const rootSize = () =>
    page.evaluate(() => Number.parseFloat(getComputedStyle(document.documentElement).fontSize));
  const sizeOf = async (name: 'small' | 'medium' | 'large') => {
    const label = text(`settings.fontSize.${name}`);
    await page.getByRole('radio', { name: label }).check({ force: true });
    await expect(page.locator('html')).toHaveAttribute('data-font-size', name);
    return rootSize();
  };
  const small = await sizeOf('small');
  const medium = await sizeOf('medium');
  const large = await sizeOf('large');
  expect(medium).toBe(16);
  expect(small).toBeLessThan(medium);
  expect(large).toBeGreaterThan(medium);
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-font-size', 'large');
  expect(await rootSize()).toBe(large);
});

test('four languages, from one to the next', async ({ start, page }) => {
  await start({ hash: '#/settings/general' });
  const catalogs = new Map(
    await Promise.all(
      LANGUAGES.map(async (language) => [language, await loadCatalog(language)] as const),
    ),
  );
  const said = (language: Language, key: 'settings.title' | 'sidebar.newChat') => {
    const words = catalogs.get(language)?.[key];
    return typeof words === 'string' ? words : '';
  };
  const names = { ko: '한국어', en: 'English', ja: '日本語', zh: '中文' };
  for (const language of [...LANGUAGES].reverse()) {
    await page.getByRole('radio', { name: names[language] }).check({ force: true });
    await expect(page.locator('html')).toHaveAttribute('lang', new RegExp(`^${language}`));
    const heading = page.getByRole('heading', { level: 1 });
    await expect(heading).toHaveText(said(language, 'settings.title'));
    await expect(
      page.getByRole('button', { name: said(language, 'sidebar.newChat') }),
    ).toBeVisible();
  }
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(said('ko', 'settings.title'));
});

test('without automatic saving a new conversation stays in its tab until Save', async ({
  start,
  page,
}) => {
  const onggi = await start();
  await turn(page, 'behaviour', text('settings.autoSave'), false);
  const questions: string[] = [];
  page.on('dialog', (dialog) => {
    questions.push(dialog.type());
    void dialog.accept();
  });
  await page.goto('/#/');
  await expect(page.getByText(text('empty.unsavedBody'))).toBeVisible();
  // There is nothing to lose yet.
  await page.reload();
  expect(questions).toEqual([]);
  await onggi.ask('Not to be kept');
  await expect(page.getByText(text('list.inMemory'))).toBeVisible();
  // The index of search has its texts in small letters.
  expect((await readEverythingStored(page)).toLowerCase()).not.toContain('not to be kept');
  // Leaving asks first.
  await page.reload();
  expect(questions).toEqual(['beforeunload']);
  await expect(page.getByText(text('chat.goneTitle'))).toBeVisible();
  await expect(onggi.conversations).toHaveCount(0);

  await page.goto('/#/');
  await onggi.ask('To be kept');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText(text('list.inMemory'))).toHaveCount(0);
  await expect(onggi.conversations).toHaveCount(1);
  await page.reload();
  await expect(onggi.questions).toContainText(['To be kept']);
  await expect(onggi.answers.last()).toContainText('This is what reached the test server');
  expect(questions).toEqual(['beforeunload']);
});

test('a title that the model is asked for while the conversation is saved is kept with it', async ({
  start,
  page,
}) => {
  const onggi = await start();
  await turn(page, 'behaviour', text('settings.autoSave'), false);
  await page.goto('/#/');
  await onggi.ask('To be kept');
  // The title comes when the conversation is saved, and not before.
  let answer: () => void = () => undefined;
  const isSaved = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/chat/completions', async (route) => {
    await isSaved;
    await route.continue();
  });
  const asked = page.waitForRequest('**/chat/completions');
  const main = page.getByRole('main');
  await main.getByRole('button', { name: /^More for “/ }).click();
  await main.getByRole('button', { name: text('conversation.suggestTitle'), exact: true }).click();
  await asked;
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText(text('list.inMemory'))).toHaveCount(0);
  answer();
  await expect(page.getByText(text('conversation.titleDone'))).toBeVisible();
  await page.unrouteAll({ behavior: 'wait' });
  const heading = page.getByRole('heading', { level: 1 });
  await expect(heading).not.toHaveText('To be kept');
  const title = await heading.innerText();
  await page.reload();
  await expect(heading).toHaveText(title);
  await page.goto('/#/usage');
  const requests = page
    .getByRole('group', { name: text('usage.measure') })
    .locator('label', { has: page.getByText(text('usage.requests'), { exact: true }) });
  await expect(requests).toContainText('2');
});

test('an answer in one piece when it is not to be shown while it is written', async ({
  start,
  page,
  endpoint,
}) => {
  const onggi = await start();
  await turn(page, 'behaviour', text('settings.streamResponse'), false);
  await page.goto('/#/');
  await onggi.ask('All at once');
  await expect(onggi.answers.last()).toContainText('All at once');
  const { stream, stream_options: options } = chatRequests(endpoint)[0]?.body ?? {};
  expect(stream ?? false).toBe(false);
  expect(options).toBeUndefined();
});

test('token counts under every message, when asked for', async ({ start, page }) => {
  const onggi = await start({ rows: JARS, hash: '#/c/jars' });
  const question = onggi.questions.first().getByText('~5 tokens');
  const answer = onggi.answers.first().getByText('9 → 5 tokens');
  await expect(onggi.answers).toHaveCount(1);
  await expect(question).toHaveCount(0);
  await expect(answer).toHaveCount(0);
  await turn(page, 'behaviour', text('settings.showTokenCount'), true);
  await page.goto('/#/c/jars');
  await expect(question).toBeAttached();
  await expect(answer).toBeVisible();
});

test('answers as plain text, when they are not to be formatted', async ({ start, page }) => {
  const onggi = await start({ rows: JARS, hash: '#/c/jars' });
  await expect(onggi.answers.first().locator('strong', { hasText: 'earth' })).toBeVisible();
  await turn(page, 'behaviour', text('settings.enableMarkdown'), false);
  await page.goto('/#/c/jars');
  await expect(onggi.answers.first()).toContainText('It is **earth**.');
  await expect(onggi.answers.first().locator('strong', { hasText: 'earth' })).toHaveCount(0);
});

test('without history nothing of a conversation is written anywhere', async ({ start, page }) => {
  const onggi = await start();
  await onggi.ask('A kept question');
  expect(await readEverythingStored(page)).toContain('A kept question');
  await turn(page, 'privacy', text('settings.saveHistory'), false);
  await page.goto('/#/');
  await expect(page.getByText(text('empty.historyOff'))).toBeVisible();
  await onggi.ask('A moonjar question');
  await expect(onggi.answers.last()).toContainText('A moonjar question');
  await onggi.composer.fill('A moonjar draft');
  // A second answer, so that the draft's own pause is over and both would have been written.
  await onggi.composer.press('Enter');
  await expect(onggi.answers.last()).toContainText('A moonjar draft');
  await onggi.answers.last().getByRole('button', { name: '4 stars' }).click();
  await onggi.composer.fill('Another moonjar');
  await expect(onggi.page.getByText(text('chat.temporary'), { exact: true })).toBeVisible();

  const temporaryId = new URL(page.url()).hash.split('/').at(-1) ?? '';
  expect(temporaryId).toMatch(/^[0-9a-f-]{36}$/);

  // What else keeps texts is made to write all that it has: the copies, and the index of search.
  await makeSnapshot(page);
  await runMaintenance(page);
  const stored = (await readEverythingStored(page)).toLowerCase();
  for (const store of ['onggi/messages', 'opfs/search/', 'opfs/snapshots/']) {
    const lines = stored.split('\n').filter((line) => line.startsWith(store));
    expect(lines.join('\n'), store).toContain('a kept question');
  }
  for (const trace of ['moonjar', temporaryId]) expect(stored).not.toContain(trace);
  await page.goto(`/#/c/${temporaryId}`);
  await expect(onggi.answers).toHaveCount(2);
  await page.reload();
  await expect(page.getByText(text('chat.goneTitle'))).toBeVisible();
  await expect(onggi.conversations).toHaveCount(1);
  expect((await readEverythingStored(page)).toLowerCase()).not.toContain('moonjar');
});

test('the usage report is a download of sums and nothing is sent', async ({
  start,
  page,
  endpoint,
}) => {
  const onggi = await start();
  await onggi.ask('A question of mine');
  await openSettings(page, 'privacy');
  const download = page.getByRole('button', { name: text('settings.downloadReport') });
  await expect(download).toHaveCount(0);
  await turn(page, 'privacy', text('settings.shareAnalytics'), true);

  const requests: string[] = [];
  // The app's own files may still be on their way; they carry nothing.
  page.on('request', (request) => {
    const url = new URL(request.url());
    const isOwnFile = url.origin === new URL(page.url()).origin && request.method() === 'GET';
    if (!isOwnFile || url.search) requests.push(request.url());
  });
  const seen = endpoint.log().length;
  const [file] = await Promise.all([page.waitForEvent('download'), download.click()]);
  const report = await readFile(await file.path(), 'utf8');
  expect(JSON.parse(report)).toEqual({
    format: 'onggi-usage-report',
    version: 1,
    created_on: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    months: [
      {
        month: expect.stringMatching(/^\d{4}-\d\d$/),
        model: 'other 1',
        request_count: 1,
        prompt_tokens: expect.any(Number),
        completion_tokens: expect.any(Number),
        total_tokens: expect.any(Number),
        total_cost_usd: null,
        unpriced_count: 1,
        average_response_time: expect.any(Number),
        error_count: 0,
      },
    ],
  });
  expect(report).not.toMatch(/question|localhost|127\.0\.0\.1|[0-9a-f]{8}-[0-9a-f]{4}/i);
  expect(requests.filter((url) => !url.startsWith('blob:'))).toEqual([]);
  expect(endpoint.log()).toHaveLength(seen);
});
