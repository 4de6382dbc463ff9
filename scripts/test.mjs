/**
 * `npm test`: runs every step, whatever fails, and ends with the line "N passed, N failed". The tests wait
 * half of their time, for timers and for the disk: the checks of the code run beside them in what is left.
 * Each check counts as one test; unit and end-to-end tests are counted by their own reports.
 * `node scripts/test.mjs check` (or any names of steps or groups) runs only those.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PROGRESS_FILE } from './unit-progress.mjs';

/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 * @typedef {{
 *   name: string, group: string, commands: string[][], minutes: number,
 *   env?: Record<string, string>, count?: () => Counts, progress?: string
 * }} Step  `commands` are files of node_modules or scripts with their arguments, run one after the
 *   other; `count` reads the report of a step that holds many tests, `progress` is a file that says what
 *   has not ended.
 */

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const reports = mkdtempSync(path.join(tmpdir(), 'onggi-test-'));
const unitReport = path.join(reports, 'unit.json');
const unitProgress = path.join(reports, 'unit-progress.txt');
const e2eReport = path.join(reports, 'e2e.json');
const svelteCheck = 'node_modules/svelte-check/bin/svelte-check';
const tsc = 'node_modules/typescript/bin/tsc';
const vitest = 'node_modules/vitest/vitest.mjs';

/** Programs that see a pipe leave colours out unless told. @type {Record<string, string>} */
const COLOURS = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};

/** A third of what a test gets: with less they would not end in time where much else is going on. */
const BESIDE_TESTS = 5;

/** They need nothing of each other. @type {Step[]} */
const CHECKS = [
  check('types', [
    [svelteCheck, '--tsconfig', './tsconfig.json', '--fail-on-warnings'],
    [tsc, '-p', 'src/tsconfig.worker.json'],
    [tsc, '-p', 'tests/tsconfig.node.json'],
  ]),
  check('lint', [['node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0']]),
  check('format', [['node_modules/prettier/bin/prettier.cjs', '--check', '.']]),
  check('unused', [['node_modules/knip/bin/knip.js']]),
  check('lock', [['scripts/lockcheck.mjs']]),
];

/** In this order, one after the other. @type {Step[]} */
const TESTS = [
  {
    name: 'unit',
    group: 'unit',
    commands: [
      [
        ...[vitest, 'run', '--project=node', '--project=browser'],
        ...['--reporter=default', '--reporter=./scripts/unit-progress.mjs'],
        ...['--reporter=json', `--outputFile.json=${unitReport}`],
      ],
    ],
    env: { [PROGRESS_FILE]: unitProgress },
    minutes: 25,
    count: () => countUnit(unitReport),
    progress: unitProgress,
  },
  {
    name: 'build',
    group: 'build',
    commands: [['node_modules/vite/bin/vite.js', 'build'], ['scripts/size.mjs']],
    minutes: 5,
  },
  {
    name: 'e2e',
    group: 'e2e',
    commands: [
      [
        'node_modules/@playwright/test/cli.js',
        'test',
        '--config=tests/e2e/playwright.config.ts',
        '--project=chromium',
        '--reporter=list,json',
      ],
    ],
    env: {
      PLAYWRIGHT_JSON_OUTPUT_FILE: e2eReport,
      // Only a run of all steps has built what is here now.
      ...(process.argv.length === 2 ? { ONGGI_IS_BUILT: '1' } : {}),
    },
    minutes: 30,
    count: () => countEndToEnd(e2eReport),
  },
];

/** @returns {Step} */
function check(/** @type {string} */ name, /** @type {string[][]} */ commands) {
  return { name, group: 'check', commands, minutes: 40 };
}

/**
 * A file that could not be loaded holds no tests and counts as one failure.
 * @returns {Counts}
 */
