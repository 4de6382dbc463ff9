/**
 * `node tests/kill/restore.mjs [--rounds 30] [--seed 1]`: kills the browser again and again while
 * backups are restored, and looks whether the old or the new data are there, whole. Ends with 1 when
 * any were mixed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build, preview } from 'vite';
import { createRandom } from '../support/kill-rounds.mjs';
import { launchKillable } from '../support/killable-browser.mjs';

/** @typedef {import('../support/restore-page/main.ts').Sight} Sight */

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
  },
});

const PATIENCE_MS = 30_000;

/**
 * Where a round is killed: somewhere in the whole work, or just after the person said yes.
 * @type {readonly { step: 'stage' | 'commit', mostMs: number }[]}
 */
const MOMENTS = [
  { step: 'stage', mostMs: 1500 },
  { step: 'commit', mostMs: 60 },
  { step: 'commit', mostMs: 250 },
];

/** The number of a state; 0 where nothing is live. */
const markOf = (/** @type {Sight} */ { marks }) => Number(marks[0]?.replace('mark ', '') ?? 0);

/** Whether a mark is merged into the state before; it keeps the files and documents of that. */
const isMerge = (/** @type {number} */ mark) => mark % 4 === 3;

/**
 * What is wrong with what is live; nothing when it is one whole state.
 * @param atLeast The last mark of which a page heard that it is live: an older one, or none, is a loss.
 */
function problemsOf(/** @type {Sight} */ sight, /** @type {number} */ atLeast) {
  const problems = [];
  if (markOf(sight) < atLeast) problems.push(`mark ${atLeast} was live and is lost`);
  if (sight.marks.length > 1) problems.push(`mixed: ${sight.marks.join(', ')}`);
  const isEmpty = sight.conversations === 0 && sight.messages === 0;
  if (!isEmpty && (sight.conversations !== 4 || sight.messages !== 400)) {
    problems.push(`${sight.conversations} conversations, ${sight.messages} messages`);
  }
  const mark = markOf(sight);
  const kept = isMerge(mark) ? [mark - 1, mark] : [mark];
  const marks = isEmpty ? [] : kept.map((each) => `mark ${each}`).sort();
  const isOwn = [sight.attachmentMarks, sight.documentMarks].every(
    (found) => found.join() === marks.join(),
  );
  if (!isOwn || sight.attachments !== 4 * marks.length) {
    problems.push(
      `${sight.attachments} attachments of ${sight.attachmentMarks.join(', ')}, documents of ${sight.documentMarks.join(', ')}`,
    );
  }
  if (!sight.isFilled) problems.push('an attachment or a document is not whole');
  if (!sight.isCounted) problems.push('wrong counters');
  if (sight.databases > 0) problems.push(`${sight.databases} databases left over`);
  return problems;
}

/** A harness that cannot fail proves nothing. */
function requireWatchful() {
  const whole = {
    marks: ['mark 1'],
    conversations: 4,
    messages: 400,
    attachmentMarks: ['mark 1'],
    documentMarks: ['mark 1'],
    attachments: 4,
    isFilled: true,
    isCounted: true,
    databases: 0,
  };
  /** @type {readonly Partial<Sight>[]} */
  const damages = [
    { marks: ['mark 1', 'mark 2'] },
    { messages: 399 },
    { attachmentMarks: [], attachments: 0 },
    { attachments: 3 },
    { documentMarks: ['mark 1', 'mark 2'] },
    { isFilled: false },
    { isCounted: false },
    { databases: 1 },
  ];
  const damaged = damages.map((damage) => problemsOf({ ...whole, ...damage }, 1));
  damaged.push(
    problemsOf(whole, 2),
    problemsOf({ ...whole, marks: [], conversations: 0, messages: 0 }, 1),
  );
  const isBlind = damaged.some((problems) => problems.length === 0);
  if (isBlind || problemsOf(whole, 1).length > 0) throw new Error('the harness sees nothing');
}

requireWatchful();
const configFile = fileURLToPath(new URL('restore.vite.config.ts', import.meta.url));
await build({ configFile });
const server = await preview({ configFile });
const url = server.resolvedUrls?.local[0] ?? '';
const profile = mkdtempSync(path.join(tmpdir(), 'onggi-kill-restore-'));
const random = createRandom(Number(options.seed));
let bad = 0;
let lastMark = 0;
/** The last mark that is known to be live. */
let live = 0;
try {
  for (let round = 1; round <= Number(options.rounds); round += 1) {
    const browser = await launchKillable(profile);
    const moment = MOMENTS[round % MOMENTS.length] ?? MOMENTS[0];
    if (!moment) throw new Error('no moment');
    // Some restores go through first, so that there is an old state of their making.
    let toPass = 1 + Math.floor(random() * 3);
    /** @type {(reached: boolean) => void} */
    let reach = () => undefined;
    const reached = new Promise((resolve) => (reach = resolve));
    await browser.page.exposeFunction('onStep', (/** @type {string} */ step) => {
      if (step === 'committed') live += 1;
      if (step === moment.step) toPass -= 1;
      if (toPass === 0) reach(true);
    });
    await browser.page.goto(url);
    await browser.page.waitForFunction(() => 'killPage' in window);
    const running = browser.page
      .evaluate((first) => window.killPage.run(first), lastMark + 1)
      .catch(() => undefined);
    await Promise.race([reached, pause(PATIENCE_MS)]);
    await pause(random() * moment.mostMs);
    browser.kill();
    await running;
    await browser.gone();

    const again = await launchKillable(profile);
    await again.page.goto(url);
    await again.page.waitForFunction(() => 'killPage' in window);
    const sight = await again.page.evaluate(() => window.killPage.look());
    await again.close();
    const problems = problemsOf(sight, live);
    if (problems.length > 0) bad += 1;
    lastMark = Math.max(lastMark, markOf(sight));
    live = lastMark;
    console.log(
      `${String(round).padStart(3)}  ${moment.step.padEnd(7)} live: ${sight.marks.join(', ') || 'empty'}  ${problems.join('; ')}`,
    );
  }
  console.log(`\n${options.rounds} kills of a restore, ${bad} rounds with mixed or lost data.`);
  if (bad > 0) process.exitCode = 1;
} finally {
  await server.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  rmSync(fileURLToPath(new URL('../../dist-kill-restore', import.meta.url)), {
    recursive: true,
    force: true,
  });
}
