/** What becomes of search by meaning when the model fails: what begins anew, and what is left out. */
import { expect, test } from 'vitest';
import { putUserSettings } from '#db/user-settings.ts';
import type { EmbedderChoice } from '#domain/embedder-choice.ts';
import type { EmbedTexts } from '#domain/embedding.ts';
import { OnggiError } from '#domain/errors.ts';
import type { ErrorCode } from '#domain/errors.ts';
import type { MeaningStatus } from '#domain/search.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import { serveEndpointEmbedding } from '#inference/serve-endpoint-embedding.ts';
import { openChosenMeaning } from '#search/open-meaning.ts';
import { openSidecarStore } from '#search/open-sidecar-store.ts';
import { createApiKeys } from '#settings/api-keys.ts';
import { createEndpoints } from '#settings/endpoints.ts';
import { createTestClock, createTestIds, openForTest } from '../db/fresh-database.ts';
import { addRows, conversationOf, createTestEmbedder, createTestMeaning } from './support.ts';

const OPTIONS = { limit: 3, leastCosine: 0.6, isInPassing: false };
const died = (): OnggiError => new OnggiError('app/worker-failed', 'it died', { retryable: true });

/** An endpoint that was chosen, and takes the key `right` alone. */
async function startWithEndpoint(
  apiKey: string,
  isLocked = () => false,
  answerLater = (): Promise<unknown> => Promise.resolve(),
) {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  const makers = { db, clock: createTestClock(), createId: createTestIds() };
  const apiKeys = createApiKeys(makers);
  const endpoints = createEndpoints({ ...makers, apiKeys });
  const fields = { presetId: 'custom', name: 'e', chatModels: [], apiKey } as const;
  const endpoint = await endpoints.add({ ...fields, baseUrl: 'https://e.example/v1' });
  const { id: endpointId, baseUrl } = endpoint;
  const embedder = { kind: 'endpoint', endpointId, baseUrl, model: 'm' };
  const meaningSettings = { isPaused: false, isHintShown: true, embedder };
  await putUserSettings(db, createUserSettings('en', 0), { meaning: meaningSettings });

  const asked: (string | undefined)[] = [];
  const embedTexts: EmbedTexts = async (where, texts) => {
    const stored = await endpoints.get(where.endpointId);
    if (stored?.baseUrl !== where.baseUrl) throw new OnggiError('model/moved', 'another address');
    if (isLocked()) throw new OnggiError('vault/locked', 'the lock covers the page');
    const key = await apiKeys.open(stored);
    asked.push(key);
    await answerLater();
    if (texts.some((text) => text.includes('odd'))) throw new TypeError('nobody foresaw it');
    if (key !== 'right') throw new OnggiError('provider/unauthorized', 'wrong key');
    const vectors = await createTestEmbedder().embed(texts, 'passage');
    return texts.map((_text, at) => vectors.slice(at * 32, (at + 1) * 32));
  };
  const statuses: MeaningStatus[] = [];
  const meaning = openChosenMeaning({
    db,
    clock: makers.clock,
    store: { ...(await openSidecarStore(db)), kind: 'table' },
    askPage() {
      const { port1, port2 } = new MessageChannel();
      serveEndpointEmbedding(port2, embedTexts);
      return port1;
    },
    onStatus: (status) => statuses.push(status),
  });
  const hasFailed = (code: ErrorCode) =>
    expect.poll(() => statuses.at(-1)).toMatchObject({ phase: 'failed', errorCode: code });
  const { clock } = makers;
  return { db, clock, apiKeys, endpoints, endpoint, asked, statuses, meaning, hasFailed };
}

test('a key that was corrected begins what failed anew, by itself', async () => {
  const { apiKeys, endpoint, asked, statuses, meaning, hasFailed } =
    await startWithEndpoint('wrong');
  await expect(meaning.near('red apple', OPTIONS)).rejects.toThrow('wrong key');
  await hasFailed('provider/unauthorized');
  await apiKeys.save(endpoint, 'still-wrong');
  await expect.poll(() => asked).toEqual(['wrong', 'still-wrong']);
  await hasFailed('provider/unauthorized');
  await apiKeys.save(endpoint, 'right');
  await expect.poll(() => statuses.at(-1)?.phase).toBe('ready');
  expect((await meaning.near('red apple', OPTIONS)).map(({ id }) => id)).toEqual(['a']);
});

