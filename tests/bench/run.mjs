/**
 * `npm run bench [-- --rows 1,4] [--quick] [--disk]`: measures what PERFORMANCE promises in a headless
 * Chromium with a fresh profile, prints a table and writes bench/results.json. It is a report: a
 * missed goal is said in the table and does not fail the command.
 *
 * By default the profile is one that Chromium keeps in memory, where every call of the file system goes
 * to another process; with `--disk` it lies in a temporary folder, as a person's does.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { chromiumArgs, chromiumPath } from '../../scripts/browser.mjs';
import { createConformanceServer } from '../support/conformance-server.mjs';
import { appRowNumbers, measureAppRows } from './app-rows.mjs';
import { isReached, printTable } from './print-lines.mjs';

/** @typedef {import('./page/bench-line.ts').BenchLine} BenchLine */
/** @typedef {import('./page/bench-line.ts').CpuTimes} CpuTimes */

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string' },
    quick: { type: 'boolean', default: false },
    disk: { type: 'boolean', default: false },
  },
});
const configFile = fileURLToPath(new URL('vite.config.ts', import.meta.url));
const results = new URL('../../bench/results.json', import.meta.url);

/** CPU of the page's main thread and of the whole browser, in milliseconds. */
async function createCpuReader(
  /** @type {import('playwright').Page} */ page,
  /** @type {import('playwright').Browser} */ browser,
) {
  const forPage = await page.context().newCDPSession(page);
  const forBrowser = await browser.newBrowserCDPSession();
  // TaskDuration follows the clock of the thread, not of the wall: a busy machine does not add to it.
  await forPage.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await forPage.send('Performance.getMetrics');
    const { processInfo } = await forBrowser.send('SystemInfo.getProcessInfo');
    const seconds = metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
    const all = processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
    return { mainMs: seconds * 1000, browserMs: all * 1000 };
  };
}

/**
 * Memory of the page's processes that nothing else has, in bytes, as Linux counts it (`RssAnon`): the heaps
 * and WebAssembly of the page and its workers. NaN elsewhere.
 */
async function createMemoryReader(/** @type {import('playwright').Browser} */ browser) {
  const session = await browser.newBrowserCDPSession();
  return async () => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const renderers = processInfo.filter(({ type }) => type === 'renderer');
    if (process.platform !== 'linux') return Number.NaN;
    const sizes = renderers.map(({ id }) => {
      const status = readFileSync(`/proc/${id}/status`, 'utf8');
      return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
    });
    return sizes.reduce((sum, size) => sum + size, 0);
  };
}

/** @returns {Promise<BenchLine[]>} */
async function measure(/** @type {string} */ url, /** @type {string} */ endpointUrl) {
  const executablePath = await chromiumPath();
  const launch = {
    ...(executablePath ? { executablePath } : {}),
    args: [...chromiumArgs, '--js-flags=--expose-gc', '--enable-precise-memory-info'],
  };
  const folder = options.disk ? mkdtempSync(join(tmpdir(), 'onggi-bench-')) : undefined;
  const opened = folder
    ? await chromium.launchPersistentContext(folder, launch)
    : await chromium.launch(launch);
  const browser = 'browser' in opened ? opened.browser() : opened;
  if (!browser) throw new Error('no browser');
  try {
    const page = await opened.newPage();
    page.on('console', (message) => console.error(`page: ${message.text()}`));
    page.on('pageerror', (error) => console.error(`page: ${error.message}`));
    await page.exposeFunction('readMemory', await createMemoryReader(browser));
    await page.exposeFunction('readCpu', await createCpuReader(page, browser));
    await page.goto(url);
    await page.waitForFunction(() => 'bench' in window);
    const inPage = await page.evaluate(() => window.bench.rowNumbers);
    const known = [...inPage, ...appRowNumbers];
    const wanted = options.rows?.split(',').map(Number) ?? known;
    const unknown = wanted.filter((row) => !known.includes(row));
    if (unknown.length > 0)
      throw new Error(`no row ${unknown.join(', ')}; there are ${known.join(', ')}`);
    /** @type {BenchLine[]} */
    const lines = [];
    for (const row of inPage.filter((number) => wanted.includes(number))) {
      const start = Date.now();
      const run = { row, isQuick: options.quick, endpointUrl };
      lines.push(...(await page.evaluate((asked) => window.bench.runRow(asked.row, asked), run)));
      console.log(`row ${row} took ${((Date.now() - start) / 1000).toFixed(0)} s`);
    }
    const inApp = appRowNumbers.filter((number) => wanted.includes(number));
    if (inApp.length > 0) {
      const app = await opened.newPage();
      lines.push(...(await measureAppRows(app, inApp, { isQuick: options.quick, endpointUrl })));
    }
    return lines;
  } finally {
    await opened.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  }
}

const loadBefore = loadavg()[0] ?? 0;
await build({ configFile });
const server = await preview({ configFile });
const endpoint = await createConformanceServer({ apiKey: undefined });
try {
  const lines = await measure(server.resolvedUrls?.local[0] ?? '', endpoint.localhostUrl);
  const load = { before: loadBefore, after: loadavg()[0] ?? 0, cores: cpus().length };
  const isBusy = Math.max(load.before, load.after - 1) > load.cores / 2;
  console.log('');
  printTable(lines);
  const missed = lines.filter((line) => !isReached(line)).map(({ row }) => row);
  console.log(
    `\n${missed.length === 0 ? 'All goals reached' : `MISSED: ${missed.join(', ')}`}` +
      `${options.quick ? ', but this was a quick run: its figures say little' : ''}.`,
  );
  console.log(
    `Load ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after, ${load.cores} cores` +
      `${isBusy ? ': the machine was busy, times are long and ratios less sure' : ''}.`,
  );
  mkdirSync(new URL('.', results), { recursive: true });
  const report = {
    at: new Date().toISOString(),
    isQuick: options.quick,
    isOnDisk: options.disk,
    load,
    lines,
  };
  writeFileSync(results, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  await endpoint.close();
  await server.close();
}
