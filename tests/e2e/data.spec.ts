import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Download, Page } from '@playwright/test';
import { strFromU8, unzipSync } from 'fflate';
import { createChatgptArchive } from '../support/chatgpt-archive.ts';
import { restoreWithSeed, whyNoSeedRestore } from '../support/restore-with-seed.ts';
import type { Onggi } from './onggi.ts';
import { expect, test, text } from './seeded.ts';

type Rows = Readonly<Record<string, readonly unknown[]>>;

/** Drops a file on the window, as a person does. */
async function drop(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  const transfer = await page.evaluateHandle(
    ({ base64, fileName }) => {
      const binary = atob(base64);
      const data = Uint8Array.from(binary, (character) => character.charCodeAt(0));
      const moved = new DataTransfer();
      moved.items.add(new File([data], fileName));
      return moved;
    },
    { base64: Buffer.from(bytes).toString('base64'), fileName: name },
  );
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: transfer });
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
}

/** Every row of the live database that a backup holds, bytes as lists of numbers, by table. */
async function readRows(page: Page): Promise<Rows> {
  return page.evaluate(async () => {
    const open = (name: string) =>
      new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error('no database'));
      });
    const all = (database: IDBDatabase, store: string) =>
      new Promise<unknown[]>((resolve, reject) => {
        const request = database.transaction(store).objectStore(store).getAll();
        request.onsuccess = () => resolve(request.result as unknown[]);
        request.onerror = () => reject(request.error ?? new Error('no rows'));
      });
    const boot = await open('onggi-boot');
    const pointers = (await all(boot, 'pointer')) as { id: string; databaseName: string }[];
    boot.close();
    const live = pointers.find(({ id }) => id === 'live')?.databaseName ?? '';
    const database = await open(live);
    const rows: Record<string, unknown[]> = {};
    for (const store of [
      'conversations',
      'messages',
      'attachments',
      'userSettings',
      'drafts',
      'endpoints',
      'documents',
      'imports',
      'usageStatistics',
    ]) {
      const found = await all(database, store);
      rows[store] = found.map(
        (row) =>
          JSON.parse(
            JSON.stringify(row, (_key, value: unknown) =>
              value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value,
            ),
          ) as unknown,
      );
    }
    database.close();
    return rows;
  });
}

/** The rows; none while the page is being loaded anew. */
async function readRowsSoon(page: Page): Promise<Rows> {
  const none: Rows = {};
  return readRows(page).catch(() => none);
}

async function bytesOf(download: Download): Promise<Buffer> {
  return readFile(await download.path());
}

/** Imports an archive and closes the report. */
async function importArchive(onggi: Onggi, bytes: Uint8Array, count: number): Promise<void> {
  const { page } = onggi;
  await drop(page, 'export.zip', bytes);
  const noun = count === 1 ? 'conversation' : 'conversations';
  await page.getByRole('button', { name: `Import ${count} ${noun}` }).click();
  await page.getByRole('button', { name: 'Show the conversations' }).waitFor();
  // Its conversations hold hostile markup: to show one is for the tests of that alone.
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await page.goto('/#/');
}

/** Erases the whole origin as a person does, and begins anew without a connection. */
async function eraseEverything(page: Page): Promise<void> {
  await page.goto('/#/storage');
  await page.getByRole('button', { name: text('erase.open') }).click();
  await page.getByLabel(text('erase.type', { word: text('erase.word') })).fill('erase');
  await page.getByRole('button', { name: text('erase.confirm') }).click();
  await page.getByRole('button', { name: text('erase.startAnew') }).click();
  await page.getByRole('button', { name: 'Look around first' }).click();
}

async function backUp(page: Page): Promise<{ name: string; bytes: Buffer }> {
  await page.goto('/#/data');
  await page.getByRole('button', { name: 'Back up now' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Back up', exact: true }).click(),
  ]);
  const bytes = await bytesOf(download);
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
  return { name: download.suggestedFilename(), bytes };
}

async function chooseFor(page: Page, button: string, name: string, buffer: Buffer): Promise<void> {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: button, exact: true }).click(),
  ]);
  await chooser.setFiles({ name, mimeType: 'application/gzip', buffer });
}

/** Takes the random parts out of rows: visits differ from browser to browser. */
function comparable(rows: Rows): unknown {
  return JSON.parse(
    JSON.stringify(rows, (key, value: unknown) => (key === 'sessionId' ? 'visit' : value)),
  );
}