test('an address that was put right again does too; nothing is sent to another one', async () => {
  const { clock, endpoints, endpoint, asked, statuses, meaning, hasFailed } =
    await startWithEndpoint('right');
  await endpoints.update(endpoint.id, { baseUrl: 'https://e.example/v2' });
  await expect(meaning.near('red apple', OPTIONS)).rejects.toThrow('another address');
  await hasFailed('model/moved');
  expect(asked).toEqual([]);
  clock.now += 1;
  await endpoints.update(endpoint.id, { baseUrl: endpoint.baseUrl });
  await expect.poll(() => statuses.at(-1)?.phase).toBe('ready');
});

test('while its page is locked an endpoint is not asked, and it goes on by itself once it is not', async () => {
  let isLocked = true;
  const { db, asked, statuses, meaning } = await startWithEndpoint('right', () => isLocked);
  // Locked before the model was asked anything.
  const found = meaning.near('red apple', OPTIONS);
  await expect.poll(() => statuses.at(-1)?.phase).toBe('locked');
  isLocked = false;
  await found;
  await expect.poll(() => statuses.at(-1)?.phase).toBe('ready');

  // Locked while it is at work. A question is not kept waiting.
  isLocked = true;
  asked.length = 0;
  await addRows(db, conversationOf('b', ['green pear']));
  await expect.poll(() => statuses.at(-1)?.phase, { timeout: 5000 }).toBe('locked');
  await expect(meaning.near('green pear', OPTIONS)).rejects.toThrow('covers the page');
  expect(asked).toEqual([]);
  isLocked = false;
  await expect.poll(() => statuses.at(-1)?.phase, { timeout: 5000 }).toBe('ready');
  expect((await meaning.near('green pear', OPTIONS)).map(({ id }) => id)).toEqual(['b']);
  expect(statuses.map(({ phase }) => phase)).not.toContain('failed');
});

test('that it waits for a lock is not said any more while the endpoint takes its time', async () => {
  let isLocked = true;
  const { promise, resolve: answer } = Promise.withResolvers<null>();
  const { statuses, meaning } = await startWithEndpoint(
    'right',
    () => isLocked,
    () => promise,
  );
  const found = meaning.near('red apple', OPTIONS);
  await expect.poll(() => statuses.at(-1)?.phase).toBe('locked');
  isLocked = false;
  await expect.poll(() => statuses.at(-1)?.phase).toBe('loading');
  answer(null);
  await found;
  await expect.poll(() => statuses.at(-1)?.phase).toBe('ready');
});

test('who waits for a model that never loads is answered by the one that is chosen instead', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  let chosen: EmbedderChoice = { kind: 'folder', path: 'models/hangs' };
  const { meaning, statuses } = createTestMeaning(db, {
    openEmbedder: (choice) =>
      choice.kind === 'folder'
        ? new Promise(() => undefined)
        : Promise.resolve(createTestEmbedder()),
    readWish: () => Promise.resolve({ chosen }),
  });
  const waiting = meaning.near('red apple', OPTIONS);
  await expect.poll(() => statuses.at(-1)?.phase).toBe('loading');
  chosen = { kind: 'built-in' };
  await meaning.rechoose();
  expect((await waiting).map(({ id }) => id)).toEqual(['a']);
  // Nothing of the one that hung is left to be waited for: room can be made.
  await meaning.evict();
  expect(statuses.at(-1)?.phase).toBe('evicted');
});

test('what an endpoint does not foresee is asked and paid for once', async () => {
  const { db, asked, statuses, meaning, hasFailed } = await startWithEndpoint('right');
  await meaning.near('red apple', OPTIONS);
  await expect.poll(() => statuses.at(-1)?.phase).toBe('ready');
  asked.length = 0;
  await expect(meaning.near('an odd question', OPTIONS)).rejects.toThrow('nobody foresaw it');
  expect(asked).toHaveLength(1);
  await addRows(db, conversationOf('b', ['an odd answer', 'a plum']));
  await hasFailed('app/unexpected');
  expect(asked).toHaveLength(2);
});

