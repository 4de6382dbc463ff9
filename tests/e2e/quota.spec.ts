import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { ko } from '#i18n/ko.ts';
import { seedConversation, seedConversations } from '../support/seed.ts';
import { haveLittleRoom, takeAllRoom } from '../support/short-of-room.ts';
import { expect, makeSnapshot, test, text } from './seeded.ts';
import type { Onggi } from './onggi.ts';
import {
  dropArchive,
  expectTold,
  noteRefusals,
  readMade,
  saveApiKey,
  sentence,
} from './without-room.ts';
import type { Site } from './without-room.ts';

test.beforeEach(({ page }) => noteRefusals(page));

const THREE = seedConversations([
  seedConversation('Onggi jars', { id: 'jars', daysAgo: 0 }),
  seedConversation('Kimchi', { id: 'kimchi', daysAgo: 1 }),
  seedConversation('Doenjang', { id: 'doenjang', daysAgo: 40, tags: ['food'] }),
]);

/** The sentence as a person with Korean reads it. */
const KOREAN = new RegExp(JSON.stringify(ko['error.db/quota']).slice(1, -1));

/** Chooses an entry of a conversation's menu in the list. */
async function choose({ conversations, page }: Onggi, title: string, entry: string) {
  const row = conversations.filter({ has: page.getByRole('link', { name: title }) });
  await row.hover();
  await row.getByRole('button', { name: text('conversation.menu', { title }) }).click();
  await row.getByRole('button', { name: entry, exact: true }).click();
}

const titleSite = (onggi: Onggi): Site => [
  'a new title',
  async () => {
    await choose(onggi, 'Kimchi', text('conversation.rename'));
    const field = onggi.page.getByRole('textbox', { name: text('conversation.renameField') });
    await field.fill('김치');
    await field.press('Enter');
  },
];

const settingSite = (page: Page): Site => [
  'a setting',
  async () => {
    await page.goto('/#/settings/privacy');
    await page.getByRole('switch').first().click();
  },
];

const keySite = (page: Page): Site => [
  'an API key',
  async () => {
    await page.goto('/#/settings/models');
    await page
      .getByRole('button', { name: text('endpoint.editOne', { name: 'Test server' }) })
      .click();
    await page.getByLabel(text('endpoint.keyOptional')).fill('sk-none-of-your-business');
    await page.getByRole('button', { name: text('common.save'), exact: true }).click();
  },
];

