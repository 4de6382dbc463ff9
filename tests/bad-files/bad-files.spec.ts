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
/**
 * A file that took longer is given again, and its fastest time counts: a machine that does other things
 * too is slow at times, a file that takes too long is so each time.
 */
const MAX_TRIES = 5;
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
      JSON.stringify(value, (name, member: unknown) => {
        // A visit goes on while nothing changes.
        if (name === 'lastActivity') return undefined;
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

/** Whether a file of this size that took so long is to be tried again. */
const isSlow = (sizeBytes: number, timeMs: number): boolean =>
  sizeBytes < SMALL_BYTES && timeMs > LIMIT_MS;

/**
 * Milliseconds that count. As long as there is a core for all that runs here, those of the clock; else what
 * the processors spent for the browser, on all of its threads, if that is less: what others do is not the
 * file's. The limit itself never moves.
 */
async function createStopwatch(page: Page) {
  const session = await page.context().browser()?.newBrowserCDPSession();
  const spentMs = async (): Promise<number> => {
    const found = await session?.send('SystemInfo.getProcessInfo');
    return (found?.processInfo ?? []).reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0);
  };
  return async (work: () => Promise<number>): Promise<number> => {
    const before = await spentMs();
    const clockMs = await work();
    const spent = (await spentMs()) - before;
    const isCrowded = (loadavg()[0] ?? 0) > availableParallelism();
    return isCrowded && spent > 0 ? Math.min(clockMs, spent) : clockMs;
  };
}

type Stopwatch = Awaited<ReturnType<typeof createStopwatch>>;

/** The fastest of several tries, of which the last leaves what it came to on the screen. */
async function fastest(
  stopwatch: Stopwatch,
  sizeBytes: number,
  work: () => Promise<number>,
  takeBack: () => Promise<void>,
): Promise<number> {
  let timeMs = await stopwatch(work);
  for (let tries = 1; isSlow(sizeBytes, timeMs) && tries < MAX_TRIES; tries += 1) {
    await takeBack();
    timeMs = Math.min(timeMs, await stopwatch(work));
  }
  return timeMs;
}

function expectSoon(lines: readonly Line[]): void {
  console.log(`Load of this machine: ${(loadavg()[0] ?? 0).toFixed(1)}`);
  const slow = lines.filter(
    ({ sizeBytes, timeMs, outcome }) => isSlow(sizeBytes, timeMs) && outcome !== GOOD_AND_LARGE,
  );
  expect(slow.map(({ what, timeMs }) => `${what}: ${timeMs.toFixed(0)} ms`)).toEqual([]);
}

/** Rows of a table, over all databases of the app. */
const countOf = (rows: Readonly<Record<string, string>>, table: string): number =>
  Object.entries(rows)
    .filter(([key]) => key.endsWith(`.${table} count`))
    .reduce((sum, [, count]) => sum + Number(count), 0);

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
  const stopwatch = await createStopwatch(page);
  const close = async () => {
    await dialog.getByRole('button', { name: 'Close' }).first().click();
    await expect(dialog).toBeHidden();
  };
  for (const file of BAD_EXPORTS) {
    const { name, outcome, says, holds, saysAfterConsent, isLarge = false } = file;
    const made = await file.bytes();
    const bytes = typeof made === 'string' ? Buffer.from(made) : made;
    const before = await readRows(page);
    const look = () => give(page, text('import.button'), name, bytes);
    const timeMs = await (isLarge ? look() : fastest(stopwatch, bytes.length, look, close));
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
    if (isTaken && says.length === 0 && !isLarge) {
      for (const heading of ['import.skipped', 'import.notes', 'import.refused'] as const) {
        expect.soft(said, name).not.toContain(text(heading));
      }
    }
    if (holds && holds !== 'some') {
      const [conversations, messages] = holds.map((count) => count.toLocaleString('en'));
      const figures = [
        text('verify.conversations'),
        conversations,
        text('verify.messages'),
        messages,
      ];
      expect.soft(said, name).toContain(figures.join(' · '));
    }
    if (saysAfterConsent) {
      await watchDialog(page, 'click');
      await dialog.getByRole('button', { name: text('import.readFar') }).click();
      await settled(page);
      expect.soft(await textsOf(dialog), name).toContain(text(saysAfterConsent));
      expect.soft(await readRows(page), name).toEqual(before);
    }
    if (isTaken && !isLarge && (await go.isEnabled())) {
      const store = async () => {
        await watchDialog(page, 'click');
        await go.click();
        return settled(page);
      };
      const takeBack = async () => {
        await dialog.getByRole('button', { name: text('import.undo') }).click();
        const sure = page.getByRole('dialog', { name: text('import.undoTitle') });
        await sure.getByRole('button', { name: text('import.undo') }).click();
        await expect(dialog).toBeHidden();
        await look();
      };
      const storeMs = await fastest(stopwatch, bytes.length, store, takeBack);
      const report = await textsOf(dialog);
      expect.soft(report, name).toContain(text('import.added'));
      for (const key of says) expect.soft(report, name).toContain(text(key));
      const after = await readRows(page);
      const added = ['conversations', 'messages'].map(
        (table) => countOf(after, table) - countOf(before, table),
      );
      if (holds === 'some') expect.soft(added[0], name).toBeGreaterThan(0);
      else expect.soft(added, name).toEqual(holds);
      add({
        what: `  … stored`,
        sizeBytes: bytes.length,
        timeMs: storeMs,
        outcome: '',
        said: report.slice(0, 120),
      });
    }
    await close();
  }
  expectSoon(lines);
  expect(await page.evaluate(() => 'polluted' in {})).toBe(false);
});

