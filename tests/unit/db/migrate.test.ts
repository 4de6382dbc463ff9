import { describe, expect, test, vi } from 'vitest';
import { SCHEMA_STEPS } from '#db/schema-steps.ts';
import type { SchemaStep } from '#db/schema-steps.ts';
import { readSchemaVersions } from '#db/schema-versions.ts';
import {
  createTestClock,
  freshNames,
  openForTest,
  readRaw,
  storedVersion,
} from './fresh-database.ts';
import type { Names } from './fresh-database.ts';
import { makeConversation, makeLine } from './conversation-rows.ts';

const first: SchemaStep = {
  version: 1,
  description: 'first',
  stores: {
    conversations: 'id',
    messages: 'id, [conversationId+seq]',
    schemaVersions: 'version',
  },
};
const second: SchemaStep = {
  version: 2,
  description: 'second',
  stores: { conversations: 'id, title', notes: 'id' },
  async upgrade(tx) {
    await tx.table('conversations').toCollection().modify({ title: 'upgraded' });
  },
};
const third: SchemaStep = {
  version: 3,
  description: 'third',
  stores: { notes: null, topics: 'id' },
  async upgrade(tx) {
    await tx.table('messages').where('id').equals('m0').delete();
    await tx.table('topics').add({ id: 'topic' });
  },
  expectedCounts: (before) => ({ messages: (before.messages ?? 0) - 1 }),
};

/** A database of version 1 with one conversation of `count` messages, closed again. */
async function seed(names: Names, count = 3): Promise<void> {
  const db = await openForTest({ names, steps: [first], clock: createTestClock(1) });
  await db.strict.conversations.add(makeConversation('c', { title: 'old' }));
  await db.strict.messages.bulkAdd(makeLine('c', count));
  db.close();
}

const copyOf = ({ defaultName }: Names, version: number): string =>
  `${defaultName}-before-v${version}`;

describe('a fresh database', () => {
  test('gets every table and a row for each of its versions', async () => {
    const clock = createTestClock(5);
    const db = await openForTest({ clock });
    expect(db.strict.tables.map(({ name }) => name).sort()).toEqual(
      SCHEMA_STEPS.flatMap(({ stores }) => Object.keys(stores)).sort(),
    );
    expect(await readSchemaVersions(db)).toEqual(
      SCHEMA_STEPS.map(({ version, description }) => ({ version, description, appliedAt: 5 })),
    );
    expect(db.dataLoss).toBe(false);
  });

  test('of several versions notes them all', async () => {
    const db = await openForTest({ steps: [first, second, third] });
    const versions = await readSchemaVersions(db);
    expect(versions.map(({ version }) => version)).toEqual([1, 2, 3]);
  });

  test('keeps strict and relaxed durability apart', async () => {
    const db = await openForTest();
    for (const [connection, durability] of [
      [db.strict, 'strict'],
      [db.relaxed, 'relaxed'],
    ] as const) {
      await connection.transaction('rw', connection.drafts, async (transaction) => {
        await connection.drafts.put({ id: durability, text: 'x', pasted: [], updatedAt: 1 });
        expect(transaction.idbtrans.durability).toBe(durability);
      });
    }
  });
});

