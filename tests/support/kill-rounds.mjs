/**
 * Kills the browser at random moments while a message is sent and its answer streams, opens the same
 * profile again and looks what is left (SECURITY 9, crash).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createConformanceServer } from './conformance-server.mjs';
import { launchKillable } from './killable-browser.mjs';

/** @typedef {import('./killable-browser.mjs').KillableBrowser} KillableBrowser */

/**
 * When a browser is killed: just after Enter, after the message was acknowledged and before the
 * answer's first word, or in the middle of the answer.
 * @typedef {'enter' | 'first-word' | 'mid-stream'} Stage
 */

/**
 * What the page showed at one moment.
 * @typedef {object} Sight
 * @property {number} at  epoch milliseconds
 * @property {boolean} isAcknowledged  the message is in the log and the composer is empty
 * @property {number} words  of its answer
 */

/**
 * What is in the database.
 * @typedef {object} Stored
 * @property {string[]} unreadable  databases or tables that could not be read
 * @property {{ id: string, messageCount: number }[]} conversations
 * @property {{ id: string, conversationId: string, parentId: string | null, role: string,
 *   status: string, content: string }[]} messages
 */

/**
 * @typedef {object} KillRound
 * @property {number} round  from 1
 * @property {Stage} stage
 * @property {boolean} isNew  whether the message began a conversation
 * @property {boolean} isAcknowledged
 * @property {boolean} isStored
 * @property {number} shownWords
 * @property {number} storedWords
 * @property {number} lostMs  from the moment the first lost word was shown to the kill
 * @property {string} status  of the answer's row, after the profile was opened again
 * @property {string[]} problems  empty when all is well
 */

/** Longest tail of an answer that a kill may take. */
const TAIL_LIMIT_MS = 1000;
/** How long the endpoint thinks before its first word. */
const LATENCY_MS = 300;

/** How long the page may take to acknowledge a message and to show the first word. */
const PATIENCE_MS = 15_000;

/** Ranges of the wait before the kill, in milliseconds. @type {Record<Stage, [number, number]>} */
const WAITS = { enter: [0, 80], 'first-word': [0, 250], 'mid-stream': [100, 4500] };
/** Half of the kills in mid-stream. @type {Stage[]} */
const STAGES = ['mid-stream', 'enter', 'mid-stream', 'first-word'];

/** Numbers from 0 to below 1, the same for the same seed (mulberry32, public domain). */
export function createRandom(/** @type {number} */ seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Tells every change of what the page shows, frame by frame. Runs in the page.
 * @param {string} text  the message that is about to be sent
 */
function watchScreen(text) {
  const { onggiSees } = /** @type {{ onggiSees: (sight: Sight) => void }} */ (
    /** @type {unknown} */ (window)
  );
  let before = '';
  const look = () => {
    const articles = [...document.querySelectorAll('[role="log"] article')];
    const question = articles.findLast((article) => article.textContent.includes(text));
    const composer = document.querySelector('#composer');
    const isEmptied = composer instanceof HTMLTextAreaElement && composer.value === '';
    const isAcknowledged = question !== undefined && isEmptied;
    const answer = articles.at(-1);
    const isBelow = question !== undefined && answer !== question;
    const shown = isBelow ? [...(answer?.textContent ?? '').matchAll(/w(\d+)/g)].at(-1) : undefined;
    const words = shown ? Number(shown[1]) + 1 : 0;
    const now = `${isAcknowledged} ${words}`;
    if (now !== before) {
      onggiSees({ at: performance.timeOrigin + performance.now(), isAcknowledged, words });
    }
    before = now;
    requestAnimationFrame(look);
  };
  look();
}

/** Reads every table of every database of the origin. Runs in the page. @returns {Promise<Stored>} */
async function readStored() {
  /** @type {Stored} */
  const stored = { unreadable: [], conversations: [], messages: [] };
  /** @type {<T>(request: IDBRequest<T>) => Promise<T>} */
  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(new Error(String(request.error)));
    });
  for (const { name = '' } of await indexedDB.databases()) {
    try {
      const database = await done(indexedDB.open(name));
      for (const table of database.objectStoreNames) {
        try {
          /** @type {unknown[]} */
          const rows = await done(database.transaction(table).objectStore(table).getAll());
          if (table === 'conversations' || table === 'messages') {
            Object.assign(stored, { [table]: [...stored[table], ...rows] });
          }
        } catch (error) {
          stored.unreadable.push(`${name}/${table}: ${String(error)}`);
        }
      }
      database.close();
    } catch (error) {
      stored.unreadable.push(`${name}: ${String(error)}`);
    }
  }
  return stored;
}

