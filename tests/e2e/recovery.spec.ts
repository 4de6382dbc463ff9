import { readFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { seedConversation, seedConversations, seedUsage } from '../support/seed.ts';
import { damage, holdOlder, loseDatabases } from './lost-databases.ts';
import { expect, makeSnapshot, test, text } from './seeded.ts';
import { expectNoViolations } from './violations.ts';
import { readMade } from './without-room.ts';

const rows = seedConversations([seedConversation('Kept letters')]);

test('a database that is gone is told before anything is made, and a copy brings it back', async ({
  start,
}) => {
  const { page } = await start({ rows });
  await makeSnapshot(page);
  await damage(page, async () => {
    for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name ?? '');
    await new Promise((resolve) => setTimeout(resolve, 300));
  });
  await page.goto('/');
  await expect(page.getByRole('heading', { name: text('recovery.title') })).toBeVisible();
  expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
  // No copy has them, and whoever comes back finds a connection that looks as before.
  await expect(page.getByText(text('recovery.keysLost'))).toBeVisible();
  await page.getByRole('button', { name: /^Restore the snapshot/ }).click();
  await expect(page.getByRole('link', { name: 'Kept letters' })).toBeVisible();
  await expect(page.getByText(text('restore.done.recovered'))).toBeVisible();
  // What was put aside is what the browser had left, and nobody is to take it for the old data.
  await page.goto('/#/data');
  await expect(page.getByText(/brings back no conversation and no document/)).toBeVisible();
});

/** How many files the snapshots have. */
function countFiles(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('snapshots', { create: true });
    const names: string[] = [];
    for await (const name of folder.keys()) names.push(name);
    return names.filter((name) => name.endsWith('.gz')).length;
  });
}

async function waitForFiles(page: Page, count: number): Promise<void> {
  await expect.poll(() => countFiles(page)).toBe(count);
}

test('a copy brings back what was said after its whole part, and its download too', async ({
  start,
}) => {
  const onggi = await start({ rows });
  const { page } = onggi;
  await makeSnapshot(page);
  await onggi.open();
  await onggi.ask('Said after the whole copy');
  await makeSnapshot(page);
  await waitForFiles(page, 2);
  await damage(page, loseDatabases);
  await page.goto('/');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: /^Download the snapshot/ }).click();
  expect((await download).suggestedFilename()).toMatch(/^backup_.*\.json\.gz$/);
  await page.getByRole('button', { name: /^Restore the snapshot/ }).click();
  await page.getByRole('link', { name: 'Said after the whole copy' }).click();
  await expect(onggi.answers).toHaveCount(1);
  await expect(page.getByRole('link', { name: 'Kept letters' })).toBeVisible();
});

for (const hash of ['#/', '#/rescue']) {
  test(`a copy whose later part is damaged says how far it reaches before it is brought back, at ${hash}`, async ({
    start,
  }) => {
    const onggi = await start({ rows });
    const { page } = onggi;
    await makeSnapshot(page);
    await onggi.open();
    await onggi.ask('Said after the whole copy');
    await makeSnapshot(page);
    await waitForFiles(page, 2);
    await damage(page, async () => {
      const root = await navigator.storage.getDirectory();
      const folder = await root.getDirectoryHandle('snapshots');
      for await (const handle of folder.values()) {
        if (!(handle instanceof FileSystemFileHandle)) continue;
        if (!handle.name.endsWith('.segment.gz')) continue;
        const writable = await handle.createWritable({ keepExistingData: true });
        await writable.write({ type: 'write', position: 40, data: new Uint8Array(64) });
        await writable.close();
      }
      for (const { name } of await indexedDB.databases()) {
        await new Promise((resolve) => {
          indexedDB.deleteDatabase(name ?? '').onsuccess = resolve;
        });
      }
    });
    await page.goto(`/${hash}`);
    const restore = page.getByRole('button', { name: /^Restore the snapshot/ });
    // Where data are missing the copies are looked into without a click.
    if (hash === '#/rescue') await restore.click();
    await expect(page.getByText('Later parts of this snapshot are damaged')).toBeVisible();
    await restore.click();
    await expect(page.getByRole('link', { name: 'Kept letters' })).toBeVisible();
    await expect(page.getByRole('link', { name: 'Said after the whole copy' })).toHaveCount(0);
  });
}

