import type { Locator, Page } from '@playwright/test';
import type { ConformanceServer } from '../support/conformance-server.mjs';
import { seedDatabase, seedEndpoint, seedSettings } from '../support/seed.ts';
import type { SeedRows } from '../support/seed.ts';
import type { Endpoint } from '#domain/endpoint.ts';
import type { UserSettings } from '#domain/user-settings.ts';
import { en } from '#i18n/en.ts';
import { enFirst } from '#i18n/en-first.ts';
import { expect, test as base } from './onggi.ts';
import type { Onggi } from './onggi.ts';

export { expect };

/** Where a test begins. */
interface Start {
  /** Default model; `echo-fast` where left out. */
  readonly model?: string;
  /** More models in the list. */
  readonly models?: readonly string[];
  readonly settings?: Partial<UserSettings>;
  readonly connection?: Partial<Endpoint>;
  readonly server?: ConformanceServer;
  readonly rows?: Omit<SeedRows, 'userSettings' | 'endpoints'>;
  readonly hash?: string;
}

interface SeededFixtures {
  /** The app, opened on a database that already has a connection and these rows. */
  readonly start: (from?: Start) => Promise<Onggi>;
}

export const test = base.extend<SeededFixtures>({
  // What these tests look at needs no service worker, and filling its cache costs a second each.
  serviceWorkers: 'block',
  start: async ({ onggi, endpoint }, use) => {
    await use(async (from = {}) => {
      const { model = 'echo-fast', models = [], settings, connection, server = endpoint } = from;
      const row = seedEndpoint(server.localhostUrl, [model, ...models], connection);
      await seedDatabase(onggi.page, {
        endpoints: [row],
        userSettings: [
          seedSettings({ defaultEndpointId: row.id, defaultModel: model, ...settings }),
        ],
        ...from.rows,
      });
      await onggi.open(from.hash);
      return onggi;
    });
  },
});

/** The requests for answers that reached a server, oldest first. */
export function chatRequests(server: ConformanceServer) {
  return server
    .log()
    .filter(({ method, path }) => method === 'POST' && path.endsWith('/chat/completions'))
    .map((entry) => ({ ...entry, body: entry.body as ChatBody }));
}

interface ChatBody {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly stream?: boolean;
  readonly stream_options?: unknown;
  readonly temperature?: number;
  readonly max_tokens?: number;
}

const english = { ...enFirst, ...en };
type English = typeof english;
type TextKey = {
  [Key in keyof English]: English[Key] extends string ? Key : never;
}[keyof English];

/** An English text of the catalog, its `{names}` filled in. */
export function text(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  return english[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
}

/** Deletes a message of the person and what follows it. */
export async function removeFromHere(question: Locator): Promise<void> {
  await question.hover();
  await question.getByRole('button', { name: text('message.remove') }).click();
}

/** Writes down every text of the status line from now on, in order, repetitions left out. */
export async function recordStatuses(page: Page): Promise<() => Promise<readonly string[]>> {
  await page.evaluate(() => {
    const texts: string[] = [];
    const note = () => {
      for (const line of document.querySelectorAll('[role="status"]')) {
        const text = line.textContent.trim();
        if (text !== '' && texts.at(-1) !== text) texts.push(text);
      }
    };
    new MutationObserver(note).observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
    });
    Object.assign(window, { statusTexts: texts });
  });
  return () =>
    page.evaluate(() => (window as unknown as { statusTexts: readonly string[] }).statusTexts);
}

/** Takes a snapshot within the browser by hand, and waits until it stands in the list. */
export async function makeSnapshot(page: Page): Promise<void> {
  await page.goto('/#/data');
  await page.getByText(text('backup.snapshots')).click();
  const card = page.getByRole('region', { name: text('backup.title') });
  await card
    .locator('details')
    .getByRole('button', { name: text('backup.copyNow') })
    .click();
  await expect(card.getByRole('button', { name: /^Restore/ }).nth(1)).toBeVisible();
}

/** What search is made of, in the order of no list: each may come last. */
export const SEARCH_FILES = [
  ...['/assets/SearchEntry-', '/assets/search-query-', '/assets/search-work-'],
  ...['/assets/MeaningNote-', '/assets/en-', '/workers/search.worker-'],
];

/** Whether a file is kept for starting offline below each of these beginnings of a path. */
export function isKeptOffline(page: Page, starts: readonly string[]): Promise<boolean> {
  return page.evaluate(async (wanted) => {
    const paths: string[] = [];
    for (const name of await caches.keys()) {
      const requests = await (await caches.open(name)).keys();
      paths.push(...requests.map(({ url }) => new URL(url).pathname));
    }
    return wanted.every((start) => paths.some((path) => path.startsWith(start)));
  }, starts);
}

/** What a result found by meaning says: of a message, or of the title. */
export const saysMeaning = new RegExp(`${text('meaning.byMeaning')}|${text('meaning.byTitle')}`);
