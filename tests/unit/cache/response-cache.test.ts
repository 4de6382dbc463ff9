import { describe, expect, it, onTestFinished, test, vi } from 'vitest';
import { createStore, del, get, set } from 'idb-keyval';
import type { CacheLevelName } from '#cache/cache-level.ts';
import { HOUR, MINUTE, NOW, makeQuestion, makeStoredAnswer, openPage } from './support.ts';
import type { TestPage } from './support.ts';

const YEAR = 365 * 24 * HOUR;
const question = makeQuestion();
const storeOf = ({ name }: Pick<TestPage, 'name'>) => createStore(name, 'entries');

/** A page whose cache has the answer in one level only. */
async function openWithAnswerIn(level: CacheLevelName): Promise<TestPage> {
  const page = await openPage();
  await page.cache.keep(question, makeStoredAnswer('kept', { reasoning: 'why' }));
  for (const other of ['memory', 'keyval', 'table'] as const) {
    if (other !== level) await page.cache.clear(other);
  }
  return page;
}

const entriesOf = async ({ cache }: TestPage) => (await cache.readOverview()).entries;
const find = async ({ cache }: TestPage) => (await cache.find(question))?.response;
const rowOf = async ({ db }: TestPage) => (await db.strict.responseCache.toArray())[0];

test('an answer is written through to all three levels', async () => {
  const page = await openPage();
  expect(await find(page)).toBeUndefined();
  await page.cache.keep(question, makeStoredAnswer('kept', { reasoning: 'why' }));
  expect(await entriesOf(page)).toEqual({ memory: 1, keyval: 1, table: 1 });
  expect(await rowOf(page)).toMatchObject({
    model: 'model',
    response: 'kept',
    reasoning: 'why',
    promptTokens: 10,
    completionTokens: 5,
    createdAt: NOW,
    expiresAt: NOW + 24 * HOUR,
    hitCount: 0,
  });
});

describe.each([
  ['memory', 5 * MINUTE],
  ['keyval', HOUR],
  ['table', 24 * HOUR],
] as const)('the level %s', (level, ttlMs) => {
  it('answers to its last millisecond', async () => {
    const page = await openWithAnswerIn(level);
    page.pass(ttlMs - 1);
    expect(await page.cache.find(question)).toMatchObject({ response: 'kept', reasoning: 'why' });
  });

  it('expires by the clock', async () => {
    const page = await openWithAnswerIn(level);
    page.pass(ttlMs);
    expect(await find(page)).toBeUndefined();
    expect((await entriesOf(page))[level]).toBe(0);
  });

  it('does not answer another question', async () => {
    const page = await openWithAnswerIn(level);
    expect(await page.cache.find({ ...question, temperature: 0.8 })).toBeUndefined();
  });

  it('does not answer after the clock was set back a year, nor when it comes right again', async () => {
    const page = await openWithAnswerIn(level);
    page.clock.now -= YEAR;
    expect(await find(page)).toBeUndefined();
    page.clock.now += YEAR;
    expect(await find(page)).toBeUndefined();
  });

  it('does not answer ten years ahead, nor after the way back', async () => {
    const page = await openWithAnswerIn(level);
    page.clock.now += 10 * YEAR;
    expect(await find(page)).toBeUndefined();
    page.clock.now -= 10 * YEAR;
    expect(await find(page)).toBeUndefined();
    // And works again from there.
    await page.cache.keep(question, makeStoredAnswer('new'));
    expect(await find(page)).toBe('new');
  });

  it('does not come back to life by a clock set back after its end', async () => {
    const page = await openWithAnswerIn(level);
    page.pass(ttlMs + 10 * MINUTE);
    // Somebody asks something else, so that the page knows how late it was; the entry is still there.
    expect(await page.cache.find({ ...question, temperature: 0.8 })).toBeUndefined();
    expect((await entriesOf(page))[level]).toBe(1);
    // To before its end.
    page.clock.now -= 11 * MINUTE;
    expect(await find(page)).toBeUndefined();
  });
});

