import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import prettier from 'eslint-config-prettier';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

/**
 * The house (docs/architecture.md): which folder of src may import which. To change it, change it
 * here and there, and say why in the commit.
 * @type {Record<string, string[]>}
 */
const MAY_IMPORT = {
  domain: [],
  db: ['domain'],
  vault: ['domain'],
  provider: ['domain'],
  inference: ['domain', 'vault'],
  i18n: ['domain'],
  files: ['domain'],
  settings: ['domain', 'db', 'vault', 'provider'],
  cache: ['domain', 'db', 'vault'],
  backup: ['domain', 'db', 'vault', 'files'],
  usage: ['domain', 'db'],
  library: ['domain', 'db', 'files'],
  portability: ['domain', 'db', 'files'],
  search: ['domain', 'db', 'inference'],
  chat: [
    'domain',
    'db',
    'provider',
    'inference',
    'settings',
    'cache',
    'usage',
    'search',
    'library',
  ],
  maintenance: ['domain', 'db', 'settings', 'cache', 'usage', 'search', 'backup'],
  state: [
    'domain',
    'db',
    'i18n',
    'settings',
    'cache',
    'usage',
    'search',
    'library',
    'backup',
    'portability',
    'inference',
    'chat',
    'maintenance',
  ],
  ui: ['domain', 'state'],
};

/** Which folders alone may touch a package; an empty list is src/sw.ts. @type {Record<string, string[]>} */
const OWNERS = {
  dexie: ['db'],
  'idb-keyval': ['cache'],
  openai: ['provider'],
  '@xenova/transformers': ['inference'],
  '@huggingface/transformers': ['inference'],
  'onnxruntime-web': ['inference'],
  'hash-wasm': ['vault'],
  'age-encryption': ['backup'],
  'pdfjs-dist': ['library'],
  mammoth: ['library'],
  fflate: ['files', 'portability'],
  htmlparser2: ['files'],
  'sql.js': ['portability'],
  tokenx: ['usage'],
  'gpt-tokenizer': ['usage'],
  svelte: ['state', 'ui'],
  'workbox-window': ['state'],
  'workbox-core': [],
  'workbox-precaching': [],
  'workbox-routing': [],
  'workbox-strategies': [],
  marked: ['ui'],
  dompurify: ['ui'],
  'highlight.js': ['ui'],
  katex: ['ui'],
  'bits-ui': ['ui'],
  '@lucide/svelte': ['ui'],
  valibot: Object.keys(MAY_IMPORT).filter((folder) => folder !== 'domain'),
};

const folders = Object.keys(MAY_IMPORT);

const escape = (/** @type {string} */ text) => text.replace(/[/.*+?^${}()|[\]\\]/g, '\\$&');

/** The rules of one folder of src. @returns {import('eslint').Linter.Config} */
function layerRules(/** @type {string} */ folder) {
  const below = MAY_IMPORT[folder] ?? [];
  const allowed = [folder, ...below];
  const closed = folders.filter((other) => !allowed.includes(other));
  const foreign = Object.entries(OWNERS).filter(([, owners]) => !owners.includes(folder));
  const patterns = [
    { regex: '^\\.\\.(/|$)', message: 'Write ./ inside a folder and #folder/ outside it.' },
    ...(closed.length > 0
      ? [
          {
            regex: `^#(${closed.join('|')})(/|$)`,
            message: `${folder} may import only: ${below.join(', ') || 'nothing'} (docs/architecture.md).`,
          },
        ]
      : []),
    { regex: '^#[^/]*$', message: 'Name the file that defines what you need.' },
    ...foreign.map(([name, owners]) => ({
      regex: `^${escape(name)}(/|$)`,
      message: `${name} belongs to ${owners.join(', ') || 'sw.ts'} (docs/architecture.md).`,
    })),
  ];
  const syntax = [
    {
      selector: 'ImportExpression[source.value=/^(#|\\.\\.)/]',
      message: 'A dynamic import never crosses folders.',
    },
    ...foreign.map(([name, owners]) => ({
      selector: `ImportExpression[source.value=/^${escape(name)}(\\u002f|$)/]`,
      message: `${name} belongs to ${owners.join(', ') || 'sw.ts'} (docs/architecture.md).`,
    })),
    {
      selector: 'ImportExpression:not([source.type="Literal"])',
      message: 'Name the imported file, so that the lint can see where it is.',
    },
    ...(folder === 'vault'
      ? []
      : [
          {
            selector: "MemberExpression[property.name='subtle']",
            message: 'Only vault touches crypto.subtle.',
          },
        ]),
    ...(folder === 'db'
      ? []
      : [
          {
            selector: "MemberExpression[property.name='locks']",
            message: 'Web Locks belong to db.',
          },
          { selector: "Identifier[name='indexedDB']", message: 'indexedDB belongs to db.' },
        ]),
    {
      selector: "CallExpression[callee.property.name='count'][arguments.length=0]",
      message: 'count() reads the whole index: keep a counter (PERFORMANCE 2.3).',
    },
  ];
  return {
    files: [`src/${folder}/**/*.{ts,svelte}`],
    rules: {
      'no-restricted-imports': ['error', { patterns }],
      'no-restricted-syntax': ['error', ...syntax],
    },
  };
}