test('a database that is lost together with the note of it is told by the copies that are left', async ({
  start,
}) => {
  const { page } = await start({ rows });
  await makeSnapshot(page);
  await damage(page, async () => {
    localStorage.clear();
    for (const { name } of await indexedDB.databases()) {
      await new Promise((resolve) => {
        indexedDB.deleteDatabase(name ?? '').onsuccess = resolve;
      });
    }
  });
  await page.goto('/');
  await expect(page.getByRole('heading', { name: text('recovery.title') })).toBeVisible();
  expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
  await page.getByRole('button', { name: text('recovery.empty') }).click();
  await page.getByRole('button', { name: text('recovery.empty') }).click();
  await expect(page.getByRole('button', { name: /API key/ })).toBeVisible();
  // Told once: now there is a database, though an empty one.
  await page.reload();
  await expect(page.getByRole('button', { name: /API key/ })).toBeVisible();
});

test('missing conversations are told, a damaged copy is refused, and one can go on', async ({
  start,
}) => {
  const { page } = await start({ rows });
  await makeSnapshot(page);
  await damage(page, async () => {
    const database = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open('onggi');
      request.onsuccess = () => resolve(request.result);
    });
    const transaction = database.transaction('conversations', 'readwrite');
    transaction.objectStore('conversations').clear();
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    database.close();
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('snapshots');
    for await (const handle of folder.values()) {
      if (!(handle instanceof FileSystemFileHandle)) continue;
      const writable = await handle.createWritable({ keepExistingData: true });
      await writable.write({ type: 'write', position: 40, data: new Uint8Array(64) });
      await writable.close();
    }
  });
  await page.goto('/');
  await expect(page.getByText('1 of 1 conversations')).toBeVisible();
  await expect(page.getByText(text('recovery.damaged'))).toBeVisible();
  await expect(page.getByRole('button', { name: /^Restore the snapshot/ })).toHaveCount(0);
  await page.getByRole('button', { name: text('recovery.asIs') }).click();
  await page.getByRole('button', { name: text('recovery.asIs') }).click();
  await expect(page.getByRole('button', { name: 'New chat' })).toBeVisible();
});

test('the end of the records that the browser dropped is told, and told once', async ({
  start,
}) => {
  const onggi = await start({ rows });
  const { page } = onggi;
  await onggi.ask('The newest question');
  await expect(async () => {
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    const note = await page.evaluate(() => localStorage.getItem('onggi.canary'));
    expect(note).toMatch(/"lastSeq":[1-9]/);
  }).toPass();
  await damage(page, async () => {
    const database = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open('onggi');
      request.onsuccess = () => resolve(request.result);
    });
    const transaction = database.transaction(['messages', 'changeFeed'], 'readwrite');
    transaction.objectStore('changeFeed').clear();
    transaction.objectStore('messages').clear();
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    database.close();
  });
  await page.goto('/');
  await expect(page.getByText(/of the newest changes to your conversations/)).toBeVisible();
  await page.getByRole('button', { name: text('recovery.asIs') }).click();
  await page.getByRole('button', { name: text('recovery.asIs') }).click();
  await expect(page.getByRole('button', { name: 'New chat' })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('button', { name: 'New chat' })).toBeVisible();
});

test('settings, connections and usage that are lost are told by name, and a copy brings them back', async ({
  start,
}) => {
  const { page } = await start({ rows: { ...rows, usageStatistics: [seedUsage(1, 'x')] } });
  await makeSnapshot(page);
  await expect(async () => {
    const note = await page.evaluate(() => localStorage.getItem('onggi.canary'));
    expect(note).toMatch(/"endpoints":\["/);
  }).toPass();
  await damage(page, async () => {
    const database = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open('onggi');
      request.onsuccess = () => resolve(request.result);
    });
    const tables = ['userSettings', 'endpoints', 'usageStatistics'];
    const transaction = database.transaction(tables, 'readwrite');
    for (const table of tables) transaction.objectStore(table).clear();
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    database.close();
  });
  await page.goto('/');
  await expect(
    page.getByText(
      text('recovery.tables', {
        tables: ['userSettings', 'endpoints', 'usageStatistics']
          .map((table) => text(`space.table.${table}` as 'space.table.endpoints'))
          .join(', '),
      }),
    ),
  ).toBeVisible();
  await page.getByRole('button', { name: /^Restore the snapshot/ }).click();
  await expect(page.getByRole('link', { name: 'Kept letters' })).toBeVisible();
  await expect
    .poll(async () => (await readMade(page).catch(() => undefined))?.['endpoints'])
    .toMatchObject([{ name: 'Test server' }]);
});