test.describe('hostile markup in an import', () => {
  test.use({ isPolicyProvoked: true });

  test('a ChatGPT ZIP is dropped, backed up, erased, restored, and every row is as before', async ({
    start,
  }) => {
    const onggi = await start();
    const { page } = onggi;
    await drop(page, 'chatgpt-export.zip', createChatgptArchive());
    const dialog = page.getByRole('dialog', { name: 'Import' });
    await expect(dialog.getByRole('heading', { name: 'ChatGPT' })).toBeVisible();
    await expect(dialog).toContainText('Conversations without messages');
    await expect(dialog).toContainText('gpt-4o');
    await page.getByRole('button', { name: 'Import 2 conversations' }).click();
    await expect(page.getByRole('dialog', { name: 'Import finished' })).toContainText('Added');
    await page.getByRole('button', { name: 'Show the conversations' }).click();

    await onggi.conversations.filter({ hasText: '김치찌개' }).getByRole('link').click();
    await expect(onggi.answers.last()).toContainText('두부를 넣어도 좋아요.');
    await expect(onggi.answers.last()).toContainText('2/2');
    await onggi.conversations.filter({ hasText: 'A picture' }).getByRole('link').click();
    await expect(onggi.questions.last().getByRole('img', { name: 'jar.png' })).toBeVisible();
    await expect(onggi.answers.last().getByText('Sources')).toBeVisible();
    expect(await page.evaluate(() => '__onggiPwned' in window)).toBe(false);

    const before = await readRows(page);
    expect(before['conversations']).toHaveLength(2);
    expect(before['attachments']).toHaveLength(1);
    const { name, bytes } = await backUp(page);
    expect(name).toMatch(/^backup_\d{8}_\d{6}\.json\.gz$/);
    const file = JSON.parse(gunzipSync(bytes).toString('utf8')) as Record<string, unknown>;
    expect(Object.keys(file)[0]).toBe('timestamp');
    expect(Object.keys(file).at(-1)).toBe('digest');

    await eraseEverything(page);
    expect(await readRows(page)).toMatchObject({ conversations: [], messages: [], imports: [] });
    await page.goto('/#/data');
    await chooseFor(page, 'Restore', name, bytes);
    await expect(page.getByRole('dialog')).toContainText('Counts and checksum agree');
    await expect(page.getByRole('dialog')).toContainText(/format 1, schema \d+/);
    await page.getByText('Replace', { exact: true }).click();
    await page.getByRole('button', { name: 'Prepare' }).click();
    await page.getByRole('button', { name: 'Replace now' }).click();
    // To the last field, ids and visits too; what may not be in a file is asked for anew.
    await expect.poll(() => readRowsSoon(page)).toEqual(before);
    await page.goto('/#/');
    await onggi.conversations.filter({ hasText: 'A picture' }).getByRole('link').click();
    await expect(onggi.questions.last().getByRole('img', { name: 'jar.png' })).toBeVisible();
  });
});

test('the same file twice adds nothing, a newer one only the difference, and it can be undone', async ({
  start,
}) => {
  const onggi = await start();
  const { page } = onggi;
  await importArchive(onggi, createChatgptArchive(), 2);
  const first = await readRows(page);
  await drop(page, 'export.zip', createChatgptArchive());
  await expect(page.getByRole('dialog')).toContainText(
    'Everything in these files is here already.',
  );
  await page.getByRole('button', { name: 'Cancel' }).click();
  expect(await readRows(page)).toEqual(first);

  await importArchive(onggi, createChatgptArchive('그럼 간은 어떻게 맞춰?'), 1);
  expect((await readRows(page))['messages']).toHaveLength((first['messages']?.length ?? 0) + 1);
  await onggi.conversations.filter({ hasText: '김치찌개' }).getByRole('link').click();
  await expect(onggi.questions.last()).toContainText('그럼 간은 어떻게 맞춰?');

  await page.goto('/#/data');
  await page.getByText('Earlier imports').click();
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await page.getByRole('button', { name: 'Undo this import' }).click();
  await expect
    .poll(async () => (await readRows(page))['messages']?.length)
    .toBe(first['messages']?.length);
});

