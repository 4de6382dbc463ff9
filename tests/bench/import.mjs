/**
 * `node tests/bench/import.mjs [megabytes]`: imports a generated ChatGPT export (200 MB) in a headless
 * Chromium while keys are pressed ten times a second. Prints the seconds, the live heap of the worker
 * after forced garbage collections and the heap of the page (goal: at most 150 MB more than before), and how
 * long key presses waited (goal: 100 ms).
 */
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { chromiumArgs, chromiumPath } from '../../scripts/browser.mjs';

/** @typedef {import('./page/import/import-bench.ts').ImportBench} ImportBench */

const MB = 1e6;
const megabytes = Number(process.argv[2] ?? 200);
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
  const size = await page.evaluate((bytes) => window.importBench.make(bytes), megabytes * MB);
  const readHeap = await createHeapReader(await page.context().newCDPSession(page));
  const before = await readHeap();
  const running = page.evaluate(() => window.importBench.run());
  const state = { isDone: false };
  void running.finally(() => (state.isDone = true)).catch(() => undefined);
  const peak = { workerBytes: 0, pageBytes: 0 };
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
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  const result = await running;
  await typing;
  const { handled, shown } = result.waits;
  console.log(
    JSON.stringify(
      {
        megabytes: Math.round(size / MB),
        conversations: result.conversations,
        messages: result.messages,
        seconds: Number(result.seconds.toFixed(1)),
        againSeconds: Number(result.againSeconds.toFixed(1)),
        workerLiveHeapMb: Number((peak.workerBytes / MB).toFixed(1)),
        pageHeapGrowthMb: Number(((peak.pageBytes - before.pageBytes) / MB).toFixed(1)),
        keysPressed: handled.length,
        handledMs: {
          p50: percentile(handled, 0.5),
          p99: percentile(handled, 0.99),
          max: Math.max(...handled),
        },
        shownMs: {
          p50: percentile(shown, 0.5),
          p99: percentile(shown, 0.99),
          max: Math.max(...shown),
        },
      },
      null,
      2,
    ),
  );
} finally {
  await browser.close();
  await server.close();
}