describe('a hit goes up', () => {
  it('from keyval into memory', async () => {
    const page = await openWithAnswerIn('keyval');
    await find(page);
    await vi.waitFor(async () =>
      expect(await entriesOf(page)).toEqual({ memory: 1, keyval: 1, table: 0 }),
    );
    await page.cache.clear('keyval');
    expect(await find(page)).toBe('kept');
  });

  it('from the table into both', async () => {
    const page = await openWithAnswerIn('table');
    await find(page);
    await vi.waitFor(async () =>
      expect(await entriesOf(page)).toEqual({ memory: 1, keyval: 1, table: 1 }),
    );
    await page.cache.clear('table');
    await page.cache.clear('memory');
    expect(await find(page)).toBe('kept');
  });

  it('but never beyond a day after the endpoint answered', async () => {
    const page = await openWithAnswerIn('table');
    page.pass(24 * HOUR - MINUTE);
    expect(await find(page)).toBe('kept');
    await vi.waitFor(async () => expect((await entriesOf(page)).keyval).toBe(1));
    page.pass(MINUTE);
    expect(await find(page)).toBeUndefined();
  });
});

test('a clock set back while no page was open is noticed by the next one', async () => {
  const first = await openPage();
  await first.cache.keep(question, makeStoredAnswer('kept'));
  first.pass(25 * HOUR);
  await first.cache.removeExpired();
  await first.cache.keep(question, makeStoredAnswer('later'));
  first.clock.now -= 3 * HOUR;
  const next = await openPage({ beside: first });
  expect(await find(next)).toBeUndefined();
  expect(await entriesOf(next)).toMatchObject({ keyval: 0, table: 0 });
});

test('a clock that crept back by seconds costs nothing', async () => {
  const page = await openWithAnswerIn('keyval');
  page.clock.now -= 20_000;
  expect(await find(page)).toBe('kept');
});

test('a kept answer is read before anything is written, for a read waits for a write', async () => {
  const page = await openWithAnswerIn('keyval');
  const begun = vi.spyOn(IDBDatabase.prototype, 'transaction');
  onTestFinished(() => begun.mockRestore());
  expect(await find(page)).toBe('kept');
  await expect.poll(() => begun.mock.calls.length).toBeGreaterThan(3);
  // Clearings, how late it was at the latest, then the answer; the key is known since it was kept.
  const modes = begun.mock.calls.map(([, mode]) => mode);
  expect(modes.slice(0, 4)).toEqual(['readonly', 'readonly', 'readonly', 'readwrite']);
});

describe('two tabs', () => {
  it('answer each other through the slower levels', async () => {
    const one = await openPage();
    const other = await openPage({ beside: one });
    await one.cache.keep(question, makeStoredAnswer('of the first'));
    expect(await find(other)).toBe('of the first');
  });

  it('forget an answer that the other one replaced', async () => {
    const one = await openPage();
    const other = await openPage({ beside: one });
    await one.cache.keep(question, makeStoredAnswer('old'));
    expect(await find(other)).toBe('old');
    await one.cache.keep(question, makeStoredAnswer('new'));
    await vi.waitFor(async () => expect(await find(other)).toBe('new'));
  });

  it('forget what the other one clears', async () => {
    const one = await openPage();
    const other = await openPage({ beside: one });
    await one.cache.keep(question, makeStoredAnswer('old'));
    expect(await find(other)).toBe('old');
    await one.cache.clear('all');
    await vi.waitFor(async () => expect((await entriesOf(other)).memory).toBe(0));
    expect(await find(other)).toBeUndefined();
  });

  it('that begin at once agree on one key', async () => {
    const one = await openPage();
    const other = await openPage({ beside: one });
    await Promise.all([one.cache.find(question), other.cache.find(question)]);
    await one.cache.keep(question, makeStoredAnswer('kept'));
    expect(await find(other)).toBe('kept');
  });

  it('pass over what else is said on their channel', async () => {
    const page = await openWithAnswerIn('memory');
    const channel = new BroadcastChannel(page.name);
    onTestFinished(() => channel.close());
    for (const data of [null, 'x', { kind: 'replaced' }, { kind: 'replaced', cacheKey: 1 }]) {
      channel.postMessage(data);
    }
    channel.postMessage({ kind: 'replaced', cacheKey: 'of something else' });
    expect(await find(page)).toBe('kept');
  });
});

test('counts hits by level, in the row, and what they saved', async () => {
  const page = await openPage();
  await page.cache.keep(question, makeStoredAnswer('kept', { costUsd: 0.25 }));
  await find(page);
  await vi.waitFor(async () => expect((await rowOf(page))?.hitCount).toBe(1));
  await page.cache.clear('memory');
  await find(page);
  await vi.waitFor(async () => expect((await rowOf(page))?.hitCount).toBe(2));
  await vi.waitFor(async () =>
    expect(await page.cache.readOverview()).toMatchObject({
      hits: { memory: 1, keyval: 1, table: 0 },
      savedTokens: 30,
      savedCostUsd: 0.5,
      isEstimated: false,
    }),
  );
});