/** The app on a page: by its names, as a person finds it. */
function appOn(/** @type {import('playwright').Page} */ page, /** @type {string} */ appUrl) {
  const composer = page.locator('#composer');
  return {
    composer,
    log: page.getByRole('log'),
    async open(/** @type {string | undefined} */ conversationId) {
      await page.goto(`${appUrl}/#/${conversationId ? `c/${conversationId}` : ''}`);
      await composer.waitFor({ timeout: 15_000 });
    },
    /** Connects the endpoint and makes `steady` the model of all new conversations. */
    async connect(/** @type {string} */ baseUrl) {
      await page.goto(`${appUrl}/#/`);
      await page.getByRole('button', { name: /API key/ }).click();
      await page.getByText('Other address').click();
      await page.getByLabel('Address (base URL)').fill(baseUrl);
      await page.getByRole('button', { name: 'Connect', exact: true }).click();
      await composer.waitFor();
      await page.goto(`${appUrl}/#/settings/models`);
      const models = page.locator('select', {
        has: page.locator('option', { hasText: /^steady$/ }),
      });
      await models.selectOption('steady');
      // Written without waiting for anybody: seen in the database before the first kill.
      await page.waitForFunction(isModelStored, 'steady', { polling: 50 });
    },
  };
}

/** Runs in the page. */
async function isModelStored(/** @type {string} */ model) {
  const request = indexedDB.open('onggi');
  await new Promise((resolve) => (request.onsuccess = resolve));
  const get = request.result.transaction('userSettings').objectStore('userSettings').get('local');
  await new Promise((resolve) => (get.onsuccess = resolve));
  request.result.close();
  /** @type {unknown} */
  const row = get.result;
  return /** @type {{ defaultModel?: string } | undefined} */ (row)?.defaultModel === model;
}

/**
 * Runs the rounds, one browser after the other on one profile in the system's temporary folder.
 * @param {object} options
 * @param {string} options.appUrl  where the built app is served, no slash at the end
 * @param {string} options.interruptedText  what the screen says of an answer that was cut
 * @param {number} options.rounds
 * @param {number} [options.seed]
 * @param {(round: KillRound) => void} [options.onRound]
 * @returns {Promise<KillRound[]>}
 */
