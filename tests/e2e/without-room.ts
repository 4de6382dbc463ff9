import type { Locator, Page } from '@playwright/test';
import { createChatgptArchive } from '../support/chatgpt-archive.ts';
import { readRows } from './raw-rows.ts';
import { expect, test, text } from './seeded.ts';

/** Something that writes: what it is, one of {@link REFUSED}, and how a person does it. */
export type Site = readonly [name: keyof typeof REFUSED, act: () => Promise<unknown>];

/** A table that the page must have been refused room in by each site; null where a worker writes. */
const REFUSED = {
  'a new title': 'conversations',
  'a pin': 'conversations',
  'the archive': 'conversations',
  'the trash': 'conversations',
  'a tag': 'conversations',
  'a rating': 'messages',
  'a comment': 'messages',
  'the model of a conversation': 'conversations',
  'a typed model': 'endpoints',
  'what is deleted from a message on': 'entries',
  'a setting': 'userSettings',
  'a budget': 'userSettings',
  'an API key': 'secrets',
  'a snapshot': 'backupTargets',
  'a restore': null,
  'an import': null,
  'a run of the maintenance': 'maintenanceRuns',
  'another version': 'messages',
  'the version on the screen': 'conversations',
  'the rest of an answer': 'messages',
  'a system prompt': 'conversations',
  'a repair': 'maintenanceRuns',
  'a repair that is undone': 'maintenanceRuns',
  'an import that is undone': null,
  'a price': 'userSettings',
  'an embedder': 'userSettings',
  'a new connection': 'endpoints',
  'the end of a visit': 'sessions',
  'new encryption': 'pointer',
  'a lock': 'changeFeed',
  'a new counting': 'usageStatistics',
  'what a notice undoes': 'messages',
  'another passphrase': 'keyRing',
  'a new recovery code': 'keyRing',
  'no lock any more': 'keyRing',
  'a copy in a folder': 'backupTargets',
  'another name of a document': 'documents',
  'a document that goes': 'documents',
  'what is taken out of the trash': 'conversations',
  'what is deleted for good': 'conversations',
  'several that are archived': 'conversations',
  'a connection that goes': 'endpoints',
  'a new document': 'documents',
} as const;

/** Has the page note which tables it was refused room in, from its next load on. See {@link expectTold}. */
export async function noteRefusals(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const refused: string[] = [];
    Object.assign(window, { refusedTables: refused });
    const { prototype } = IDBDatabase;
    const real: unknown = Object.getOwnPropertyDescriptor(prototype, 'transaction')?.value;
    prototype.transaction = function (this: IDBDatabase, ...given: unknown[]) {
      const made = Reflect.apply(real as () => unknown, this, given) as IDBTransaction;
      made.addEventListener('abort', () => {
        if (made.error?.name === 'QuotaExceededError') refused.push(...made.objectStoreNames);
      });
      return made;
    };
  });
}

/** The tables of {@link noteRefusals} since it was last asked. */
const takeRefusals = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const refused: unknown = Reflect.get(window, 'refusedTables');
    return Array.isArray(refused) ? refused.splice(0).map(String) : [];
  });

/** Tables of what a person made. */
const TABLES = [
  'conversations',
  'messages',
  'drafts',
  'userSettings',
  'endpoints',
  'documents',
  'documentChunks',
  'attachments',
  'usageStatistics',
  'secrets',
  'keyRing',
  'imports',
];

/** Every row of the live tables that hold what a person made; bytes as numbers, keys by what they are for. */
export function readMade(page: Page): Promise<Record<string, unknown>> {
  return page.evaluate(async (tables) => {
    const settle = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error(String(request.error)));
      });
    const boot = await settle(indexedDB.open('onggi-boot'));
    const pointer = boot.transaction('pointer').objectStore('pointer').get('live');
    const { databaseName } = (await settle(pointer)) as { databaseName: string };
    boot.close();
    const toPlain = (value: unknown): unknown => {
      if (value instanceof CryptoKey) return [value.algorithm.name, ...value.usages];
      if (value instanceof ArrayBuffer) return [...new Uint8Array(value)];
      if (ArrayBuffer.isView(value)) {
        return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)];
      }
      if (Array.isArray(value)) return value.map(toPlain);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, toPlain(each)]));
    };
    const database = await settle(indexedDB.open(databaseName));
    const rows: Record<string, unknown> = {};
    for (const table of tables) {
      rows[table] = toPlain(
        await settle(
          database.transaction(table).objectStore(table).getAll() as IDBRequest<unknown>,
        ),
      );
    }
    database.close();
    return rows;
  }, TABLES);
}

