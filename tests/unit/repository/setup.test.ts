import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** A copy of the scripts in a project without packages, where npm, Playwright and apt-get are ours. */
let project: string;
const file = (name: string) => path.join(project, name);
/** The only Chromium that the copy may find. */
const browser = () => file('chromium');

beforeEach(() => {
  project = mkdtempSync(path.join(tmpdir(), 'onggi-setup-'));
  for (const name of ['setup.mjs', 'browser.mjs'])
    cpSync(`scripts/${name}`, file(`scripts/${name}`));
  mkdirSync(file('node_modules/playwright'), { recursive: true });
  mkdirSync(file('bin'));
  writeLock('package-lock.json', {});
  writeLock('node_modules/.package-lock.json', {});
  writeTool('node_modules/playwright/cli.js', 'playwright');
  writeTool('npm.mjs', 'npm');
  writeFileSync(
    file('bin/apt-get'),
    `#!/bin/sh\necho "apt-get $*" >> '${file('calls')}'\nexit 1\n`,
  );
  chmodSync(file('bin/apt-get'), 0o755);
});

afterEach(() => {
  rmSync(project, { recursive: true });
});

function writeLock(
  name: string,
  packages: Record<string, { version: string; optional?: boolean }>,
) {
  writeFileSync(file(name), JSON.stringify({ packages: { '': {}, ...packages } }));
}

/** A program that notes how it was called, and then runs `code`. */
function writeTool(name: string, called: string, code = 'process.exitCode = 1;') {
  writeFileSync(
    file(name),
    `const fs = process.getBuiltinModule('node:fs');
     fs.appendFileSync(${JSON.stringify(file('calls'))}, ['${called}', ...process.argv.slice(2)].join(' ') + '\\n');
     ${code}`,
  );
}

const calls = () =>
  existsSync(file('calls')) ? readFileSync(file('calls'), 'utf8').trim().split('\n') : [];

function setup(args: string[] = ['--browser'], nodeArgs: string[] = []) {
  const { status, stderr } = spawnSync(
    process.execPath,
    [...nodeArgs, 'scripts/setup.mjs', ...args],
    {
      cwd: project,
      encoding: 'utf8',
      env: { PATH: file('bin'), PLAYWRIGHT_CHROMIUM: browser(), npm_execpath: file('npm.mjs') },
    },
  );
  return { status, lines: stderr.trim().split('\n') };
}

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Record<string, string>;
};
const needsBrowser = Object.keys(scripts).filter((name) => /^(test|bench)(:|$)/.test(name));

test.each(needsBrowser)('%s sets a fresh clone up before it runs', (name) => {
  expect(scripts[`pre${name}`]).toBe('node scripts/setup.mjs --browser');
});

test('does nothing when everything is there', () => {
  writeFileSync(browser(), '');
  expect(setup()).toEqual({ status: 0, lines: [''] });
  expect(calls()).toEqual([]);
});

test('ends with three lines of what to do when no Chromium can be had', () => {
  const { status, lines } = setup();
  expect(status).toBe(1);
  expect(lines).toEqual([
    expect.stringMatching(/need a Chromium and none could be installed/),
    expect.stringMatching(/npx playwright install chromium/),
    expect.stringMatching(/PLAYWRIGHT_CHROMIUM=\S+ npm test/),
  ]);
  const isRoot = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  expect(calls()).toEqual([
    'playwright install chromium',
    ...(isRoot
      ? [
          'apt-get update -qq',
          'apt-get install -y -qq chromium-headless-shell fonts-noto-cjk',
          'apt-get install -y -qq chromium fonts-noto-cjk',
        ]
      : []),
  ]);
});

test('is content with the Chromium that Playwright downloads', () => {
  const download = `fs.writeFileSync(${JSON.stringify(browser())}, '');`;
  writeTool('node_modules/playwright/cli.js', 'playwright', download);
  expect(setup().status).toBe(0);
  expect(calls()).toEqual(['playwright install chromium']);
});

test('asks for no Chromium unless it is wanted', () => {
  expect(setup([]).status).toBe(0);
  expect(calls()).toEqual([]);
});

test.each([
  ['is missing', {}],
  ['has another version', { 'node_modules/a': { version: '1.0.0' } }],
])('installs when a package %s', (_name, installed) => {
  writeLock('package-lock.json', { 'node_modules/a': { version: '1.0.1' } });
  writeLock('node_modules/.package-lock.json', installed);
  writeTool('npm.mjs', 'npm', '');
  expect(setup([]).status).toBe(0);
  expect(calls()).toEqual(['npm ci --no-audit --no-fund']);
});

test('does not install for a package that only other systems need', () => {
  writeLock('package-lock.json', { 'node_modules/a': { version: '1.0.1', optional: true } });
  expect(setup([]).status).toBe(0);
  expect(calls()).toEqual([]);
});

test('ends when the packages cannot be installed', () => {
  writeLock('package-lock.json', { 'node_modules/a': { version: '1.0.1' } });
  const { status, lines } = setup([]);
  expect(status).toBe(1);
  expect(lines.at(-1)).toMatch(/npm ci did not finish/);
});

test('says in one sentence that Node is too old', () => {
  const old = `Object.defineProperty(process, 'versions', { value: { node: '20.18.3' } })`;
  const { status, lines } = setup(
    [],
    ['--import', `data:text/javascript,${encodeURIComponent(old)}`],
  );
  expect(status).toBe(1);
  expect(lines).toEqual([expect.stringMatching(/needs Node 20\.19, .* this is 20\.18\.3/)]);
});