test('what was saved is told as an estimate when any of it is one, or nobody noted it', async () => {
  const page = await openPage();
  await page.cache.keep(question, makeStoredAnswer('kept', { isTokenCountEstimated: true }));
  await find(page);
  const isEstimated = async () => (await page.cache.readOverview()).isEstimated;
  await vi.waitFor(async () => expect(await isEstimated()).toBe(true));
  const older = { hits: { memory: 1, keyval: 0, table: 0 }, savedTokens: 15, savedCostUsd: 0 };
  await set('statistics', older, storeOf(page));
  expect(await isEstimated()).toBe(true);
  // One that saved nothing yet has nothing of which anybody could be unsure.
  await set('statistics', { ...older, savedTokens: 0 }, storeOf(page));
  await page.cache.keep(question, makeStoredAnswer('exact'));
  await find(page);
  await vi.waitFor(async () => expect(await isEstimated()).toBe(false));
});

test('damaged statistics begin anew', async () => {
  const page = await openPage();
  await set(
    'statistics',
    { hits: { memory: -1 }, savedTokens: 'x', savedCostUsd: 2 },
    storeOf(page),
  );
  expect(await page.cache.readOverview()).toMatchObject({
    hits: { memory: 0, keyval: 0, table: 0 },
    savedTokens: 0,
    savedCostUsd: 2,
  });
});

test('an answer that may not be kept leaves the older one where it is', async () => {
  const page = await openPage();
  await page.cache.keep(question, makeStoredAnswer('whole'));
  await page.cache.keep(question, makeStoredAnswer('half', { status: 'stopped' }));
  expect(await find(page)).toBe('whole');
});

test('when a level has no room, the older answer does not stay in it', async () => {
  const page = await openPage();
  await page.cache.keep(question, makeStoredAnswer('old'));
  const refuse = (): never => {
    throw new DOMException('', 'QuotaExceededError');
  };
  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(refuse);
  await page.cache.keep(question, makeStoredAnswer('new'));
  put.mockRestore();
  await page.cache.clear('memory');
  expect(await find(page)).not.toBe('old');
});

test('with the key gone it starts anew', async () => {
  const first = await openPage();
  await first.cache.keep(question, makeStoredAnswer('kept'));
  await del('hmac-key', storeOf(first));
  const next = await openPage({ beside: first });
  expect(await find(next)).toBeUndefined();
  await next.cache.keep(question, makeStoredAnswer('new'));
  expect(await find(next)).toBe('new');
});

test('the key is kept where no script can read it', async () => {
  const page = await openPage();
  await page.cache.find(question);
  const key: unknown = await get('hmac-key', storeOf(page));
  expect(key).toBeInstanceOf(CryptoKey);
  expect((key as CryptoKey).extractable).toBe(false);
});

test('with the database closed the other levels go on', async () => {
  const page = await openWithAnswerIn('keyval');
  page.db.close();
  expect(await find(page)).toBe('kept');
  await page.cache.keep(question, makeStoredAnswer('new'));
  expect(await find(page)).toBe('new');
  expect(await entriesOf(page)).toEqual({ memory: 1, keyval: 1, table: null });
  await expect(page.cache.clear('all')).rejects.toMatchObject({ code: 'db/closed' });
  expect(await find(page)).toBeUndefined();
});

test('storage that never answers is a miss', async () => {
  const page = await openWithAnswerIn('table');
  const hanging = await openPage({ beside: page, patienceMs: 1 });
  // A transaction that is kept alive holds up every read of the store behind it.
  let isOver = false;
  await new Promise<void>((resolve) => {
    const table = page.db.strict.backendDB().transaction('responseCache', 'readwrite');
    const objects = table.objectStore('responseCache');
    const spin = (): void => {
      resolve();
      if (!isOver) objects.get('nothing').onsuccess = spin;
    };
    spin();
  });
  expect(await find(hanging)).toBeUndefined();
  isOver = true;
});