/** Imports two conversations and gives a backup of them. */
async function backUp(page: Page): Promise<Buffer> {
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
  return Buffer.concat(parts);
}

test('every bad backup is read with remarks or refused with one sentence, and changes nothing', async ({
  start,
}) => {
  const { page } = await start();
  const good = await backUp(page);
  const dialog = page.getByRole('dialog');
  const { lines, add } = createTable();
  const stopwatch = await createStopwatch(page);
  const leave = async () => {
    await dialog
      .getByRole('button', { name: /^(?:Close|Cancel)$/ })
      .first()
      .click();
    await expect(dialog).toBeHidden();
  };
  for (const { name, bytes: make, outcome, says, saysAfterConsent } of badBackups(good)) {
    const bytes = await make();
    const before = await readRows(page);
    const look = () => give(page, text('restore.button'), 'backup.json.gz', bytes);
    const timeMs = await fastest(stopwatch, bytes.length, look, leave);
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
      const prepare = async () => {
        await dialog.getByRole('radio', { name: text('restore.replace') }).check();
        await watchDialog(page, 'click');
        await dialog.getByRole('button', { name: text('restore.prepare') }).click();
        return settled(page);
      };
      const preparedMs = await fastest(stopwatch, bytes.length, prepare, async () => {
        await leave();
        await look();
      });
      said += await textsOf(dialog);
      expect.soft(said, name).toContain(text('restore.ready'));
      add({ ...line, what: '  … prepared', timeMs: preparedMs, outcome: '', said: '' });
    }
    if (saysAfterConsent) {
      await watchDialog(page, 'click');
      await dialog.getByRole('button', { name: text('restore.readLarge') }).click();
      await settled(page);
      expect.soft(await textsOf(dialog), name).toContain(text(saysAfterConsent));
    }
    for (const key of says) expect.soft(said, name).toContain(text(key));
    await leave();
    expect.soft(await readRows(page), name).toEqual(before);
  }
  expectSoon(lines);
});

interface Row {
  readonly id: string;
  readonly [field: string]: unknown;
}
type LiveRows = Readonly<Record<'conversations' | 'messages' | 'endpoints', readonly Row[]>>;

/** Rows of the database that the app shows, which a restore puts another in the place of. */
async function readLive(page: Page): Promise<LiveRows> {
  return page.evaluate(async () => {
    const soon = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error('no database'));
      });
    const boot = await soon(indexedDB.open('onggi-boot'));
    const rows = await soon(boot.transaction('pointer').objectStore('pointer').getAll());
    boot.close();
    const pointers = rows as { id: string; databaseName: string }[];
    const name = pointers.find(({ id }) => id === 'live')?.databaseName ?? 'onggi';
    const database = await soon(indexedDB.open(name));
    const read = async (table: string) =>
      (await soon(database.transaction(table).objectStore(table).getAll())) as Row[];
    const live = {
      conversations: await read('conversations'),
      messages: await read('messages'),
      endpoints: await read('endpoints'),
    };
    database.close();
    return live;
  });
}

