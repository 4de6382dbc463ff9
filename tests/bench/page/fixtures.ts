/** Filled databases that rows share: each size is made once, by whichever row asks first. */
import { openDatabase } from '#db/open-database.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { Message } from '#domain/message.ts';
import { openRaw } from './raw-idb.ts';
import { CONVERSATION_LENGTH, createSeededData, makeUsage } from './seeded-data.ts';

/** Messages that one transaction writes. */
const CHUNK_ROWS = 1000;
const SEED = 20_261_120;

/** A filled database by the app's own code and by plain IndexedDB. */
export interface Fixture {
  readonly database: OnggiDatabase;
  readonly raw: IDBDatabase;
  readonly conversationCount: number;
}

/** Writes one chunk of messages; a row that measures writing brings its own. */
export type InsertChunk = (
  database: OnggiDatabase,
  raw: IDBDatabase,
  rows: readonly Message[],
) => Promise<void>;

export interface Fixtures {
  readonly bigRows: number;
  readonly smallRows: number;
  /** An empty database with the real schema. */
  empty(): Promise<Fixture>;
  filled(rowCount: number, insert?: InsertChunk): Promise<Fixture>;
}

export const insertByDexie: InsertChunk = async ({ relaxed }, _raw, rows) => {
  await relaxed.messages.bulkAdd(rows);
};

export function createFixtures({ isQuick }: { isQuick: boolean }): Fixtures {
  const made = new Map<number, Promise<Fixture>>();
  return {
    bigRows: isQuick ? 10_000 : 100_000,
    smallRows: isQuick ? 1000 : 10_000,
    empty: openEmpty,
    filled(rowCount, insert = insertByDexie) {
      const fixture = made.get(rowCount) ?? makeFilled(rowCount, insert);
      made.set(rowCount, fixture);
      return fixture;
    },
  };
}

async function openEmpty(): Promise<Fixture> {
  const id = crypto.randomUUID();
  const database = await openDatabase({
    clock: () => Date.now(),
    events: {
      onSuperseded: () => console.error('superseded'),
      onBlocked: () => console.error('blocked'),
      onLost: (error) => console.error(error),
    },
    bootName: `bench-boot-${id}`,
    defaultName: `bench-${id}`,
  });
  return { database, raw: await openRaw(database.name), conversationCount: 0 };
}

async function makeFilled(rowCount: number, insert: InsertChunk): Promise<Fixture> {
  const fixture = await openEmpty();
  const { database, raw } = fixture;
  const data = createSeededData(SEED);
  const conversationCount = rowCount / CONVERSATION_LENGTH;
  const perChunk = CHUNK_ROWS / CONVERSATION_LENGTH;
  for (let first = 0; first < conversationCount; first += perChunk) {
    const made = Array.from({ length: perChunk }, (_v, at) => data.conversation(first + at));
    await insert(
      database,
      raw,
      made.flatMap(({ messages }) => messages),
    );
    await database.relaxed.conversations.bulkAdd(made.map(({ conversation }) => conversation));
  }
  await database.relaxed.usageStatistics.bulkAdd(makeUsage());
  return { ...fixture, conversationCount };
}
