/**
 * `npm run test:quota`: the end-to-end tests that write at every site without room, one after another, and how
 * long each site took from the last that was typed or clicked until the plain sentence stood on the page. Ends with 1 when a test failed, or when
 * anything was told later than is promised.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { judge } from './verdict.mjs';

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

const begin = stdout.indexOf('{');
/** @type {unknown} */
const report = JSON.parse(begin < 0 ? '{}' : stdout.slice(begin));
const { sites, failed, slowest, isKept } = judge(
  /** @type {import('./verdict.mjs').Suite} */ (report),
);
for (const { name, ms, note } of sites) console.log(`${String(ms).padStart(6)} ms  ${name}${note}`);
for (const title of failed) console.log(`failed: ${title}`);
console.log(
  sites.length === 0
    ? 'NOT KEPT: no write site was timed'
    : `${isKept ? 'ok' : 'NOT KEPT'}: ${sites.length} write sites, the slowest told after ${slowest} ms`,
);
process.exitCode = isKept ? 0 : 1;
