/** The profile that is damaged: conversations, a snapshot of them in two parts, and some that are newer. */
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';
import { createConformanceServer } from '../support/conformance-server.mjs';
import { launchKillable } from '../support/killable-browser.mjs';

/** @typedef {import('playwright').Page} Page */

/**
 * What is in the live database.
 * @typedef {object} Rows
 * @property {Record<string, string>} conversations  title by id
 * @property {Record<string, string>} messages  text by id
 * @property {number} running  answers that are still being written
 */

const CONVERSATIONS = 40;
const MESSAGES_EACH = 50;
/** Asked in the app after the whole snapshot, and again after its segment. */
const NEWER_QUESTIONS = 3;

/** Longer than a block of LevelDB in sum, and not alike. */
function textOf(/** @type {number} */ conversation, /** @type {number} */ message) {
  let seed = conversation * 7919 + message * 104_729 + 1;
  const words = Array.from({ length: 50 }, () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed.toString(36);
  });
  return `옹기 ${conversation}/${message} ${words.join(' ')}`;
}

/** Reads the live database as it is. Runs in the page. @returns {Promise<Rows>} */
export async function readRows() {
  /** @type {<T>(request: IDBRequest<T>) => Promise<T>} */
  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(new Error(String(request.error)));
    });
  const boot = await done(indexedDB.open('onggi-boot'));
  /** @type {unknown} */
  const pointer = await done(boot.transaction('pointer').objectStore('pointer').get('live'));
  const live = /** @type {{ databaseName: string }} */ (pointer);
  boot.close();
  const database = await done(indexedDB.open(live.databaseName));
  /** @type {{ id: string, title: string | null }[]} */
  const conversations = await done(
    database.transaction('conversations').objectStore('conversations').getAll(),
  );
  /** @type {{ id: string, content: string, status: string }[]} */
  const messages = await done(database.transaction('messages').objectStore('messages').getAll());
  database.close();
  return {
    conversations: Object.fromEntries(conversations.map(({ id, title }) => [id, title ?? ''])),
    messages: Object.fromEntries(messages.map(({ id, content }) => [id, content])),
    running: messages.filter(({ status }) => status === 'streaming').length,
  };
}

/** Whether the newest change is noted outside the database. Runs in the page. */
export async function isNoted() {
  const request = indexedDB.open('onggi');
  await new Promise((resolve) => (request.onsuccess = resolve));
  const cursor = request.result
    .transaction('changeFeed')
    .objectStore('changeFeed')
    .openKeyCursor(null, 'prev');
  await new Promise((resolve) => (cursor.onsuccess = resolve));
  request.result.close();
  /** @type {unknown} */
  const note = JSON.parse(localStorage.getItem('onggi.canary') ?? '{}');
  return /** @type {{ lastSeq?: number }} */ (note).lastSeq === cursor.result?.key;
}

/** Names in the folder of snapshots. Runs in the page. */
async function listSnapshotFiles() {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle('snapshots', { create: true });
  const names = [];
  for await (const name of folder.keys()) names.push(name);
  return names;
}

/** Takes a snapshot by hand, where a person would, and waits for its file. */
async function takeSnapshot(
  /** @type {Page} */ page,
  /** @type {string} */ appUrl,
  /** @type {string} */ ending,
) {
  await page.goto(`${appUrl}/#/data`);
  const card = page.getByRole('region', { name: 'Backup', exact: true });
  await card.locator('summary').click();
  await card.locator('details').getByRole('button', { name: 'Copy now' }).click();
  for (let patience = 600; patience > 0; patience -= 1) {
    const names = await page.evaluate(listSnapshotFiles);
    if (names.some((name) => name.endsWith(ending))) return;
    await pause(100);
  }
  throw new Error(`no ${ending} was written`);
}

/** Asks in the app and waits for every answer. @returns what is in the database then */
async function askNewer(/** @type {Page} */ page, /** @type {string} */ appUrl) {
  await page.goto(`${appUrl}/#/`);
  await page.locator('#composer').waitFor();
  let rows = await page.evaluate(readRows);
  for (let question = 1; question <= NEWER_QUESTIONS; question += 1) {
    await page.locator('#composer').fill(`newer question ${question}`);
    await page.locator('#composer').press('Enter');
    const expected = Object.keys(rows.messages).length + 2;
    do {
      await pause(50);
      rows = await page.evaluate(readRows);
    } while (rows.running > 0 || Object.keys(rows.messages).length < expected);
  }
  return rows;
}

/**
 * Fills a new profile and closes its browser.
 * @returns {Promise<{ atSnapshot: Rows, atEnd: Rows }>}
 */
export async function fillProfile(/** @type {string} */ profile, /** @type {string} */ appUrl) {
  /** @type {{ module: typeof import('../support/seed.ts') }} */
  const { module: seed } = await runnerImport(
    fileURLToPath(new URL('../support/seed.ts', import.meta.url)),
  );
  const server = await createConformanceServer({ apiKey: undefined });
  let browser = await launchKillable(profile);
  try {
    const endpoint = seed.seedEndpoint(server.localhostUrl, ['echo-fast']);
    const rows = seed.seedConversations(
      Array.from({ length: CONVERSATIONS }, (_, conversation) =>
        seed.seedConversation(`Conversation ${conversation}`, {
          daysAgo: conversation,
          texts: Array.from({ length: MESSAGES_EACH }, (_none, message) =>
            textOf(conversation, message),
          ),
        }),
      ),
    );
    const userSettings = [
      seed.seedSettings({ defaultEndpointId: endpoint.id, defaultModel: 'echo-fast' }),
    ];
    await seed.seedDatabase(browser.page, { ...rows, endpoints: [endpoint], userSettings }, appUrl);
    await browser.close();

    // A second start makes LevelDB write its log into tables.
    browser = await launchKillable(profile);
    await takeSnapshot(browser.page, appUrl, '.json.gz');
    await askNewer(browser.page, appUrl);
    await takeSnapshot(browser.page, appUrl, '.segment.gz');
    const atSnapshot = await browser.page.evaluate(readRows);
    await browser.close();

    browser = await launchKillable(profile);
    const { page } = browser;
    const atEnd = await askNewer(page, appUrl);
    // Nobody closes a browser within a third of a second of the last word.
    await page.waitForFunction(isNoted, undefined, { polling: 50 });
    return { atSnapshot, atEnd };
  } finally {
    await browser.close();
    await server.close();
  }
}
