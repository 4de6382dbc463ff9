import { defineConfig } from '@playwright/test';
import e2e from '../e2e/playwright.config.ts';

/** `npm run test:bad-files`: one test at a time, because it judges how long things take. */
export default defineConfig({ ...e2e, testDir: '.', workers: 1, retries: 0, timeout: 600_000 });
