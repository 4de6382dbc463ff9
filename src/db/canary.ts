import * as v from 'valibot';
import { read } from './commit.ts';
import { readDatabaseNames } from './idb-request.ts';
import type { OnggiDatabase } from './open-database.ts';
import { toStorageError } from './storage-errors.ts';

/**
 * [Note: Canary] A browser that finds its storage damaged throws all databases of an origin away and
 * says so at most once (SECURITY section 2, finding 1). `localStorage` lies elsewhere. There this
 * page notes which database is live, some conversations that are in it and the number of the newest
 * change (`changeFeed`, which only grows), and looks at the next start, before anything is made,
 * whether they are still there.
 */
const KEY = 'onggi.canary';
/** Conversations noted from each end: damage takes the newest rows, or any. */
const SAMPLE = 12;

const Stored = v.object({
  databaseName: v.pipe(v.string(), v.minLength(1)),
  conversationIds: v.array(v.string()),
  /** The newest change of the feed; 0 before the first, and in notes of older versions. */
  lastSeq: v.optional(v.number(), 0),
  notedAt: v.number(),
});
export type Canary = v.InferOutput<typeof Stored>;

type Memory = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** What was noted last; undefined before the first time, or when it cannot be read. */
export function readCanary(memory: Memory = localStorage): Canary | undefined {
  try {
    return v.parse(Stored, JSON.parse(memory.getItem(KEY) ?? 'null'));
  } catch {
    return undefined;
  }
}

/**
 * Whether the database that was noted is not there at all. Creates and opens nothing.
 * @throws OnggiError `db/no-space` when the browser cannot open its storage.
 */
export async function isDatabaseGone({ databaseName }: Canary): Promise<boolean> {
  try {
    return !(await readDatabaseNames()).includes(databaseName);
  } catch (error) {
    throw toStorageError(error);
  }
}

/**
 * Whether there is no database at all though files of one are left (snapshots, the index of search): it was
 * lost together with the note. Creates nothing.
 */
export async function isOnlyFilesLeft(): Promise<boolean> {
  if ((await readDatabaseNames().catch(() => [''])).length > 0) return false;
  try {
    const root = await navigator.storage.getDirectory();
    for await (const folder of root.values()) {
      if (!(folder instanceof FileSystemDirectoryHandle)) continue;
      for await (const _name of folder.keys()) return true;
    }
  } catch {
    // No such file system in this browser: nothing is left in it.
  }
  return false;
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

/**
 * How many of the newest changes are missing, as when a browser drops the damaged end of its records; 0
 * when another database is live since.
 */
export async function countLostChanges(
  db: OnggiDatabase,
  { databaseName, lastSeq }: Canary,
): Promise<number> {
  return db.name === databaseName ? Math.max(0, lastSeq - (await readLastSeq(db))) : 0;
}

async function readLastSeq({ strict: db }: OnggiDatabase): Promise<number> {
  return Number((await read(() => db.changeFeed.orderBy(':id').lastKey())) ?? 0);
}

/** Notes what is there now, if anything changed since the last note. Never rejects: what cannot be noted now is noted later. */
export async function noteCanary(
  database: OnggiDatabase,
  now: number,
  memory: Memory = localStorage,
): Promise<void> {
  const { name, strict: db } = database;
  try {
    const lastSeq = await readLastSeq(database);
    const last = readCanary(memory);
    if (last?.databaseName === name && last.lastSeq === lastSeq && lastSeq > 0) return;
    const byAge = db.conversations.orderBy('createdAt');
    const oldest = await byAge.limit(SAMPLE).primaryKeys();
    const newest = await db.conversations
      .orderBy('createdAt')
      .reverse()
      .limit(SAMPLE)
      .primaryKeys();
    const conversationIds = [...new Set([...oldest, ...newest])];
    const canary: Canary = { databaseName: name, conversationIds, lastSeq, notedAt: now };
    memory.setItem(KEY, JSON.stringify(canary));
  } catch {
    // The database is closing, or localStorage is full or switched off.
  }
}

/** Forgets what was noted: the person has seen that it is gone. */
export function forgetCanary(memory: Memory = localStorage): void {
  memory.removeItem(KEY);
}
