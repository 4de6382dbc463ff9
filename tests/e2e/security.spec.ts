import { expect, test } from './onggi.ts';

test.describe('hostile content', () => {
  test.use({ isPolicyProvoked: true });

  test('nothing in a message runs, calls out or dresses up as the app', async ({
    connected,
    endpoint,
  }) => {
    const { page } = connected;
    await connected.chooseModel('hostile');
    await connected.ask('Say something nasty');
    const answer = connected.answers.last();
    await expect(answer.locator('.markdown')).toBeVisible();

    const found = await page.evaluate(() => {
      const root = document.querySelector('[role="log"]');
      const count = (selector: string): number => root?.querySelectorAll(selector).length ?? 0;
      return {
        pwned: '__onggiPwned' in window,
        scripts: count('script, iframe, object, embed, form, style, link, meta, base, svg animate'),
        handlers: [...(root?.querySelectorAll('*') ?? [])].filter((element) =>
          [...element.attributes].some(({ name }) => name.startsWith('on')),
        ).length,
        badLinks: [...(root?.querySelectorAll('a[href]') ?? [])].filter(
          (link) => !/^(https?|mailto):/.test((link as HTMLAnchorElement).href),
        ).length,
        remote: count('.markdown img[src^="http"], [srcset], [poster], [background]'),
        leakyLinks: count('.markdown a[href]:not([rel="noopener noreferrer"])'),
      };
    });
    expect(found).toEqual({
      pwned: false,
      scripts: 0,
      handlers: 0,
      badLinks: 0,
      remote: 0,
      leakyLinks: 0,
    });
    expect(endpoint.log().filter(({ path }) => path.includes('__elsewhere'))).toEqual([]);
  });

  test('a remote image is a placeholder until it is clicked', async ({ connected, endpoint }) => {
    await connected.chooseModel('hostile');
    await connected.ask('Show me a picture');
    const placeholder = connected.answers
      .last()
      .getByRole('button', { name: /Load the image from/ })
      .first();
    await expect(placeholder).toBeVisible();
    expect(endpoint.log().filter(({ path }) => path.includes('__elsewhere'))).toEqual([]);
    await placeholder.click();
    await expect
      .poll(() => endpoint.log().filter(({ path }) => path.includes('__elsewhere')).length)
      .toBe(1);
  });

  test('the page refuses to run inside a foreign page', async ({
    page,
    baseURL,
    startEndpoint,
  }) => {
    const host = await startEndpoint({ apiKey: undefined });
    await page.goto(`${host.origin}/__log`);
    await page.evaluate((src) => {
      const frame = document.createElement('iframe');
      frame.src = src;
      document.body.append(frame);
    }, baseURL ?? '');
    await expect
      .poll(() => page.frames().map((frame) => frame.url()))
      .toContain('chrome-error://chromewebdata/');
  });

  test('every response carries its policy, and strings are no HTML', async ({ onggi, request }) => {
    await onggi.open();
    const page = await request.get('/');
    const policy = page.headers()['content-security-policy'] ?? '';
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page.headers()['cross-origin-opener-policy']).toBe('same-origin');
    const worker = await request.get('/sw.js');
    expect(worker.headers()['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; connect-src 'self'",
    );
    expect((await request.get('/models/nothing.json')).status()).toBe(404);

    const refusals = await onggi.page.evaluate(() => {
      const tries = [
        () => (document.createElement('div').innerHTML = '<b>x</b>'),
        () => new Worker('/x.js'),
        () => navigator.serviceWorker.register('/other.js'),
      ];
      return Promise.all(
        tries.map(async (attempt) => {
          try {
            await attempt();
            return 'allowed';
          } catch {
            return 'refused';
          }
        }),
      );
    });
    expect(refusals).toEqual(['refused', 'refused', 'refused']);
  });
});

test('a stored key is sealed, bound to its address, and goes when it is deleted', async ({
  onggi,
  startEndpoint,
}) => {
  const { page } = onggi;
  const marker = 'sk-marker-4f9d2c7b1a';
  const endpoint = await startEndpoint({ apiKey: marker });
  await onggi.open();
  await onggi.connect(endpoint.localhostUrl, marker);
  await onggi.chooseModel('echo-fast');
  await onggi.ask('hello');

  const readStores = () =>
    page.evaluate(async () => {
      const texts: string[] = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
      for (const { name } of await indexedDB.databases()) {
        const db = await new Promise<IDBDatabase>((resolve, reject) => {
          const request = indexedDB.open(name ?? '');
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(new Error('cannot open'));
        });
        for (const store of db.objectStoreNames) {
          const rows = await new Promise<unknown[]>((resolve) => {
            const request = db.transaction(store).objectStore(store).getAll();
            request.onsuccess = () => resolve(request.result);
          });
          texts.push(`${store}: ${JSON.stringify(rows)}`);
        }
        db.close();
      }
      return texts.join('\n');
    });
  expect(await readStores()).not.toContain(marker);

  await page.goto('/#/settings/models');
  await expect(page.getByText('Key stored, ends in 7b1a')).toBeVisible();

  // An address elsewhere does not get the key of this one.
  const other = await startEndpoint({ apiKey: undefined });
  await page.getByRole('button', { name: /^Edit / }).click();
  await page.getByLabel('Address (base URL)').fill(other.localhostUrl);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('no key')).toBeVisible();
  await page.getByRole('button', { name: 'Back to the chat' }).click();
  await onggi.ask('again, elsewhere');
  const sent = other.log().map(({ headers }) => headers['authorization']);
  expect(sent.every((value) => value === undefined)).toBe(true);
  expect(await readStores()).toMatch(/^secrets: \[\]$/m);
});