describe('cleanupOldCache', () => {
  const other = { ...question, temperature: 0.8 };

  it('deletes what has expired from every level, and counts the rows of the table', async () => {
    const page = await openPage();
    await page.cache.keep(question, makeStoredAnswer('kept'));
    page.pass(23 * HOUR);
    await page.cache.keep(other, makeStoredAnswer('fresh'));
    expect(await page.cache.cleanupOldCache()).toBe(0);
    page.pass(HOUR);
    expect(await page.cache.cleanupOldCache()).toBe(1);
    expect(await entriesOf(page)).toEqual({ memory: 0, keyval: 0, table: 1 });
  });

  it('counts what a clock that went back took with it', async () => {
    const page = await openPage();
    await page.cache.keep(question, makeStoredAnswer('one'));
    await page.cache.keep(other, makeStoredAnswer('other'));
    page.clock.now -= YEAR;
    expect(await page.cache.cleanupOldCache()).toBe(2);
    expect(await entriesOf(page)).toEqual({ memory: 0, keyval: 0, table: 0 });
  });

  it('of two tabs counts each row once', async () => {
    const page = await openPage();
    const beside = await openPage({ beside: page });
    await page.cache.keep(question, makeStoredAnswer('one'));
    await page.cache.keep(other, makeStoredAnswer('other'));
    page.pass(24 * HOUR);
    const counts = await Promise.all([
      page.cache.cleanupOldCache(),
      beside.cache.cleanupOldCache(),
    ]);
    expect(counts.reduce((sum, count) => sum + count)).toBe(2);
  });

  it('says that a storage refuses, and tidies the others all the same', async () => {
    const page = await openPage();
    await page.cache.keep(question, makeStoredAnswer('kept'));
    page.db.close();
    page.pass(24 * HOUR);
    await expect(page.cache.cleanupOldCache()).rejects.toMatchObject({ code: 'db/closed' });
    expect(await entriesOf(page)).toEqual({ memory: 0, keyval: 0, table: null });
    // For what nobody asked for.
    await page.cache.removeExpired();
  });
});

describe('an answer that the table was slow to give', () => {
  /** Begins a find whose reading of the table is held up until `release`. */
  async function findSlowly(page: TestPage) {
    const { cacheKey = '' } = (await rowOf(page)) ?? {};
    const gets = vi.spyOn(IDBObjectStore.prototype, 'get');
    let isHeld = true;
    await new Promise<void>((resolve) => {
      const table = page.db.strict.backendDB().transaction('responseCache', 'readwrite');
      const objects = table.objectStore('responseCache');
      const spin = (): void => {
        resolve();
        if (isHeld) objects.get('nothing').onsuccess = spin;
      };
      spin();
    });
    const found = find(page);
    await vi.waitFor(() => expect(gets.mock.calls.map(([key]) => key)).toContain(cacheKey));
    gets.mockRestore();
    return { cacheKey, found, release: () => void (isHeld = false) };
  }

  async function openWithOldInTable(): Promise<TestPage> {
    const page = await openPage();
    await page.cache.keep(question, makeStoredAnswer('old'));
    await page.cache.clear('memory');
    await page.cache.clear('keyval');
    return page;
  }

  it('does not come back over one that was kept meanwhile', async () => {
    const page = await openWithOldInTable();
    const { found, release } = await findSlowly(page);
    const kept = page.cache.keep(question, makeStoredAnswer('new'));
    await vi.waitFor(async () => expect(await get('index', storeOf(page))).toHaveLength(1));
    release();
    await Promise.all([found, kept]);
    expect(await find(page)).toBe('new');
    await page.cache.clear('memory');
    expect(await find(page)).toBe('new');
  });

  it('does not come back after everything was cleared', async () => {
    const page = await openWithOldInTable();
    const { found, release } = await findSlowly(page);
    const cleared = page.cache.clear('all');
    release();
    await Promise.all([found, cleared]);
    expect(await entriesOf(page)).toEqual({ memory: 0, keyval: 0, table: 0 });
  });

  it('does not come back after another tab cleared everything and its word is still on its way', async () => {
    const page = await openWithOldInTable();
    const other = await openPage({ beside: page });
    // What it says comes too late.
    other.cache.close();
    const { found, release } = await findSlowly(page);
    const cleared = other.cache.clear('all');
    // A clearing that does not wait for the table is over.
    await get('index', storeOf(page));
    release();
    await Promise.all([found, cleared]);
    expect(await entriesOf(page)).toMatchObject({ keyval: 0, table: 0 });
  });

  it('does not come into the memory after another tab replaced it', async () => {
    const page = await openWithOldInTable();
    const { cacheKey, found, release } = await findSlowly(page);
    const heard = new BroadcastChannel(page.name);
    onTestFinished(() => heard.close());
    heard.postMessage({ kind: 'replaced', cacheKey });
    // What is sent after it arrives after it, at a listener that was there before.
    const echo = new BroadcastChannel(page.name);
    onTestFinished(() => echo.close());
    await new Promise((resolve) => {
      echo.onmessage = resolve;
      heard.postMessage(null);
    });
    release();
    await found;
    expect(await entriesOf(page)).toEqual({ memory: 0, keyval: 0, table: 1 });
  });
});