test('data count as safe only while a copy outside holds them', async ({ start }) => {
  const onggi = await start();
  const { page } = onggi;
  await onggi.ask('The first jar');
  await backUp(page);
  await expect(page.getByRole('region', { name: text('data.safe') })).toBeVisible();

  await importArchive(onggi, createChatgptArchive(), 2);
  await page.goto('/#/data');
  const banner = page.getByRole('region', { name: text('data.copyBehind') });
  await expect(banner).toContainText('2 conversations that imports have brought');
  await expect(page.getByText(text('data.safe'))).toHaveCount(0);

  await backUp(page);
  await expect(page.getByRole('region', { name: text('data.safe') })).toBeVisible();
});

test('a merge adds what is missing, deletes nothing, and can be undone @long', async ({
  start,
}) => {
  const onggi = await start();
  const { page } = onggi;
  await importArchive(onggi, createChatgptArchive(), 2);
  const { name, bytes } = await backUp(page);
  await page.goto('/#/');
  await onggi.ask('Only here');
  const before = await readRows(page);
  await page.goto('/#/data');
  await chooseFor(page, 'Restore', name, bytes);
  await page.getByRole('button', { name: 'Prepare' }).click();
  await expect(page.getByRole('table')).toContainText('Conversations');
  await page.getByRole('button', { name: 'Merge now' }).click();
  await expect(page.getByRole('button', { name: 'Undo the restore' })).toBeVisible();
  await expect
    .poll(async () => (await readRows(page).catch(() => undefined))?.['conversations']?.length)
    .toBe(3);
  await expect(page.getByText(text('restore.done.merge'))).toBeVisible();
  await page.getByRole('button', { name: 'Undo the restore' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Undo the restore' }).click();
  await expect
    .poll(async () => comparable(await readRows(page).catch(() => ({}))))
    .toEqual(comparable(before));
  await expect(page.getByText(text('restore.done.undo'))).toBeVisible();

  // A replacement says first what it would take away.
  await chooseFor(page, 'Restore', name, bytes);
  await page.getByRole('radio', { name: text('restore.replace') }).check();
  await page.getByRole('button', { name: 'Prepare' }).click();
  const row = page.getByRole('row', { name: 'Conversations' });
  await expect(row.getByRole('cell')).toHaveText(['3', '2', '1']);
  await expect(page.getByRole('dialog').getByText('Only here')).toBeVisible();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
});

test('the data from before each of two restores can be brought back @long', async ({ start }) => {
  const onggi = await start();
  const { page } = onggi;
  await onggi.ask('In the backup');
  await page.goto('/#/data');
  const { name, bytes } = await backUp(page);
  const undos = page.getByRole('button', { name: text('restore.undo') });
  const shown = (title: string) => onggi.conversations.filter({ hasText: title });
  for (const [before, title] of ['Before the first', 'Before the second'].entries()) {
    await page.goto('/#/');
    await onggi.ask(title);
    await page.goto('/#/data');
    await chooseFor(page, text('restore.button'), name, bytes);
    await page.getByRole('radio', { name: text('restore.replace') }).check();
    await page.getByRole('button', { name: text('restore.prepare') }).click();
    await page.getByRole('button', { name: text('restore.confirmReplace') }).click();
    await expect(undos).toHaveCount(before + 1);
  }
  await expect(shown('Before the')).toHaveCount(0);

  // The last one stands first; the other one is brought back.
  await undos.last().click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: text('restore.undo') })
    .click();
  await expect(shown('Before the first')).toHaveCount(1);
  await expect(shown('Before the second')).toHaveCount(0);
  await expect(undos).toHaveCount(2);
});

test('a protected backup asks for its passphrase and opens with it', async ({ start }) => {
  test.slow();
  const onggi = await start();
  const { page } = onggi;
  await onggi.ask('Keep this secret');
  await page.goto('/#/data');
  await page.getByRole('button', { name: 'Back up now' }).click();
  await page.getByRole('switch', { name: 'Protect with a passphrase' }).click();
  await page.getByLabel('Passphrase', { exact: true }).fill('kimchi jar in the yard');
  await page.getByLabel('Passphrase again').fill('kimchi jar in the yard');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Back up', exact: true }).click(),
  ]);
  const bytes = await bytesOf(download);
  expect(bytes.toString('latin1').startsWith('age-encryption.org/v1')).toBe(true);
  expect(bytes.includes('Keep this secret')).toBe(false);
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
  await chooseFor(page, 'Check a backup', download.suggestedFilename(), bytes);
  await page.getByLabel('Passphrase').fill('wrong');
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('does not open the file');
  await page.getByLabel('Passphrase').fill('kimchi jar in the yard');
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  // Deriving the key from a passphrase is slow on purpose.
  await expect(page.getByRole('dialog')).toContainText('Counts and checksum agree', {
    timeout: 40_000,
  });
});

