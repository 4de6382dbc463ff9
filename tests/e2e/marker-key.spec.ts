import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium } from '@playwright/test';
import type { BrowserContext, Page } from '@playwright/test';
import { findInFiles, holdsSecret } from '../support/find-secret.ts';
import { expect, onggiOn, test as base } from './onggi.ts';
import type { Onggi } from './onggi.ts';
import { makeSnapshot, text } from './seeded.ts';
import { addAuthenticator } from './virtual-authenticator.ts';

const API_KEY = 'sk-marker-c41d7e90b8f2635aa17c04d95e3b68f0';
const PASSPHRASE = 'juniper-94-lantern-wreath-27-oboe';
/** No secret: shows that the search sees what is there. */
const PLAIN = 'plainly-visible-5e0c7713aa94';

/** A browser whose profile stays on the disk, with everything it wrote to its consoles. */
interface Kept {
  readonly profile: string;
  readonly open: () => Promise<{ context: BrowserContext; onggi: Onggi }>;
  readonly consoleTexts: readonly string[];
}

const test = base.extend<{ readonly kept: Kept }>({
  kept: async ({ baseURL, launchOptions, locale }, use) => {
    const profile = mkdtempSync(path.join(tmpdir(), 'onggi-marker-'));
    const opened: BrowserContext[] = [];
    const consoleTexts: string[] = [];
    await use({
      profile,
      consoleTexts,
      async open() {
        const context = await chromium.launchPersistentContext(profile, {
          ...launchOptions,
          ...(baseURL === undefined ? {} : { baseURL }),
          ...(locale === undefined ? {} : { locale }),
        });
        opened.push(context);
        context.on('console', (message) => consoleTexts.push(message.text()));
        context.on('weberror', (error) => consoleTexts.push(String(error.error())));
        return { context, onggi: onggiOn(context.pages()[0] ?? (await context.newPage())) };
      },
    });
    await Promise.all(opened.map((context) => context.close()));
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  },
});

const lockCard = (page: Page) => page.getByRole('region', { name: text('lock.title') });

/** Notes the recovery code, as the dialog wants it. */
async function readCode(page: Page): Promise<string> {
  const dialog = page.getByRole('dialog');
  const code = (await dialog.locator('.code').textContent())?.trim() ?? '';
  await dialog.getByLabel(text('lock.codeNoted')).check();
  await dialog.getByRole('button', { name: text('common.done') }).click();
  expect(code).toMatch(/^[0-9A-Z-]{29}$/);
  return code;
}

async function lockNow(page: Page): Promise<void> {
  await page.goto('/#/settings/privacy');
  await lockCard(page)
    .getByRole('button', { name: text('lock.now') })
    .click();
  await expect(page.getByRole('heading', { name: text('lock.locked') })).toBeVisible();
}

async function download(page: Page, click: () => Promise<void>): Promise<Buffer> {
  const [file] = await Promise.all([page.waitForEvent('download'), click()]);
  return readFileSync(await file.path());
}

/** Every kind of file that the app gives away, by name. */
async function takeEverythingOut(page: Page): Promise<Record<string, Buffer>> {
  const files: Record<string, Buffer> = {};
  const dialog = page.getByRole('dialog');
  const close = () => dialog.getByRole('button', { name: 'Close' }).last().click();
  await makeSnapshot(page);
  await page.getByRole('button', { name: 'Back up now' }).click();
  const backUp = page.getByRole('button', { name: 'Back up', exact: true });
  files['Backup'] = await download(page, () => backUp.click());
  await close();
  for (const label of [
    'Archive',
    'JSON Every field',
    'Markdown A file for each',
    'OpenAI fine-tuning',
    'ShareGPT JSONL',
    'All data as a database',
    'For PostgreSQL',
    'Usage as a table',
  ]) {
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await page.getByRole('radio', { name: label }).check();
    const go = dialog.getByRole('button', { name: 'Export', exact: true });
    files[label] = await download(page, () => go.click());
    await close();
  }
  await page.goto('/#/settings/privacy');
  await page.getByRole('switch', { name: text('settings.shareAnalytics') }).click();
  const report = page.getByRole('button', { name: text('settings.downloadReport') });
  files['Usage report'] = await download(page, () => report.click());
  await page.goto('/#/rescue');
  const rescue = page.getByRole('button', { name: text('recovery.export') });
  files['Rescue'] = await download(page, () => rescue.click());
  return files;
}

