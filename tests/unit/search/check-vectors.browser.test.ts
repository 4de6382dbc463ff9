import { expect, onTestFinished, test } from 'vitest';
import type { OnggiDatabase } from '#db/open-database.ts';
import { toMessageId } from '#domain/ids.ts';
import { createMeaning } from '#search/meaning.ts';
import type { MeaningDeps } from '#search/meaning.ts';
import { memoryStore } from '#search/sidecar-memory.ts';
import type { SidecarStore } from '#search/sidecar-store.ts';
import { createTestClock, openForTest } from '../db/fresh-database.ts';
import { changeBehind } from './in-page-search.ts';
import { readFile, writeFile } from './sidecar-files.ts';
import { addRows, conversationOf, createTestMeaning } from './support.ts';

const NOTHING = { 'vector-missing': 0, 'vector-left': 0, 'vector-unreadable': 0 };

/** Search by meaning that has begun, over `db`. */
async function start(db: OnggiDatabase, changes: Partial<MeaningDeps> = {}) {
  const { embedder, statuses, meaning } = createTestMeaning(db, changes);
  const find = async (text: string): Promise<readonly string[]> =>
    (await meaning.near(text, { limit: 3, leastCosine: 0.9, isInPassing: false })).map(
      ({ id }) => id,
    );
  await find('anything');
  const check = async () => {
    const found = await meaning.check(() => undefined, new AbortController().signal);
    if (typeof found === 'string') throw new Error(found);
    return found;
  };
  return { meaning, embedder, statuses, find, check };
}

async function fill(db: OnggiDatabase): Promise<void> {
  await addRows(
    db,
    conversationOf('a', ['red apple', 'green pear']),
    conversationOf('b', ['blue plum']),
    conversationOf(
      'many',
      Array.from({ length: 1100 }, (_, at) => `w${at} x${at % 11}`),
    ),
  );
}

interface Case {
  readonly what: string;
  readonly damage: (db: OnggiDatabase, store: SidecarStore) => Promise<void>;
  readonly found: Partial<typeof NOTHING>;
  /** What is embedded to mend it: no more than what is wanting. */
  readonly given: (texts: readonly string[]) => boolean;
}

const changeMessage = (db: OnggiDatabase, id: string, changes: object): Promise<void> =>
  changeBehind(db, 'messages', (rows) => {
    rows.get(id).onsuccess = ({ target }) => {
      rows.put({ ...(target as IDBRequest<object>).result, ...changes });
    };
  });

const blockOf = (number: number): string =>
  `conversations|test|1|fp32|32|v1|${String(number).padStart(8, '0')}`;

const CASES: readonly Case[] = [
  {
    what: 'nothing',
    damage: () => Promise.resolve(),
    found: {},
    given: (texts) => texts.length === 0,
  },
  {
    what: 'a text that changed unheard',
    damage: (db) => changeMessage(db, 'a-1', { content: 'black cherry' }),
    found: { 'vector-missing': 1, 'vector-left': 1 },
    given: (texts) => texts.join() === 'black cherry',
  },
  {
    what: 'a text that went unheard',
    damage: (db) => changeBehind(db, 'messages', (rows) => void rows.delete('a-1')),
    found: { 'vector-left': 1 },
    given: (texts) => texts.length === 0,
  },
  {
    what: 'a conversation that went unheard',
    damage: (db) => changeBehind(db, 'conversations', (rows) => void rows.delete('b')),
    found: { 'vector-left': 1 },
    given: (texts) => texts.length === 0,
  },
  {
    what: 'a full block that cannot be read',
    damage: (db) =>
      changeBehind(db, 'embeddings', (rows) => {
        rows.get(blockOf(0)).onsuccess = ({ target }) => {
          const block = (target as IDBRequest<object>).result;
          rows.put({ ...block, vectors: new ArrayBuffer(12) });
        };
      }),
    found: { 'vector-unreadable': 1 },
    given: (texts) => texts.length === 1024,
  },
  {
    what: 'a block that is gone',
    damage: (db) => changeBehind(db, 'embeddings', (rows) => void rows.delete(blockOf(0))),
    found: { 'vector-unreadable': 1 },
    given: (texts) => texts.length === 1024,
  },
  {
    what: 'a last block that is gone',
    damage: (db) => changeBehind(db, 'embeddings', (rows) => void rows.delete(blockOf(1))),
    found: { 'vector-unreadable': 1 },
    given: (texts) => texts.length === 0,
  },
  {
    what: 'a flipped bit in the exact numbers of the files',
    damage: async (_db, store) => {
      const name = (await store.list()).find((each) => each.endsWith('-digits')) ?? '';
      const bytes = await readFile(store, name);
      bytes[40] = (bytes[40] ?? 0) ^ 1;
      await writeFile(store, name, bytes);
    },
    found: { 'vector-unreadable': 1 },
    given: (texts) => texts.length === 0,
  },
];

