import { describe, expect, onTestFinished, test } from 'vitest';
import { confirmFeed } from '#db/feed-reader.ts';
import { purgeConversations } from '#db/many-conversations.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { OnggiError } from '#domain/errors.ts';
import { toConversationId } from '#domain/ids.ts';
import type { SearchStatus } from '#domain/search.ts';
import { createSearchClient } from '#search/search-client.ts';
import { memoryStore } from '#search/sidecar-memory.ts';
import type { SidecarStore } from '#search/sidecar-store.ts';
import { openTextIndex } from '#search/text-index.ts';
import { createTextIndexer } from '#search/text-indexer.ts';
import { openForTest } from '../db/fresh-database.ts';
import { findIds, openEngine, store as storeConversation } from './engine-support.ts';
import { readFile, writeFile } from './sidecar-files.ts';

/** The name of the newest file of one kind. */
async function newest(store: SidecarStore, kind: 'log' | 'text'): Promise<string> {
  const names = (await store.list()).filter((name) => name.startsWith(`${kind}-`));
  const last = names
    .sort((a, b) => Number(a.slice(a.indexOf('-') + 1)) - Number(b.slice(b.indexOf('-') + 1)))
    .at(-1);
  if (last === undefined) throw new Error(`no ${kind}`);
  return last;
}

const WORDS = ['첫째', '둘째', '셋째', '넷째', '가나'];

/** What each word finds, in an index that is opened in `store`. */
async function findAll(db: OnggiDatabase, store: SidecarStore): Promise<readonly string[][]> {
  const engine = await openEngine(db, { store });
  const found = [];
  for (const word of WORDS) found.push((await findIds(engine, word)).sort());
  engine.close();
  return found;
}

/** An index of several steps, the last of which were taken in one by one. */
async function fill(db: OnggiDatabase, store: SidecarStore): Promise<readonly string[][]> {
  await storeConversation(db, 'a', ['첫째 가나다', '둘째 가나다']);
  const engine = await openEngine(db, { store });
  for (const [id, text] of [
    ['b', '셋째 가나다'],
    ['c', '넷째 백업'],
    ['d', '첫째 넷째'],
  ] as const) {
    await storeConversation(db, id, [text]);
    await engine.catchUp();
  }
  engine.close();
  return [['a', 'd'], ['a'], ['b'], ['c', 'd'], ['a', 'b']];
}

