import * as v from 'valibot';
import { read } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';

/**
 * [Note: Canary] A browser that finds its storage damaged throws all databases of an origin away and
 * says so at most once (SECURITY section 2, finding 1). `localStorage` lies elsewhere. There this
 * page notes which database is live and some conversations that are in it, and looks at the next
 * start, before anything is made, whether they are still there.
 */
const KEY = 'onggi.canary';
/** Conversations noted from each end: damage takes the newest rows, or any. */
const SAMPLE = 12;

const Stored = v.object({
  databaseName: v.pipe(v.string(), v.minLength(1)),
  conversationIds: v.array(v.string()),
  notedAt: v.number(),
});
export type Canary = v.InferOutput<typeof Stored>;

type Memory = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** What was noted last; undefined before the first time, or when it cannot be read. */
export function readCanary(memory: Memory = localStorage): Canary | undefined {
  try {
    const stored: unknown = JSON.parse(memory.getItem(KEY) ?? 'null');
    return v.is(Stored, stored) ? stored : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the database that was noted is not there at all. Creates and opens nothing. */
export async function isDatabaseGone({ databaseName }: Canary): Promise<boolean> {
  const stored = await indexedDB.databases();
  return !stored.some(({ name }) => name === databaseName);
}

/**
 * How many of the noted conversations are missing; 0 when another database is live since, as after a
 * restore.
 */
export async function countMissing(
  { name, strict: db }: OnggiDatabase,
  { databaseName, conversationIds }: Canary,
): Promise<number> {
  if (name !== databaseName) return 0;
  const there = await read(() => db.conversations.where('id').anyOf(conversationIds).primaryKeys());
  return conversationIds.length - there.length;
}

/** Notes what is there now. Never rejects: what cannot be noted now is noted later. */
export async function noteCanary(
  { name, strict: db }: OnggiDatabase,
  now: number,
  memory: Memory = localStorage,
): Promise<void> {
  try {
    const byAge = db.conversations.orderBy('createdAt');
    const oldest = await byAge.limit(SAMPLE).primaryKeys();
    const newest = await db.conversations
      .orderBy('createdAt')
      .reverse()
      .limit(SAMPLE)
      .primaryKeys();
    const conversationIds = [...new Set([...oldest, ...newest])];
    const canary: Canary = { databaseName: name, conversationIds, notedAt: now };
    memory.setItem(KEY, JSON.stringify(canary));
  } catch {
    // The database is closing, or localStorage is full or switched off.
  }
}

/** Forgets what was noted: the person has seen that it is gone. */
export function forgetCanary(memory: Memory = localStorage): void {
  memory.removeItem(KEY);
}