test.each(CASES)('$what is found, mended and gone', async ({ damage, found, given }) => {
  const db = await openForTest();
  const store = memoryStore();
  await fill(db);
  const { meaning, embedder, check, find } = await start(db, { store });
  expect((await check()).problems).toEqual(NOTHING);
  await damage(db, store);
  embedder.given.length = 0;
  const findings = await check();
  expect(findings.problems).toEqual({ ...NOTHING, ...found });
  await meaning.mend(findings);
  expect(given(embedder.given)).toBe(true);
  expect((await check()).problems).toEqual(NOTHING);
  expect(await find('red apple')).toEqual(['a']);
  // And the next visit reads what was mended.
  const next = await start(db, { store });
  expect((await next.check()).problems).toEqual(NOTHING);
  expect(next.embedder.given).toEqual([]);
  expect(await next.find('red apple')).toEqual(['a']);
});

test('a block that could not be read at the start is told, and goes', async () => {
  const db = await openForTest();
  await fill(db);
  const first = await start(db);
  await first.check();
  await changeBehind(db, 'embeddings', (rows) => {
    rows.get(blockOf(0)).onsuccess = ({ target }) => {
      const block = (target as IDBRequest<object>).result;
      rows.put({ ...block, passages: 'of another time' });
    };
  });
  const { meaning, check, find } = await start(db);
  const findings = await check();
  expect(findings.problems).toEqual({ ...NOTHING, 'vector-unreadable': 1 });
  await meaning.mend(findings);
  expect((await check()).problems).toEqual(NOTHING);
  expect(await find('red apple')).toEqual(['a']);
});

test('what is written while it is compared is no finding', async () => {
  const db = await openForTest();
  await fill(db);
  const { check } = await start(db);
  await check();
  const writes: Promise<unknown>[] = [];
  let asked = 0;
  // Outside of the transaction that reads.
  db.strict.messages.hook('reading').subscribe((row: unknown) => {
    if (asked < 6) {
      asked += 1;
      const rows = conversationOf('b', [`plum ${asked}`], { updatedAt: 2000 + asked });
      setTimeout(() => writes.push(addRows(db, rows)));
    }
    return row;
  });
  while (writes.length < 6) expect((await check()).problems).toEqual(NOTHING);
  await Promise.all(writes);
  expect((await check()).problems).toEqual(NOTHING);
});

test('says that nothing was begun, and that it has not come to rest', async () => {
  const db = await openForTest();
  await fill(db);
  const signal = new AbortController().signal;
  const idle = createMeaning({
    db,
    clock: createTestClock(),
    openEmbedder: () => Promise.reject(new Error('nobody asked for it')),
    readWish: () => Promise.resolve({ chosen: { kind: 'built-in' } }),
    readHold: () => Promise.resolve(undefined),
    onStatus: () => undefined,
  });
  expect(await idle.check(() => undefined, signal)).toBe('off');
  let isPaused = true;
  onTestFinished(() => void (isPaused = false));
  const readHold = () => Promise.resolve(isPaused ? ('paused' as const) : undefined);
  const { meaning } = await start(db, { readHold });
  expect(await meaning.check(() => undefined, signal)).toBe('unready');
});

test('an answer that a crash cut off is found by meaning after the next start', async () => {
  const db = await openForTest();
  const { conversation, messages } = conversationOf('a', ['red apple', 'green pear']);
  await addRows(db, {
    conversation,
    messages: messages.map((row) => (row.seq === 1 ? { ...row, status: 'streaming' } : row)),
  });
  const { find, check } = await start(db);
  expect((await check()).problems).toEqual(NOTHING);
  expect(await find('green pear')).toEqual([]);
  await db.strict.messages.update(toMessageId('a-1'), { status: 'interrupted' });
  expect((await check()).problems).toEqual(NOTHING);
  expect(await find('green pear')).toEqual(['a']);
});