test('a damaged backup is refused in one sentence and nothing changes', async ({ start }) => {
  const onggi = await start();
  const { page } = onggi;
  await onggi.ask('Still here');
  const { name, bytes } = await backUp(page);
  const before = await readRows(page);
  for (const damaged of [
    bytes.subarray(0, bytes.length >> 1),
    Buffer.from('not a backup'),
    Buffer.alloc(0),
  ]) {
    await chooseFor(page, 'Restore', name, damaged);
    await expect(page.getByRole('dialog').getByRole('alert')).toContainText(
      'This file changed nothing',
    );
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
  }
  expect(await readRows(page)).toEqual(before);
});

test('every format of the export holds the conversation, and no key @long', async ({ start }) => {
  const onggi = await start();
  const { page } = onggi;
  await importArchive(onggi, createChatgptArchive(), 2);
  const labels = {
    Archive: /^onggi_archive_\d{8}\.zip$/,
    'JSON Every field': /\.json$|\.zip$/,
    'Markdown A file': /^onggi_markdown_\d{8}\.zip$/,
    'OpenAI fine-tuning': /\.jsonl$/,
    'ShareGPT JSONL': /\.jsonl$/,
    'All data as a database': /\.sqlite$/,
    'For PostgreSQL': /\.sql$/,
    'Usage as a table': /\.csv$/,
  };
  for (const [label, ending] of Object.entries(labels)) {
    await page.goto('/#/data');
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await page.getByRole('radio', { name: label }).check();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('dialog').getByRole('button', { name: 'Export', exact: true }).click(),
    ]);
    expect(download.suggestedFilename(), label).toMatch(ending);
    const bytes = await bytesOf(download);
    expect(bytes.length, label).toBeGreaterThan(20);
    if (download.suggestedFilename().endsWith('.zip')) {
      const entries = unzipSync(bytes);
      const isMarkdownOnly = label === 'Markdown A file';
      const names = Object.keys(entries).filter((name) => !/^index\.html$|\.md$/.test(name));
      expect(names.length === 0, names.join()).toBe(isMarkdownOnly);
      expect(
        Object.values(entries).some((entry) => strFromU8(entry).includes('두부')),
        label,
      ).toBe(true);
    } else if (label !== 'Usage as a table') {
      expect(bytes.includes('두부'), label).toBe(true);
    }
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
  }
});

const noSeed = whyNoSeedRestore();

test.describe('the specification’s own program', () => {
  test.skip(noSeed !== undefined, `the specification’s program cannot run here: ${noSeed ?? ''}`);

  test('restores our downloaded backup, and we restore what it writes', async ({ start }) => {
    const onggi = await start();
    const { page } = onggi;
    await importArchive(onggi, createChatgptArchive(), 2);
    const before = await readRows(page);
    const { name, bytes } = await backUp(page);
    const folder = await mkdtemp(join(tmpdir(), 'onggi-seed-'));
    try {
      await writeFile(join(folder, name), bytes);
      const { rowsByTable, createdFile } = restoreWithSeed(join(folder, name), folder);
      expect(rowsByTable['messages']).toHaveLength(before['messages']?.length ?? 0);
      expect(rowsByTable['conversations']?.map(({ title }) => title).sort()).toEqual([
        'A picture',
        '김치찌개 2인분',
      ]);
      const written = await readFile(createdFile);
      await chooseFor(page, 'Check a backup', 'backup.json.gz', written);
      await expect(page.getByRole('dialog')).toContainText('the specification’s own program');
      await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
      await chooseFor(page, 'Restore', 'backup.json.gz', written);
      await page.getByText('Replace', { exact: true }).click();
      await page.getByRole('button', { name: 'Prepare' }).click();
      await page.getByLabel('I have read this and want to go on').check();
      await page.getByRole('button', { name: 'Replace now' }).click();
      await expect
        .poll(async () => comparable({ messages: (await readRowsSoon(page))['messages'] ?? [] }))
        .toEqual(comparable({ messages: before['messages'] ?? [] }));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
