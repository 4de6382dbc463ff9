import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('the type check finds the error in a module, in a script and in a template', () => {
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      'node_modules/svelte-check/bin/svelte-check',
      ...['--workspace', 'tests/canary', '--tsconfig', './tsconfig.json'],
      ...['--output', 'machine'],
    ],
    { encoding: 'utf8' },
  );

  const found = [...stdout.matchAll(/ ERROR "([^"]+)"/g)].map(([, file]) => file);
  expect(found.toSorted()).toEqual(['Script.svelte', 'Template.svelte', 'module.ts']);
  expect(status).not.toBe(0);
}, 60_000);