describe('a text index that is not what was written', () => {
  type Damage = (store: SidecarStore, db: OnggiDatabase) => Promise<void>;
  const change =
    (kind: 'log' | 'text', by: (bytes: Uint8Array) => Uint8Array): Damage =>
    async (store) => {
      const name = await newest(store, kind);
      await writeFile(store, name, by(await readFile(store, name)));
    };
  const flip = (part: number) =>
    change('log', (bytes) => {
      const at = Math.floor((bytes.length - 1) * part);
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      return bytes;
    });
  const cases: [string, Damage][] = [
    ['with a torn log', change('log', (bytes) => bytes.subarray(0, bytes.length - 3))],
    ['with half a log', change('log', (bytes) => bytes.subarray(0, bytes.length / 2))],
    ['with an empty log', change('log', () => new Uint8Array(0))],
    ['with a torn text', change('text', (bytes) => bytes.subarray(0, bytes.length - 1))],
    ['with an empty text', change('text', () => new Uint8Array(0))],
    ['without a log', async (store) => store.remove(await newest(store, 'log'))],
    ['without a text', async (store) => store.remove(await newest(store, 'text'))],
    ...[0, 0.1, 0.3, 0.5, 0.7, 0.9, 1].map((part): [string, Damage] => [
      `with a flipped bit at ${part} of the log`,
      flip(part),
    ]),
    ['of which the feed knows nothing', (_store, db) => db.strict.changeFeed.clear()],
  ];
  test.each(cases)('%s finds everything again', async (_what, damage) => {
    const db = await openForTest();
    const store = memoryStore();
    const expected = await fill(db, store);
    await damage(store, db);
    expect(await findAll(db, store)).toEqual(expected);
    // And stays so.
    expect(await findAll(db, store)).toEqual(expected);
    expect((await store.list()).length).toBe(2);
  });

  test.each(cases)(
    '%s, when the feed has forgotten, finds everything again',
    async (_w, damage) => {
      const db = await openForTest();
      const store = memoryStore();
      const expected = await fill(db, store);
      const last = await db.strict.changeFeed.orderBy('seq').last();
      await confirmFeed(db, 'text', last?.seq ?? 0);
      await damage(store, db);
      expect(await findAll(db, store)).toEqual(expected);
    },
  );

  test('a flipped bit in the text is seen when all of it is looked over', async () => {
    const db = await openForTest();
    const store = memoryStore();
    await fill(db, store);
    const index = await openTextIndex(store);
    expect(await index.verify()).toBe(true);
    const bytes = await readFile(store, await newest(store, 'text'));
    for (const at of [0, 20, bytes.length - 1]) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      await writeFile(store, await newest(store, 'text'), damaged);
      expect(await (await openTextIndex(store)).verify()).toBe(false);
    }
  });

  test('a newer index that was never finished does not take the place of a whole one', async () => {
    const db = await openForTest();
    const store = memoryStore();
    const expected = await fill(db, store);
    const [log, text] = [await newest(store, 'log'), await newest(store, 'text')];
    // What a rebuilding leaves that was cut off after its first step.
    const elsewhere = memoryStore();
    const unfinished = await openTextIndex(elsewhere);
    await unfinished.restart({ seq: 1, mark: 0.5 });
    unfinished.close();
    for (const kind of ['log', 'text'] as const) {
      await writeFile(store, `${kind}-9`, await readFile(elsewhere, await newest(elsewhere, kind)));
    }
    expect(await findAll(db, store)).toEqual(expected);
    expect([...(await store.list())].sort()).toEqual([log, text].sort());
  });

  test('of another database under the same name is not believed', async () => {
    const store = memoryStore();
    await fill(await openForTest(), store);
    const other = await openForTest();
    await storeConversation(other, 'x', ['첫째 다른 것']);
    expect(await findAll(other, store)).toEqual([['x'], [], [], [], []]);
  });
});

test('writing what is alive anew keeps what is found and drops what is gone', async () => {
  const db = await openForTest();
  const store = memoryStore();
  const long = '나머지 '.repeat(100_000);
  for (let at = 0; at < 6; at += 1)
    await storeConversation(db, `long-${at}`, [`${long} 긴것${at}`]);
  const expected = await fill(db, store);
  await purgeConversations(
    db,
    [0, 1, 2, 3].map((at) => toConversationId(`long-${at}`)),
  );
  const index = await openTextIndex(store);
  const indexer = createTextIndexer(db, index, () => undefined, new AbortController().signal);
  await indexer.catchUp();
  const before = index.table.byteLength;
  const names = await store.list();
  await indexer.compact(true);
  expect(index.table.byteLength).toBeLessThan(before / 2);
  expect(index.table.deadBytes).toBe(0);
  expect(await index.verify()).toBe(true);
  index.close();
  const after = await store.list();
  expect(after).toHaveLength(2);
  expect(after.some((name) => names.includes(name))).toBe(false);
  expect(await findAll(db, store)).toEqual(expected);
  const engine = await openEngine(db, { store });
  expect(await findIds(engine, '긴것')).toEqual(expect.arrayContaining(['long-4', 'long-5']));
  expect(await findIds(engine, '긴것1')).toEqual([]);
});

