import type { ErrorCode } from '#domain/errors.ts';
import type { Onggi } from './onggi.ts';
import { chatRequests, expect, recordStatuses, test, text } from './seeded.ts';

/** What a person finds after an answer that did not come whole. */
interface Ending {
  readonly code: ErrorCode;
  /** Text that arrived and stays. */
  readonly kept?: string;
  /** What the server said, shown behind our sentence. */
  readonly detail?: string | RegExp;
  /** `interrupted` when the answer was cut off, `error` when it was refused. */
  readonly status: 'interrupted' | 'error';
  readonly leadsToConnection?: boolean;
}

const WORDS = 'w0 w1 w2';
const ALL_WORDS = 'w0 w1 w2 w3 w4 w5 w6 w7 w8 w9';
const QUESTION = 'What became of my question?';

async function expectEnding({ answers, questions, send, status }: Onggi, ending: Ending) {
  const answer = answers.last();
  const alert = answer.getByRole('alert');
  await expect(alert).toContainText(text(`error.${ending.code}`));
  if (ending.detail) await expect(alert).toContainText(ending.detail);
  await expect(status.filter({ hasText: text(`status.${ending.status}`) })).toBeAttached();
  if (ending.kept) await expect(answer).toContainText(ending.kept);
  else await expect(answer.locator('.markdown')).toHaveCount(0);
  await expect(alert.getByRole('button', { name: 'Try again' })).toBeEnabled();
  await expect(alert.getByRole('button', { name: 'Continue' })).toHaveCount(ending.kept ? 1 : 0);
  await expect(alert.getByRole('link', { name: text('message.checkConnection') })).toHaveCount(
    ending.leadsToConnection ? 1 : 0,
  );
  await expect(questions.last()).toContainText(QUESTION);
  await expect(send).toBeVisible();
}

/** The sentence, the kept text and the question, now and after a reload; and one can go on. */
async function expectEndingToStay(onggi: Onggi, ending: Ending) {
  await expectEnding(onggi, ending);
  await onggi.page.reload();
  await expectEnding(onggi, ending);
  await onggi.composer.fill('And now?');
  await expect(onggi.send).toBeEnabled();
}

const ENDINGS: readonly (Ending & { readonly model: string; readonly requests?: number })[] = [
  { model: 'fault/cut-after?k=0', code: 'provider/interrupted', status: 'error' },
  { model: 'fault/no-end', code: 'provider/interrupted', status: 'interrupted', kept: WORDS },
  {
    model: 'fault/no-finish',
    code: 'provider/interrupted',
    status: 'interrupted',
    kept: ALL_WORDS,
  },
  {
    model: 'fault/error-in-stream',
    code: 'provider/server',
    status: 'error',
    kept: WORDS,
    detail: 'The server had an error',
  },
  { model: 'fault/truncated-json', code: 'provider/malformed', status: 'interrupted', kept: WORDS },
  { model: 'fault/huge-line', code: 'provider/too-large', status: 'error' },
  { model: 'fault/html-200', code: 'provider/not-json', status: 'error', leadsToConnection: true },
  {
    model: 'fault/401',
    code: 'provider/unauthorized',
    status: 'error',
    detail: 'Incorrect API key provided.',
    leadsToConnection: true,
  },
  {
    model: 'fault/403',
    code: 'provider/forbidden',
    status: 'error',
    detail: 'You are not allowed',
    leadsToConnection: true,
  },
  {
    model: 'no-such-model',
    code: 'provider/model-not-found',
    status: 'error',
    detail: "The model 'no-such-model' does not exist",
    leadsToConnection: true,
  },
  {
    model: 'fault/context-too-long',
    code: 'provider/context-too-long',
    status: 'error',
    detail: 'maximum context length',
  },
];

for (const { model, ...ending } of ENDINGS) {
  test(`${model} ends in its sentence and keeps what there is`, async ({ start, endpoint }) => {
    const onggi = await start({ model });
    await onggi.say(QUESTION);
    await expectEndingToStay(onggi, ending);
    expect(chatRequests(endpoint)).toHaveLength(1);
  });
}

/** Refusals that are asked again twice; the pauses are skipped by the page's clock. */
const RETRIED: readonly (Ending & { readonly model: string })[] = [
  { model: 'fault/500', code: 'provider/server', status: 'error', detail: 'had an error' },
  { model: 'fault/429', code: 'provider/rate-limited', status: 'error', detail: 'Rate limit' },
  {
    model: 'fault/html-error',
    code: 'provider/server',
    status: 'error',
    detail: /502 Bad Gateway nginx, in front of nothing$|502 Bad Gateway/,
  },
  {
    model: 'fault/text-error',
    code: 'provider/server',
    status: 'error',
    detail: /(upstream 오류\. ?){10,}/,
  },
];