test('questions begin what failed anew once for each reason, and the person every time', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  let opened = 0;
  let reason: ErrorCode | undefined = 'provider/unauthorized';
  const { meaning, statuses } = createTestMeaning(db, {
    openEmbedder() {
      opened += 1;
      if (reason) return Promise.reject(new OnggiError(reason, 'no'));
      return Promise.resolve(createTestEmbedder());
    },
  });
  const ask = (): Promise<string> =>
    meaning.near('red apple', OPTIONS).then(
      ([first]) => first?.id ?? 'nothing',
      (error: unknown) => (error instanceof OnggiError ? error.code : 'unknown'),
    );
  const answers: string[] = [];
  for (let asked = 0; asked < 5; asked++) answers.push(await ask());
  expect(answers).toEqual(Array.from({ length: 5 }, () => 'provider/unauthorized'));
  expect(opened).toBe(2);
  // Another reason is another matter.
  reason = 'model/unreachable';
  await meaning.rechoose();
  for (let asked = 0; asked < 5; asked++) await ask();
  expect(opened).toBe(4);
  reason = undefined;
  expect(await ask()).toBe('model/unreachable');
  await meaning.retryFailed();
  await expect.poll(() => statuses.at(-1)?.phase).toBe('ready');
  expect(await ask()).toBe('a');
  expect(opened).toBe(5);
  // What works is left alone.
  await meaning.retryFailed();
  expect(opened).toBe(5);
});

test('what may pass by itself is tried again by a question after a minute, what does not is not', async () => {
  const db = await openForTest();
  let now = 0;
  let opened = 0;
  let reason: ErrorCode | undefined;
  const { meaning } = createTestMeaning(db, {
    clock: () => now,
    openEmbedder() {
      opened += 1;
      if (reason) return Promise.reject(new OnggiError(reason, 'no'));
      return Promise.resolve(createTestEmbedder());
    },
  });
  for (const [each, afterAMinute] of [
    ['provider/unauthorized', 2],
    ['provider/unreachable', 3],
  ] as const) {
    reason = each;
    opened = 0;
    await meaning.rechoose();
    const ask = () => meaning.near('red apple', OPTIONS).catch(() => undefined);
    for (let asked = 0; asked < 3; asked++) await ask();
    now += 59_000;
    await ask();
    expect(opened).toBe(2);
    now += 1000;
    for (let asked = 0; asked < 3; asked++) await ask();
    expect(opened, each).toBe(afterAMinute);
  }
});

test('what is mended while the first try is under way counts when that fails', async () => {
  const db = await openForTest();
  let opened = 0;
  let fail: () => void = () => undefined;
  const { meaning, statuses } = createTestMeaning(db, {
    openEmbedder() {
      if (++opened > 1) return Promise.resolve(createTestEmbedder());
      return new Promise((_resolve, reject) => {
        fail = () => reject(new OnggiError('provider/unauthorized', 'wrong key'));
      });
    },
  });
  const asked = expect(meaning.near('red apple', OPTIONS)).rejects.toThrow('wrong key');
  await expect.poll(() => opened).toBe(1);
  await meaning.retryFailed();
  fail();
  await asked;
  await expect.poll(() => statuses.at(-1)?.phase).toBe('ready');
});

test('a question that is refused is sent once, until something may have changed the answer', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  let asked = 0;
  const embedder = createTestEmbedder();
  const { meaning, statuses } = createTestMeaning(db, {
    openEmbedder: () =>
      Promise.resolve({
        ...embedder,
        isWorker: false,
        embed(texts, kind) {
          if (kind === 'passage' || texts[0] !== 'rude') return embedder.embed(texts, kind);
          asked += 1;
          return Promise.reject(new OnggiError('provider/content-filter', 'not that'));
        },
      }),
  });
  const ask = () => expect(meaning.near('rude', OPTIONS)).rejects.toThrow('not that');
  await ask();
  await ask();
  expect(asked).toBe(1);
  // It is the question that failed, not the model.
  await expect.poll(() => statuses.at(-1)?.phase).toBe('ready');
  expect((await meaning.near('red apple', OPTIONS)).map(({ id }) => id)).toEqual(['a']);
  await ask();
  expect(asked).toBe(1);
  await meaning.rechoose();
  await ask();
  meaning.retryLeftOut();
  await ask();
  expect(asked).toBe(3);
});