test('the rescue page takes out what is readable', async ({ start }) => {
  const { page } = await start({ rows });
  await page.goto('/#/rescue');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: text('recovery.export') }).click();
  expect((await download).suggestedFilename()).toMatch(/^onggi-rescue-.*\.json$/);
  await page.getByRole('button', { name: text('recovery.start') }).click();
  await expect(page.getByRole('link', { name: 'Kept letters' })).toBeVisible();
});

test('the back button leads from the rescue page to where one was', async ({ start }) => {
  const { page } = await start({ rows, hash: '#/data' });
  await page.goto('/#/rescue');
  await expect(page.getByRole('heading', { name: text('recovery.rescueTitle') })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { name: text('data.title') })).toBeVisible();
});

test('what the rescue page took out is brought back row by row', async ({ start }) => {
  const onggi = await start({ rows });
  const { page } = onggi;
  await onggi.ask('옹기가 뭐야? 👩‍👩‍👧‍👦');
  const before = await readMade(page);
  await page.goto('/#/rescue');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: text('recovery.export') }).click(),
  ]);
  const buffer = await readFile(await download.path());
  await damage(page, loseDatabases);
  await page.goto('/');
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: text('recovery.file') }).click(),
  ]);
  // What comes with its text is not read out: the place for it is there before.
  const places = page.getByRole('status');
  await places.evaluateAll((found) => found.forEach((place) => place.setAttribute('data-old', '')));
  await chooser.setFiles({
    name: download.suggestedFilename(),
    mimeType: 'application/json',
    buffer,
  });
  const told = places.and(page.locator('[data-old]'));
  await expect(told.filter({ hasText: download.suggestedFilename() })).toBeVisible();
  // What it holds is said, and nothing is brought back before the person wants it.
  const restore = page.getByRole('button', { name: /^Restore the file/ });
  await expect(restore).toBeVisible();
  await expect(page.getByText(/Conversations: 2, messages: 4/)).toBeVisible();
  await expect(page.getByText(/Messages from .+ to /)).toBeVisible();
  expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
  await restore.click();
  await expect(page.getByRole('link', { name: 'Kept letters' })).toBeVisible();
  await expect.poll(() => readMade(page).catch(() => undefined)).toEqual(before);
});

test('a backup file with parts missing says so, and brings back what it lists', async ({
  start,
}) => {
  const { page } = await start({ rows });
  await makeSnapshot(page);
  await damage(page, loseDatabases);
  await page.goto('/');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: /^Download the snapshot/ }).click(),
  ]);
  const whole = gunzipSync(await readFile(await download.path())).toString();
  const backup = JSON.parse(whole) as { messages: unknown[] };
  const less = JSON.stringify({ ...backup, messages: backup.messages.slice(0, 1) });
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: text('recovery.file') }).click(),
  ]);
  await chooser.setFiles({
    name: download.suggestedFilename(),
    mimeType: 'application/gzip',
    buffer: gzipSync(less),
  });
  const restore = page.getByRole('button', { name: /^Restore the file/ });
  await expect(page.getByText(text('recovery.damagedFile'))).toBeVisible();
  await expect(page.getByText(text('error.file/damaged'))).toHaveCount(0);
  await expect(page.getByText(/Conversations: 1, messages: 1/)).toBeVisible();
  await expect(restore).not.toHaveClass(/primary/);
  await restore.click();
  await expect(page.getByRole('link', { name: 'Kept letters' })).toBeVisible();
});

/** Runs in the page: nothing says any more which database is live. */
async function breakPointer(): Promise<void> {
  const boot = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open('onggi-boot');
    request.onsuccess = () => resolve(request.result);
  });
  const transaction = boot.transaction('pointer', 'readwrite');
  transaction.objectStore('pointer').put({ id: 'live', databaseName: 7 });
  await new Promise((resolve) => (transaction.oncomplete = resolve));
  boot.close();
}