function countUnit(/** @type {string} */ file) {
  /**
   * @type {{
   *   numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
   *   testResults: { status: string, assertionResults: object[] }[]
   * }}
   */
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** A test that passed at a second try is in the list above; it counts as passed. @returns {Counts} */
function countEndToEnd(/** @type {string} */ file) {
  /** @type {{ stats: { expected: number, unexpected: number, flaky: number, skipped: number } }} */
  const { stats } = JSON.parse(readFileSync(file, 'utf8'));
  return {
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
    skipped: stats.skipped,
  };
}

/** Prints the lines of a stream as they come, each behind the name of its step. */
function printLines(
  /** @type {string} */ name,
  /** @type {import('node:stream').Readable} */ stream,
) {
  const lines = createInterface({ input: stream });
  lines.on('line', (line) => {
    console.log(`${name.padEnd(6)} | ${line}`);
  });
  return new Promise((resolve) => lines.once('close', resolve));
}

/** A system that refuses runs it as it is. */
function lowerPriority(/** @type {number} */ pid, /** @type {number} */ priority) {
  try {
    setPriority(pid, priority);
  } catch {
    // It only takes longer.
  }
}

/** Says what has not ended of a step that is ended by force: without it a run that hangs tells nothing. */
function printProgress(/** @type {Step} */ { name, progress }) {
  if (progress === undefined || !existsSync(progress)) return;
  for (const line of readFileSync(progress, 'utf8').split('\n')) {
    console.log(`${name.padEnd(6)} | ${line.replace(`${root}${path.sep}`, '')}`);
  }
}

/** Runs one command. @returns {Promise<boolean>} whether it ended well in time */
async function run(
  /** @type {Step} */ step,
  /** @type {string[]} */ command,
  /** @type {number} */ until,
  /** @type {number} */ priority,
) {
  const child = spawn(process.execPath, command, {
    cwd: root,
    env: { ...process.env, ...COLOURS, ...step.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (priority !== 0 && child.pid !== undefined) lowerPriority(child.pid, priority);
  const timer = setTimeout(() => {
    console.log(`${step.name.padEnd(6)} | ended: more than ${step.minutes} minutes`);
    printProgress(step);
    child.kill();
    setTimeout(() => child.kill('SIGKILL'), 5000).unref();
  }, until - Date.now());
  const printed = [printLines(step.name, child.stdout), printLines(step.name, child.stderr)];
  const code = await new Promise((resolve) => child.once('exit', resolve));
  clearTimeout(timer);
  // A grandchild that holds the pipe open must not hold up the steps that follow.
  await Promise.race([Promise.all(printed), new Promise((resolve) => setTimeout(resolve, 2000))]);
  child.stdout.destroy();
  child.stderr.destroy();
  return code === 0;
}

/** @returns {Promise<Counts & { name: string, seconds: number }>} */
async function runStep(/** @type {Step} */ step, priority = 0) {
  const start = Date.now();
  let isGood = true;
  for (const command of step.commands) {
    const isDone = await run(step, command, start + step.minutes * 60_000, priority);
    isGood &&= isDone;
  }
  const counts = countStep(step, isGood);
  return { name: step.name, seconds: (Date.now() - start) / 1000, ...counts };
}

/** @returns {Counts} */
function countStep(/** @type {Step} */ step, /** @type {boolean} */ isGood) {
  const one = { passed: isGood ? 1 : 0, failed: isGood ? 0 : 1, skipped: 0 };
  if (!step.count) return one;
  try {
    const counts = step.count();
    // It failed outside of any test (an unhandled error, a server that did not start), or ran none.
    const hasHiddenFailure = !isGood && counts.failed === 0;
    const isEmpty = counts.passed + counts.failed === 0;
    return hasHiddenFailure || isEmpty ? { ...counts, failed: counts.failed + 1 } : counts;
  } catch {
    console.log(`${step.name.padEnd(6)} | no report was written`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

/** "3 passed, 1 failed", and the skipped ones when there are any. */
function countsToText(/** @type {Counts} */ { passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** Runs steps one after the other. @returns their results, in this order */
async function runInOrder(/** @type {Step[]} */ steps, priority = 0) {
  const results = [];
  for (const step of steps) results.push(await runStep(step, priority));
  return results;
}

const wanted = process.argv.slice(2);
/** The steps that were asked for; all when none was named. */
const wantedOf = (/** @type {Step[]} */ steps) =>
  steps.filter(
    ({ name, group }) => wanted.length === 0 || wanted.includes(name) || wanted.includes(group),
  );
const [checks, tests] = [wantedOf(CHECKS), wantedOf(TESTS)];
const results = (
  await Promise.all(
    tests.length === 0
      ? checks.map((step) => runInOrder([step]))
      : [runInOrder(checks, BESIDE_TESTS), runInOrder(tests)],
  )
).flat();
rmSync(reports, { recursive: true, force: true });

console.log('');
for (const result of results) {
  const mark = result.failed > 0 ? 'FAIL' : 'ok  ';
  console.log(
    `${mark} ${result.name.padEnd(6)} ${result.seconds.toFixed(1).padStart(6)} s  ${countsToText(result)}`,
  );
}
const total = { passed: 0, failed: 0, skipped: 0 };
for (const { passed, failed, skipped } of results) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}
if (total.failed > 0 || total.passed === 0) process.exitCode = 1;
console.log(`\n${countsToText(total)}`);