describe('an upgrade', () => {
  test('runs every step in order and notes it', async () => {
    const names = freshNames();
    await seed(names);
    const steps = [first, second, third];
    const db = await openForTest({ names, steps, clock: createTestClock(9) });
    expect(await db.strict.conversations.toArray()).toMatchObject([{ id: 'c', title: 'upgraded' }]);
    expect(await db.strict.messages.toCollection().primaryKeys()).toEqual(['m1', 'm2']);
    expect(await db.strict.table('topics').toArray()).toEqual([{ id: 'topic' }]);
    expect([...db.strict.backendDB().objectStoreNames]).not.toContain('notes');
    expect(await readSchemaVersions(db)).toEqual([
      { version: 1, description: 'first', appliedAt: 1 },
      { version: 2, description: 'second', appliedAt: 9 },
      { version: 3, description: 'third', appliedAt: 9 },
    ]);
  });

  test('tells search of the rows it changes, and is not taken for a failure because of it', async () => {
    const names = freshNames();
    const old = await openForTest({ names, steps: SCHEMA_STEPS });
    await old.strict.messages.bulkAdd(makeLine('c', 2));
    const before = await old.strict.changeFeed.toCollection().primaryKeys();
    old.close();
    const next: SchemaStep = {
      version: SCHEMA_STEPS.length + 1,
      description: 'next',
      stores: {},
      async upgrade(tx) {
        await tx.table('messages').toCollection().modify({ feedback: 'upgraded' });
      },
    };
    const db = await openForTest({ names, steps: [...SCHEMA_STEPS, next] });
    expect(await db.strict.messages.toArray()).toMatchObject([
      { feedback: 'upgraded' },
      { feedback: 'upgraded' },
    ]);
    const after = await db.strict.changeFeed.toCollection().primaryKeys();
    expect(after.length).toBeGreaterThan(before.length);
  });

  test('keeps a copy of the old data until the new version has opened once more', async () => {
    const names = freshNames();
    await seed(names, 1203);
    const db = await openForTest({ names, steps: [first, second] });
    db.close();
    expect(await storedVersion(copyOf(names, 2))).toBe(10);
    const copied = await readRaw(copyOf(names, 2), 'messages');
    expect(copied).toHaveLength(1203);
    expect(new Set(copied.map((row) => JSON.stringify(row))).size).toBe(1203);
    expect(await readRaw(copyOf(names, 2), 'conversations')).toMatchObject([{ title: 'old' }]);
    await openForTest({ names, steps: [first, second] });
    expect(await storedVersion(copyOf(names, 2))).toBeUndefined();
  });

  test('copies indexes and key paths too', async () => {
    const names = freshNames();
    await seed(names);
    const db = await openForTest({ names, steps: [first, second] });
    db.close();
    const copy = await openForTest({
      names: { ...names, bootName: `${names.bootName}-copy`, defaultName: copyOf(names, 2) },
      steps: [first],
    });
    const keys = await copy.strict.messages
      .where('[conversationId+seq]')
      .equals(['c', 0])
      .primaryKeys();
    expect(keys).toEqual(['m0', 'm1', 'm2']);
  });

  const failing: SchemaStep = {
    ...second,
    async upgrade(tx) {
      await tx.table('conversations').toCollection().modify({ title: 'half done' });
      throw new Error('bad step');
    },
  };
  const losing: SchemaStep = {
    ...second,
    async upgrade(tx) {
      await tx.table('messages').where('id').equals('m1').delete();
    },
  };
  const abortingThird: SchemaStep = {
    ...third,
    expectedCounts: () => ({}),
  };

  test.each([
    ['throws', [first, failing]],
    ['loses a row', [first, losing]],
    ['is the last of several and loses a row', [first, second, abortingThird]],
  ])('whose step %s leaves data and version as they were', async (_name, steps) => {
    const names = freshNames();
    await seed(names);
    await expect(openForTest({ names, steps })).rejects.toMatchObject({
      name: 'OnggiError',
      code: 'db/migration-failed',
    });
    expect(await storedVersion(names.defaultName)).toBe(10);
    const db = await openForTest({ names, steps: [first] });
    expect(await db.strict.conversations.toArray()).toMatchObject([{ title: 'old' }]);
    expect(await db.strict.messages.toCollection().primaryKeys()).toEqual(['m0', 'm1', 'm2']);
    expect(await readSchemaVersions(db)).toHaveLength(1);
  });

  test('succeeds after one that failed', async () => {
    const names = freshNames();
    await seed(names);
    await expect(openForTest({ names, steps: [first, failing] })).rejects.toThrow();
    const db = await openForTest({ names, steps: [first, second] });
    expect(await db.strict.conversations.toArray()).toMatchObject([{ title: 'upgraded' }]);
  });

  test('runs once when two tabs start together', async () => {
    const names = freshNames();
    await seed(names);
    let upgradeCount = 0;
    const counting: SchemaStep = {
      ...second,
      upgrade: async (tx) => {
        upgradeCount += 1;
        await second.upgrade?.(tx);
      },
    };
    const steps = [first, counting];
    const tabs = await Promise.all([openForTest({ names, steps }), openForTest({ names, steps })]);
    expect(upgradeCount).toBe(1);
    for (const tab of tabs) expect(await readSchemaVersions(tab)).toHaveLength(2);
  });
});

describe('the version gate', () => {
  test('refuses a newer database and writes nothing', async () => {
    const names = freshNames();
    const newer = await openForTest({ names, steps: [first, second] });
    newer.close();
    const open = vi.spyOn(indexedDB, 'open');
    await expect(openForTest({ names, steps: [first] })).rejects.toMatchObject({
      code: 'db/newer-version',
    });
    const opened = new Set(open.mock.calls.map(([name]) => name));
    expect(opened).toEqual(new Set([names.bootName]));
    open.mockRestore();
    expect(await storedVersion(names.defaultName)).toBe(20);
  });

  test('refuses it also when the look beforehand came too early', async () => {
    const names = freshNames();
    const newer = await openForTest({ names, steps: [first, second] });
    newer.close();
    const databases = indexedDB.databases.bind(indexedDB);
    indexedDB.databases = async () =>
      (await databases()).filter(({ name }) => name !== names.defaultName);
    try {
      await expect(openForTest({ names, steps: [first] })).rejects.toMatchObject({
        code: 'db/newer-version',
      });
    } finally {
      indexedDB.databases = databases;
    }
    expect(await storedVersion(names.defaultName)).toBe(20);
  });

  test('refuses a stored schema that differs under the same number, and adds nothing to it', async () => {
    const names = freshNames();
    const db = await openForTest({ names, steps: [first] });
    db.close();
    const edited = { ...first, stores: { ...first.stores, conversations: 'id, title' } };
    await expect(openForTest({ names, steps: [edited] })).rejects.toMatchObject({
      code: 'db/failed',
    });
    expect(await storedVersion(names.defaultName)).toBe(10);
  });

  test.each([
    ['a gap', [first, { ...third, version: 3 }]],
    ['a repeated number', [first, { ...second, version: 1 }]],
    ['no step', []],
  ])('refuses %s among the steps before touching anything', async (_name, steps) => {
    const names = freshNames();
    await expect(openForTest({ names, steps })).rejects.toMatchObject({ code: 'app/unexpected' });
    expect(await storedVersion(names.bootName)).toBeUndefined();
  });
});