/** Every way out of a start that fails: the person comes to the rescue screen by its link. */
const BROKEN_STARTS: readonly {
  readonly name: string;
  /** In the page, before the app. */
  readonly script?: () => void;
  /** Done to the storage. */
  readonly work?: () => Promise<void>;
}[] = [
  {
    name: 'the browser does not say which databases there are',
    script: () => {
      IDBFactory.prototype.databases = () =>
        Promise.reject(
          new DOMException(
            'Internal error opening backing store for indexedDB.open.',
            'UnknownError',
          ),
        );
    },
  },
  {
    name: 'nothing says which database is live',
    work: breakPointer,
  },
  {
    name: 'the database is of a newer version',
    work: () =>
      new Promise((resolve) => {
        const request = indexedDB.open('onggi', 9990);
        request.onsuccess = () => {
          request.result.close();
          resolve();
        };
      }),
  },
];

for (const { name, script, work } of BROKEN_STARTS) {
  test(`the rescue page opens and gives a file when ${name}`, async ({ start }) => {
    const { page } = await start({ rows });
    await makeSnapshot(page);
    await damage(page, work ?? (() => Promise.resolve()));
    if (script) await page.addInitScript(script);
    await page.goto('/');
    await page.getByRole('link', { name: text('recovery.link') }).click();
    await expect(page.getByRole('heading', { name: text('recovery.rescueTitle') })).toBeVisible();
    const [rescued] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: text('recovery.export') }).click(),
    ]);
    const file = await readFile(await rescued.path(), 'utf8');
    expect(JSON.parse(file)).toMatchObject({
      live: 'onggi',
      'onggi/conversations': [{ title: 'Kept letters' }],
    });
    const [copy] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: /^Download the snapshot/ }).click(),
    ]);
    expect(copy.suggestedFilename()).toMatch(/^backup_.*\.json\.gz$/);
  });
}

test('copies of this browser can be looked into and downloaded when no database opens', async ({
  start,
}) => {
  const onggi = await start({ rows });
  const { page } = onggi;
  await makeSnapshot(page);
  await onggi.open();
  await onggi.ask('Said after the whole copy');
  await makeSnapshot(page);
  await waitForFiles(page, 2);
  await page.addInitScript(() => {
    const refuse = () =>
      new DOMException('Internal error opening backing store for indexedDB.open.', 'UnknownError');
    IDBFactory.prototype.databases = () => Promise.reject(refuse());
    IDBFactory.prototype.open = () => {
      throw refuse();
    };
  });
  await page.goto('/__seed');
  await page.goto('/#/rescue');
  await page.getByRole('button', { name: /^Look into the snapshot/ }).click();
  await expect(
    page.getByText(text('recovery.holds', { conversations: 2, messages: 4 })),
  ).toBeVisible();
  const [copy] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: /^Download the snapshot/ }).click(),
  ]);
  const plain = gunzipSync(await readFile(await copy.path())).toString('utf8');
  expect(plain).toContain('Kept letters');
  expect(plain).toContain('Said after the whole copy');
  await page.getByRole('button', { name: text('recovery.export') }).click();
  await expect(page.getByText(text('recovery.nothing'))).toBeVisible();
  // Nothing can be opened: it says so, and leads back.
  await page.getByRole('button', { name: text('recovery.start') }).click();
  await expect(page.getByRole('link', { name: text('recovery.link') })).toBeVisible();
});

for (const isNoteLost of [false, true]) {
  const what = isNoteLost ? 'the databases and the note of them' : 'the databases';
  test(`a start by the rescue page after ${what} went is no silent first start`, async ({
    start,
  }) => {
    const { page } = await start({ rows });
    await makeSnapshot(page);
    await damage(page, loseDatabases);
    if (isNoteLost) await page.evaluate(() => localStorage.clear());
    await page.goto('/#/rescue');
    await page.getByRole('button', { name: text('recovery.export') }).click();
    await expect(page.getByText(text('recovery.nothing'))).toBeVisible();
    await page.getByRole('button', { name: text('recovery.start') }).click();
    await expect(page.getByRole('heading', { name: text('recovery.title') })).toBeVisible();
    // Looking makes nothing, and leaving decides nothing.
    await expect(
      page.getByText(text('recovery.holds', { conversations: 1, messages: 2 })),
    ).toBeVisible();
    expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
    await page.reload();
    await expect(page.getByRole('heading', { name: text('recovery.title') })).toBeVisible();
    // Nor does a restore that fails, though it had to make a database.
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: text('recovery.file') }).click(),
    ]);
    await chooser.setFiles({
      name: 'backup.json',
      mimeType: 'application/json',
      buffer: Buffer.from('{"a":1}'),
    });
    await expect(page.locator('.problem')).toBeVisible();
    await page.reload();
    await expect(page.getByRole('heading', { name: text('recovery.title') })).toBeVisible();
    await page.getByRole('button', { name: /^Restore the snapshot/ }).click();
    await expect(page.getByRole('link', { name: 'Kept letters' })).toBeVisible();
    await page.reload();
    await expect(page.getByRole('link', { name: 'Kept letters' })).toBeVisible();
  });
}

