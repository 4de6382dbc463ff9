/**
 * Which Chromium the tests use: the one named by PLAYWRIGHT_CHROMIUM, else Playwright's own when it
 * was downloaded, else one that the system has.
 */
import { existsSync } from 'node:fs';

/** The headless shell first: the same engine without the windows, at half the CPU of a page opened. */
const SYSTEM_BROWSERS = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Path of Playwright's own Chromium, whether it is there or not; undefined when Playwright is not installed. */
async function bundledPath() {
  try {
    const { chromium } = await import('playwright');
    return chromium.executablePath();
  } catch {
    return undefined;
  }
}

/**
 * What to pass as `executablePath`: undefined means Playwright's own.
 * @throws Error when PLAYWRIGHT_CHROMIUM names a file that is not there, or no Chromium is found.
 */
export async function chromiumPath() {
  const named = process.env['PLAYWRIGHT_CHROMIUM'];
  if (named) {
    if (!existsSync(named))
      throw new Error(`PLAYWRIGHT_CHROMIUM names ${named}, which is not there.`);
    return named;
  }
  const bundled = await bundledPath();
  if (bundled && existsSync(bundled)) return undefined;
  const system = SYSTEM_BROWSERS.find((path) => existsSync(path));
  if (!system) throw new Error('No Chromium found.');
  return system;
}

/** Whether {@link chromiumPath} would find one. */
export async function hasChromium() {
  try {
    await chromiumPath();
    return true;
  } catch {
    return false;
  }
}

const isRoot = process.getuid?.() === 0;

/** Arguments every launch needs: quiet in a closed network, no sandbox only where root leaves no choice. */
export const chromiumArgs = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  ...(isRoot ? ['--no-sandbox'] : []),
];
