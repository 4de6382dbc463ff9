/**
 * Makes a fresh clone ready: checks Node, installs what the lockfile names when it is not there
 * yet and, with --browser, gets a Chromium for the tests. Node built-ins only; does nothing when all is there.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Ends with a sentence for the person. */
function stop(/** @type {string[]} */ ...lines) {
  console.error(lines.join('\n'));
  process.exit(1);
}

/** Runs a program in the project's folder. @returns whether it ended well */
function run(/** @type {string} */ program, /** @type {string[]} */ args, env = {}) {
  const options = {
    cwd: root,
    stdio: /** @type {const} */ ('inherit'),
    env: { ...process.env, ...env },
  };
  return spawnSync(program, args, options).status === 0;
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fits = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24;
  if (!fits)
    stop(`onggi needs Node 20.19, 22.12 or 24 and later; this is ${process.versions.node}.`);
}

/** @returns {Record<string, { version?: string, optional?: boolean }>} */
function readPackages(/** @type {string} */ file) {
  const full = path.join(root, file);
  if (!existsSync(full)) return {};
  return JSON.parse(readFileSync(full, 'utf8')).packages ?? {};
}

function isInstalled() {
  const installed = readPackages('node_modules/.package-lock.json');
  return Object.entries(readPackages('package-lock.json')).every(
    ([name, entry]) =>
      name === '' || entry.optional === true || installed[name]?.version === entry.version,
  );
}

function install() {
  if (isInstalled()) return;
  console.log('Installing packages (once) …');
  const npm = process.env['npm_execpath'];
  const env = { PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' };
  const args = ['ci', '--no-audit', '--no-fund'];
  const isDone = npm ? run(process.execPath, [npm, ...args], env) : run('npm', args, env);
  if (!isDone) stop('npm ci did not finish: see the lines above.');
}

async function ensureBrowser() {
  const { hasChromium } = await import('./browser.mjs');
  if (await hasChromium()) return;
  console.log('No Chromium found. Asking Playwright for its own …');
  run(process.execPath, ['node_modules/playwright/cli.js', 'install', 'chromium']);
  if (await hasChromium()) return;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log('Installing Debian’s headless Chromium and fonts-noto-cjk …');
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    run('apt-get', ['update', '-qq'], env);
    // Older releases have no package of the shell alone.
    ['chromium-headless-shell', 'chromium'].some((browser) =>
      run('apt-get', ['install', '-y', '-qq', browser, 'fonts-noto-cjk'], env),
    );
  }
  if (await hasChromium()) return;
  stop(
    'The tests need a Chromium and none could be installed.',
    'Install one: "npx playwright install chromium", or your system’s chromium package.',
    'Or name one: PLAYWRIGHT_CHROMIUM=/path/to/chrome npm test',
  );
}

checkNode();
install();
if (process.argv.includes('--browser')) await ensureBrowser();
