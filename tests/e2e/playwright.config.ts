import { defineConfig } from '@playwright/test';
import { chromiumArgs, chromiumPath } from '../../scripts/browser.mjs';

/** The tests' own port, so that they run beside an app that is open on 4173, or beside another run. */
const PORT = Number(process.env['ONGGI_E2E_PORT'] ?? 4273);

const executablePath = await chromiumPath();

export default defineConfig({
  testDir: '.',
  outputDir: '../../test-results',
  fullyParallel: true,
  workers: 3,
  // A second try is told as flaky in the list, and is to be mended; on a desk there is none.
  retries: process.env['CI'] ? 1 : 0,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    baseURL: `http://localhost:${PORT}`,
    locale: 'en-US',
    viewport: { width: 1280, height: 800 },
    // Tracing doubles the time of a run: ask for it with `--trace retain-on-failure`.
    trace: 'off',
    launchOptions: { args: chromiumArgs, ...(executablePath ? { executablePath } : {}) },
  },
  // Those marked `@long` take minutes together and vary what others prove: `npm run test:e2e-long`.
  projects: [
    { name: 'chromium', grepInvert: /@long/ },
    { name: 'long', grep: /@long/ },
  ],
  webServer: {
    // `npm test` has just built.
    command: `${process.env['ONGGI_IS_BUILT'] ? '' : 'npx vite build && '}npx vite preview --port ${PORT} --strictPort`,
    cwd: '../..',
    url: `http://localhost:${PORT}/`,
    reuseExistingServer: false,
    timeout: 120_000,
  },
});
