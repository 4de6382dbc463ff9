import { readFileSync } from 'node:fs';
import { expect, test } from './onggi.ts';
import type { Onggi } from './onggi.ts';

/** Gives the page no more space than it uses now, or as much as it likes again. */
async function limitStorage(onggi: Onggi, quotaSize?: number): Promise<void> {
  const client = await onggi.page.context().newCDPSession(onggi.page);
  const { origin } = new URL(onggi.page.url());
  await client.send('Storage.overrideQuotaForOrigin', {
    origin,
    ...(quotaSize === undefined ? {} : { quotaSize }),
  });
}

/** Pastes a text into the composer, as a person does. */
async function paste({ composer }: Onggi, text: string): Promise<void> {
  await composer.evaluate((box, pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', pasted);
    box.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
    );
  }, text);
}

test('a full quota keeps the typed text, says so, offers it, and goes on when there is space', async ({
  onggi: connected,
  endpoint,
}) => {
  const { page } = connected;
  // Before the database is opened: the browser goes by what it knew of the space for a while.
  await page.goto('/robots.txt');
  await limitStorage(connected, 4 * 1024 * 1024);
  await connected.open();
  await connected.connect(endpoint.localhostUrl);
  await connected.chooseModel('echo-fast');
  await connected.ask('there is still room');
  // Small writes still work then; a large one does not.
  const long = '긴 생각 '.repeat(700_000);
  await paste(connected, long);
  await connected.composer.fill('what about this?');
  await connected.composer.press('Enter');
  await expect(page.getByText('Not saved.')).toBeVisible();
  await expect(connected.composer).toHaveValue('what about this?');
  await expect(page.getByText('3,500,000 characters')).toBeVisible();
  await expect(connected.questions).toHaveCount(1);

  const button = page.getByRole('button', { name: 'Download the unsaved text' });
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  expect(readFileSync(await download.path(), 'utf8')).toContain(long.trim());

  await limitStorage(connected);
  await connected.composer.press('Enter');
  await expect(connected.composer).toHaveValue('');
  await expect(connected.questions).toHaveCount(2);
  await expect(page.getByText('Not saved.')).toBeHidden();
});

test('an answer that cannot be written stays on the screen and is written later', async ({
  connected,
}) => {
  const { page } = connected;
  await connected.ask('there is still room');
  await connected.chooseModel('fault/huge?k=900');
  // The writes of the answer fail, those of the question do not.
  await page.evaluate(() => {
    const put = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, 'put')?.value as (
      this: IDBObjectStore,
      ...args: Parameters<IDBObjectStore['put']>
    ) => IDBRequest<IDBValidKey>;
    Object.assign(window, { isDiskFull: true });
    IDBObjectStore.prototype.put = function (...args) {
      const [row] = args as [{ content?: string }];
      if ('isDiskFull' in window && window.isDiskFull && (row.content?.length ?? 0) > 10_000) {
        throw new DOMException('', 'QuotaExceededError');
      }
      return put.apply(this, args);
    };
  });
  await connected.say('a big one, please');
  await expect(page.getByText('Not saved.')).toBeVisible();
  await expect(connected.stop).toBeHidden();
  await expect(connected.answers.last()).toContainText(/x{20}/);
  await expect(page.getByRole('button', { name: 'Download the unsaved text' })).toBeVisible();
  await page.evaluate(() => Object.assign(window, { isDiskFull: false }));
  await page.getByRole('button', { name: 'Try again' }).first().click();
  await expect(page.getByText('Not saved.')).toBeHidden();
  const shown = await connected.answers.last().locator('.markdown').innerText();
  await page.reload();
  await expect(connected.answers.last().locator('.markdown')).toContainText(shown.slice(-40));
});

test('a browser without storage gets a sentence and a way out', async ({ page, onggi }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'indexedDB', { value: undefined });
  });
  await onggi.page.goto('/');
  await expect(page.getByRole('alert')).toContainText('private windows');
});

test('a start that an older tab holds up says which tab to close, and goes on by itself', async ({
  page,
  onggi,
  context,
}) => {
  // A tab of another program of this origin that holds an older, empty database and never lets go.
  await page.goto('/robots.txt');
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const request = indexedDB.open('onggi', 1);
        request.onsuccess = () => {
          Object.assign(window, { held: request.result });
          resolve();
        };
      }),
  );
  const second = await context.newPage();
  await second.goto('/');
  await expect(second.getByRole('alert')).toContainText('Another tab with an older version');
  await page.close();
  await expect(second.getByRole('button', { name: /API key/ })).toBeVisible();
  expect(onggi.page).toBe(page);
});

test('a connection that the browser closes is opened again, and nobody notices', async ({
  page,
  onggi,
  endpoint,
}) => {
  await page.addInitScript(() => {
    const opened: IDBDatabase[] = [];
    Object.assign(window, { opened });
    const open = Object.getOwnPropertyDescriptor(IDBFactory.prototype, 'open')?.value as (
      this: IDBFactory,
      ...args: Parameters<IDBFactory['open']>
    ) => IDBOpenDBRequest;
    IDBFactory.prototype.open = function (...args) {
      const request = open.apply(this, args);
      request.addEventListener('success', () => {
        if (request.result.name === 'onggi') opened.push(request.result);
      });
      return request;
    };
  });
  await onggi.open();
  await onggi.connect(endpoint.localhostUrl);
  await onggi.chooseModel('echo-fast');
  await onggi.ask('before');
  for (const words of ['at once', 'a moment later']) {
    await page.evaluate(() => {
      const { opened } = window as unknown as { opened: IDBDatabase[] };
      for (const database of opened.splice(0)) {
        database.close();
        database.dispatchEvent(new Event('close'));
      }
    });
    if (words === 'at once') {
      await onggi.ask(words);
      await expect(page.locator('.notice.bad')).toHaveCount(0);
      continue;
    }
    // The second time so soon it is told, with a button.
    const notice = page.locator('.notice.bad');
    await expect(notice).toContainText('The browser closed its storage');
    await notice.getByRole('button', { name: 'Try again' }).click();
    await expect(notice).toHaveCount(0);
    await onggi.ask(words);
  }
  await page.reload();
  await expect(onggi.questions).toHaveText([/before/, /at once/, /a moment later/]);
});

test('a database that goes while onggi is open is told, and none is made in its place', async ({
  connected,
}) => {
  const { page } = connected;
  await connected.ask('Only here');
  const client = await page.context().newCDPSession(page);
  await client.send('Storage.clearDataForOrigin', {
    origin: new URL(page.url()).origin,
    storageTypes: 'indexeddb',
  });
  const notice = page.locator('.notice.bad');
  await expect(notice).toContainText('The browser closed its storage');
  await connected.composer.fill('still to be said');
  await connected.composer.press('Enter');
  await expect(connected.composer).toHaveValue('still to be said');
  await notice.getByRole('button', { name: 'Try again' }).click();
  await expect(notice).toContainText('The browser closed its storage');
  const names = await page.evaluate(async () =>
    (await indexedDB.databases()).map(({ name }) => name),
  );
  expect(names).not.toContain('onggi');
  page.on('dialog', (dialog) => void dialog.accept());
  await notice.getByRole('button', { name: 'Reload' }).click();
  await expect(page.getByRole('heading', { name: 'Data are missing' })).toBeVisible();
});
