import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Locator, Page } from '@playwright/test';
import type { ConformanceServer } from '../support/conformance-server.mjs';
import { startModelHub } from '../support/model-hub.ts';
import type { ModelHub } from '../support/model-hub.ts';
import { seedConversation, seedConversations } from '../support/seed.ts';
import { createTinyModel } from '../support/tiny-model.ts';
import { SEARCH_FILES, expect, isKeptOffline, test, text } from './seeded.ts';
import { expectNoViolations } from './violations.ts';

const FRUIT = ['banana bread with bananas', 'bake it'];
const rows = seedConversations([
  seedConversation('Fruit', { id: 'fruit', texts: FRUIT }),
  seedConversation('Letters', { id: 'letters', texts: ['zzz xxx yyy', 'www vvv'] }),
]);

const card = (page: Page): Locator => page.getByRole('region', { name: text('embedder.title') });
const rowOf = (page: Page, name: string): Locator =>
  card(page).getByRole('listitem').filter({ hasText: name });
const inUse = text('embedder.inUse');
/** An engine of 14 MB is fetched and compiled. */
const LOADING = { timeout: 45_000 };

async function openOther(page: Page, kind: 'repository' | 'folder' | 'endpoint'): Promise<void> {
  await card(page).getByText(text('embedder.other'), { exact: true }).click();
  await card(page)
    .getByRole('radio', { name: text(`embedder.kind.${kind}`) })
    .check();
}

const PASSPHRASE = 'five words are a lock';
/** What the search worker says to other tabs. */
interface Said {
  readonly message?: { readonly status?: { readonly meaning: { readonly phase: string } } };
}

/** What search and a model of transformers.js need after a reload. */
const KEPT_OFFLINE = [
  ...SEARCH_FILES,
  '/workers/transformers.worker-',
  '/workers/ort-wasm-simd-threaded-',
  '/downloaded-models/cut/letters/plan',
];

const ENGINE = ['/workers/transformers.worker-', '/workers/ort-wasm-simd-threaded-'];

/** Asks by meaning: one of the words stands nowhere, so that words find nothing. */
async function findByMeaning(page: Page): Promise<void> {
  await page.goto('/#/search');
  await page
    .getByRole('searchbox', { name: text('sidebar.search') })
    .fill('bread bananas banana cake');
  const first = page
    .getByRole('list', { name: text('search.results') })
    .getByRole('listitem')
    .first();
  await expect(first).toContainText('Fruit');
}

test('an endpoint embeds, after the page said that texts leave the device', async ({
  start,
  page,
  endpoint,
}) => {
  await start({ rows, hash: '#/settings/models' });
  await expect(rowOf(page, text('embedder.builtIn'))).toContainText(inUse);
  await openOther(page, 'endpoint');
  await expect(card(page)).toContainText(/leaves this device/);
  await expectNoViolations(page, 'the choice of an embedder', 'light');
  const use = card(page).getByRole('button', { name: text('embedder.useEndpoint') });
  await use.click();
  await expect(card(page).getByRole('alert')).toHaveText(text('embedder.wrong.endpoint'));
  await card(page).getByLabel(text('embedder.model')).fill('embed/small');
  await use.click();
  const row = rowOf(page, 'embed/small');
  await expect(row).toContainText(inUse, LOADING);
  await findByMeaning(page);
  const asked = endpoint.log().filter((entry) => entry.path.endsWith('/embeddings'));
  expect(asked.flatMap(({ body }) => (body as { input: string[] }).input)).toContain(
    'banana bread with bananas',
  );

  // One that is not there: the old one goes on, and the way back is one click.
  await page.goto('/#/settings/models');
  await openOther(page, 'endpoint');
  await card(page).getByLabel(text('embedder.model')).fill('embed/none');
  await use.click();
  const unusable = text('embedder.unusable', { name: 'embed/none' });
  await expect(card(page).getByText(unusable)).toBeVisible();
  await findByMeaning(page);
  await page.goto('/#/settings/models');
  await card(page)
    .getByRole('button', { name: text('embedder.useOne', { name: text('embedder.builtIn') }) })
    .click();
  await expect(rowOf(page, text('embedder.builtIn'))).toContainText(inUse);
});

