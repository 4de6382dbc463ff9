import { ESLint } from 'eslint';
import { describe, expect, test } from 'vitest';

/** The real configuration with its layer rules alone, and without the types they do not need. */
const eslint = new ESLint({
  overrideConfig: [{ languageOptions: { parserOptions: { project: null } } }],
  ruleFilter: ({ ruleId }) =>
    ruleId === 'no-restricted-imports' || ruleId === 'no-restricted-syntax',
});

async function complaints(filePath: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath });
  return result?.messages.map(({ ruleId, message }) => `${ruleId ?? 'error'}: ${message}`) ?? [];
}

/** What is broken, where, by what, and what the complaint says. */
const BREACHES: [string, string, string, RegExp][] = [
  [
    'a value from above',
    'src/db/x.ts',
    `import { a } from '#chat/a.ts'; a();`,
    /db may import only: domain/,
  ],
  [
    'a type from above',
    'src/domain/x.ts',
    `import type { A } from '#db/a.ts'; export type B = A;`,
    /domain may import only: nothing/,
  ],
  [
    'a name passed on',
    'src/provider/x.ts',
    `export { a } from '#settings/a.ts';`,
    /provider may import only/,
  ],
  [
    'everything passed on',
    'src/usage/x.ts',
    `export * from '#search/a.ts';`,
    /usage may import only/,
  ],
  [
    'the package of another folder',
    'src/chat/x.ts',
    `import Dexie from 'dexie'; new Dexie('a');`,
    /dexie belongs to db/,
  ],
  [
    'a part of the package of another folder',
    'src/chat/x.ts',
    `import type { Stream } from 'openai/streaming'; export type S = Stream<1>;`,
    /openai belongs to provider/,
  ],
  [
    'Svelte outside state and ui',
    'src/chat/x.svelte.ts',
    `import { untrack } from 'svelte'; untrack(() => 1);`,
    /svelte belongs to state, ui/,
  ],
  [
    'a component outside ui',
    'src/state/x.ts',
    `import Jar from '#ui/parts/Jar.svelte'; export const A = Jar;`,
    /state may import only/,
  ],
  [
    'a path that climbs',
    'src/ui/chat/x.ts',
    `import { a } from '../../db/a.ts'; a();`,
    /Write \.\/ inside a folder/,
  ],
  [
    'a dynamic import by alias',
    'src/chat/x.ts',
    `export const a = () => import('#domain/a.ts');`,
    /A dynamic import never crosses folders/,
  ],
  [
    'a dynamic import by path',
    'src/chat/x.ts',
    `export const a = () => import('../ui/a.ts');`,
    /A dynamic import never crosses folders/,
  ],
  [
    'a dynamic import of the package of another folder',
    'src/state/x.ts',
    `export const a = () => import('openai/index.mjs');`,
    /openai belongs to provider/,
  ],
  [
    'a dynamic import with a computed name',
    'src/state/x.ts',
    'export const a = (n: string) => import(`#ui/${n}.ts`);',
    /Name the imported file/,
  ],
  [
    'crypto.subtle outside vault',
    'src/settings/x.ts',
    `export const a = crypto.subtle;`,
    /Only vault touches crypto\.subtle/,
  ],
  [
    'indexedDB outside db',
    'src/maintenance/x.ts',
    `indexedDB.deleteDatabase('a');`,
    /indexedDB belongs to db/,
  ],
  [
    'the service worker’s package in the page',
    'src/state/x.ts',
    `import { registerRoute } from 'workbox-routing'; registerRoute('a', () => {});`,
    /workbox-routing belongs to sw\.ts/,
  ],
  [
    'the database in a component',
    'src/ui/chat/X.svelte',
    `<script lang="ts">import { a } from '#db/a.ts'; a();</script>`,
    /ui may import only: domain, state/,
  ],
  [
    'the database in the expression of a template',
    'src/ui/chat/X.svelte',
    `{#await import('#db/a.ts') then a}{a}{/await}`,
    /A dynamic import never crosses folders/,
  ],
  [
    'a module of ours mocked in a test',
    'tests/unit/state/x.svelte.test.ts',
    `import { vi } from 'vitest'; vi.mock('#domain/a.ts', { spy: true });`,
    /instead of mocking a module/,
  ],
];

describe('the layer lint refuses', () => {
  test.each(BREACHES)('%s', async (_name, filePath, code, complaint) => {
    expect(await complaints(filePath, code)).toEqual([expect.stringMatching(complaint)]);
  });
});

/** Where, and what. */
const ALLOWED: [string, string][] = [
  [
    'src/db/x.ts',
    `import Dexie from 'dexie'; import type { A } from '#domain/a.ts'; import { b } from './b.ts'; new Dexie(b as A);`,
  ],
  ['src/chat/x.ts', `import { a } from '#db/a.ts'; import { b } from '#settings/b.ts'; a(b);`],
  [
    'src/state/x.svelte.ts',
    `import { untrack } from 'svelte'; import { send } from '#chat/send.ts'; untrack(send);`,
  ],
  [
    'src/ui/chat/X.svelte',
    `<script lang="ts">import { a } from '#state/a.svelte.ts'; a(() => import('./Y.svelte'));</script>`,
  ],
  ['src/vault/x.ts', `export const a = crypto.subtle;`],
  ['src/provider/x.ts', `export const a = () => import('openai');`],
  ['src/main.ts', `import { a } from '#db/a.ts'; import App from '#ui/App.svelte'; a(App);`],
];

test.each(ALLOWED)('the layer lint lets %s do what its floor allows', async (filePath, code) => {
  expect(await complaints(filePath, code)).toEqual([]);
});
