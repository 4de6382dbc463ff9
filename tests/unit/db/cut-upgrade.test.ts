import { describe, expect, onTestFinished, test } from 'vitest';
import { SCHEMA_STEPS } from '#db/schema-steps.ts';
import type { SchemaStep } from '#db/schema-steps.ts';
import { createFromFixture, readContents } from './fixtures.ts';
import type { DatabaseFixture } from './fixtures.ts';
import { makeConversation, makeLine } from './conversation-rows.ts';
import { createTestClock, freshNames, openForTest, storedVersion } from './fresh-database.ts';
import type { Names } from './fresh-database.ts';

const fixtures = import.meta.glob<DatabaseFixture>('../../fixtures/db/v*.json', {
  eager: true,
  import: 'default',
});

/** What writes into a database. */
const WRITES = [
  [IDBObjectStore.prototype, ['put', 'add', 'delete', 'clear']],
  [IDBCursor.prototype, ['update', 'delete']],
  [IDBDatabase.prototype, ['createObjectStore']],
] as const;

/** The transaction that a write is part of. */
function transactionOf(target: object, result: unknown): IDBTransaction | undefined {
  if (target instanceof IDBObjectStore) return target.transaction;
  if (target instanceof IDBCursor) return target.request.transaction ?? undefined;
  return result instanceof IDBObjectStore ? result.transaction : undefined;
}

/**
 * Cuts the write after `count` others off, as a disk does that has no more room, and lets all that follow go on.
 * @returns how many there were, and what lets all writes go on
 */
function cutWrite(count: number) {
  let seen = 0;
  const ends: (() => void)[] = [];
  for (const [prototype, names] of WRITES) {
    for (const name of names) {
      const real: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
      if (typeof real !== 'function') throw new Error(`no ${name}`);
      const replace = function (this: object, ...given: unknown[]): unknown {
        seen += 1;
        const result: unknown = Reflect.apply(real, this, given);
        // Not at once: what made the request has its say before the disk does.
        if (seen === count + 1) queueMicrotask(() => transactionOf(this, result)?.abort());
        return result;
      };
      const define = (value: unknown) =>
        Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
      define(replace);
      ends.push(() => define(real));
    }
  }
  const end = (): void => ends.forEach((each) => each());
  onTestFinished(end);
  return { seen: () => seen, end };
}

/** Steps that change rows, take some away, and drop and make tables and indexes. */
const MADE_UP: readonly [SchemaStep, SchemaStep, SchemaStep] = [
  {
    version: 1,
    description: 'first',
    stores: {
      conversations: 'id',
      messages: 'id, [conversationId+seq]',
      notes: 'id',
      schemaVersions: 'version',
    },
  },
  {
    version: 2,
    description: 'second',
    stores: { conversations: 'id, title', topics: 'id' },
    async upgrade(tx) {
      await tx.table('conversations').toCollection().modify({ title: 'upgraded' });
      await tx.table('topics').add({ id: 'topic' });
    },
  },
  {
    version: 3,
    description: 'third',
    stores: { notes: null },
    async upgrade(tx) {
      await tx.table('messages').where('id').equals('m0').delete();
    },
    expectedCounts: (before) => ({ messages: (before.messages ?? 0) - 1 }),
  },
];

interface Older {
  readonly name: string;
  readonly steps: readonly SchemaStep[];
  readonly version: number;
  readonly make: (names: Names) => Promise<void>;
}

const OLDER: readonly Older[] = [
  ...SCHEMA_STEPS.slice(0, -1).map(({ version }) => ({
    name: `released version ${version}`,
    steps: SCHEMA_STEPS,
    version,
    make: async ({ defaultName }: Names) => {
      const fixture = fixtures[`../../fixtures/db/v${version}.json`];
      if (!fixture) throw new Error(`no fixture of version ${version}`);
      await createFromFixture(defaultName, fixture);
    },
  })),
  ...[1, 2].map((version) => ({
    name: `made-up version ${version}`,
    steps: MADE_UP,
    version,
    make: async (names: Names) => {
      const db = await openForTest({ names, steps: MADE_UP.slice(0, version) });
      await db.strict.conversations.bulkAdd([makeConversation('c'), makeConversation('d')]);
      await db.strict.messages.bulkAdd(makeLine('c', 3));
      await db.strict.table('notes').add({ id: 'note', text: '메모' });
      db.close();
    },
  })),
];

describe.each(OLDER)('$name', ({ steps, version, make }) => {
  test('is as it was after an upgrade that is cut off at any write, and becomes the newest then', async () => {
    const clock = createTestClock();
    /** What a whole upgrade leaves. */
    const whole = freshNames();
    await make(whole);
    (await openForTest({ names: whole, steps, clock })).close();
    const upgraded = await readContents(whole.defaultName);

    for (let count = 0; ; count += 1) {
      const names = freshNames();
      await make(names);
      const released = await readContents(names.defaultName);
      const cut = cutWrite(count);
      const outcome = await openForTest({ names, steps, clock }).then(
        (db) => {
          db.close();
          return 'done';
        },
        (error: unknown) => error,
      );
      cut.end();
      if (cut.seen() <= count) {
        expect(outcome).toBe('done');
        // The tables and rows of the copy, the shape, the rows and the note of the upgrade.
        expect(count).toBeGreaterThan(10);
        return;
      }
      if (outcome !== 'done') {
        expect(await storedVersion(names.defaultName), `write ${count}`).toBe(version * 10);
        expect(await readContents(names.defaultName), `write ${count}`).toEqual(released);
        const old = await openForTest({ names, steps: steps.slice(0, version), clock });
        expect(await old.strict.conversations.toCollection().primaryKeys()).toContain('c');
        old.close();
      }
      (await openForTest({ names, steps, clock })).close();
      expect(await readContents(names.defaultName), `write ${count}`).toEqual(upgraded);
    }
  }, 120_000);
});