export async function runKillRounds({
  appUrl,
  interruptedText,
  rounds,
  seed = 1,
  onRound = () => undefined,
}) {
  const profile = mkdtempSync(path.join(tmpdir(), 'onggi-kill-'));
  const server = await createConformanceServer({ apiKey: undefined, latencyMs: LATENCY_MS });
  const random = createRandom(seed);
  /** @type {KillRound[]} */
  const results = [];
  /** Texts that the page said were kept. @type {string[]} */
  const acknowledged = [];
  /** @type {string | undefined} */
  let conversationId;
  let browser = await launchKillable(profile);
  try {
    await appOn(browser.page, appUrl).connect(server.localhostUrl);
    for (let round = 1; round <= rounds; round += 1) {
      const stage = STAGES[(round - 1) % STAGES.length] ?? 'mid-stream';
      const isNew = conversationId === undefined || random() < 0.3;
      const text = `message ${round} of this run, ${Math.floor(random() * 1e9)}`;
      const [least, most] = WAITS[stage];
      const waitMs = least + random() * (most - least);
      const where = isNew ? undefined : conversationId;
      const { sights, killedAt } = await sendAndKill(browser, appUrl, where, text, stage, waitMs);
      await browser.gone();
      if (sights.some((sight) => sight.isAcknowledged)) acknowledged.push(text);

      browser = await launchKillable(profile);
      const found = await inspect(browser, appUrl, { text, acknowledged, interruptedText });
      conversationId = found.conversationId ?? conversationId;
      const lostMs = lostTail(sights, found.storedWords, killedAt);
      if (lostMs > TAIL_LIMIT_MS)
        found.problems.push(`lost ${Math.round(lostMs)} ms of the answer`);
      /** @type {KillRound} */
      const result = {
        round,
        stage,
        isNew,
        isAcknowledged: acknowledged.includes(text),
        isStored: found.isStored,
        shownWords: sights.at(-1)?.words ?? 0,
        storedWords: found.storedWords,
        lostMs,
        status: found.status,
        problems: found.problems,
      };
      results.push(result);
      onRound(result);
    }
    return results;
  } finally {
    await browser.close();
    await server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Sends `text` and kills the browser at its moment.
 * @param {KillableBrowser} browser
 * @param {string} appUrl
 * @param {string | undefined} conversationId
 * @param {string} text
 * @param {Stage} stage
 * @param {number} waitMs
 */
async function sendAndKill({ page, kill }, appUrl, conversationId, text, stage, waitMs) {
  /** What this process heard before the kill. @type {Sight[]} */
  const sights = [];
  let isAlive = true;
  await page.exposeFunction('onggiSees', (/** @type {Sight} */ sight) => {
    if (isAlive) sights.push(sight);
  });
  const app = appOn(page, appUrl);
  await app.open(conversationId);
  await page.evaluate(watchScreen, text);
  await app.composer.fill(text);
  const pressed = app.composer.press('Enter').catch(() => undefined);
  /** @param {() => boolean} isSo */
  const until = async (isSo) => {
    const end = Date.now() + PATIENCE_MS;
    while (!isSo()) {
      if (Date.now() > end) {
        const body = await page.locator('body').innerText();
        throw new Error(`the page did not get on after "${text}":\n${body}`);
      }
      await pause(5);
    }
  };
  if (stage !== 'enter') {
    await pressed;
    await until(() => sights.some(({ isAcknowledged }) => isAcknowledged));
  }
  if (stage === 'mid-stream') await until(() => (sights.at(-1)?.words ?? 0) > 0);
  await pause(waitMs);
  isAlive = false;
  const killedAt = kill();
  await pressed;
  return { sights, killedAt };
}

/**
 * How much of the answer the kill took: from the moment when the first word that is not stored was
 * shown. What came after the last sight counts as shown right then.
 * @param {Sight[]} sights
 * @param {number} storedWords
 * @param {number} killedAt
 */
function lostTail(sights, storedWords, killedAt) {
  const firstLost = sights.find(({ words }) => words > storedWords);
  return firstLost ? killedAt - firstLost.at : 0;
}

/**
 * Opens the app again and compares with what it had promised.
 * @param {KillableBrowser} browser
 * @param {string} appUrl
 * @param {{ text: string, acknowledged: string[], interruptedText: string }} expected
 */
async function inspect({ page }, appUrl, { text, acknowledged, interruptedText }) {
  /** @type {string[]} */
  const problems = [];
  const app = appOn(page, appUrl);
  await app.open(undefined);
  const { unreadable, conversations, messages } = await page.evaluate(readStored);
  problems.push(...unreadable);
  for (const wanted of acknowledged) {
    const isThere = messages.some(({ role, content }) => role === 'user' && content === wanted);
    if (!isThere) problems.push(`acknowledged and gone: "${wanted}"`);
  }
  for (const { id, messageCount } of conversations) {
    const count = messages.filter((message) => message.conversationId === id).length;
    if (count !== messageCount) problems.push(`counts ${messageCount} messages and has ${count}`);
  }
  const left = messages.filter(({ status }) => status === 'streaming').length;
  if (left > 0) problems.push(`${left} answers still marked as running`);
  const question = messages.find(({ content }) => content === text);
  if (!question) return { problems, isStored: false, storedWords: 0, status: '-' };

  const answer = messages.find(({ parentId }) => parentId === question.id);
  if (!answer) problems.push('a message without its answer row');
  if (answer?.status !== 'interrupted') problems.push(`the cut answer is ${answer?.status}`);
  await app.open(question.conversationId);
  for (const [name, shown] of [
    ['message', text],
    ['sentence about the cut answer', interruptedText],
  ]) {
    // The last one: earlier answers of the conversation were cut as well.
    const isShown = app.log.getByText(shown ?? '').last();
    await isShown
      .waitFor({ timeout: 10_000 })
      .catch(() => problems.push(`no ${name} on the screen`));
  }
  return {
    problems,
    isStored: true,
    storedWords: answer?.content.match(/w\d+/g)?.length ?? 0,
    status: answer?.status ?? '-',
    conversationId: question.conversationId,
  };
}