for (const { model, ...ending } of RETRIED) {
  test(`${model} is asked three times and then ends in its sentence`, async ({
    page,
    start,
    endpoint,
  }) => {
    await page.clock.install();
    const onggi = await start({ model });
    await onggi.say(QUESTION);
    await expect
      .poll(async () => {
        await page.clock.fastForward(1000);
        return chatRequests(endpoint).length;
      })
      .toBe(3);
    await expectEndingToStay(onggi, ending);
    expect(chatRequests(endpoint)).toHaveLength(3);
    expect(await page.evaluate(() => '__onggiPwned' in window)).toBe(false);
  });
}

test('an answer that has no [DONE] but says that it is finished is whole', async ({ start }) => {
  const onggi = await start({ model: 'fault/no-done' });
  await onggi.ask(QUESTION);
  await expect(onggi.answers.last()).toContainText(ALL_WORDS);
  await expect(onggi.answers.last().getByRole('alert')).toHaveCount(0);
  await onggi.page.reload();
  await expect(onggi.answers.last()).toContainText(ALL_WORDS);
  await expect(onggi.answers.last().getByRole('alert')).toHaveCount(0);
});

test('valid JSON in wrong shapes between the words takes nothing away', async ({ start }) => {
  const onggi = await start({ model: 'fault/json-garbage' });
  await onggi.ask(QUESTION);
  await expect(onggi.answers.last()).toContainText(ALL_WORDS);
  await expect(onggi.answers.last().getByRole('alert')).toHaveCount(0);
});

const SILENCES: readonly (Ending & { readonly model: string; readonly minutes: number })[] = [
  {
    model: 'fault/silent-after',
    minutes: 1,
    code: 'provider/idle',
    status: 'interrupted',
    kept: WORDS,
  },
  {
    model: 'fault/silent-after-headers',
    minutes: 3,
    code: 'provider/first-byte-timeout',
    status: 'error',
  },
  {
    model: 'fault/silent-from-start',
    minutes: 3,
    code: 'provider/first-byte-timeout',
    status: 'error',
  },
];

for (const { model, minutes, ...ending } of SILENCES) {
  test(`${model} is given up after ${minutes} min`, async ({ page, start, endpoint }) => {
    await page.clock.install();
    const onggi = await start({ model });
    await onggi.say(QUESTION);
    await expect.poll(() => chatRequests(endpoint)).toHaveLength(1);
    if (ending.kept) await expect(onggi.answers.last()).toContainText(ending.kept);
    await page.clock.fastForward(minutes * 60_000 - 30_000);
    await expect(onggi.stop).toBeVisible();
    await page.clock.fastForward(31_000);
    await expectEndingToStay(onggi, ending);
    await expect.poll(() => chatRequests(endpoint)[0]?.closed).toBe('client');
  });
}

test('a busy server is waited for, and the status line counts the seconds', async ({
  start,
  endpoint,
}) => {
  const onggi = await start({ model: 'fault/429-once?k=2' });
  const readStatuses = await recordStatuses(onggi.page);
  await onggi.ask(QUESTION);
  await expect(onggi.answers.last()).toContainText(ALL_WORDS);
  await expect(onggi.answers.last().getByRole('alert')).toHaveCount(0);
  expect(chatRequests(endpoint)).toHaveLength(3);
  const counted = (await readStatuses()).filter((status) => status.includes('Trying again in'));
  const inSeconds = (count: number) =>
    `The server is busy. Trying again in ${count} second${count === 1 ? '' : 's'}…`;
  expect(counted).toEqual([1, 3, 2, 1].map(inSeconds));
});

test('a server that fails once is asked again by itself', async ({ start, endpoint }) => {
  const onggi = await start({ model: 'fault/500-once' });
  await onggi.ask(QUESTION);
  await expect(onggi.answers.last()).toContainText(ALL_WORDS);
  expect(chatRequests(endpoint)).toHaveLength(2);
});

test('a wait for a busy server can be stopped', async ({ page, start, endpoint }) => {
  const onggi = await start({ model: 'fault/429' });
  const readStatuses = await recordStatuses(page);
  await onggi.say(QUESTION);
  await expect.poll(async () => (await readStatuses()).join()).toContain('Trying again in 3');
  await onggi.stop.click();
  await expect(onggi.answers.last().getByText(text('message.stopped'))).toBeVisible();
  expect(chatRequests(endpoint)).toHaveLength(2);
  await expect(onggi.send).toBeVisible();
});

