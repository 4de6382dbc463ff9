/**
 * `npm run bench:import [-- --megabytes 200] [-- --zip]`: imports a generated ChatGPT export, as JSON or as
 * the ZIP that ChatGPT gives, in a headless Chromium while keys are pressed ten times a second. Prints how
 * much the live heaps of the worker (after forced garbage collections) and of the page grew (goal: at most
 * 150 MB together), how long a key press waited until it was shown (goal: 100 ms), and the seconds. It is a
 * report: a missed goal is said in the table and does not fail the command.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { chromiumArgs, chromiumPath } from '../../scripts/browser.mjs';
import { isReached, printTable } from './print-lines.mjs';

/** @typedef {import('./page/import/import-bench.ts').ImportBench} ImportBench */

const MB = 1e6;
const { values: options } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '200' },
    zip: { type: 'boolean', default: false },
  },
});
const sizeBytes = Number(options.megabytes) * MB;
if (!(sizeBytes > 0)) throw new Error(`no size: ${options.megabytes}`);
const root = fileURLToPath(new URL('page/import', import.meta.url));
const outDir = fileURLToPath(new URL('../../bench/import-page', import.meta.url));

/** Speaks to the workers of a page over the page's own session. */
async function createHeapReader(/** @type {import('playwright').CDPSession} */ session) {
  /** @type {Map<number, (value: { usedSize: number } | undefined) => void>} */
  const waiting = new Map();
  /** @type {Set<string>} */
  const workers = new Set();
  let lastId = 0;
  session.on('Target.attachedToTarget', ({ sessionId }) => workers.add(sessionId));
  session.on('Target.detachedFromTarget', ({ sessionId }) => workers.delete(sessionId));
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    /** @type {unknown} */
    const parsed = JSON.parse(message);
    const answer = /** @type {{ id: number, result?: { usedSize: number } }} */ (parsed);
    waiting.get(answer.id)?.(answer.result);
  });
  await session.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  });
  /** @returns {Promise<{ usedSize: number } | undefined>} */
  const ask = (/** @type {string} */ sessionId, /** @type {string} */ method) => {
    lastId += 1;
    const id = lastId;
    const message = JSON.stringify({ id, method });
    return new Promise((resolve) => {
      waiting.set(id, resolve);
      setTimeout(() => resolve(undefined), 20_000);
      session
        .send('Target.sendMessageToTarget', { sessionId, message })
        .catch(() => resolve(undefined));
    });
  };
  return async () => {
    let workerBytes = 0;
    for (const sessionId of workers) {
      await ask(sessionId, 'HeapProfiler.collectGarbage');
      workerBytes += (await ask(sessionId, 'Runtime.getHeapUsage'))?.usedSize ?? 0;
    }
    // Not collected here: that would hold up the keys that are pressed meanwhile.
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    return { workerBytes, pageBytes: usedSize };
  };
}

const percentile = (/** @type {number[]} */ values, /** @type {number} */ part) =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? Number.NaN;

await build({
  configFile: false,
  root,
  logLevel: 'warn',
  build: { target: 'es2022', outDir, emptyOutDir: true },
  worker: { format: 'es' },
});
const server = await preview({
  configFile: false,
  root,
  build: { outDir },
  preview: { port: 4374 },
  logLevel: 'warn',
});
const executablePath = await chromiumPath();
const browser = await chromium.launch({
  ...(executablePath ? { executablePath } : {}),
  args: [...chromiumArgs],
});
try {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(`page: ${error.message}`));
  await page.goto('http://localhost:4374/');
  await page.waitForFunction(() => 'importBench' in window);
  const made = await page.evaluate((asked) => window.importBench.make(asked), {
    sizeBytes,
    isZip: options.zip,
  });
  const readHeap = await createHeapReader(await page.context().newCDPSession(page));
  const before = await readHeap();
  const running = page.evaluate(() => window.importBench.run());
  const state = { isDone: false };
  void running.finally(() => (state.isDone = true)).catch(() => undefined);
  const peak = { workerBytes: 0, pageBytes: 0, samples: 0 };
  const typing = (async () => {
    while (!state.isDone) {
      await page.keyboard.press('a');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  while (!state.isDone) {
    const now = await readHeap();
    peak.workerBytes = Math.max(peak.workerBytes, now.workerBytes);
    peak.pageBytes = Math.max(peak.pageBytes, now.pageBytes);
    peak.samples += 1;
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  const result = await running;
  await typing;
  const { handled, shown } = result.waits;
  const growth = peak.workerBytes - before.workerBytes + peak.pageBytes - before.pageBytes;
  const what = `${Math.round(sizeBytes / MB)} MB of JSON${options.zip ? ' in a ZIP' : ''}`;
  /** @type {import('./page/bench-line.ts').BenchLine[]} */
  const lines = [
    {
      row: 'import a',
      what: `${what}: live heap of worker and page, growth in MB`,
      unit: 'count',
      value: growth / MB,
      goal: 150,
      spread: null,
      n: peak.samples,
      note: `worker ${(peak.workerBytes / MB).toFixed(1)} MB at most`,
    },
    {
      row: 'import b',
      what: 'a key pressed meanwhile until it is shown, longest in ms',
      unit: 'count',
      value: Math.max(...shown),
      goal: 100,
      spread: [percentile(shown, 0.25), percentile(shown, 0.75)],
      n: shown.length,
      note: `handled within ${Math.round(Math.max(...handled))} ms, 99 of 100 within ${Math.round(percentile(handled, 0.99))}`,
    },
  ];
  console.log('');
  printTable(lines);
  const missed = lines.filter((line) => !isReached(line)).map(({ row }) => row);
  console.log(`\n${missed.length === 0 ? 'All goals reached' : `MISSED: ${missed.join(', ')}`}.`);
  console.log(
    `${result.conversations} conversations, ${result.messages} messages from ${(made / MB).toFixed(1)} MB in ` +
      `${result.seconds.toFixed(1)} s; once more, without a change, ${result.againSeconds.toFixed(1)} s.`,
  );
} finally {
  await browser.close();
  await server.close();
}
