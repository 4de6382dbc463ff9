/**
 * `npm run test:damage [-- --times 5] [--seed 1] [--only TEXT]`: builds the app, fills a browser profile
 * with conversations and a snapshot, and then damages the stored files of a copy of it in each of the
 * ways of `damages.mjs`, again and again, each as often as it takes until something was lost. Looks whether the
 * next start says so, before anybody has read anything, and how much the snapshot brings back. Ends with 1 when
 * anything was lost in silence, or was noticed only when it was read, or less than 99 % came back.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build, preview } from 'vite';
import { createRandom } from '../support/kill-rounds.mjs';
import { launchKillable } from '../support/killable-browser.mjs';
import { DAMAGES } from './damages.mjs';
import { fillProfile, findMissing, isNoted, readRows } from './profile.mjs';

/** @typedef {import('playwright').Page} Page */
/** @typedef {import('./profile.mjs').Rows} Rows */

/**
 * What a start shows: the screen that says what is missing, an error, the app with its conversations, or
 * the screen of a first start.
 * @typedef {'recovery' | 'error' | 'app' | 'first-start' | 'nothing'} Screen
 */

/**
 * When the app says that something is lost: with its first screen, by itself while nobody does anything, or only
 * when somebody reads what is damaged, which a person may do months later.
 * @typedef {'start' | 'soon' | 'read' | 'never'} When
 */

/**
 * @typedef {object} Found
 * @property {Screen} screen  of the first start after the damage
 * @property {When} when  the app said it
 * @property {number} lost  rows that were there before the damage and are not there now
 * @property {Record<string, number>} missing  rows of the snapshot that did not come back, by table
 * @property {number | null} recovered  share of the snapshot's rows that are back; null: nobody asked
 */

const PORT = 4476;
const APP_URL = `http://localhost:${PORT}`;
const PATIENCE_MS = 60_000;
/** Draws of one damage in a row that may lose nothing. */
const MOST_DRAWS = 30;
/** Share of the snapshot's rows that has to come back (SECURITY 10, P3). */
const LEAST_RECOVERED = 0.99;