/** Sums and rescued rows apart, every file holds what was said: else the search would be blind. */
const WITHOUT_TEXT = ['Usage as a table', 'Usage report'];

/** Uses the key, takes everything out, locks, closes, and looks for the secrets everywhere. */
async function expectNowhere(
  { profile, consoleTexts, open }: Kept,
  { context, onggi }: { context: BrowserContext; onggi: Onggi },
  unlock: (page: Page) => Promise<void>,
  secrets: readonly string[],
): Promise<void> {
  const { page } = onggi;
  const files = await takeEverythingOut(page);
  await page.goto('/#/');
  await unlock(page);
  // The key is opened once more, with the lock set.
  await expect(onggi.conversations).toHaveCount(1);
  await onggi.conversations.first().getByRole('link').click();
  await onggi.ask('Once more');
  await lockNow(page);
  await context.close();

  for (const [name, bytes] of Object.entries(files)) {
    if (!WITHOUT_TEXT.includes(name)) expect(holdsSecret(bytes, PLAIN), name).toBe(true);
    for (const secret of secrets) expect(holdsSecret(bytes, secret), name).toBe(false);
  }
  expect(findInFiles(profile, PLAIN).length).toBeGreaterThan(0);
  const written = Buffer.from(consoleTexts.join('\n'));
  for (const secret of secrets) {
    expect(findInFiles(profile, secret)).toEqual([]);
    expect(holdsSecret(written, secret)).toBe(false);
  }
  // Were it anywhere in the profile, it would be found.
  const again = await open();
  await again.onggi.page.goto('/');
  await again.onggi.page.evaluate((key) => localStorage.setItem('planted', key), API_KEY);
  await again.context.close();
  expect(findInFiles(profile, API_KEY).length).toBeGreaterThan(0);
}

async function connectAndAsk({ onggi }: { onggi: Onggi }, address: string): Promise<void> {
  await onggi.open();
  await onggi.connect(address, API_KEY);
  await onggi.chooseModel('echo-fast');
  await onggi.ask(PLAIN);
  await onggi.page.goto('/#/settings/privacy');
}

test.setTimeout(240_000);

test('with a passphrase no file, export, log or console holds the key, the passphrase or the code', async ({
  kept,
  startEndpoint,
}) => {
  const endpoint = await startEndpoint({ apiKey: API_KEY });
  const browser = await kept.open();
  const { page } = browser.onggi;
  await connectAndAsk(browser, endpoint.localhostUrl);
  await lockCard(page)
    .getByRole('button', { name: text('lock.setPassphrase') })
    .click();
  await page.getByLabel(text('lock.newPassphrase')).fill(PASSPHRASE);
  await page.getByLabel(text('lock.again')).fill(PASSPHRASE);
  await page.getByRole('button', { name: text('common.continue') }).click();
  const code = await readCode(page);
  const unlock = async (locked: Page): Promise<void> => {
    await locked.getByLabel(text('lock.passphraseOrCode')).fill(PASSPHRASE);
    await locked.getByRole('button', { name: text('lock.unlock') }).click();
  };
  const secrets = [API_KEY, PASSPHRASE, code, code.replaceAll('-', '')];
  await expectNowhere(kept, browser, unlock, secrets);
});

test('with a passkey no file, export, log or console holds the key or the code @long', async ({
  kept,
  startEndpoint,
}) => {
  const endpoint = await startEndpoint({ apiKey: API_KEY });
  const browser = await kept.open();
  const { page } = browser.onggi;
  await addAuthenticator(page);
  await connectAndAsk(browser, endpoint.localhostUrl);
  await lockCard(page)
    .getByRole('button', { name: text('lock.setPasskey') })
    .click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: text('common.continue') })
    .click();
  const code = await readCode(page);
  const unlock = (locked: Page): Promise<void> =>
    locked.getByRole('button', { name: text('lock.usePasskey') }).click();
  await expectNowhere(kept, browser, unlock, [API_KEY, code, code.replaceAll('-', '')]);
});