test('whatever is done without room is told in a plain sentence, and nothing is lost @long', async ({
  start,
  page,
}) => {
  test.setTimeout(300_000);
  const onggi = await start({ rows: THREE, hash: '#/', models: ['steady'] });
  page.setDefaultTimeout(10_000);
  await saveApiKey(page, 'sk-there-before-0123456789');
  await makeSnapshot(page);
  await page.goto('/#/c/jars');
  await expect(onggi.answers).toHaveCount(1);
  const before = await readMade(page);
  const room = await takeAllRoom(page);
  const tags = page.getByRole('dialog', { name: text('tags.title') });
  const answer = onggi.answers.first();
  const backup = page.getByRole('region', { name: text('backup.title') });

  const sites: readonly Site[] = [
    titleSite(onggi),
    ['a pin', () => choose(onggi, 'Doenjang', text('conversation.pin'))],
    ['the archive', () => choose(onggi, 'Doenjang', text('conversation.archive'))],
    ['the trash', () => choose(onggi, 'Doenjang', text('conversation.remove'))],
    [
      'a tag',
      async () => {
        await choose(onggi, 'Kimchi', text('conversation.tags'));
        await tags.getByRole('textbox', { name: text('tags.field') }).fill('winter');
        await tags.getByRole('button', { name: 'Save' }).click();
      },
    ],
    ['a rating', () => answer.getByRole('button', { name: '4 stars' }).click()],
    [
      'a comment',
      async () => {
        await answer.getByRole('button', { name: text('message.more') }).click();
        await answer.getByRole('button', { name: text('message.comment'), exact: true }).click();
        await answer.getByLabel(text('message.commentField')).fill('고마워요');
        await answer.getByRole('button', { name: 'Save' }).click();
      },
    ],
    [
      'the model of a conversation',
      async () => {
        await page.getByRole('button', { name: /^Model:/ }).click();
        await page
          .getByRole('group', { name: 'Models' })
          .getByRole('button', { name: 'steady', exact: true })
          .click();
      },
    ],
    [
      'a typed model',
      async () => {
        await page.getByRole('button', { name: /^Model:/ }).click();
        await page.getByRole('searchbox', { name: 'Find or type a model' }).fill('another');
        await page.getByRole('button', { name: /^Use “another/ }).click();
      },
    ],
    [
      'what is deleted from a message on',
      async () => {
        await onggi.questions.first().hover();
        await onggi.questions.first().getByRole('button', { name: 'Delete from here on' }).click();
      },
    ],
    settingSite(page),
    [
      'a budget',
      async () => {
        await page.goto('/#/usage');
        await page.getByLabel('Monthly budget in US dollars').fill('4');
        await page.getByRole('button', { name: 'Save' }).first().click();
      },
    ],
    keySite(page),
    [
      'a snapshot',
      async () => {
        await page.goto('/#/data');
        await page.getByText(text('backup.snapshots')).click();
        await backup
          .locator('details')
          .getByRole('button', { name: text('backup.copyNow') })
          .click();
      },
    ],
    [
      'a restore',
      async () => {
        await page.goto('/#/data');
        await page.getByText(text('backup.snapshots')).click();
        await backup
          .locator('details')
          .getByRole('button', { name: /^Restore/ })
          .first()
          .click();
        await page.getByRole('button', { name: 'Prepare' }).click();
      },
    ],
    [
      'an import',
      async () => {
        await page.goto('/#/data');
        await dropArchive(page);
        await page.getByRole('button', { name: 'Import 2 conversations' }).click();
      },
    ],
    [
      'a run of the maintenance',
      async () => {
        await page.goto('/#/storage');
        await page
          .getByRole('region', { name: text('upkeep.title') })
          .getByRole('button', { name: text('upkeep.run') })
          .click();
      },
    ],
  ];
  for (const site of sites) await expectTold(page, site);
  expect(await readMade(page)).toEqual(before);

  await room.lift();
  await page.goto('/#/c/jars');
  const [, rename] = titleSite(onggi);
  await rename();
  await expect(page.getByRole('link', { name: '김치' })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('link', { name: '김치' })).toBeVisible();
  await expect(onggi.conversations).toHaveCount(3);
});

test('what is typed, asked and answered without room stays, and is written when there is some @long', async ({
  start,
  page,
}) => {
  test.setTimeout(300_000);
  const onggi = await start({ rows: THREE, hash: '#/c/jars', models: ['steady'] });
  await expect(onggi.answers).toHaveCount(1);
  const room = await takeAllRoom(page);

  await onggi.composer.fill('typed and not sent');
  await expect(sentence(page)).toBeVisible();
  await expect(page.getByText(text('storage.unsavedTitle'))).toBeVisible();
  await onggi.composer.press('Enter');
  await expect(onggi.composer).toHaveValue('typed and not sent');
  await expect(onggi.questions).toHaveCount(1);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download the unsaved text' }).click(),
  ]);
  expect(readFileSync(await download.path(), 'utf8')).toContain('typed and not sent');

  await room.lift();
  await onggi.composer.press('Enter');
  await expect(onggi.answers).toHaveCount(2);
  await expect(page.locator('.notice.bad')).toHaveCount(0);
  await page.reload();
  await expect(onggi.questions).toHaveCount(2);
  await expect(onggi.answers).toHaveCount(2);
});

/** Fills the cache's table with answers that nobody will ask for. */
function fillCache(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('onggi');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error('no database'));
    });
    // What can be packed would take no room.
    const makeLetters = () =>
      String.fromCharCode(
        ...crypto.getRandomValues(new Uint16Array(32_000)).map((code) => 0xac00 + (code % 11_000)),
      );
    const entry = { promptHash: 'p', model: 'm', reasoning: null, promptTokens: 1, hitCount: 0 };
    const transaction = database.transaction('responseCache', 'readwrite');
    for (let count = 0; count < 10; count += 1) {
      transaction.objectStore('responseCache').put({
        ...entry,
        response: Array.from({ length: 16 }, makeLetters).join(''),
        cacheKey: `filler-${count}`,
        completionTokens: 1,
        isTokenCountEstimated: false,
        costUsd: 0,
        createdAt: Date.now(),
        expiresAt: Date.now() + 20 * 60 * 60 * 1000,
      });
    }
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    database.close();
  });
}

