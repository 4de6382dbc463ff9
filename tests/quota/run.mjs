/**
 * `npm run test:quota`: the end-to-end tests that write at every site without room, one after another, and how
 * long each site took from the last that was typed or clicked until the plain sentence stood on the page. Ends with 1 when a test failed, or when
 * anything was told later than is promised.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * What Playwright's reporter `json` says of a suite, as far as it is read here.
 * @typedef {{ type: string, description?: string }} Annotation
 * @typedef {{ title: string, ok: boolean, tests: { annotations: Annotation[] }[] }} Spec
 * @typedef {{ specs?: Spec[], suites?: Suite[] }} Suite
 */

/** What is promised (SECURITY 10, P4). */
const TOLD_WITHIN_MS = 2000;

const { stdout } = spawnSync(
  'npx',
  'playwright test -c tests/e2e/playwright.config.ts --workers=1 --reporter=json quota'.split(' '),
  {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    encoding: 'utf8',
    maxBuffer: 100 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);

/** @returns {Spec[]} */
const specsOf = (/** @type {Suite} */ { specs = [], suites = [] }) => [
  ...specs,
  ...suites.flatMap(specsOf),
];
/** @type {unknown} */
const report = JSON.parse(stdout.slice(stdout.indexOf('{')));
const specs = specsOf(/** @type {Suite} */ (report));
const sites = specs
  .flatMap(({ tests }) => tests.flatMap(({ annotations }) => annotations))
  .filter(({ type }) => type.startsWith('told: '))
  .map(({ type, description = '' }) => ({
    name: type.slice(6),
    ms: Number.parseInt(description),
    note: description.replace(/^\d+ ms/, ''),
  }))
  .sort((a, b) => b.ms - a.ms);
for (const { name, ms, note } of sites) console.log(`${String(ms).padStart(6)} ms  ${name}${note}`);
for (const { title, ok } of specs) if (!ok) console.log(`failed: ${title}`);

const slowest = sites[0]?.ms ?? Number.NaN;
const isKept = specs.every(({ ok }) => ok) && slowest <= TOLD_WITHIN_MS;
console.log(
  `${isKept ? 'ok' : 'NOT KEPT'}: ${specs.length} tests, ${sites.length} write sites, the slowest told after ${slowest} ms`,
);
process.exitCode = isKept ? 0 : 1;
