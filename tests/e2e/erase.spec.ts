import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, onggiOn, test as base } from './onggi.ts';
import type { Onggi } from './onggi.ts';
import { makeSnapshot, text } from './seeded.ts';

const API_KEY = 'sk-erase-5d1f0c9ae3';

/** Everything a page of this origin can find in the browser. */
function readOrigin(page: Page) {
  return page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const files: string[] = [];
    for await (const name of root.keys()) files.push(name);
    return {
      databases: (await indexedDB.databases()).map(({ name }) => name),
      files,
      caches: await caches.keys(),
      workers: (await navigator.serviceWorker.getRegistrations()).length,
      local: Object.keys(localStorage),
      session: Object.keys(sessionStorage),
      cookies: document.cookie,
    };
  });
}

const NOTHING = {
  databases: [],
  files: [],
  caches: [],
  workers: 0,
  local: [],
  session: [],
  cookies: '',
};

const test = base.extend<{ readonly filled: Onggi }>({
  /** The app with something in every kind of storage that it uses. */
  filled: async ({ onggi, startEndpoint }, use) => {
    const { page } = onggi;
    const endpoint = await startEndpoint({ apiKey: API_KEY });
    await onggi.open();
    await onggi.connect(endpoint.localhostUrl, API_KEY);
    await onggi.chooseModel('echo-fast');
    await onggi.ask('Something to erase');
    await makeSnapshot(page);
    await page.goto('/#/search?q=erase');
    await expect(page.getByRole('link', { name: /Something to erase/ }).first()).toBeVisible();
    await page.evaluate(async () => navigator.serviceWorker.ready);
    await expect(async () => {
      const found = await readOrigin(page);
      expect(found.databases).toEqual(
        expect.arrayContaining(['onggi', 'onggi-boot', 'onggi-cache']),
      );
      expect(found.files.length).toBeGreaterThan(1);
      expect(found.caches.length).toBeGreaterThan(0);
      expect(found.workers).toBe(1);
      expect(found.local).toContain('onggi.canary');
      expect(found.session).toContain('onggi.session');
    }).toPass();
    await use(onggi);
  },
});

/** Goes from the storage screen to the page that erases, and says yes there. */
async function erase(page: Page): Promise<void> {
  await page.goto('/#/storage');
  await page.getByRole('button', { name: text('erase.open') }).click();
  const sure = page.getByRole('button', { name: text('erase.confirm') });
  await expect(sure).toBeDisabled();
  await page.getByLabel(text('erase.type', { word: text('erase.word') })).fill(' Erase ');
  await sure.click();
}

const done = (page: Page) => page.getByRole('heading', { name: text('erase.done') });

test('leaves nothing in any storage, other tabs stop, and the next start is a first one', async ({
  filled: { page },
  context,
}) => {
  const other = onggiOn(await context.newPage());
  await other.open();
  await other.composer.fill('half a sentence in another tab');
  await erase(page);
  await expect(done(page)).toBeVisible();
  expect(await readOrigin(page)).toEqual(NOTHING);
  await expect(other.page.getByRole('alert')).toHaveText(text('error.db/erased'));
  // The other tab holds and makes nothing while it stands there.
  expect(await readOrigin(other.page)).toEqual(NOTHING);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);

  await page.getByRole('button', { name: text('erase.startAnew') }).click();
  await expect(page.getByRole('button', { name: /API key/ })).toBeVisible();
  await expect(page.getByText('Something to erase')).toHaveCount(0);
  await other.page.getByRole('button', { name: text('blocked.reload') }).click();
  await expect(other.page.getByRole('button', { name: /API key/ })).toBeVisible();
});

test('says what to close while another page holds a database, and goes on by itself @long', async ({
  connected: { page },
  context,
}) => {
  const holder = await context.newPage();
  await holder.route('**/__holder', (route) =>
    route.fulfill({ contentType: 'text/html', body: '' }),
  );
  await holder.goto('/__holder');
  // An old page that does not listen.
  await holder.evaluate(
    () =>
      new Promise<void>((resolve) => {
        indexedDB.open('onggi').onsuccess = () => resolve();
      }),
  );
  await erase(page);
  await expect(page.getByText(text('erase.waiting'))).toBeVisible();
  await expect(page.getByText('1 database is left')).toBeVisible();
  await holder.close();
  await expect(done(page)).toBeVisible();
  expect(await readOrigin(page)).toEqual(NOTHING);
});

test('goes on at the next start when the page was closed on the way', async ({
  connected: { page },
}) => {
  await page.evaluate(() => localStorage.setItem('onggi.erasing', '1'));
  await page.reload();
  await expect(done(page)).toBeVisible();
  expect(await readOrigin(page)).toEqual(NOTHING);
});

test('asks first: an address alone erases nothing, and one can go back @long', async ({
  connected: { page },
}) => {
  // In an app that is open only the hash changes.
  await page.goto('/#/erase/ko');
  await expect(page.getByRole('heading', { name: '모두 지우기' })).toBeVisible();
  const stays = page.getByRole('region', { name: '남는 것' }).getByRole('listitem');
  await expect(stays).toHaveCount(4);
  await expect(stays.filter({ hasText: '패스키' })).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
  await page.getByLabel(/입력해 주세요/).fill('지우');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: '영구히 지우기' })).toBeDisabled();
  await page.getByRole('button', { name: '돌아가기' }).click();
  await expect(page.getByRole('button', { name: text('erase.open') })).toBeVisible();
  expect((await readOrigin(page)).databases).toContain('onggi');
});

test('who makes a backup first comes back by the back button', async ({ connected: { page } }) => {
  await page.goto('/#/storage');
  await page.getByRole('button', { name: text('erase.open') }).click();
  const heading = page.getByRole('heading', { name: text('erase.title') });
  await expect(heading).toBeVisible();
  await page.getByRole('button', { name: text('erase.backUp') }).click();
  await expect(page.getByRole('heading', { name: text('data.title') })).toBeVisible();
  await page.goBack();
  await expect(heading).toBeVisible();
});

test('another address leaves the page @long', async ({ connected: { page } }) => {
  await page.goto('/#/erase');
  const heading = page.getByRole('heading', { name: text('erase.title') });
  await expect(heading).toBeVisible();
  await page.goto('/#/search');
  await expect(page.getByRole('searchbox', { name: text('sidebar.search') }).first()).toBeVisible();
  await expect(heading).toHaveCount(0);
});

test('a lock does not stand in the way @long', async ({ connected: { page } }) => {
  await page.goto('/#/settings/privacy');
  const card = page.getByRole('region', { name: text('lock.title') });
  await card.getByRole('button', { name: text('lock.setPassphrase') }).click();
  await page.getByLabel(text('lock.newPassphrase')).fill('five words are a lock');
  await page.getByLabel(text('lock.again')).fill('five words are a lock');
  await page.getByRole('button', { name: text('common.continue') }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(text('lock.codeNoted')).check();
  await dialog.getByRole('button', { name: text('common.done') }).click();
  await card.getByRole('button', { name: text('lock.now') }).click();
  await expect(page.getByRole('heading', { name: text('lock.locked') })).toBeVisible();
  await page.goto('/#/erase');
  await page.getByLabel(text('erase.type', { word: text('erase.word') })).fill('erase');
  // By keyboard alone: Enter in the field is the yes.
  await page.keyboard.press('Enter');
  await expect(done(page)).toBeVisible();
  expect(await readOrigin(page)).toEqual(NOTHING);
  await page.getByRole('button', { name: text('erase.startAnew') }).click();
  await expect(page.getByRole('button', { name: /API key/ })).toBeVisible();
});
