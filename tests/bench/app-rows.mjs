/**
 * Rows of the bench that are measured on the built app, as a person meets them: from the key that is
 * pressed to what the screen shows. Their goals are promised in milliseconds, so each figure is the share
 * of the promised time that the slowest of twenty takes (p95), beside the ratio to an anchor.
 */
import { fileURLToPath } from 'node:url';
import { argon2id } from 'hash-wasm';
import { build, preview } from 'vite';

/** @typedef {import('playwright').Page} Page */
/** @typedef {import('./page/bench-line.ts').BenchLine} BenchLine */
/** @typedef {{ readonly isQuick: boolean; readonly endpointUrl: string }} AppRun */

const PASSPHRASE = 'five words are a lock';
/** "Cache hit shown within 50 ms after Send at p95", "Unlock within 1 s". */
const PROMISED_MS = { cacheHit: 50, unlock: 1000 };
/** What is not shown by then never is. */
const SHOWN_LIMIT_MS = 60_000;
/** As in src/vault/locked-keys.ts. */
const ARGON2 = { memorySize: 65_536, iterations: 3, parallelism: 1, hashLength: 32 };

/** Linear between the neighbours. */
function quantile(/** @type {number[]} */ values, /** @type {number} */ share) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** @returns {BenchLine} */
function shareLine(
  /** @type {string} */ row,
  /** @type {string} */ what,
  /** @type {{ subject: number[]; anchor: number[] }} */ { subject, anchor },
  /** @type {number} */ promisedMs,
) {
  const share = (/** @type {number} */ ms) => ms / promisedMs;
  const [median, p95] = [quantile(subject, 0.5), quantile(subject, 0.95)];
  const ratio = median / quantile(anchor, 0.5);
  return {
    row,
    what,
    unit: 'x',
    value: share(p95),
    goal: 1,
    spread: [share(quantile(subject, 0.25)), share(quantile(subject, 0.75))],
    n: subject.length,
    note: `p95 ${p95.toFixed(1)} of ${promisedMs} ms, median ${median.toFixed(1)}; ${ratio.toFixed(2)} of the anchor's`,
  };
}

/**
 * Does something that shows `text` in an element that `selector` finds, and gives the milliseconds from
 * the key or click until the frame that has it. The element must not be there with that text before.
 */
async function timeUntilShown(
  /** @type {Page} */ page,
  /** @type {{ selector: string; text: string }} */ shown,
  /** @type {() => Promise<void>} */ act,
) {
  await page.evaluate(
    ({ selector, text, limitMs }) => {
      let startedAt = Number.NaN;
      const begin = (/** @type {Event} */ event) => {
        if (Number.isNaN(startedAt)) startedAt = event.timeStamp;
      };
      addEventListener('keydown', begin, { capture: true, once: true });
      const found = Promise.withResolvers();
      setTimeout(() => found.reject(new Error(`never shown: ${text}`)), limitMs);
      const observer = new MutationObserver(() => {
        const all = document.querySelectorAll(selector);
        if (!all[all.length - 1]?.textContent.includes(text)) return;
        observer.disconnect();
        removeEventListener('keydown', begin, { capture: true });
        requestAnimationFrame(() => found.resolve(performance.now() - startedAt));
      });
      observer.observe(document.body, { childList: true, subtree: true, characterData: true });
      Object.assign(window, { shownAfter: found.promise });
    },
    { ...shown, limitMs: SHOWN_LIMIT_MS },
  );
  await act();
  const shownMs = await page.evaluate(
    () => /** @type {Promise<unknown>} */ (Reflect.get(window, 'shownAfter')),
  );
  return Number(shownMs);
}

async function connect(/** @type {Page} */ page, /** @type {string} */ endpointUrl) {
  await page.getByRole('button', { name: /API key/ }).click();
  await page.getByText('Other address').click();
  await page.getByLabel('Address (base URL)').fill(endpointUrl);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByRole('textbox', { name: 'Message', exact: true }).waitFor();
  await page.getByRole('button', { name: /^Model:/ }).click();
  await page.getByRole('searchbox', { name: 'Find or type a model' }).fill('echo-fast');
  await page
    .getByRole('group', { name: 'Models' })
    .getByRole('button', { name: 'echo-fast', exact: true })
    .click();
}

/** Asks in a new chat, typed three times as fast as fast typists do; milliseconds from Enter to the frame with the answer's text. */
async function askInNewChat(/** @type {Page} */ page, /** @type {string} */ question) {
  await page.keyboard.press('Control+Shift+O');
  const composer = page.getByRole('textbox', { name: 'Message', exact: true });
  await page.getByRole('article').first().waitFor({ state: 'detached' });
  await composer.pressSequentially(question, { delay: 30 });
  const shown = { selector: 'article[aria-label="Assistant"]', text: question };
  const shownMs = await timeUntilShown(page, shown, () => composer.press('Enter'));
  await page.getByRole('status').filter({ hasText: 'Answer complete' }).waitFor();
  return shownMs;
}

