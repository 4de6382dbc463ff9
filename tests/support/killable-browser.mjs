/** A Chromium of our own making, so that it can be killed like a machine that loses its power. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { chromium } from 'playwright';
import { chromiumArgs, chromiumPath } from '../../scripts/browser.mjs';

const [START_LIMIT_MS, CLOSE_LIMIT_MS] = [20_000, 60_000];

/**
 * @typedef {object} KillableBrowser
 * @property {import('playwright').Page} page  its one page
 * @property {() => number} kill  SIGKILL to all of its processes at once; gives the time, epoch ms
 * @property {() => Promise<void>} gone  resolves when none of them is left
 * @property {() => Promise<void>} close  the gentle end
 */

/**
 * Starts a headless browser on a profile that may have been used before. Every process it starts
 * belongs to one process group, and the kill is one signal to the group.
 * @returns {Promise<KillableBrowser>}
 */
export async function launchKillable(/** @type {string} */ profile) {
  const portFile = path.join(profile, 'DevToolsActivePort');
  rmSync(portFile, { force: true });
  const child = spawn(
    (await chromiumPath()) ?? chromium.executablePath(),
    [
      ...chromiumArgs,
      '--headless=new',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      '--accept-lang=en-US',
      '--password-store=basic',
      '--use-mock-keychain',
      '--window-size=1280,800',
      'about:blank',
    ],
    { detached: process.platform !== 'win32', stdio: 'ignore' },
  );
  const { pid } = child;
  if (pid === undefined) throw new Error('the browser did not start');
  const signal = (/** @type {string | number} */ name) => signalGroup(pid, name);
  const endWithUs = () => void signal('SIGKILL');
  process.once('exit', endWithUs);
  child.once('exit', () => process.off('exit', endWithUs));

  const gone = async () => {
    while (signal(0)) await pause(5);
  };
  const browser = await chromium.connectOverCDP(await readAddress(portFile));
  const [context] = browser.contexts();
  if (!context) throw new Error('the browser has no window');
  return {
    page: context.pages()[0] ?? (await context.newPage()),
    kill: () => {
      signal('SIGKILL');
      return Date.now();
    },
    gone,
    close: async () => {
      const session = await browser.newBrowserCDPSession();
      await session.send('Browser.close').catch(() => undefined);
      // What the page noted in localStorage reaches the disk only now, on a busy machine after seconds.
      await Promise.race([gone(), pause(CLOSE_LIMIT_MS)]);
      signal('SIGKILL');
      await gone();
    },
  };
}

/** @returns whether there was anybody to hear it */
function signalGroup(/** @type {number} */ pid, /** @type {string | number} */ name) {
  if (process.platform === 'win32') {
    const args = name === 0 ? ['/FI', `PID eq ${pid}`] : ['/T', '/F', '/PID', String(pid)];
    const { stdout } = spawnSync(name === 0 ? 'tasklist' : 'taskkill', args, { encoding: 'utf8' });
    return stdout.includes(` ${pid} `);
  }
  try {
    process.kill(-pid, name);
    return true;
  } catch {
    return false;
  }
}

/** Where the browser listens: it writes port and path into its profile. */
async function readAddress(/** @type {string} */ portFile) {
  const until = Date.now() + START_LIMIT_MS;
  while (Date.now() < until) {
    const [port, route] = existsSync(portFile) ? readFileSync(portFile, 'utf8').split('\n') : [];
    if (port && route) return `ws://127.0.0.1:${port}${route}`;
    await pause(20);
  }
  throw new Error('the browser did not open its debugging port');
}