test('a title, a setting, a key and a message without room are told, and nothing is lost', async ({
  start,
  page,
  baseURL,
}) => {
  await haveLittleRoom(page, baseURL ?? '');
  const onggi = await start({ rows: THREE, hash: '#/c/jars' });
  await saveApiKey(page, 'sk-there-before-0123456789');
  await page.goto('/#/c/jars');
  await expect(onggi.answers).toHaveCount(1);
  const before = await readMade(page);
  const room = await takeAllRoom(page);
  for (const site of [titleSite(onggi), settingSite(page), keySite(page)]) {
    await expectTold(page, site);
  }
  await onggi.composer.fill('typed and not sent');
  await onggi.composer.press('Enter');
  await expect(sentence(page)).toBeVisible();
  await expect(onggi.composer).toHaveValue('typed and not sent');
  await expect(onggi.questions).toHaveCount(1);
  expect(await readMade(page)).toEqual(before);

  // A start without room shows what is there.
  await page.reload();
  await expect(onggi.conversations).toHaveCount(3);
  await expect(onggi.answers).toHaveCount(1);
  expect(await readMade(page)).toEqual(before);

  await room.lift();
  const [, rename] = titleSite(onggi);
  await rename();
  await expect(page.getByRole('link', { name: '김치' })).toBeVisible();
  await onggi.ask('sent with room');
  await page.reload();
  await expect(page.getByRole('link', { name: '김치' })).toBeVisible();
  await expect(onggi.questions).toHaveCount(2);
  await expect(onggi.conversations).toHaveCount(3);
});

const readUsage = (page: Page): Promise<number> =>
  page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);

test('where the cache takes the room, it goes, and the write is done @long', async ({
  start,
  page,
}) => {
  test.setTimeout(300_000);
  const onggi = await start({ rows: THREE, hash: '#/c/jars' });
  await expect(onggi.answers).toHaveCount(1);
  // Beside the app: it makes room with whatever it writes first.
  await page.goto('/robots.txt');
  await fillCache(page);
  await expect.poll(() => readUsage(page)).toBeGreaterThan(8_000_000);
  const room = await takeAllRoom(page, (used) => used - 4_000_000);
  await page.goto('/#/c/jars');
  await choose(onggi, 'Kimchi', text('conversation.rename'));
  const field = page.getByRole('textbox', { name: text('conversation.renameField') });
  await field.fill('김치');
  await field.press('Enter');
  await expect(page.getByRole('link', { name: '김치' })).toBeVisible();
  await expect(sentence(page)).toHaveCount(0);
  const count = () =>
    page.evaluate(
      () =>
        new Promise<number>((resolve, reject) => {
          const request = indexedDB.open('onggi');
          request.onerror = () => reject(request.error ?? new Error('no database'));
          request.onsuccess = () => {
            const rows = request.result.transaction('responseCache').objectStore('responseCache');
            const counted = rows.count();
            counted.onsuccess = () => {
              request.result.close();
              resolve(counted.result);
            };
          };
        }),
    );
  expect(await count()).toBe(0);
  await page.reload();
  await expect(page.getByRole('link', { name: '김치' })).toBeVisible();
  await room.lift();
});

test('a start without room shows what is there, and says so in the person’s language @long', async ({
  start,
  page,
}) => {
  test.setTimeout(300_000);
  const onggi = await start({ rows: THREE, hash: '#/c/jars', settings: { language: 'ko' } });
  const articles = page.getByRole('main').getByRole('article');
  await expect(articles).toHaveCount(2);
  const before = await readMade(page);
  const room = await takeAllRoom(page);
  await page.reload();
  await expect(articles).toHaveCount(2);
  await expect(page.getByText(KOREAN)).toBeVisible();
  expect(await readMade(page)).toEqual(before);
  await room.lift();
  await page.locator('#composer').fill('다시 자리가 생겼다');
  await page.locator('#composer').press('Enter');
  await expect(articles).toHaveCount(4);
  await page.reload();
  await expect(articles).toHaveCount(4);
  expect(onggi.page).toBe(page);
});