/** Takes the answers out of the store that stands before the table; runs in the page. */
function forgetStoredAnswers() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('onggi-cache');
    request.onerror = () => reject(new Error(String(request.error)));
    request.onsuccess = () => {
      const transaction = request.result.transaction('entries', 'readwrite');
      const entries = transaction.objectStore('entries');
      entries.delete('index');
      entries.delete(IDBKeyRange.bound('answer:', 'answer:\uffff'));
      transaction.onabort = () => reject(new Error(String(transaction.error)));
      transaction.oncomplete = () => {
        request.result.close();
        resolve(undefined);
      };
    };
  });
}

/** Asks what is cached and what is not in turn, each as the first question of a page. */
async function askAfterReloads(
  /** @type {Page} */ page,
  /** @type {string} */ question,
  /** @type {number} */ turns,
  /** @type {string} */ name,
  prepare = () => Promise.resolve(/** @type {unknown} */ (undefined)),
) {
  const times = { subject: /** @type {number[]} */ ([]), anchor: /** @type {number[]} */ ([]) };
  const open = async () => {
    await page.keyboard.press('Control+Shift+O');
    await prepare();
    await page.reload();
    await page.getByRole('textbox', { name: 'Message', exact: true }).waitFor();
  };
  for (let turn = 0; turn < turns; turn += 1) {
    await open();
    times.subject.push(await askInNewChat(page, question));
    await page.getByText('From cache · saved').waitFor();
    await open();
    times.anchor.push(await askInNewChat(page, `${name}, question number ${turn}`));
  }
  return times;
}

/** @returns {Promise<BenchLine[]>} */
async function measureCacheHit(/** @type {Page} */ page, /** @type {AppRun} */ { isQuick }) {
  const question = 'What is a jar made of?';
  // The first conversation has a model of its own; the others ask the default one.
  await askInNewChat(page, question);
  await askInNewChat(page, question);
  const turns = isQuick ? 3 : 20;
  const fromMemory = {
    subject: /** @type {number[]} */ ([]),
    anchor: /** @type {number[]} */ ([]),
  };
  for (let turn = 0; turn < turns; turn += 1) {
    const hit = await askInNewChat(page, question);
    const asked = await askInNewChat(page, `Question number ${turn}`);
    fromMemory.subject.push(hit);
    fromMemory.anchor.push(asked);
  }
  const afterReload = await askAfterReloads(page, question, turns, 'After a reload');
  const fromTable = await askAfterReloads(page, question, turns, 'Of the table', () =>
    page.evaluate(forgetStoredAnswers),
  );
  const what = 'Enter to the answer on the screen, p95 as a share of what is promised: from';
  return [
    shareLine('25a', `${what} memory`, fromMemory, PROMISED_MS.cacheHit),
    shareLine('25b', `${what} storage, first of a page`, afterReload, PROMISED_MS.cacheHit),
    shareLine('25c', `${what} the table, first of a page`, fromTable, PROMISED_MS.cacheHit),
  ];
}

/** @returns {Promise<BenchLine[]>} */
async function measureUnlock(/** @type {Page} */ page, /** @type {AppRun} */ { isQuick }) {
  // What is shown when it is open again.
  await askInNewChat(page, 'What is a jar made of?');
  await page.evaluate(() => (location.hash = '#/settings/privacy'));
  await page.getByRole('button', { name: 'Lock with a passphrase' }).click();
  await page.getByLabel('New passphrase').fill(PASSPHRASE);
  await page.getByLabel('Once more').fill(PASSPHRASE);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('dialog').getByRole('checkbox').check();
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click();
  await page.keyboard.press('Control+Shift+O');
  const pairs = { subject: /** @type {number[]} */ ([]), anchor: /** @type {number[]} */ ([]) };
  for (let turn = 0; turn < (isQuick ? 3 : 20); turn += 1) {
    await page.keyboard.press('Control+Shift+L');
    const field = page.getByLabel(/passphrase/i);
    await field.fill(PASSPHRASE);
    const list = { selector: 'nav, aside', text: 'What is a jar' };
    pairs.subject.push(await timeUntilShown(page, list, () => field.press('Enter')));
    const start = performance.now();
    await argon2id({ ...ARGON2, password: PASSPHRASE, salt: new Uint8Array(16) });
    pairs.anchor.push(performance.now() - start);
  }
  return [
    shareLine(
      '26',
      'Enter to the conversations after a lock, p95 as a share of what is promised',
      pairs,
      PROMISED_MS.unlock,
    ),
  ];
}

const ROWS = [
  { number: 25, measure: measureCacheHit },
  { number: 26, measure: measureUnlock },
];

export const appRowNumbers = ROWS.map(({ number }) => number);

/**
 * Builds the app, opens it in `page` and measures rows of it.
 * @returns {Promise<BenchLine[]>}
 */
export async function measureAppRows(
  /** @type {Page} */ page,
  /** @type {readonly number[]} */ numbers,
  /** @type {AppRun} */ run,
) {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  await build({ root, logLevel: 'warn' });
  const server = await preview({ root, preview: { port: 4374 } });
  try {
    await page.goto(server.resolvedUrls?.local[0] ?? '');
    await connect(page, run.endpointUrl);
    const lines = [];
    for (const { number, measure } of ROWS) {
      if (numbers.includes(number)) lines.push(...(await measure(page, run)));
    }
    return lines;
  } finally {
    await server.close();
  }
}