test('a server that refuses stream_options is asked without, then and later', async ({
  start,
  endpoint,
}) => {
  const onggi = await start({ model: 'fault/reject-stream-options' });
  await onggi.ask(QUESTION);
  await onggi.page.reload();
  await expect(onggi.answers).toHaveCount(1);
  await onggi.ask('Once more');
  const hasOption = chatRequests(endpoint).map(({ body }) => body.stream_options !== undefined);
  expect(hasOption).toEqual([true, false, false]);
});

test('a redirect is refused, and the key goes nowhere else', async ({ onggi, startEndpoint }) => {
  const elsewhere = await startEndpoint({ apiKey: undefined });
  const server = await startEndpoint({ redirectTo: `${elsewhere.baseUrl}/chat/completions` });
  await onggi.open();
  await onggi.connect(server.localhostUrl, 'test-key');
  await onggi.chooseModel('fault/redirect');
  await onggi.say(QUESTION);
  await expectEndingToStay(onggi, {
    code: 'provider/redirected',
    status: 'error',
    leadsToConnection: true,
  });
  expect(chatRequests(server)[0]?.headers['authorization']).toBe('Bearer ***');
  expect(elsewhere.log()).toEqual([]);
});

test('a server that does not let the page in ends in the sentence for it', async ({
  start,
  startEndpoint,
}) => {
  const onggi = await start({ server: await startEndpoint({ cors: 'none', apiKey: undefined }) });
  await onggi.say(QUESTION);
  await expectEndingToStay(onggi, {
    code: 'provider/unreachable',
    status: 'error',
    leadsToConnection: true,
  });
});

test('a wrong path of the base URL ends in the sentence for it', async ({ start, endpoint }) => {
  const onggi = await start({ connection: { baseUrl: `${endpoint.localhostUrl}/api` } });
  await onggi.say(QUESTION);
  await expectEndingToStay(onggi, {
    code: 'provider/not-found',
    status: 'error',
    leadsToConnection: true,
  });
});

test('a connection that breaks in mid-answer keeps what is on the screen', async ({
  start,
  startEndpoint,
}) => {
  // Cut by the test once the words are shown: what a browser has not handed to the page when a
  // connection breaks is lost before any script sees it, so `fault/cut-after` would be a race.
  const server = await startEndpoint({ apiKey: undefined });
  const onggi = await start({ model: 'fault/silent-after', server });
  await onggi.say(QUESTION);
  await expect(onggi.answers.last()).toContainText(WORDS);
  await server.close();
  await expectEndingToStay(onggi, {
    code: 'provider/interrupted',
    status: 'interrupted',
    kept: WORDS,
  });
});

test('a server that goes away in mid-conversation takes nothing along', async ({
  start,
  startEndpoint,
}) => {
  const server = await startEndpoint({ apiKey: undefined });
  const onggi = await start({ server });
  await onggi.ask('First, while it runs');
  await server.close();
  await onggi.say(QUESTION);
  await expectEnding(onggi, {
    code: 'provider/unreachable',
    status: 'error',
    leadsToConnection: true,
  });
  await expect(onggi.questions.first()).toContainText('First, while it runs');
  await expect(onggi.answers.first()).toContainText('First, while it runs');
  // It comes back: the same answer is asked for again, in its place.
  const port = Number(new URL(server.baseUrl).port);
  await startEndpoint({ apiKey: undefined, port });
  await onggi.answers.last().getByRole('button', { name: 'Try again' }).click();
  await expect(onggi.answers.last()).toContainText(QUESTION);
  await expect(onggi.answers).toHaveCount(2);
  await expect(onggi.answers.last().getByRole('group', { name: 'Versions' })).toHaveCount(0);
});

test('Try again after a cut makes another version and keeps the first', async ({ start }) => {
  const onggi = await start({ model: 'fault/no-end' });
  await onggi.say(QUESTION);
  await onggi.answers.last().getByRole('button', { name: 'Try again' }).click();
  await expect(onggi.answers.last().getByText('2/2')).toBeVisible();
  await expect(onggi.answers.last()).toContainText(WORDS);
});

test('Continue after a cut adds to what arrived', async ({ start, endpoint }) => {
  const onggi = await start({ model: 'fault/no-end' });
  await onggi.say(QUESTION);
  await onggi.answers.last().getByRole('button', { name: 'Continue' }).click();
  await expect(onggi.answers.last()).toContainText(/w0 w1 w2\s*w0 w1 w2/);
  await expect(onggi.answers).toHaveCount(1);
  expect(chatRequests(endpoint)).toHaveLength(2);
});