test('building goes on where the worker ended, and takes in what changed since', async () => {
  const db = await openForTest();
  const store = memoryStore();
  for (let at = 0; at < 60; at += 1) {
    await storeConversation(db, `c${at}`, [`${'가'.repeat(60_000)} 찾을 말`]);
  }
  const ending = new AbortController();
  const first = await openTextIndex(store);
  const indexer = createTextIndexer(
    db,
    first,
    ({ indexedCount }) => {
      if (indexedCount >= 20) ending.abort();
    },
    ending.signal,
  );
  await expect(indexer.catchUp()).rejects.toThrow();
  const done = first.table.aliveMessageCount;
  expect(done).toBeGreaterThanOrEqual(20);
  expect(done).toBeLessThan(60);
  first.close();
  await storeConversation(db, 'since', ['찾을 말도 있다']);
  await purgeConversations(db, [toConversationId('c0'), toConversationId('c59')]);

  const engine = await openEngine(db, { store });
  const counts = engine.statuses
    .filter(({ phase }) => phase === 'building')
    .map(({ indexedCount }) => indexedCount);
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(done);
  expect((await findIds(engine, '찾을')).length).toBe(59);
});

describe('a worker that dies', () => {
  function startClient(db: OnggiDatabase) {
    const workers: Worker[] = [];
    const statuses: SearchStatus[] = [];
    let onStatus: (status: SearchStatus) => void = () => undefined;
    const client = createSearchClient({
      db,
      createId: () => crypto.randomUUID(),
      createWorker: () => {
        const url = new URL('../../../src/search/search.worker.ts', import.meta.url);
        const worker = new Worker(url, { type: 'module' });
        workers.push(worker);
        return worker;
      },
    });
    onTestFinished(() => client.close());
    client.watchStatus((status) => {
      statuses.push(status);
      onStatus(status);
    });
    return {
      statuses,
      workers,
      listen: (next: typeof onStatus) => (onStatus = next),
      /** As the browser ends it: at once, with an error at the page. */
      kill() {
        const worker = workers.at(-1);
        worker?.terminate();
        worker?.dispatchEvent(new ErrorEvent('error', { message: 'out of memory' }));
      },
      isReady: () => expect.poll(() => statuses.at(-1)?.phase, { timeout: 30_000 }).toBe('ready'),
      async find(query: string): Promise<readonly string[]> {
        let ids: readonly string[] = [];
        const asked = { kind: 'find', query, order: 'best', offset: 0, limit: 100 } as const;
        await client.ask(asked, (answer) => {
          if (answer.kind === 'found') ids = answer.page.groups.map(({ id }) => id);
        });
        return ids;
      },
    };
  }

  test('while it indexes is followed by one that finishes', { timeout: 60_000 }, async () => {
    const db = await openForTest();
    for (let at = 0; at < 60; at += 1) {
      await storeConversation(db, `c${at}`, [`${'가'.repeat(60_000)} 찾을 말`]);
    }
    const client = startClient(db);
    const isKilled = new Promise<void>((resolve) =>
      client.listen(({ phase, indexedCount }) => {
        if (phase !== 'building' || indexedCount === 0) return;
        client.listen(() => undefined);
        client.kill();
        resolve();
      }),
    );
    await isKilled;
    await client.isReady();
    expect(client.workers).toHaveLength(2);
    expect(await client.find('찾을')).toHaveLength(60);
  });

  test('while it searches is followed by one that answers', { timeout: 60_000 }, async () => {
    const db = await openForTest();
    await storeConversation(db, 'a', ['찾을 말']);
    const client = startClient(db);
    await client.isReady();
    const asked = client.find('찾을');
    client.kill();
    expect(await asked).toEqual(['a']);
    expect(client.workers).toHaveLength(2);
    // What ends a worker twice is given up, and the next question is answered again.
    const fatal = client.find('찾을').catch((error: unknown) => (error as OnggiError).code);
    client.kill();
    client.kill();
    expect(await fatal).toBe('app/worker-failed');
    expect(await client.find('찾을')).toEqual(['a']);
    expect(client.statuses.at(-1)?.phase).toBe('ready');
  });
});
