/**
 * Drops on the built app whatever no file should be, and looks at the sentence that comes back, at the
 * time it takes, and at the rows of every table before and after.
 */
import { availableParallelism, loadavg } from 'node:os';
import type { Locator, Page } from '@playwright/test';
import { createChatgptArchive } from '../support/chatgpt-archive.ts';
import { expect, test, text } from '../e2e/seeded.ts';
import { badBackups } from './bad-backups.ts';
import { BAD_EXPORTS } from './bad-exports.ts';

/** Longest that a file below 5 MB may take to its outcome. */
const LIMIT_MS = 3000;
const SMALL_BYTES = 5_000_000;
/** Nothing is wrong with it: it takes its time, and shows how far it is. */
const GOOD_AND_LARGE = 'large';

/** What the app notes by itself while it is open: what to copy, what to search, what was answered. */
const OWN_NOTES =
  /^onggi-(?:boot|cache)\.|\.(?:changeFeed|feedReaders|backupTargets|embeddings|embeddingCoverage|maintenanceRuns)$/;

/** Every row the person has, in every table of every database of the app: its content, or a digest of it. */
async function readRows(page: Page): Promise<Readonly<Record<string, string>>> {
  const all = await page.evaluate(async () => {
    const rows: [table: string, key: string, content: string][] = [];
    const soon = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error('no database'));
      });
    const toText = (value: unknown): string =>
      JSON.stringify(value, (_name, member: unknown) => {
        if (member instanceof ArrayBuffer) return Array.from(new Uint8Array(member));
        return typeof member === 'bigint' ? `${member}n` : member;
      });
    const digest = async (content: string): Promise<string> => {
      const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(content));
      return Array.from(new Uint8Array(bytes)).join(' ');
    };
    for (const { name = '' } of await indexedDB.databases()) {
      if (!name.startsWith('onggi')) continue;
      const database = await soon(indexedDB.open(name));
      for (const table of database.objectStoreNames) {
        const store = database.transaction(table).objectStore(table);
        const [keys, values] = await Promise.all([soon(store.getAllKeys()), soon(store.getAll())]);
        for (const [index, key] of keys.entries()) {
          rows.push([`${name}.${table}`, toText(key), toText(values[index])]);
        }
        rows.push([`${name}.${table}`, 'count', String(keys.length)]);
      }
      database.close();
    }
    return Promise.all(
      rows.map(async ([table, key, content]) => ({
        table,
        key,
        content: content.length > 500 ? await digest(content) : content,
      })),
    );
  });
  const own = all.filter(({ table }) => !OWN_NOTES.test(table));
  return Object.fromEntries(own.map(({ table, key, content }) => [`${table} ${key}`, content]));
}

/** Begins to wait for what the dialog comes to; the time runs from the next event of that kind. */
async function watchDialog(page: Page, event: 'change' | 'click'): Promise<void> {
  await page.evaluate((kind) => {
    let beganAt = 0;
    addEventListener(kind, () => (beganAt = performance.now()), { capture: true, once: true });
    const outcome = new Promise<number>((resolve) => {
      const look = (): void => {
        const dialog = document.querySelector('dialog');
        const isSettled = beganAt > 0 && dialog !== null && !dialog.querySelector('progress');
        if (isSettled) resolve(performance.now() - beganAt);
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
    Object.assign(window, { outcome });
  }, event);
}

/** Milliseconds from the event to the outcome. */
const settled = (page: Page): Promise<number> =>
  page.evaluate(() => (window as unknown as { outcome: Promise<number> }).outcome);

async function give(page: Page, button: string, name: string, bytes: Uint8Array): Promise<number> {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: button, exact: true }).first().click(),
  ]);
  await watchDialog(page, 'change');
  await chooser.setFiles({ name, mimeType: '', buffer: Buffer.from(bytes) });
  return settled(page);
}

interface Line {
  readonly what: string;
  readonly sizeBytes: number;
  readonly timeMs: number;
  readonly outcome: string;
  readonly said: string;
}

/** Lines that are printed as they come: whoever waits sees how far it is. */
function createTable() {
  const lines: Line[] = [];
  return {
    lines,
    add: (line: Line): void => {
      const { what, sizeBytes, timeMs, outcome, said } = line;
      const size = `${(sizeBytes / 1e6).toFixed(2)} MB`.padStart(9);
      const time = `${timeMs.toFixed(0).padStart(6)} ms`;
      console.log(`${what.padEnd(34)} ${size} ${time}  ${outcome.padEnd(8)} ${said}`);
      lines.push(line);
    },
  };
}

/** On a machine that does other things too, everything takes as much longer as there is work for each core. */
function expectSoon(lines: readonly Line[]): void {
  const [load = 0] = loadavg();
  const limitMs = LIMIT_MS * Math.max(1, load / availableParallelism());
  console.log(`Load of this machine: ${load.toFixed(1)}; judged by ${limitMs.toFixed(0)} ms`);
  const slow = lines.filter(
    ({ sizeBytes, timeMs, outcome }) =>
      sizeBytes < SMALL_BYTES && timeMs > limitMs && outcome !== GOOD_AND_LARGE,
  );
  expect(slow.map(({ what, timeMs }) => `${what}: ${timeMs.toFixed(0)} ms`)).toEqual([]);
}

