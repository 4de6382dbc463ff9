import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

interface Entry {
  version?: string;
  resolved?: string;
  optionalDependencies?: Record<string, string>;
}

let project: string;
beforeEach(() => {
  project = mkdtempSync(path.join(tmpdir(), 'onggi-lock-'));
});
afterEach(() => {
  rmSync(project, { recursive: true });
});

const MANIFEST = { dependencies: { a: '1.0.0' }, devDependencies: { b: '^2.0.0' } };
const LOCK: Record<string, Entry> = {
  '': {},
  'node_modules/a': { version: '1.0.0', optionalDependencies: { 'a-linux': '1.0.0' } },
  'node_modules/a/node_modules/a-linux': { version: '1.0.0' },
  'node_modules/b': { version: '2.3.4' },
};

/** Runs the check on a lock in which `changed` differs from a sound one. */
function lockcheck(changed: Record<string, Entry | undefined>) {
  writeFileSync(path.join(project, 'package.json'), JSON.stringify(MANIFEST));
  const packages = { ...LOCK, ...changed };
  writeFileSync(path.join(project, 'package-lock.json'), JSON.stringify({ packages }));
  const script = path.resolve('scripts/lockcheck.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script], {
    cwd: project,
    encoding: 'utf8',
  });
  return { status, problems: stderr.trim().split('\n').slice(1) };
}

test('accepts a sound lock', () => {
  expect(lockcheck({})).toEqual({ status: 0, problems: [] });
});

/** What is wrong, what differs, what is said. */
const DOCTORED: [string, Record<string, Entry | undefined>, string][] = [
  ['an entry without a version', { 'node_modules/c': {} }, 'node_modules/c: no version'],
  [
    'a download address',
    { 'node_modules/b': { version: '2.3.4', resolved: 'https://registry.example/b.tgz' } },
    'node_modules/b: has a download address ("resolved")',
  ],
  [
    'a platform package that was left out silently',
    { 'node_modules/a/node_modules/a-linux': undefined },
    'node_modules/a: its optional a-linux is missing from the lock',
  ],
  [
    'another version than package.json pins',
    { 'node_modules/a': { version: '1.0.1' } },
    'a: package.json says 1.0.0, the lock 1.0.1',
  ],
  ['a dependency that is not locked', { 'node_modules/b': undefined }, 'b: not in the lock'],
];

test.each(DOCTORED)('refuses %s', (_name, changed, problem) => {
  expect(lockcheck(changed)).toEqual({ status: 1, problems: [problem] });
});