const { values: options } = parseArgs({
  options: {
    times: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});

const isVisible = (/** @type {import('playwright').Locator} */ locator) =>
  locator
    .waitFor({ timeout: PATIENCE_MS / 4 })
    .then(() => true)
    .catch(() => false);

/** @returns {Promise<Screen>} */
async function readScreen(/** @type {Page} */ page) {
  const screens = {
    recovery: page.getByRole('heading', { name: 'Data are missing' }),
    error: page.getByRole('heading', { name: 'onggi is paused' }),
    'first-start': page.getByRole('button', { name: /API key/ }),
    app: page.locator('#composer'),
  };
  const any = Object.values(screens).reduce((all, one) => all.or(one));
  const isThere = await any
    .first()
    .waitFor({ timeout: PATIENCE_MS })
    .then(() => true)
    .catch(() => false);
  if (!isThere) return 'nothing';
  for (const name of /** @type {(keyof typeof screens)[]} */ (Object.keys(screens))) {
    if (await screens[name].first().isVisible()) return name;
  }
  return 'nothing';
}

const sumOf = (/** @type {Record<string, number>} */ counts) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

const countMissing = (/** @type {Rows} */ before, /** @type {Rows | undefined} */ now) =>
  sumOf(findMissing(before, now));

const countRows = (/** @type {Rows} */ rows) => countMissing(rows, undefined);

/** Reads in turn what a person would open; undefined when a read failed. */
async function tryRead(/** @type {Page} */ page) {
  return page.evaluate(readRows, []).catch(() => undefined);
}

/** Whether the app has read everything once, or has said that the storage is closed. Runs in the page. */
function isSettled(/** @type {string} */ closed) {
  const isRead = performance.getEntriesByName('onggi-read-through').length > 0;
  return isRead || document.body.innerText.includes(closed);
}

/** Takes the newest copy on the recovery screen and waits until the app shows what came back. */
async function restore(/** @type {Page} */ page) {
  await page
    .getByRole('button', { name: /^Restore the snapshot/ })
    .first()
    .click();
  await page.locator('#composer').waitFor({ timeout: PATIENCE_MS });
}

/**
 * Opens a damaged profile as a person would.
 * @param {string} profile
 * @param {{ atSnapshot: Rows, atEnd: Rows }} before
 * @returns {Promise<Found>}
 */
async function inspect(profile, { atSnapshot, atEnd }) {
  const browser = await launchKillable(profile);
  const { page } = browser;
  try {
    await page.goto(`${APP_URL}/#/`);
    const screen = await readScreen(page);
    /** @type {When} */
    let when = screen === 'recovery' || screen === 'error' ? 'start' : 'never';
    let isRecovering = screen === 'recovery';
    /** @type {Rows | undefined} */
    let rows;
    if (screen === 'app') {
      // Nobody reads anything yet: does the app find it by itself?
      const closed = page.getByText('The browser closed its storage');
      await page
        .waitForFunction(isSettled, 'The browser closed its storage', { timeout: PATIENCE_MS })
        .catch(() => undefined);
      if (await closed.isVisible()) when = 'soon';
      else {
        rows = await tryRead(page);
        // The browser throws everything away when a read fails: does the open app say so?
        if (!rows && (await isVisible(closed))) when = 'read';
      }
    }
    if (screen === 'error' || when === 'soon' || when === 'read') {
      await page.getByRole('button', { name: 'Reload' }).first().click();
      await page.waitForLoadState();
      isRecovering = await isVisible(page.getByRole('heading', { name: 'Data are missing' }));
    }
    const lost = rows ? countMissing(atEnd, rows) : countRows(atEnd);
    if (!isRecovering) return { screen, when, lost, recovered: null, missing: {} };
    await restore(page);
    const missing = findMissing(atSnapshot, await tryRead(page));
    const recovered = 1 - sumOf(missing) / countRows(atSnapshot);
    return { screen, when, lost, recovered, missing };
  } finally {
    await browser.close();
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const outDir = fileURLToPath(new URL('../../dist-damage', import.meta.url));
await build({ root, logLevel: 'warn', build: { outDir, emptyOutDir: true } });
const server = await preview({
  root,
  build: { outDir },
  preview: { port: PORT, strictPort: true },
});
const folder = mkdtempSync(path.join(tmpdir(), 'onggi-damage-'));
const whole = path.join(folder, 'whole');
const random = createRandom(Number(options.seed));
const sum = { rounds: 0, redrawn: 0, unharmed: 0, firstStarts: 0 };
/** @type {Record<When, number>} */
const told = { start: 0, soon: 0, read: 0, never: 0 };
const back = { restored: 0, poor: 0 };

/**
 * Damages copies of the whole profile until one has lost something: what loses nothing proves nothing.
 * @param {(profile: string, random: () => number) => string} damage
 * @param {{ atSnapshot: Rows, atEnd: Rows }} before
 * @returns {Promise<{ found: Found | undefined, what: string }>}
 */
async function drawLoss(damage, before) {
  for (let draw = 1; draw <= MOST_DRAWS; draw += 1) {
    const profile = path.join(folder, 'damaged');
    cpSync(whole, profile, { recursive: true });
    const what = damage(profile, random);
    const found = await inspect(profile, before);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    if (found.lost > 0 || found.when !== 'never') return { found, what };
    sum.redrawn += 1;
  }
  return { found: undefined, what: '' };
}

try {
  const before = await fillProfile(whole, APP_URL);
  console.log(
    `${countRows(before.atSnapshot)} rows in the snapshot, ${countRows(before.atEnd)} at the end.\n`,
  );
  // A harness that calls a whole profile damaged, or cannot read it, proves nothing.
  const undamaged = path.join(folder, 'undamaged');
  cpSync(whole, undamaged, { recursive: true });
  // Of a browser that did not get to write its notes down nothing could be noticed.
  const noted = await launchKillable(undamaged);
  await noted.page.goto(`${APP_URL}/robots.txt`);
  const hasNote = await noted.page.evaluate(isNoted);
  await noted.close();
  if (!hasNote) throw new Error('the profile was closed before its note was written');
  const sound = await inspect(undamaged, before);
  if (sound.screen !== 'app' || sound.lost > 0) throw new Error(JSON.stringify(sound));

  console.log('damage                     start        lost  noticed  back     what was damaged');
  for (const [name, damage] of Object.entries(DAMAGES)) {
    if (!name.includes(options.only)) continue;
    for (let time = 1; time <= Number(options.times); time += 1) {
      const { found, what } = await drawLoss(damage, before);
      if (!found) {
        sum.unharmed += 1;
        console.log(`${name.padEnd(25)}  nothing lost in ${MOST_DRAWS} draws`);
        continue;
      }
      sum.rounds += 1;
      told[found.when] += 1;
      if (found.screen === 'first-start') sum.firstStarts += 1;
      if (found.recovered !== null) back.restored += 1;
      // Nothing that was brought back counts as nothing, not as a round without a result.
      const isPoor = found.lost > 0 && (found.recovered ?? 0) < LEAST_RECOVERED;
      if (isPoor) back.poor += 1;
      console.log(
        [
          name.padEnd(25),
          found.screen.padEnd(11),
          String(found.lost).padStart(5),
          (found.when === 'never' ? 'NEVER' : found.when).padEnd(7),
          found.recovered === null ? '-' : `${(found.recovered * 100).toFixed(1)} %`,
          what,
          sumOf(found.missing) > 0 ? JSON.stringify(found.missing) : '',
        ].join('  '),
      );
    }
  }
  console.log(
    `\n${sum.rounds} damaged profiles: ${told.start} noticed with the first screen, ` +
      `${told.soon} soon after it by the app itself, ${told.read} ONLY WHEN READ, ` +
      `${told.never} lost rows in silence, ${sum.firstStarts} silent first starts. ` +
      `${sum.redrawn} draws lost nothing and do not count, ${sum.unharmed} rounds without a loss. ` +
      `${back.restored} restored, ${back.poor} with less than 99 % of the snapshot or not at all.`,
  );
  const bad = told.read + told.never + sum.firstStarts + sum.unharmed + back.poor;
  if (bad > 0 || back.restored === 0) process.exitCode = 1;
} finally {
  await server.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  rmSync(outDir, { recursive: true, force: true });
}
