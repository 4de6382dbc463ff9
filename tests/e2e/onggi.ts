import { test as base, expect } from '@playwright/test';
import type { BrowserContext, Locator, Page } from '@playwright/test';
import { createConformanceServer } from '../support/conformance-server.mjs';
import type {
  ConformanceServer,
  ConformanceServerOptions,
} from '../support/conformance-server.mjs';

export { expect };

/** The app as a person finds it: by the names that DESIGN.md section 4 fixes. */
export interface Onggi {
  readonly page: Page;
  readonly composer: Locator;
  readonly send: Locator;
  readonly stop: Locator;
  readonly log: Locator;
  readonly answers: Locator;
  readonly questions: Locator;
  readonly conversations: Locator;
  readonly status: Locator;
  /** Opens the app and waits until it can be used. */
  open(hash?: string): Promise<void>;
  /** Connects an endpoint on the first-start screen, by its address. */
  connect(baseUrl: string, apiKey?: string): Promise<void>;
  /** Types a message and presses Enter. */
  say(text: string): Promise<void>;
  /** Chooses a model for the open conversation. */
  chooseModel(model: string): Promise<void>;
  /** Says something and waits for the whole answer. */
  ask(text: string): Promise<void>;
}

/** The parts of the app on one page. */
export function onggiOn(page: Page): Onggi {
  const log = page.getByRole('log', { name: 'Messages' });
  const onggi: Onggi = {
    page,
    composer: page.getByRole('textbox', { name: 'Message', exact: true }),
    send: page.getByRole('button', { name: 'Send', exact: true }),
    stop: page.getByRole('button', { name: 'Stop', exact: true }),
    log,
    answers: log.getByRole('article', { name: 'Assistant' }),
    questions: log.getByRole('article', { name: 'You' }),
    conversations: page.getByRole('list', { name: 'Conversations' }).getByRole('listitem'),
    status: page.getByRole('status'),
    async open(hash = '#/') {
      await page.goto(`/${hash}`);
      await expect(page.locator('#app > *').first()).toBeAttached();
    },
    async connect(baseUrl, apiKey = '') {
      await page.getByRole('button', { name: /API key/ }).click();
      await page.getByText('Other address').click();
      await page.getByLabel('Address (base URL)').fill(baseUrl);
      if (apiKey) await page.getByLabel('API key (if it needs one)').fill(apiKey);
      await page.getByRole('button', { name: 'Connect', exact: true }).click();
      await expect(onggi.composer).toBeVisible();
    },
    async say(text) {
      await onggi.composer.fill(text);
      await onggi.composer.press('Enter');
    },
    async chooseModel(model) {
      await page.getByRole('button', { name: /^Model:/ }).click();
      await page.getByRole('searchbox', { name: 'Find or type a model' }).fill(model);
      await page
        .getByRole('group', { name: 'Models' })
        .getByRole('button', { name: model.includes('?') ? /^Use “/ : model, exact: true })
        .click();
      await expect(
        page.getByRole('button', { name: new RegExp(`^Model: ${escape(model)}`) }),
      ).toBeVisible();
    },
    async ask(text) {
      await onggi.say(text);
      // Not a count from before: a conversation that is being opened has none yet.
      await expect(onggi.questions.last()).toContainText(text);
      await expect(log.getByRole('article').last()).toHaveAccessibleName('Assistant');
      await expect(onggi.status.filter({ hasText: 'Answer complete' })).toBeAttached();
    },
  };
  return onggi;
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Fails the test when the page breaks its own policy or throws. */
export function watchForViolations(context: BrowserContext): string[] {
  const violations: string[] = [];
  context.on('weberror', (error) => violations.push(String(error.error())));
  context.on('console', (message) => {
    const text = message.text();
    if (/Content Security Policy|TrustedHTML|TrustedScript|Trusted Type/i.test(text)) {
      violations.push(text);
    }
  });
  return violations;
}

interface Fixtures {
  /** Starts a conformance server that ends with the test. */
  readonly startEndpoint: (options?: ConformanceServerOptions) => Promise<ConformanceServer>;
  readonly endpoint: ConformanceServer;
  readonly onggi: Onggi;
  /** The app, connected to `endpoint`, ready to write. */
  readonly connected: Onggi;
  /** Hosts a page may talk to besides its own; every other request fails the test. */
  readonly allowedOrigins: Set<string>;
  /**
   * True for tests that provoke the policy: the browser then reports what it refuses, and parsing
   * hostile text for the sanitiser alone makes it report (SECURITY section 5).
   */
  readonly isPolicyProvoked: boolean;
  readonly guard: undefined;
}

export const test = base.extend<Fixtures>({
  allowedOrigins: async ({ baseURL }, use) => {
    await use(new Set([new URL(baseURL ?? '').origin]));
  },
  isPolicyProvoked: [false, { option: true }],
  // Every test is also a test of these two: no foreign request, no breach of the policy.
  guard: [
    async ({ context, allowedOrigins, isPolicyProvoked }, use) => {
      const violations = watchForViolations(context);
      const foreign: string[] = [];
      context.on('request', (request) => {
        const url = new URL(request.url());
        if (/^https?:$/.test(url.protocol) && !allowedOrigins.has(url.origin)) {
          foreign.push(request.url());
        }
      });
      await use(undefined);
      expect(foreign, 'requests to hosts that nobody chose').toEqual([]);
      if (isPolicyProvoked) return;
      expect(violations, 'breaches of the page’s own policy').toEqual([]);
    },
    { auto: true },
  ],
  startEndpoint: async ({ allowedOrigins }, use) => {
    const servers: ConformanceServer[] = [];
    await use(async (options) => {
      const server = await createConformanceServer(options);
      servers.push(server);
      allowedOrigins.add(new URL(server.baseUrl).origin);
      allowedOrigins.add(new URL(server.localhostUrl).origin);
      return server;
    });
    await Promise.all(servers.map((server) => server.close()));
  },
  endpoint: async ({ startEndpoint }, use) => {
    await use(await startEndpoint({ apiKey: undefined }));
  },
  onggi: async ({ page }, use) => {
    await use(onggiOn(page));
  },
  connected: async ({ onggi, endpoint }, use) => {
    await onggi.open();
    await onggi.connect(endpoint.localhostUrl);
    await onggi.chooseModel('echo-fast');
    await use(onggi);
  },
});
