/**
 * `npm run lighthouse` after `npm run build`: a report of Lighthouse over the preview, for a phone
 * and for a desktop. npx fetches Lighthouse (185 MB), which is why it is no dependency.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright';
import { preview } from 'vite';
import { chromiumArgs, chromiumPath } from './browser.mjs';

const PORT = 4174;
const reports = mkdtempSync(path.join(tmpdir(), 'onggi-lighthouse-'));
const env = { ...process.env, CHROME_PATH: (await chromiumPath()) ?? chromium.executablePath() };
const chromeFlags = ['--headless=new', ...chromiumArgs].join(' ');

/** One line of a report's figures. */
function scores(/** @type {string} */ file) {
  /**
   * @type {{
   *   categories: Record<string, { title: string, score: number }>,
   *   audits: Record<string, { displayValue?: string }>
   * }}
   */
  const { categories, audits } = JSON.parse(readFileSync(file, 'utf8'));
  const figures = Object.values(categories).map(
    ({ title, score }) => `${title} ${Math.round(score * 100)}`,
  );
  const paint = audits['largest-contentful-paint']?.displayValue ?? '?';
  return [...figures, `LCP ${paint}`].join(', ');
}

const server = await preview({ preview: { port: PORT, strictPort: true } });
for (const device of ['mobile', 'desktop']) {
  const report = path.join(reports, device);
  const args = ['--yes', 'lighthouse@12.8.2', `http://localhost:${PORT}/`, '--quiet'];
  args.push('--output=json', '--output=html', `--output-path=${report}`);
  args.push(`--chrome-flags=${chromeFlags}`, ...(device === 'desktop' ? ['--preset=desktop'] : []));
  const child = spawn('npx', args, { env, stdio: 'inherit' });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) process.exitCode = 1;
  else
    console.log(
      `${device.padEnd(8)} ${scores(`${report}.report.json`)}\n         ${report}.report.html`,
    );
}
await server.close();