/** @type {import('eslint').Linter.RulesRecord} */
const unsafeOff = {
  '@typescript-eslint/no-unsafe-argument': 'off',
  '@typescript-eslint/no-unsafe-assignment': 'off',
  '@typescript-eslint/no-unsafe-call': 'off',
  '@typescript-eslint/no-unsafe-member-access': 'off',
  '@typescript-eslint/no-unsafe-return': 'off',
};

export default defineConfig(
  {
    ignores: [
      'dist*/',
      'node_modules/',
      'bench/',
      'screenshots/',
      'test-results/',
      'playwright-report/',
      'tests/canary/',
      // AssemblyScript: its own compiler checks it (scripts/kernel-plugin.mjs).
      'src/**/*.as.ts',
    ],
  },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  ...ts.configs.stylisticTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.browser, ...globals.node },
      parserOptions: {
        project: ['./tsconfig.json', './src/tsconfig.worker.json', './tests/tsconfig.node.json'],
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.svelte'],
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      'no-restricted-globals': ['error', 'event', 'name'],
      'no-console': ['error', { allow: ['error'] }],
      // keyCode 229 is the one sign of an input method that Safari gives with its last Enter.
      '@typescript-eslint/no-deprecated': ['error', { allow: [{ from: 'lib', name: 'keyCode' }] }],
      // It asks for `!`, which the strict set forbids.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // Names of an index signature are written ['name'], which says that they may not be there.
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      'svelte/button-has-type': 'error',
      'svelte/no-target-blank': 'error',
      'svelte/no-at-const-tags': 'off',
      'svelte/no-navigation-without-resolve': 'off',
      'svelte/prefer-svelte-reactivity': 'off',
      // `void value` in an effect means: run again when it changes.
      '@typescript-eslint/no-meaningless-void-operator': 'off',
    },
  },
  {
    // For each component the types are put together anew: in a program of the components and what
    // they import, without tests, that takes half the time.
    files: ['src/**/*.svelte'],
    languageOptions: { parserOptions: { project: ['./src/tsconfig.svelte.json'] } },
  },
  {
    // The parser gives `any` to the parameters of handlers and attachments in a template and does
    // not see that bind: assigns. svelte-check sees both.
    files: ['**/*.svelte'],
    rules: { ...unsafeOff, '@typescript-eslint/no-unnecessary-condition': 'off' },
  },
  { files: ['src/ui/parts/Markdown.svelte'], rules: { 'svelte/no-at-html-tags': 'off' } },
  {
    files: ['scripts/**', 'tests/**', '*.config.*'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['tests/unit/**', 'tests/long/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          // It also has Playwright ask every worker of the page to pass its requests on, and wait for
          // the answer of one that is ending: a run of the browser project then never ends.
          selector: "CallExpression[callee.object.name='vi'][callee.property.name=/^(do)?mock$/i]",
          message: 'Hand a part in instead of mocking a module (docs/architecture.md).',
        },
      ],
    },
  },
  // They read JSON of tools, with types in comments: casts there would be noise.
  { files: ['scripts/**'], rules: unsafeOff },
  { files: ['eslint.config.js'], extends: [ts.configs.disableTypeChecked] },
  prettier,
  ...svelte.configs.prettier,
  ...folders.map(layerRules),
);