/** An embedder whose worker dies of some texts. */
function startMortal(isDeadly: (text: string) => boolean) {
  const opens: number[] = [];
  const given: string[][] = [];
  const openEmbedder = () => {
    const embedder = createTestEmbedder();
    let isDead = false;
    opens.push(given.length);
    const embed: typeof embedder.embed = (texts, as) => {
      if (as === 'passage') given.push([...texts]);
      isDead ||= texts.some(isDeadly);
      return isDead ? Promise.reject(died()) : embedder.embed(texts, as);
    };
    return Promise.resolve({ ...embedder, embed });
  };
  return { opens, given, openEmbedder };
}

test('a passage of which the worker dies is left out and told, and everything else is found', async () => {
  const db = await openForTest();
  const texts = ['red apple', 'deadly cherry', 'green pear', 'yellow lemon'];
  await addRows(db, conversationOf('a', texts), conversationOf('b', ['blue plum']));
  const { opens, given, openEmbedder } = startMortal((text) => text.includes('deadly'));
  const { meaning, statuses } = createTestMeaning(db, { openEmbedder });
  const find = async (text: string) => (await meaning.near(text, OPTIONS)).map(({ id }) => id);
  await find('anything');
  await expect.poll(() => statuses.at(-1)).toMatchObject({ phase: 'ready', leftOutCount: 1 });
  for (const text of ['red apple', 'green pear', 'yellow lemon']) {
    expect(await find(text)).toEqual(['a']);
  }
  expect(await find('blue plum')).toEqual(['b']);
  expect(await find('cherry')).toEqual([]);
  // Twice with the batch, twice alone; after each another worker.
  expect(given.flat().filter((text) => text.includes('deadly'))).toHaveLength(4);
  expect(opens).toHaveLength(5);

  // The next visit knows it, and asks nobody to read it again.
  given.length = 0;
  const second = createTestMeaning(db, { openEmbedder });
  await second.meaning.resume();
  await expect
    .poll(() => second.statuses.at(-1))
    .toMatchObject({ phase: 'ready', leftOutCount: 1 });
  expect(given).toEqual([]);
  await db.strict.conversations.delete(conversationOf('a', []).conversation.id);
  await expect
    .poll(() => second.statuses.at(-1), { timeout: 5000 })
    .toMatchObject({ phase: 'ready', leftOutCount: 0 });
});

/** An embedder at an endpoint that refuses some texts. */
function createChoosy(isRefused: (text: string) => boolean) {
  const embedder = createTestEmbedder();
  const embed: typeof embedder.embed = async (texts, as) => {
    const vectors = await embedder.embed(texts, as);
    const refusal = as === 'passage' ? NaN : 0;
    texts.forEach((text, at) => isRefused(text) && vectors.fill(refusal, at * 32, at * 32 + 32));
    return vectors;
  };
  return { ...embedder, embed, isWorker: false };
}

test('a passage that an endpoint refuses is left out and told, and tried again where asked for', async () => {
  const db = await openForTest();
  const texts = ['red apple', 'refused cherry', 'green pear'];
  await addRows(db, conversationOf('a', texts), conversationOf('b', ['refused plum']));
  let refused = 'refused';
  const embedder = createChoosy((text) => text.includes(refused));
  const { meaning, statuses } = createTestMeaning(db, {
    openEmbedder: () => Promise.resolve(embedder),
  });
  const find = async (text: string) => (await meaning.near(text, OPTIONS)).map(({ id }) => id);
  await find('anything');
  await expect.poll(() => statuses.at(-1)).toMatchObject({ phase: 'ready', leftOutCount: 2 });
  expect(await find('green pear')).toEqual(['a']);
  expect(await find('refused plum')).toEqual([]);
  embedder.given.length = 0;
  refused = 'cherry';
  meaning.retryLeftOut();
  await expect.poll(() => statuses.at(-1)).toMatchObject({ phase: 'ready', leftOutCount: 1 });
  expect(await find('refused plum')).toEqual(['b']);
  // What has a vector is not paid for again.
  expect(embedder.given.filter((text) => !text.includes('refused'))).toEqual([]);

  // The next visit knows it.
  const second = createTestMeaning(db, { openEmbedder: () => Promise.resolve(embedder) });
  await second.meaning.resume();
  await expect
    .poll(() => second.statuses.at(-1))
    .toMatchObject({ phase: 'ready', leftOutCount: 1 });
  expect(await second.meaning.near('refused plum', OPTIONS)).toHaveLength(1);
});

