/**
 * `npm run test:full-disk [-- --rounds 3]`: builds the app, puts the database of a browser profile on a small
 * disk of its own (tmpfs), fills that disk to the last byte and goes on writing as a person would. Looks
 * whether the app says so, keeps the text, offers it, goes on without being loaded anew when there is room
 * again, and has every row back. Then the same of a start on a full disk, which a person left so, or which was
 * filled while the browser was closed: whether it is told, and the app comes by itself when there is room, with
 * what was typed meanwhile. Needs the right to mount; where there is none it says that nothing was tested. Ends
 * with 1 when anything was lost or not told.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build, preview } from 'vite';
import { findMissing, readRows, seedProfile } from '../damage/profile.mjs';
import { createConformanceServer } from '../support/conformance-server.mjs';
import { launchKillable } from '../support/killable-browser.mjs';

/** @typedef {import('../damage/profile.mjs').Rows} Rows */

/**
 * @typedef {object} Begun
 * @property {import('playwright').Page} page
 * @property {Rows} before  what is stored before the disk becomes full
 * @property {string} filler  the file that fills it
 * @property {() => Promise<void>} close  of the browser
 * @property {() => Promise<import('playwright').Page>} restart  of the browser, with the app on its page
 */

const PORT = 4477;
const APP_URL = `http://localhost:${PORT}`;
const DISK_MEGABYTES = 64;
/** What is promised. */
const TOLD_WITHIN_MS = 2000;
/** Asked before the disk becomes full: the title of the conversation that is gone on with. */
const FIRST_WORDS = 'there is still room';
const API_KEY = 'sk-on-a-small-disk-0123456789';
/** Longer than what LevelDB may still find room for in a page it has. */
const LONG_TEXT = '넘치는 말 '.repeat(4000);
const TOLD =
  /The disk is full|no more space|storage does not answer|The browser closed its storage/;

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } });

/** Mounts something. @returns why not, or undefined */
function mount(/** @type {readonly string[]} */ ...args) {
  const { status, stderr, error } = spawnSync('mount', args, { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

/** What of a profile is on the small disk: the database, the files and the caches of the origin. */
const ON_DISK = ['IndexedDB', 'File System', 'Service Worker'];

/** Mounts a small disk for {@link ON_DISK}. @returns why not, or undefined */
function mountDisk(/** @type {string} */ disk, /** @type {readonly string[]} */ folders) {
  mkdirSync(disk);
  const refusal = mount('-t', 'tmpfs', '-o', `size=${DISK_MEGABYTES}m`, 'tmpfs', disk);
  if (refusal !== undefined) return refusal;
  for (const [index, folder] of folders.entries()) {
    const part = path.join(disk, String(index));
    mkdirSync(part);
    mkdirSync(folder, { recursive: true });
    const partRefusal = mount('--bind', part, folder);
    if (partRefusal !== undefined) return partRefusal;
  }
  return undefined;
}

/** Writes until there is no byte left. */
function fillDisk(/** @type {string} */ file) {
  const handle = openSync(file, 'w');
  for (let size = 1024 * 1024; size >= 1;) {
    try {
      if (writeSync(handle, Buffer.alloc(size)) < size) size = Math.floor(size / 2);
    } catch {
      size = Math.floor(size / 2);
    }
  }
  closeSync(handle);
}

/** Gives the connection an API key, as a person does. */
async function saveApiKey(/** @type {import('playwright').Page} */ page) {
  await page.goto(`${APP_URL}/#/settings/models`);
  await page.getByRole('button', { name: 'Edit Test server' }).click();
  await page.getByLabel('API key (if it needs one)').fill(API_KEY);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  for (let secrets = {}; Object.keys(secrets).length === 0;) {
    secrets = (await readAll(page)).tables['secrets'] ?? {};
  }
}

/** Everything that a person made, the keys among it. */
const readAll = (/** @type {import('playwright').Page} */ page) =>
  page.evaluate(readRows, ['secrets', 'keyRing']);

/**
 * How many rows of `before` are not in `now`: field for field, but for the conversation that is gone on with,
 * whose title has to be there, and for the usage of its day, which may only grow.
 */
function countMissing(/** @type {Rows} */ before, /** @type {Rows} */ now) {
  /** @type {(rows: Rows, table: string, key: string) => Record<string, unknown>} */
  const rowOf = (rows, table, key) => {
    /** @type {unknown} */
    const row = JSON.parse(rows.tables[table]?.[key] ?? '{}');
    return /** @type {Record<string, unknown>} */ (row);
  };
  const days = Object.keys(before.tables['usageStatistics'] ?? {}).map((key) =>
    String(rowOf(before, 'usageStatistics', key)['date']),
  );
  const newestDay = days.sort().at(-1);
  let missing = 0;
  /** Whether the row is one that may change, and has not lost anything. */
  const isLoose = (/** @type {string} */ table, /** @type {string} */ key) => {
    const was = rowOf(before, table, key);
    const is = rowOf(now, table, key);
    const isUsed = table === 'conversations' && was['title'] === FIRST_WORDS;
    const isCounted = table === 'usageStatistics' && was['date'] === newestDay;
    if (isUsed && is['title'] !== FIRST_WORDS) missing += 1;
    if (isCounted && !(Number(is['requestCount']) >= Number(was['requestCount']))) missing += 1;
    return isUsed || isCounted;
  };
  const whole = Object.fromEntries(
    Object.entries(before.tables).map(([table, rows]) => {
      const fixed = Object.entries(rows).filter(([key]) => !isLoose(table, key));
      return [table, Object.fromEntries(fixed)];
    }),
  );
  const others = findMissing({ ...before, tables: whole }, now);
  return Object.values(others).reduce((sum, count) => sum + count, missing);
}

/**
 * A profile on a small disk, with conversations, and a browser that shows them.
 * @template T
 * @param {string} folder
 * @param {string} baseUrl
 * @param {(begun: Begun) => Promise<T>} work
 * @returns {Promise<T | { refusal: string }>}
 */
async function onSmallDisk(folder, baseUrl, work) {
  const profile = path.join(folder, 'profile');
  const disk = path.join(folder, 'disk');
  const folders = ON_DISK.map((name) => path.join(profile, 'Default', name));
  mkdirSync(profile, { recursive: true });
  const refusal = mountDisk(disk, folders);
  if (refusal !== undefined) return { refusal };
  /** @type {import('../support/killable-browser.mjs').KillableBrowser | undefined} */
  let browser;
  try {
    browser = await launchKillable(profile);
    const { page } = browser;
    await seedProfile(page, APP_URL, baseUrl);
    await saveApiKey(page);
    await page.goto(`${APP_URL}/#/`);
    const composer = page.locator('#composer');
    await composer.fill(FIRST_WORDS);
    await composer.press('Enter');
    await page.getByText('Answer complete').waitFor({ state: 'attached' });
    const before = await readAll(page);
    if (Object.values(before.tables).some((rows) => Object.keys(rows).length === 0)) {
      throw new Error('a table without a row would prove nothing');
    }
    return await work({
      page,
      before,
      filler: path.join(disk, 'filler'),
      close: async () => {
        await browser?.close();
        browser = undefined;
      },
      restart: async () => {
        await browser?.close();
        browser = await launchKillable(profile);
        await browser.page.goto(`${APP_URL}/#/`);
        return browser.page;
      },
    });
  } finally {
    await browser?.close().catch(() => undefined);
    for (const mounted of [...folders, disk]) spawnSync('umount', [mounted]);
  }
}

/**
 * What a full disk tore shows at the second start after it. See [Note: Torn log] in src/db/turn-log.ts.
 * @returns how many rows are missing; Infinity where the app does not come up
 */
async function countAfterRestarts(/** @type {Begun} */ { restart, before }) {
  let missing = 0;
  for (let start = 1; start <= 2; start += 1) {
    const page = await restart();
    const composer = page.locator('#composer');
    if (!(await isSeen(composer))) {
      console.log(`start ${start}: ${(await page.locator('body').innerText()).slice(0, 300)}`);
      return Infinity;
    }
    missing = countMissing(before, await readAll(page));
    await composer.fill(`after start ${start}`);
    await composer.press('Enter');
    await page.getByText('Answer complete').waitFor({ state: 'attached' });
  }
  return missing;
}

/** Whether it is on the page in time. */
function isSeen(/** @type {import('playwright').Locator} */ what, timeout = 30_000) {
  return what.waitFor({ timeout }).then(
    () => true,
    () => false,
  );
}

/** A disk that becomes full while the app is open. */
function fillUp(/** @type {string} */ folder, /** @type {string} */ baseUrl) {
  return onSmallDisk(folder, baseUrl, async (begun) => {
    const { page, filler } = begun;
    const composer = page.locator('#composer');
    fillDisk(filler);
    await composer.fill(LONG_TEXT);
    const from = performance.now();
    await composer.press('Enter');
    const told = page.getByRole('alert').filter({ hasText: TOLD }).first();
    const isTold = await told
      .waitFor({ timeout: 30_000 })
      .then(() => true)
      .catch(() => false);
    const toldMs = Math.round(performance.now() - from);
    const alerts = await page.getByRole('alert').allInnerTexts();
    const sentence = alerts[0]?.split('\n')[0] ?? '';
    const isTextThere = (await composer.inputValue()).trim() === LONG_TEXT.trim();
    const [download] = await Promise.all([
      page.waitForEvent('download', { timeout: 10_000 }).catch(() => undefined),
      page
        .getByRole('button', { name: /^Download the unsaved text/ })
        .click({ timeout: 10_000 })
        .catch(() => undefined),
    ]);
    const file = await download?.path();
    const isOffered = file !== undefined && readFileSync(file, 'utf8').includes(LONG_TEXT.trim());

    // Without room nothing is opened: it goes on being told.
    const again = page.getByRole('button', { name: 'Try again' }).first();
    await again.click({ timeout: 10_000 });
    await again.and(page.locator(':enabled')).waitFor({ timeout: 20_000 });
    rmSync(filler);
    // With room again, and without loading the page anew.
    await again.click({ timeout: 10_000 });
    await told.waitFor({ state: 'hidden', timeout: 20_000 }).catch(() => undefined);
    await composer.press('Enter');
    const answers = page.getByRole('article', { name: 'Assistant' });
    const isGoingOn = await answers
      .nth(1)
      .getByText('24000자')
      .first()
      .waitFor({ timeout: 20_000 })
      .then(() => true)
      .catch(() => false);
    const missing = await countAfterRestarts(begun);
    return { isTold, toldMs, sentence, isTextThere, isOffered, isGoingOn, missing };
  });
}

const TYPED = '자리가 없을 때 적은 글';

/**
 * A start on a full disk.
 * @param {string} folder
 * @param {string} baseUrl
 * @param {boolean} isTorn  whether it became full while the app was open
 */
function startFull(folder, baseUrl, isTorn) {
  return onSmallDisk(folder, baseUrl, async (begun) => {
    const { filler, before, close, restart } = begun;
    if (isTorn) {
      fillDisk(filler);
      await begun.page.locator('#composer').fill(LONG_TEXT);
      await begun.page.locator('#composer').press('Enter');
      await isSeen(begun.page.getByRole('alert').filter({ hasText: TOLD }).first());
    } else {
      await close();
      fillDisk(filler);
    }
    const page = await restart();
    const paused = page.getByRole('heading', { name: 'The disk is full' });
    const told = paused.or(page.getByRole('alert').filter({ hasText: TOLD })).first();
    const composer = page.locator('#composer');
    // The browser may have had room for a start; then the first thing that is written says it.
    if (!(await isSeen(told, 15_000)) && (await composer.isVisible())) {
      // What it packed at its start gave some back.
      fillDisk(`${filler}-more`);
      await composer.fill(LONG_TEXT);
      await composer.press('Enter');
    }
    const isTold = await isSeen(told);
    const isPaused = await paused.isVisible();
    if (isPaused) await page.getByRole('textbox', { name: 'Write meanwhile' }).fill(TYPED);
    rmSync(`${filler}-more`, { force: true });
    rmSync(filler);
    // By itself: nothing is pressed and nothing loaded anew.
    const isBack =
      (await isSeen(composer, 60_000)) &&
      (await told.waitFor({ state: 'hidden', timeout: 60_000 }).then(
        () => true,
        () => false,
      ));
    const isTextThere = !isPaused || (await composer.inputValue()).trim() === TYPED;
    const missingNow = isBack ? countMissing(before, await readAll(page)) : Infinity;
    return {
      isTold,
      isPaused,
      isBack,
      isTextThere,
      missingNow,
      missing: await countAfterRestarts(begun),
    };
  });
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const outDir = fileURLToPath(new URL('../../dist-full-disk', import.meta.url));
await build({ root, logLevel: 'warn', build: { outDir, emptyOutDir: true } });
const server = await preview({
  root,
  build: { outDir },
  preview: { port: PORT, strictPort: true },
});
const endpoint = await createConformanceServer({ apiKey: undefined });
const folder = mkdtempSync(path.join(tmpdir(), 'onggi-full-disk-'));
try {
  for (let round = 1; round <= Number(options.rounds); round += 1) {
    const found = await fillUp(path.join(folder, String(round)), endpoint.localhostUrl);
    if ('refusal' in found) {
      console.log(`SKIPPED, nothing was tested: no disk can be mounted here (${found.refusal}).`);
      break;
    }
    const isInTime = found.toldMs <= TOLD_WITHIN_MS;
    const isGood =
      found.isTold &&
      isInTime &&
      found.isTextThere &&
      found.isOffered &&
      found.isGoingOn &&
      found.missing === 0;
    console.log(
      `round ${round}: ${found.isTold ? `told after ${found.toldMs} ms` : 'NOT TOLD'} ` +
        `("${found.sentence}"), text ${found.isTextThere ? 'kept' : 'GONE'}, ` +
        `download ${found.isOffered ? 'whole' : 'MISSING'}, ` +
        `${found.isGoingOn ? 'goes on with room' : 'DOES NOT GO ON'}, ${found.missing} rows missing afterwards`,
    );
    if (!isGood) process.exitCode = 1;
    for (const isTorn of [true, false]) {
      const name = `${round}-${isTorn ? 'torn' : 'closed'}`;
      const start = await startFull(path.join(folder, name), endpoint.localhostUrl, isTorn);
      if ('refusal' in start) throw new Error(start.refusal);
      console.log(
        `round ${round}, start on a disk filled while ${isTorn ? 'open' : 'closed'}: ` +
          `${start.isTold ? (start.isPaused ? 'told on a page of its own' : 'told in the app') : 'NOT TOLD'}, ` +
          `${start.isBack ? 'back by itself' : 'NOT BACK'}, text ${start.isTextThere ? 'kept' : 'GONE'}, ` +
          `${start.missingNow} rows missing at once, ${start.missing} after two more starts`,
      );
      const isWhole = start.missingNow + start.missing === 0;
      if (!start.isTold || !start.isBack || !start.isTextThere || !isWhole) process.exitCode = 1;
    }
  }
} finally {
  await endpoint.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  rmSync(outDir, { recursive: true, force: true });
}