test('an endpoint that refused its key goes on by itself once the key is corrected', async ({
  start,
  page,
  startEndpoint,
}) => {
  const server = await startEndpoint({ apiKey: 'the-right-one' });
  await start({ rows, server, hash: '#/settings/models' });
  await openOther(page, 'endpoint');
  await card(page).getByLabel(text('embedder.model')).fill('embed/small');
  await card(page)
    .getByRole('button', { name: text('embedder.useEndpoint') })
    .click();
  const unusable = card(page).getByText(text('embedder.unusable', { name: 'embed/small' }));
  await expect(unusable).toBeVisible(LOADING);
  await page
    .getByRole('button', { name: text('endpoint.editOne', { name: 'Test server' }) })
    .click();
  await page.getByLabel(text('endpoint.keyOptional')).fill('the-right-one');
  await page.getByRole('button', { name: text('common.save'), exact: true }).click();
  await expect(rowOf(page, 'embed/small')).toContainText(inUse, LOADING);
  await expect(unusable).toHaveCount(0);
  await findByMeaning(page);
});

test('a lock over the page puts off an endpoint, which goes on by itself once it is opened @long', async ({
  onggi,
  startEndpoint,
}) => {
  test.setTimeout(120_000);
  const apiKey = 'sk-of-a-locked-one';
  const server = await startEndpoint({ apiKey });
  const { page } = onggi;
  await onggi.open();
  await onggi.connect(server.localhostUrl, apiKey);
  await onggi.ask('banana bread with bananas');
  // Nothing is embedded before the lock covers the page.
  let isHeld = true;
  let embedded = 0;
  await page.route('**/embeddings', async (route) => {
    const input = (route.request().postDataJSON() as { input: string[] }).input;
    const isPassage = input.some((each) => each.includes('banana'));
    if (isHeld && isPassage) await route.fulfill({ status: 503, body: '{}' });
    else {
      if (isPassage) embedded += 1;
      await route.continue();
    }
  });
  await page.goto('/#/settings/privacy');
  await page
    .getByRole('region', { name: text('lock.title') })
    .getByRole('button', { name: text('lock.setPassphrase') })
    .click();
  await page.getByLabel(text('lock.newPassphrase')).fill(PASSPHRASE);
  await page.getByLabel(text('lock.again')).fill(PASSPHRASE);
  await page.getByRole('button', { name: text('common.continue') }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(text('lock.codeNoted')).check();
  await dialog.getByRole('button', { name: text('common.done') }).click();
  await page.goto('/#/settings/models');
  await openOther(page, 'endpoint');
  await card(page).getByLabel(text('embedder.model')).fill('embed/small');
  await card(page)
    .getByRole('button', { name: text('embedder.useEndpoint') })
    .click();
  await expect(card(page).getByText(text('meaning.retrying'))).toBeVisible(LOADING);

  // What is said to nobody else would be lost by loading the page anew: it is covered instead.
  await page.goto('/#/');
  await page.keyboard.press("ControlOrMeta+Shift+'");
  await onggi.ask('Said to nobody else');
  await page.evaluate(async () => {
    const [{ name = '' } = {}] = await indexedDB.databases();
    new BroadcastChannel(`onggi-search:${name}`).onmessage = ({ data }: MessageEvent<Said>) => {
      const phase = data.message?.status?.meaning.phase;
      if (phase !== undefined) document.documentElement.dataset.meaning = phase;
    };
  });
  await page.keyboard.press('ControlOrMeta+Shift+L');
  await expect(page.getByText(text('lock.kept'))).toBeVisible();
  isHeld = false;
  await page.waitForFunction(() => document.documentElement.dataset.meaning === 'locked');
  expect(embedded).toBe(0);
  await page.getByLabel(text('lock.passphraseOrCode')).fill(PASSPHRASE);
  await page.getByRole('button', { name: text('lock.unlock') }).click();
  await expect(page.getByText('Said to nobody else').first()).toBeVisible();
  await expect.poll(() => embedded, LOADING).toBeGreaterThan(0);
  await page.goto('/#/settings/models');
  await expect(rowOf(page, 'embed/small')).toContainText(inUse);
  await expect(card(page).getByText(/^Indexing by meaning/)).toHaveCount(0);
});

/** A model of the endpoint that refuses one passage of what is seeded. */
function withPicky({ localhostUrl: baseUrl }: Pick<ConformanceServer, 'localhostUrl'>) {
  const embedder = {
    kind: 'endpoint',
    endpointId: 'seeded-endpoint',
    baseUrl,
    model: 'embed/picky',
    sendsDocuments: true,
  };
  return {
    rows: seedConversations([
      seedConversation('Refused', { id: 'refused', texts: ['why?', 'refuse me twice'] }),
      seedConversation('Fruit', { texts: FRUIT }),
    ]),
    hash: '#/settings/models',
    settings: { meaning: { isPaused: false, isHintShown: true, embedder } },
  };
}

test('passages that an endpoint refuses are left out and told, and a button tries them again', async ({
  start,
  page,
  endpoint,
}) => {
  await start(withPicky(endpoint));
  await findByMeaning(page);
  await page.goto('/#/settings/models');
  const leftOut = card(page).getByText(/^1 passage is left out of finding by meaning/);
  await expect(leftOut).toBeVisible(LOADING);
  await expectNoViolations(page, 'passages that were left out', 'light');
  const again = card(page).getByRole('button', { name: text('embedder.retryLeftOut') });
  const countRefused = (): number =>
    endpoint.log().filter(({ body }) => JSON.stringify(body ?? null).includes('refuse me twice'))
      .length;
  const before = countRefused();
  await again.click();
  await expect.poll(countRefused).toBeGreaterThan(before);
  await expect(leftOut).toBeVisible();

  // The endpoint thinks better of it.
  await page.route('**/embeddings', (route) =>
    route.continue({
      postData: route.request().postData()?.replaceAll('refuse me', 'take me') ?? '',
    }),
  );
  await again.click();
  await expect(leftOut).toHaveCount(0);
  await expect(rowOf(page, 'embed/picky')).toContainText(inUse);
  await page.reload();
  await expect(rowOf(page, 'embed/picky')).toContainText(inUse, LOADING);
  await expect(leftOut).toHaveCount(0);
});

test('loading a model can be stopped, words are found meanwhile, and it goes on where asked for', async ({
  start,
  page,
  context,
}) => {
  let loadings = 0;
  let isHeld = true;
  await context.route('**/static-multilingual/**/*.onnx*', async (route) => {
    loadings += 1;
    if (!isHeld) await route.continue();
  });
  await start({ rows, hash: '#/search' });
  const box = page.getByRole('searchbox', { name: text('sidebar.search') });
  const results = page.getByRole('list', { name: text('search.results') });
  await box.fill('banana');
  await expect(page.getByText(text('meaning.loading'))).toBeVisible();
  await expect.poll(() => loadings).toBe(1);
  await page.getByRole('button', { name: text('meaning.pause') }).click();
  await expect(page.getByText(text('meaning.paused'))).toBeVisible();
  await expect(page.getByText(text('meaning.loading'))).toHaveCount(0);
  await expectNoViolations(page, 'loading that was stopped', 'light');
  await expect(results).toContainText('Fruit');
  await expect(results).toHaveAttribute('aria-busy', 'false');

  // Neither another question nor a reload begins it again.
  await box.fill('bananas');
  await expect(results).toHaveAttribute('aria-busy', 'false');
  await page.reload();
  await expect(page.getByText(text('meaning.paused'))).toBeVisible();
  await page.goto('/#/settings/models');
  await expect(card(page).getByText(text('meaning.paused'))).toBeVisible();
  expect(loadings).toBe(1);
  isHeld = false;
  await card(page)
    .getByRole('button', { name: text('meaning.goOn') })
    .click();
  await expect(rowOf(page, text('embedder.builtIn'))).toContainText(inUse, LOADING);
  await findByMeaning(page);
  expect(loadings).toBe(2);
});

test('a question that an endpoint refuses is searched by words, and that is said', async ({
  start,
  page,
  endpoint,
}) => {
  await start(withPicky(endpoint));
  await findByMeaning(page);
  await page.goto('/#/settings/models');
  await expect(card(page).getByText(/^1 passage is left out/)).toBeVisible(LOADING);

  await page.goto('/#/search');
  const box = page.getByRole('searchbox', { name: text('sidebar.search') });
  const results = page.getByRole('list', { name: text('search.results') });
  const note = page.getByText(text('meaning.refused', { name: 'embed/picky' }));
  const countAsked = (): number =>
    endpoint.log().filter(({ body }) => JSON.stringify(body ?? null).includes('"refuse me"'))
      .length;
  await box.fill('refuse me');
  await expect(note).toBeVisible();
  await expect(results.getByRole('listitem')).toHaveCount(1);
  await expect(results).toContainText('Refused');
  await expectNoViolations(page, 'a question that was refused', 'light');
  await box.fill('bread bananas banana cake');
  await expect(results).toContainText('Fruit');
  await expect(note).toHaveCount(0);
  // The answer is remembered while the same is asked: it cost one request.
  expect(countAsked()).toBe(1);

  // Too long is a reason of its own.
  await page.route('**/embeddings', (route) =>
    route.fulfill({
      status: 400,
      json: { error: { message: 'too long', code: 'context_length_exceeded' } },
    }),
  );
  await box.fill('bake');
  await expect(
    page.getByText(text('meaning.refusedLength', { name: 'embed/picky' })),
  ).toBeVisible();
  await expect(results).toContainText('Fruit');
});

test('who agreed to an endpoint before documents were spoken of is asked about them, once @long', async ({
  start,
  page,
  endpoint,
}) => {
  const embedder = {
    kind: 'endpoint',
    endpointId: 'seeded-endpoint',
    baseUrl: endpoint.localhostUrl,
    model: 'embed/small',
  };
  const meaning = { isPaused: false, isHintShown: true, embedder };
  await start({ rows, hash: '#/settings/models', settings: { meaning } });
  const question = card(page).getByText(
    text('embedder.askDocuments', { name: endpoint.localhostUrl }),
  );
  await expect(question).toBeVisible();
  await card(page)
    .getByRole('button', { name: text('embedder.sendDocuments') })
    .click();
  await expect(question).toHaveCount(0);
  await page.reload();
  await expect(rowOf(page, 'embed/small')).toContainText(inUse, LOADING);
  await expect(question).toHaveCount(0);
});

test.describe('a model of a hub @long', () => {
  // It is to work offline, which the service worker does.
  test.use({ serviceWorkers: 'allow' });
  let hub: ModelHub;
  test.beforeAll(async () => {
    hub = await startModelHub();
  });
  test.afterAll(() => hub.close());

  test('is downloaded after consent, goes on after a cut, works offline, and can be deleted', async ({
    start,
    page,
    context,
    allowedOrigins,
  }) => {
    test.setTimeout(240_000);
    allowedOrigins.add(hub.origin);
    await start({ rows, hash: '#/settings/models' });
    await openOther(page, 'repository');
    const ask = async (repository: string) => {
      await card(page).getByLabel(text('embedder.repository')).fill(repository);
      await card(page)
        .getByRole('button', { name: text('embedder.lookUp') })
        .click();
    };
    await card(page).getByLabel(text('embedder.hub')).fill(hub.origin);
    await ask('no');
    await expect(card(page).getByRole('alert')).toHaveText(text('embedder.wrong.repository'));
    await ask('nobody/nothing');
    await expect(card(page).getByRole('alert')).toHaveText(text('error.model/not-found'));
    await ask('writer/gpt');
    await expect(card(page).getByRole('alert')).toHaveText(text('error.model/not-embedding'));

    // One that comes slowly shows how far it is, and can be stopped.
    await ask('slow/letters');
    const slow = rowOf(page, 'slow/letters');
    await slow.getByRole('button', { name: /^Download 9/ }).click();
    await expect(slow.getByRole('progressbar')).toBeVisible();
    await expect(slow).toContainText(/of 9 MB/);
    await slow.getByRole('button', { name: text('embedder.pauseDownload') }).click();
    await expect(slow.getByRole('button', { name: text('embedder.goOn') })).toBeVisible();

    await ask('cut/letters');
    const row = rowOf(page, 'cut/letters');
    await expect(row).toContainText(/9.* MB will be fetched from 127\.0\.0\.1/);
    expect(hub.log().filter((line) => line.includes('/cut/letters/resolve/'))).toEqual([]);
    await row.getByRole('button', { name: /^Download 9/ }).click();
    await expect(row.getByRole('alert')).toHaveText(text('error.model/unreachable'));
    await expect(row).toContainText(/4\.2 MB of 9 MB downloaded|of 9.* MB downloaded/);

    // A reload later the part is still there, and only the rest is fetched.
    await page.reload();
    await row.getByRole('button', { name: text('embedder.goOn') }).click();
    await expect(row).toContainText(inUse, LOADING);
    await expect(row).toContainText(text('embedder.offline'));
    expect(hub.log().filter((line) => /tokenizer\.json bytes=\d{7}-/.test(line))).toHaveLength(1);

    await findByMeaning(page);
    await expect.poll(() => isKeptOffline(page, KEPT_OFFLINE), { timeout: 60_000 }).toBe(true);
    await context.setOffline(true);
    await page.reload();
    await findByMeaning(page);
    await context.setOffline(false);

    await page.goto('/#/settings/models');
    await expect(row.getByRole('button', { name: /^Delete/ })).toHaveCount(0);
    await card(page)
      .getByRole('button', { name: text('embedder.useOne', { name: text('embedder.builtIn') }) })
      .click();
    await expect(rowOf(page, text('embedder.builtIn'))).toContainText(inUse);
    await row.getByRole('button', { name: /^Delete/ }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: text('embedder.remove') })
      .click();
    await expect(row).toHaveCount(0);

    // What is left of the other one, and the engine, go with one click; the built-in model finds on.
    expect(await isKeptOffline(page, ENGINE)).toBe(true);
    const clear = card(page).getByRole('button', { name: text('embedder.clear') });
    await clear.click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: text('embedder.clear') })
      .click();
    await expect(page.getByText(text('embedder.cleared'))).toBeVisible();
    await expect(slow).toHaveCount(0);
    await expect(clear).toHaveCount(0);
    expect(await isKeptOffline(page, ENGINE)).toBe(false);
    await context.setOffline(true);
    await findByMeaning(page);
  });
});

test('a model in a folder of this site is used without any other request @long', async ({
  start,
  page,
}) => {
  const place = path.resolve(import.meta.dirname, '../../dist/models/e2e/tiny');
  for (const [name, bytes] of createTinyModel()) {
    await mkdir(path.dirname(path.join(place, name)), { recursive: true });
    await writeFile(path.join(place, name), bytes);
  }
  try {
    await start({ rows, hash: '#/settings/models' });
    await openOther(page, 'folder');
    const use = card(page).getByRole('button', { name: text('embedder.use'), exact: true });
    const field = card(page).getByRole('textbox', { name: /^Folder/ });
    await field.fill('models/none');
    await use.last().click();
    await expect(card(page).getByText(text('error.model/not-found'))).toBeVisible();
    await field.fill('models/e2e/tiny');
    await use.last().click();
    await expect(rowOf(page, 'models/e2e/tiny')).toContainText(inUse, LOADING);
    await findByMeaning(page);
  } finally {
    await rm(path.dirname(place), { recursive: true });
  }
});