test('an endpoint that refuses everything leaves nothing out: then it has failed', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple', 'green pear']));
  const { meaning, statuses } = createTestMeaning(db, {
    openEmbedder: () => Promise.resolve(createChoosy(() => true)),
  });
  await meaning.near('anything', OPTIONS).catch(() => undefined);
  await expect
    .poll(() => statuses.at(-1))
    .toMatchObject({ phase: 'failed', errorCode: 'provider/bad-request' });
  expect(await db.strict.embeddings.count()).toBe(0);
});

test('a worker that hangs at a passage is ended, and the passage is left out', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple', 'endless loop', 'green pear']));
  let opened = 0;
  const { meaning, statuses } = createTestMeaning(db, {
    openEmbedder() {
      opened += 1;
      const embedder = createTestEmbedder();
      let fail: () => void = () => undefined;
      const embed: typeof embedder.embed = (texts, as) =>
        texts.includes('endless loop')
          ? new Promise((_resolve, reject) => (fail = () => reject(died())))
          : embedder.embed(texts, as);
      // As a worker's client does: what it was asked fails with its end.
      return Promise.resolve({ ...embedder, embed, patienceMs: 50, close: () => fail() });
    },
  });
  await meaning.near('anything', OPTIONS);
  await expect.poll(() => statuses.at(-1)).toMatchObject({ phase: 'ready', leftOutCount: 1 });
  expect((await meaning.near('green pear', OPTIONS)).map(({ id }) => id)).toEqual(['a']);
  expect(opened).toBe(5);
});

test('what is put off while a batch is gone through one by one is put off at once', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple', 'deadly cherry', 'green pear']));
  let hold: 'paused' | undefined;
  const { given, openEmbedder } = startMortal((text) => {
    if (text.includes('deadly')) hold = 'paused';
    return text.includes('deadly');
  });
  const { meaning, statuses } = createTestMeaning(db, {
    openEmbedder,
    readHold: () => Promise.resolve(hold),
  });
  await meaning.resume();
  const begun = meaning.near('anything', OPTIONS);
  for (let deaths = 1; deaths <= 4; deaths++) {
    await expect.poll(() => statuses.at(-1)?.phase).toBe('paused');
    expect(given.flat().filter((text) => text.includes('deadly'))).toHaveLength(deaths);
    hold = undefined;
    if (deaths < 4) await expect.poll(() => hold).toBe('paused');
  }
  await begun;
  await expect.poll(() => statuses.at(-1)).toMatchObject({ phase: 'ready', leftOutCount: 1 });
});

test('a worker that dies of everything leaves nothing out: then it has failed', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple', 'green pear']));
  const { openEmbedder } = startMortal(() => true);
  const { meaning, statuses } = createTestMeaning(db, { openEmbedder });
  await meaning.resume();
  await expect(meaning.near('x', OPTIONS)).rejects.toThrow('it died');
  await expect
    .poll(() => statuses.at(-1))
    .toMatchObject({ phase: 'failed', errorCode: 'app/worker-failed' });
  expect(await db.strict.embeddings.count()).toBe(0);
});

test('a question of which workers died is not asked again, until something is mended', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  const { opens, openEmbedder } = startMortal((text) => text === 'deadly');
  const { meaning, statuses } = createTestMeaning(db, { openEmbedder });
  await meaning.near('anything', OPTIONS);
  await expect.poll(() => statuses.at(-1)?.phase).toBe('ready');
  for (let asked = 0; asked < 3; asked++) {
    await expect(meaning.near('deadly', OPTIONS)).rejects.toThrow('died');
  }
  expect((await meaning.near('red apple', OPTIONS)).map(({ id }) => id)).toEqual(['a']);
  expect(opens).toHaveLength(3);
  expect(statuses.map(({ phase }) => phase)).not.toContain('failed');
});