async function textsOf(dialog: Locator): Promise<string> {
  // Remarks stand behind a fold.
  for (const fold of await dialog.locator('details').all()) {
    await fold.evaluate((element: HTMLDetailsElement) => (element.open = true));
  }
  return (await dialog.innerText()).replaceAll('\n', ' · ');
}

/** What the dialog says of the file, for the table. */
async function sentenceOf(dialog: Locator): Promise<string> {
  const said = await dialog.locator('.problem, .group, details li, ul.plain li').allInnerTexts();
  return [...new Set(said.map((one) => one.replaceAll('\n', ' ')))].join(' | ').slice(0, 160);
}

test('every bad export is taken or refused with one sentence, and changes nothing when refused', async ({
  start,
}) => {
  const onggi = await start();
  const { page } = onggi;
  await onggi.ask('What was here before');
  await page.goto('/#/data');
  const dialog = page.getByRole('dialog');
  const { lines, add } = createTable();
  for (const { name, bytes: make, outcome, says, isLarge = false } of BAD_EXPORTS) {
    const made = await make();
    const bytes = typeof made === 'string' ? Buffer.from(made) : made;
    const before = await readRows(page);
    let timeMs = await give(page, text('import.button'), name, bytes);
    const said = await textsOf(dialog);
    for (const key of says) expect.soft(said, name).toContain(text(key));
    const go = dialog.getByRole('button', { name: /^Import \d/ });
    const isTaken = await go.isVisible();
    add({
      what: name,
      sizeBytes: bytes.length,
      timeMs,
      outcome: isTaken && isLarge ? GOOD_AND_LARGE : isTaken ? 'taken' : 'refused',
      said: await sentenceOf(dialog),
    });
    expect.soft(isTaken, `${name}: ${said}`).toBe(outcome === 'taken');
    expect.soft(await readRows(page), name).toEqual(before);
    if (isTaken && !isLarge && (await go.isEnabled())) {
      await watchDialog(page, 'click');
      await go.click();
      timeMs = await settled(page);
      const report = await textsOf(dialog);
      expect.soft(report, name).toContain(text('import.added'));
      add({
        what: `  … stored`,
        sizeBytes: bytes.length,
        timeMs,
        outcome: '',
        said: report.slice(0, 120),
      });
    }
    await dialog.getByRole('button', { name: 'Close' }).first().click();
    await expect(dialog).toBeHidden();
  }
  expectSoon(lines);
  expect(await page.evaluate(() => 'polluted' in {})).toBe(false);
});

test('every bad backup is read with remarks or refused with one sentence, and changes nothing', async ({
  start,
}) => {
  const onggi = await start();
  const { page } = onggi;
  await page.goto('/#/data');
  const dialog = page.getByRole('dialog');
  await give(page, text('import.button'), 'export.zip', createChatgptArchive());
  await dialog.getByRole('button', { name: /^Import \d/ }).click();
  await dialog.getByRole('button', { name: text('import.show') }).waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.goto('/#/data');
  await page.getByRole('button', { name: text('data.backUpNow') }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: text('backup.start'), exact: true }).click(),
  ]);
  const parts: Buffer[] = [];
  for await (const part of await download.createReadStream()) parts.push(part as Buffer);
  await dialog.getByRole('button', { name: 'Close' }).last().click();

  const { lines, add } = createTable();
  for (const { name, bytes: make, outcome, says } of badBackups(Buffer.concat(parts))) {
    const bytes = await make();
    const before = await readRows(page);
    let timeMs = await give(page, text('restore.button'), 'backup.json.gz', bytes);
    const isRead = await dialog.getByRole('radio').first().isVisible();
    const isAsked = await dialog
      .getByRole('button', { name: text('restore.readLarge') })
      .isVisible();
    let said = await textsOf(dialog);
    const line = { what: name, sizeBytes: bytes.length };
    add({
      ...line,
      timeMs,
      outcome: isRead ? 'read' : isAsked ? 'asked' : 'refused',
      said: await sentenceOf(dialog),
    });
    expect.soft(isRead ? 'read' : isAsked ? 'asked' : 'refused', `${name}: ${said}`).toBe(outcome);
    if (isRead) {
      await dialog.getByRole('radio', { name: text('restore.replace') }).check();
      await watchDialog(page, 'click');
      await dialog.getByRole('button', { name: text('restore.prepare') }).click();
      timeMs = await settled(page);
      said += await textsOf(dialog);
      expect.soft(said, name).toContain(text('restore.ready'));
      add({ ...line, what: '  … prepared', timeMs, outcome: '', said: '' });
      await dialog.getByRole('button', { name: text('common.cancel') }).click();
    } else {
      await dialog.getByRole('button', { name: 'Close' }).first().click();
    }
    for (const key of says) expect.soft(said, name).toContain(text(key));
    await expect(dialog).toBeHidden();
    expect.soft(await readRows(page), name).toEqual(before);
  }
  expectSoon(lines);
});