/** What is wrong with rows that hang together; nothing where all is well. */
function flawsOf({ conversations, messages, endpoints }: LiveRows): readonly string[] {
  const ids = new Set(conversations.map(({ id }) => id));
  const parents = new Map(messages.map(({ id, parentId }) => [id, parentId as string | null]));
  const isRooted = (id: string): boolean => {
    let current: string | null | undefined = id;
    for (let steps = 0; steps <= messages.length; steps += 1) {
      if (current === null) return true;
      if (current === undefined) return false;
      current = parents.get(current);
    }
    return false;
  };
  return [
    ...conversations.flatMap(({ id, messageCount }) => {
      const count = messages.filter(({ conversationId }) => conversationId === id).length;
      return count === messageCount ? [] : [`${id} counts ${String(messageCount)} of ${count}`];
    }),
    ...messages.flatMap(({ id, conversationId, timestamp, content, role }) => [
      ...(ids.has(String(conversationId)) ? [] : [`${id} has no conversation`]),
      ...(isRooted(id) ? [] : [`${id} hangs in the air or in a circle`]),
      ...(Number.isFinite(timestamp) ? [] : [`${id} has no date`]),
      ...(typeof content === 'string' ? [] : [`${id} has no text`]),
      ...(/^(?:user|assistant|system|function|tool)$/.test(String(role))
        ? []
        : [`${id} is nobody's`]),
    ]),
    ...(JSON.stringify(endpoints).includes('sk-secret') ? ['a key came in'] : []),
  ];
}

const withoutVisits = ({ conversations, messages }: LiveRows): unknown =>
  JSON.parse(
    JSON.stringify({ conversations, messages }, (key, value: unknown) =>
      key === 'sessionId' ? 'visit' : value,
    ),
  );

test('what a bad backup puts in place hangs together, in a merge and in a replacement, and goes again', async ({
  start,
}) => {
  test.setTimeout(1_200_000);
  const { page } = await start();
  const good = await backUp(page);
  const dialog = page.getByRole('dialog');
  const before = await readLive(page);
  expect(flawsOf(before)).toEqual([]);
  for (const { name, bytes, outcome } of badBackups(good)) {
    if (outcome !== 'read') continue;
    for (const mode of ['merge', 'replace'] as const) {
      const what = `${name}, ${mode}`;
      await give(page, text('restore.button'), 'backup.json.gz', await bytes());
      await dialog.getByRole('radio', { name: text(`restore.${mode}`) }).check();
      await dialog.getByRole('button', { name: text('restore.prepare') }).click();
      const confirm = mode === 'merge' ? 'restore.confirmMerge' : 'restore.confirmReplace';
      const go = dialog.getByRole('button', { name: text(confirm) });
      await go.waitFor();
      if (await go.isDisabled()) await dialog.getByLabel(text('restore.accept')).check();
      await go.click();
      await expect(page.getByText(text(`restore.done.${mode}`))).toBeVisible();
      const after = await readLive(page);
      expect.soft(flawsOf(after), what).toEqual([]);
      if (mode === 'merge') {
        const ids = new Set([...after.conversations, ...after.messages].map(({ id }) => id));
        const gone = [...before.conversations, ...before.messages].filter(({ id }) => !ids.has(id));
        expect.soft(gone, what).toEqual([]);
      }
      expect(await page.evaluate(() => 'polluted' in {})).toBe(false);
      // The data from before the last restore stand first.
      await page
        .getByRole('button', { name: text('restore.undo') })
        .first()
        .click();
      await dialog.getByRole('button', { name: text('restore.undo') }).click();
      await expect(page.getByText(text('restore.done.undo'))).toBeVisible();
      expect.soft(withoutVisits(await readLive(page)), what).toEqual(withoutVisits(before));
    }
  }
});
