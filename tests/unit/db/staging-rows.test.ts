import { describe, expect, test } from 'vitest';
import {
  addNewRows,
  compareKeys,
  createKeysBeside,
  flushToDisk,
  hasRows,
  moveMessages,
  readKeyPages,
  readTreeRows,
} from '#db/staging-rows.ts';
import { readBoundedPages } from '#db/table-pages.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import { openForTest } from './fresh-database.ts';
import { makeLine, makeMessage } from './conversation-rows.ts';

describe('adding rows in bulk', () => {
  test('leaves out those whose key is taken, and says which', async () => {
    const { strict: db } = await openForTest();
    await db.messages.add(makeMessage('c', 'm1', null, { content: 'first' }));
    const rows = [...makeLine('c', 4), makeMessage('c', 'm3', null)];
    expect(await addNewRows(db.messages, rows)).toEqual([1, 4]);
    expect(await db.messages.toCollection().primaryKeys()).toEqual(['m0', 'm1', 'm2', 'm3']);
    expect((await db.messages.get(toMessageId('m1')))?.content).toBe('first');
    expect(await addNewRows(db.messages, [])).toEqual([]);
  });

  test('that the database refuses adds none', async () => {
    const { strict: db } = await openForTest();
    const rows = [makeMessage('c', 'a', null), makeMessage('c', 'b', null)];
    const bad = { ...rows[1], metadata: { f: () => 1 } };
    await expect(addNewRows(db.messages, [rows[0], bad] as typeof rows)).rejects.toMatchObject({
      code: 'db/failed',
    });
    expect(await hasRows(db.messages)).toBe(false);
  });
});

test('two tables are compared by their keys, over pages and in the order of the database', async () => {
  const [{ strict: here }, { strict: after }] = [await openForTest(), await openForTest()];
  // Beyond the first plane an emoji's first unit is below U+FFFD, though its code point is above.
  const odd = ['가', 'Z', 'a', '\u{1F3FA}', '\uFFFD', '\uD800'];
  const line = makeLine('c', 2500);
  await here.messages.bulkAdd([...line, ...odd.map((id) => makeMessage('c', id, null))]);
  await after.messages.bulkAdd([
    ...line.filter((_row, at) => at % 3 > 0),
    ...['Z', '\u{1F3FA}', 'z', '\uFFFF'].map((id) => makeMessage('c', id, null)),
  ]);
  const gone: string[] = [];
  const counts = await compareKeys(here.messages, after.messages, (keys) => {
    gone.push(...keys);
    return Promise.resolve();
  });
  const expected = [
    ...line.filter((_row, at) => at % 3 === 0).map(({ id }): string => id),
    ...odd.filter((id) => id !== 'Z' && id !== '\u{1F3FA}'),
  ];
  expect(gone.toSorted()).toEqual(expected.toSorted());
  expect(counts).toEqual({ here: 2506, after: 1670, gone: expected.length });
});

test.each([
  [[], []],
  [['a', 'b'], []],
  [[], ['a', 'b']],
  [
    ['a', 'c', 'e'],
    ['b', 'c', 'f'],
  ],
  [
    ['Z', '\u{1F3FA}', '\uFFFD'],
    ['\u{1F3FA}', '\uFFFF'],
  ],
])('keys %j are counted beside %j as two tables are', async (own, others) => {
  const [{ strict: here }, { strict: after }] = [await openForTest(), await openForTest()];
  await here.messages.bulkAdd(own.map((id) => makeMessage('c', id, null)));
  await after.messages.bulkAdd(others.map((id) => makeMessage('c', id, null)));
  const beside = createKeysBeside(here.messages);
  for (const id of others) await beside.take([id]);
  expect(await beside.finish()).toEqual(await compareKeys(here.messages, after.messages));
});

test('a table is compared with an empty one', async () => {
  const [{ strict: full }, { strict: empty }] = [await openForTest(), await openForTest()];
  await full.messages.bulkAdd(makeLine('c', 3));
  expect(await compareKeys(full.messages, empty.messages)).toEqual({ here: 3, after: 0, gone: 3 });
  expect(await compareKeys(empty.messages, full.messages)).toEqual({ here: 0, after: 3, gone: 0 });
});

test('the tree of a conversation comes by number, and messages move in it', async () => {
  const database = await openForTest();
  const { strict: db } = database;
  await db.messages.bulkAdd(
    makeLine('c', 1500).map((row, seq) => ({ ...row, seq: 1499 - seq, tokenCount: seq })),
  );
  await db.messages.add(makeMessage('other', 'x', null));
  const tree = await readTreeRows(db, toConversationId('c'));
  expect(tree).toHaveLength(1500);
  expect(tree[0]).toMatchObject({ id: 'm1499', seq: 0, parentId: 'm1498', tokenCount: 1499 });
  await moveMessages(
    db,
    tree.map(({ id }, index) => ({ id, parentId: null, seq: index * 2 })),
  );
  expect(await db.messages.get(toMessageId('m0'))).toMatchObject({
    seq: 2998,
    parentId: null,
    content: 'text of m0',
  });
  await flushToDisk(database);
});

test('keys come in pages', async () => {
  const { strict: db } = await openForTest();
  await db.messages.bulkAdd(makeLine('c', 2001));
  const sizes: number[] = [];
  for await (const keys of readKeyPages(db.messages)) sizes.push(keys.length);
  expect(sizes).toEqual([1000, 1000, 1]);
});

describe('pages that are bounded', () => {
  async function pageSizes(count: number, textLength: number, maxSize: number): Promise<number[]> {
    const { strict: db } = await openForTest();
    await db.messages.bulkAdd(makeLine('c', count, { content: 'x'.repeat(textLength) }));
    const sizes: number[] = [];
    const ids = new Set<string>();
    const sizeOf = ({ content }: { content: string }) => content.length;
    for await (const rows of readBoundedPages(db.messages, ({ id }) => id, { sizeOf, maxSize })) {
      sizes.push(rows.length);
      for (const { id } of rows) ids.add(id);
    }
    expect(ids.size).toBe(count);
    return sizes;
  }

  test.each([
    [0, []],
    [1, [1]],
    [50, [50]],
    [51, [50, 1]],
    [2100, [50, 950, 1000, 100]],
  ])('end where a group of a thousand ends, of %i rows', async (count, sizes) => {
    expect(await pageSizes(count, 10, 1e6)).toEqual(sizes);
  });

  test('hold less where rows are long', async () => {
    expect(Math.max(...(await pageSizes(300, 1000, 20_000)))).toBe(50);
    expect((await pageSizes(300, 1000, 20_000)).slice(1, 3)).toEqual([19, 19]);
  });

  test('hold one row at least', async () => {
    expect((await pageSizes(53, 1000, 1)).slice(1)).toEqual([1, 1, 1]);
  });
});
