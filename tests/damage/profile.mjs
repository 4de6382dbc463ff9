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
 * @property {Record<string, Record<string, string>>} tables  rows as text, by table and key
 * @property {number} running  answers that are still being written
 */

const CONVERSATIONS = 40;
const MESSAGES_EACH = 50;
const DOCUMENTS = 8;
const ATTACHMENTS = 8;
const USAGE_DAYS = 60;
/** The usage of a day with more requests than the messages of any. */
const MORE_THAN_ASKED = {
  ...{ requestCount: 1000, unpricedCount: 1000, timedCount: 1000, totalResponseTimeMs: 1_000_000 },
  ...{ promptTokens: 100_000, completionTokens: 100_000, totalTokens: 200_000 },
};
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

/**
 * Reads the live database as it is: what a backup holds and a start itself does not write anew, as visits are.
 * Runs in the page.
 * @param {readonly string[]} [more] tables that no backup holds
 * @returns {Promise<Rows>}
 */
export async function readRows(more = []) {
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
  /** @type {(value: unknown) => unknown} */
  const toPlain = (value) => {
    if (value instanceof ArrayBuffer) return [...new Uint8Array(value)];
    if (value instanceof Uint8Array) return [...value];
    if (value instanceof CryptoKey) return [value.algorithm.name, ...value.usages];
    if (Array.isArray(value)) return value.map(toPlain);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).filter(([, each]) => each !== undefined);
    entries.sort(([one], [other]) => (one < other ? -1 : 1));
    return Object.fromEntries(entries.map(([key, each]) => [key, toPlain(each)]));
  };
  /** @type {Record<string, Record<string, string>>} */
  const tables = {};
  let running = 0;
  for (const name of [
    ...['userSettings', 'endpoints', 'usageStatistics', 'documents', 'documentChunks'],
    ...['conversations', 'messages', 'attachments'],
    ...more,
  ]) {
    const store = database.transaction(name).objectStore(name);
    /** @type {Record<string, unknown>[]} */
    const rows = await done(store.getAll());
    const keyPath = String(store.keyPath);
    tables[name] = Object.fromEntries(
      rows.map((row) => [String(row[keyPath]), JSON.stringify(toPlain(row))]),
    );
    if (name === 'messages') running = rows.filter(({ status }) => status === 'streaming').length;
  }
  database.close();
  return { tables, running };
}

/** The rows of `before` that are not in `now`, member for member: how many, by table. */
export function findMissing(/** @type {Rows} */ before, /** @type {Rows | undefined} */ now) {
  /** @type {Record<string, number>} */
  const missing = {};
  for (const [table, rows] of Object.entries(before.tables)) {
    const count = Object.entries(rows).filter(
      ([key, row]) => now?.tables[table]?.[key] !== row,
    ).length;
    if (count > 0) missing[table] = count;
  }
  return missing;
}

/** Puts files at messages. Runs in the page, whose address is not of the app yet. */
async function putAttachments(/** @type {{ count: number, conversationId: string }} */ options) {
  const request = indexedDB.open('onggi');
  await new Promise((resolve) => (request.onsuccess = resolve));
  const transaction = request.result.transaction('attachments', 'readwrite');
  for (let at = 0; at < options.count; at += 1) {
    const bytes = crypto.getRandomValues(new Uint8Array(20_000)).buffer;
    transaction.objectStore('attachments').put({
      id: `file-${at}`,
      conversationId: options.conversationId,
      messageId: `${options.conversationId}/0`,
      name: `file-${at}.bin`,
      mediaType: 'application/octet-stream',
      sizeBytes: bytes.byteLength,
      bytes,
    });
  }
  await new Promise((resolve) => (transaction.oncomplete = resolve));
  request.result.close();
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
  let rows = await page.evaluate(readRows, []);
  for (let question = 1; question <= NEWER_QUESTIONS; question += 1) {
    await page.locator('#composer').fill(`newer question ${question}`);
    await page.locator('#composer').press('Enter');
    const expected = Object.keys(rows.tables['messages'] ?? {}).length + 2;
    do {
      await pause(50);
      rows = await page.evaluate(readRows, []);
    } while (rows.running > 0 || Object.keys(rows.tables['messages'] ?? {}).length < expected);
  }
  return rows;
}

/**
 * Writes a database with rows of every kind, before the app is opened on the page.
 * @param {Page} page
 * @param {string} appUrl
 * @param {string} baseUrl  of the endpoint of its connection
 */
export async function seedProfile(page, appUrl, baseUrl) {
  /** @type {{ module: typeof import('../support/seed.ts') }} */
  const { module: seed } = await runnerImport(
    fileURLToPath(new URL('../support/seed.ts', import.meta.url)),
  );
  const endpoint = seed.seedEndpoint(baseUrl, ['echo-fast']);
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
  const documents = Array.from({ length: DOCUMENTS }, (_, at) =>
    seed.seedDocument(
      `document-${at}.txt`,
      Array.from({ length: 20 }, (_none, part) => textOf(at, part)).join('\n'),
    ),
  );
  // Not less than the messages show, or the maintenance would raise it.
  const usageStatistics = Array.from({ length: USAGE_DAYS }, (_, day) =>
    seed.seedUsage(day + 1, 'echo-fast', MORE_THAN_ASKED),
  );
  const others = { usageStatistics, ...seed.seedDocuments(documents) };
  await seed.seedDatabase(
    page,
    { ...rows, ...others, endpoints: [endpoint], userSettings },
    appUrl,
  );
  await page.evaluate(putAttachments, {
    count: ATTACHMENTS,
    conversationId: 'Conversation 0',
  });
}

/**
 * Fills a new profile and closes its browser.
 * @returns {Promise<{ atSnapshot: Rows, atEnd: Rows }>}
 */
export async function fillProfile(/** @type {string} */ profile, /** @type {string} */ appUrl) {
  const server = await createConformanceServer({ apiKey: undefined });
  let browser = await launchKillable(profile);
  try {
    await seedProfile(browser.page, appUrl, server.localhostUrl);
    await browser.close();

    // A second start makes LevelDB write its log into tables.
    browser = await launchKillable(profile);
    await takeSnapshot(browser.page, appUrl, '.json.gz');
    await askNewer(browser.page, appUrl);
    await takeSnapshot(browser.page, appUrl, '.segment.gz');
    const atSnapshot = await browser.page.evaluate(readRows, []);
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