/** Gives the connection of `start` an API key, as a person does: it is sealed, and the first makes the key ring. */
export async function saveApiKey(page: Page, apiKey: string): Promise<void> {
  await page.goto('/#/settings/models');
  await page
    .getByRole('button', { name: text('endpoint.editOne', { name: 'Test server' }) })
    .click();
  await page.getByLabel(text('endpoint.keyOptional')).fill(apiKey);
  await page.getByRole('button', { name: text('common.save'), exact: true }).click();
  await expect.poll(() => readRows(page, 'secrets')).toHaveLength(1);
}

/** Shows the conversations of a status in the list. */
export async function filterBy(page: Page, entry: string): Promise<void> {
  await page.getByRole('button', { name: text('list.filter') }).click();
  await page
    .getByRole('group', { name: text('list.filter') })
    .getByRole('button', { name: new RegExp(`^${entry}\\b`) })
    .click();
}

/** The plain sentence, wherever on the page it stands. */
export const sentence = (page: Page): Locator =>
  page.getByText(text('error.db/quota')).locator('visible=true').first();

/** Leaves what is open and takes the notices away, so that the next one is of what comes next. */
async function dismiss(page: Page, hash: string): Promise<void> {
  await page.keyboard.press('Escape');
  await page.goto(hash);
  const close = page.locator('.notice.bad').getByRole('button', { name: text('common.close') });
  // A second notice may come after the first was taken away.
  await expect(async () => {
    if (await close.isVisible()) await close.click();
    await expect(sentence(page)).toHaveCount(0, { timeout: 1000 });
  }).toPass({ timeout: 20_000 });
}

/** Drops a history of ChatGPT with two conversations. */
export async function dropArchive(page: Page): Promise<void> {
  const base64 = Buffer.from(createChatgptArchive()).toString('base64');
  const dataTransfer = await page.evaluateHandle((encoded) => {
    const moved = new DataTransfer();
    const data = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    moved.items.add(new File([data], 'export.zip'));
    return moved;
  }, base64);
  await page.dispatchEvent('body', 'dragenter', { dataTransfer });
  await page.dispatchEvent('body', 'drop', { dataTransfer });
}

interface Told {
  /** From the last that was typed or clicked until the sentence stood there. */
  readonly afterMs: number;
  /** It stood there at that input already: another write, of the page itself, had been refused too. */
  readonly isOfBefore: boolean;
}

/**
 * Has the page itself take the time: what happens between an input and the next look of Playwright is no part
 * of a click that it waits for.
 * @returns what reads it
 */
async function startClock(page: Page): Promise<() => Promise<Told>> {
  const clock = await page.evaluateHandle((told) => {
    const isTold = () => document.body.innerText.includes(told);
    const times = { input: performance.now(), told: 0, isOfBefore: false };
    const note = () => {
      Object.assign(times, { input: performance.now(), told: 0, isOfBefore: isTold() });
    };
    const inputs = ['pointerdown', 'keydown', 'input', 'change', 'drop'];
    for (const type of inputs) addEventListener(type, note, { capture: true });
    const look = setInterval(() => {
      if (times.told === 0 && isTold()) times.told = performance.now();
    }, 20);
    return {
      stop() {
        clearInterval(look);
        for (const type of inputs) removeEventListener(type, note, { capture: true });
        // Seen by Playwright between two looks.
        const afterMs = (times.told || performance.now()) - times.input;
        return { afterMs, isOfBefore: times.isOfBefore };
      },
    };
  }, text('error.db/quota'));
  return () => clock.evaluate((running) => running.stop());
}

/**
 * Does it without room, looks whether that is told and whether it was this that was refused, and comes back to
 * the conversation.
 */
export function expectTold(page: Page, [name, act]: Site): Promise<void> {
  return test.step(name, async () => {
    const readClock = await startClock(page);
    await takeRefusals(page);
    await act();
    await expect(sentence(page)).toBeVisible();
    const told = await readClock();
    const refused = new Set(await takeRefusals(page));
    const stood = told.isOfBefore ? ', and stood there before' : '';
    const description = `${Math.round(told.afterMs)} ms${stood}, refused: ${[...refused].join(' ')}`;
    test.info().annotations.push({ type: `told: ${name}`, description });
    const table = REFUSED[name];
    if (table !== null) expect(refused).toContain(table);
    await dismiss(page, '/#/settings/general');
    await page.goto('/#/c/jars');
  });
}