test('when the newest copy is damaged the one before is offered, and brings its rows back', async ({
  start,
}) => {
  const onggi = await start({ rows });
  const { page } = onggi;
  await makeSnapshot(page);
  // Without the note of where the first one ends, the second is a whole one too.
  await damage(page, async () => {
    const database = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open('onggi');
      request.onsuccess = () => resolve(request.result);
    });
    const transaction = database.transaction('backupTargets', 'readwrite');
    transaction.objectStore('backupTargets').clear();
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    database.close();
  });
  await onggi.open();
  await onggi.ask('Only in the newest copy');
  await makeSnapshot(page);
  await waitForFiles(page, 2);
  await damage(page, async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('snapshots');
    const handle = await folder.getFileHandle(
      await (async () => {
        for await (const name of folder.keys()) if (name.includes('_n000002')) return name;
        throw new Error('no second copy');
      })(),
    );
    const writable = await handle.createWritable({ keepExistingData: true });
    await writable.write({ type: 'write', position: 40, data: new Uint8Array(64) });
    await writable.close();
    for (const { name } of await indexedDB.databases()) {
      await new Promise((resolve) => {
        indexedDB.deleteDatabase(name ?? '').onsuccess = resolve;
      });
    }
  });
  await page.goto('/');
  const restore = page.getByRole('button', { name: /^Restore the snapshot/ });
  await expect(page.getByText(text('recovery.damaged'))).toBeVisible();
  await expect(restore).toHaveCount(1);
  await restore.click();
  await expect(page.getByRole('link', { name: 'Kept letters' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Only in the newest copy' })).toHaveCount(0);
});

test('a broken note of which data are live is mended by the rescue page, and nothing is lost', async ({
  start,
}) => {
  const onggi = await start({ rows });
  const { page } = onggi;
  await onggi.ask('The last words');
  const before = await readMade(page);
  await damage(page, breakPointer);
  await page.goto('/');
  await page.getByRole('link', { name: text('recovery.link') }).click();
  const card = page.getByRole('region', { name: text('recovery.pointer') });
  await expect(card.getByRole('listitem')).toHaveCount(1);
  await expectNoViolations(page, 'the rescue page with data to open', 'light');
  await card.getByRole('button', { name: /^Open these/ }).click();
  await expect(onggi.conversations.first()).toBeVisible();
  expect(await readMade(page)).toEqual(before);
  await page.goto('/#/rescue');
  await expect(page.getByRole('heading', { name: text('recovery.rescueTitle') })).toBeVisible();
  await expect(
    page.getByRole('button', { name: /^Restore the snapshot|Choose a backup/ }).first(),
  ).toBeVisible();
  await expect(card).toHaveCount(0);
});

test('a storage that does not answer is told at the start, leads to the copies, and is waited for', async ({
  start,
}) => {
  const { page } = await start({ rows });
  await makeSnapshot(page);
  await page.clock.install();
  await page.addInitScript(() => {
    const open = Object.getOwnPropertyDescriptor(IDBFactory.prototype, 'open')?.value as (
      this: IDBFactory,
      ...args: Parameters<IDBFactory['open']>
    ) => IDBOpenDBRequest;
    const held: (() => void)[] = [];
    let isSilent = true;
    const answer = () => {
      isSilent = false;
      for (const go of held) go();
    };
    Object.assign(window, { answer });
    // The events of the real request come when the storage answers, and not before.
    IDBFactory.prototype.open = function (...args) {
      const request = open.apply(this, args);
      const hold = (event: Event) => {
        if (!isSilent) return;
        event.stopImmediatePropagation();
        held.push(() => request.dispatchEvent(new Event(event.type)));
      };
      request.addEventListener('success', hold);
      request.addEventListener('error', hold);
      return request;
    };
  });
  await page.goto('/__seed');
  await page.goto('/#/');
  const told = page.getByRole('alert');
  // In steps: the patience begins only when the start has come to the storage.
  await expect(async () => {
    await page.clock.runFor(9000);
    await expect(told).toContainText(text('error.db/no-answer'), { timeout: 1000 });
  }).toPass();
  await expect(page.getByRole('button', { name: text('blocked.reload') })).toBeVisible();
  // It opens by itself when there is an answer.
  await page.evaluate(() => (window as unknown as { answer: () => void }).answer());
  await expect(page.getByRole('link', { name: 'Kept letters' })).toBeVisible();
  await expect(told).toHaveCount(0);

  // The rescue page gives what it can, and says what it cannot.
  await page.goto('/__seed');
  await page.goto('/#/rescue');
  await expect(page.getByRole('button', { name: /^Download the snapshot/ })).toBeVisible();
  await page.getByRole('button', { name: /^Restore the snapshot/ }).click();
  await expect(page.getByText(text('recovery.working'))).toBeVisible();
  // In steps: the patience begins only when the copy has been read.
  await expect(async () => {
    await page.clock.runFor(61_000);
    await expect(page.getByText(text('error.db/no-answer'))).toBeVisible({ timeout: 1000 });
  }).toPass();
  await expect(page.getByRole('button', { name: /^Download the snapshot/ })).toBeEnabled();
});

test('a recovery that an older tab holds up stays on the screen, says so, and goes on by itself', async ({
  start,
}) => {
  const { page } = await start({ rows });
  await makeSnapshot(page);
  await damage(page, holdOlder);
  const other = await page.context().newPage();
  await other.goto('/#/rescue');
  await other.getByRole('button', { name: /^Restore the snapshot/ }).click();
  await expect(other.getByText(text('error.db/blocked'))).toBeVisible();
  await expect(other.getByRole('heading', { name: text('recovery.rescueTitle') })).toBeVisible();
  await expect(other.getByRole('button', { name: text('recovery.start') })).toBeEnabled();
  await page.close();
  await expect(other.getByRole('link', { name: 'Kept letters' })).toBeVisible();
});

test('an upgrade that takes long is told as what it is, and onggi opens after it', async ({
  start,
}) => {
  const { page } = await start({ rows });
  await damage(page, holdOlder);
  await page.evaluate(async () => {
    localStorage.clear();
    const { held } = window as unknown as { held: IDBDatabase };
    held.close();
    // As a tab that is upgrading does, with so many rows that it takes a while.
    await new Promise<void>((resolve) => {
      void navigator.locks.request('onggi-upgrade:onggi', () => {
        resolve();
        return new Promise<void>((release) => Object.assign(window, { release }));
      });
    });
  });
  const other = await page.context().newPage();
  await other.clock.install();
  await other.goto('/');
  const heading = other.getByRole('heading', { name: text('blocked.upgrade') });
  // In steps: the patience begins only when the start has come to the storage.
  await expect(async () => {
    await other.clock.runFor(9000);
    await expect(heading).toBeVisible({ timeout: 1000 });
  }).toPass();
  await other.clock.runFor(60_000);
  await expect(heading).toBeVisible();
  await expect(other.getByRole('alert')).toHaveCount(0);
  const { violations } = await new AxeBuilder({ page: other }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
  await page.evaluate(() => (window as unknown as { release: () => void }).release());
  await expect(other.getByRole('button', { name: /API key/ })).toBeVisible();
});

test('a backup dialog that is left open holds no snapshot back', async ({ start, page }) => {
  await start({ rows: seedConversations([seedConversation('Jars')]), hash: '#/data' });
  await page.clock.install();
  await page.reload();
  await page
    .getByRole('button', { name: /^Back up/ })
    .first()
    .click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.clock.fastForward('15:00');
  await expect
    .poll(async () => {
      await page.clock.fastForward('01:00');
      return countFiles(page);
    })
    .toBe(1);
});
