import * as v from 'valibot';
import { read } from './commit.ts';
import { readDatabaseNames } from './idb-request.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';
import type * as KeepCanary from './keep-canary.ts';
import { toStorageError } from './storage-errors.ts';
import type { NoteOptions } from './write-canary.ts';

/**
 * [Note: Canary] A browser that finds its storage damaged throws all databases of an origin away and
 * says so at most once (SECURITY section 2, finding 1). `localStorage` lies elsewhere. There this
 * page notes which database is live, some rows of each table that are in it and the number of the newest
 * change (`changeFeed`, which only grows), and looks at the next start, before anything is made,
 * whether they are still there. What a person deleted since the note is no loss: the feed names it, and
 * keeps what came after the notes of the last ten minutes for the reader `canary`: a browser writes
 * `localStorage` late, so after a power cut the note may be an older one. It is never ahead of the database:
 * what it names was written to the disk before. The newest rows of a table with a time say what a
 * mark of its height would; keys from all over the order of the keys (`spread`) meet a run of neighbours
 * that is lost between both ends, which is how damaged tables of a store lose rows. A few single rows are left to
 * the integrity check, because looking for them would read a whole index at every start.
 */
export const CANARY_KEY = 'onggi.canary';
/**
 * Stands beside the note from the moment a database was found gone until the person decided: a restore
 * that fails, or a tab that is closed before, has made an empty database, and the next start must ask again.
 */
const LOSS_KEY = 'onggi.loss';

const Stored = v.object({
  databaseName: v.pipe(v.string(), v.minLength(1)),
  conversationIds: v.array(v.string()),
  /** Ids of rows of other tables; empty in notes of older versions. */
  rows: v.optional(v.record(v.string(), v.array(v.string())), {}),
  /** The newest change of the feed; 0 before the first, and in notes of older versions. */
  lastSeq: v.optional(v.number(), 0),
  notedAt: v.number(),
  /**
   * Keys from all over the big tables, and the newest change when they were read; renewed less often than the
   * rest. Missing in notes of older versions.
   */
  spread: v.optional(
    v.object({
      lastSeq: v.number(),
      notedAt: v.number(),
      rows: v.record(v.string(), v.array(v.string())),
    }),
  ),
  /** A place in the feed at which this note, or one before it, was; see `FOLLOW_MS`. */
  follow: v.optional(v.object({ seq: v.number(), notedAt: v.number() })),
  /** Which installation noted it, and with what; missing in notes of older versions. */
  installId: v.optional(v.string()),
  appVersion: v.optional(v.string()),
  schemaVersion: v.optional(v.number()),
});
export type Canary = v.InferOutput<typeof Stored>;

/** Where notes lie. */
export type Memory = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** What was noted last; undefined before the first time, or when it cannot be read. */
export function readCanary(memory: Memory = localStorage): Canary | undefined {
  try {
    return v.parse(Stored, JSON.parse(memory.getItem(CANARY_KEY) ?? 'null'));
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
  // One that only says which is live, or holds cached answers, has nothing of the person.
  const isOurs = (name: string): boolean => /^onggi(-restore-.*)?$/.test(name);
  if ((await readDatabaseNames().catch(() => ['onggi'])).some(isOurs)) return false;
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
 * The keys of the noted rows of each table that are missing though nobody removed them since, for the tables
 * where any is; none when another database is live since, as after a restore.
 */
export async function findMissing(
  { name, strict: db }: OnggiDatabase,
  { databaseName, conversationIds, rows, lastSeq, spread }: Canary,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  if (name !== databaseName) return new Map();
  const missing = await findGone(db, { conversations: conversationIds, ...rows }, lastSeq);
  if (spread) {
    for (const [table, ids] of await findGone(db, spread.rows, spread.lastSeq)) {
      missing.set(table, new Set([...(missing.get(table) ?? []), ...ids]));
    }
  }
  return new Map([...missing].filter(([, { size }]) => size > 0));
}

/** Which of these rows are not there and are not named by a change after `seq`. */
async function findGone(
  db: OnggiDexie,
  noted: Readonly<Record<string, readonly string[]>>,
  seq: number,
): Promise<Map<string, Set<string>>> {
  const missing = new Map<string, Set<string>>();
  await Promise.all(
    Object.entries(noted).map(async ([table, ids]) => {
      if (ids.length === 0 || !db.tables.some((each) => each.name === table)) return;
      const keys = await read(() => db.table(table).where(':id').anyOf(ids).primaryKeys());
      const there = new Set<unknown>(keys);
      const gone = new Set(ids.filter((id) => !there.has(id)));
      if (gone.size > 0) missing.set(table, gone);
    }),
  );
  if (missing.size > 0) {
    const { removeNamed } = await import('./write-canary.ts');
    await removeNamed(db, seq, missing);
  }
  return missing;
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

/** The number of the newest change; 0 before the first. */
export async function readLastSeq({ strict: db }: OnggiDatabase): Promise<number> {
  return Number((await read(() => db.changeFeed.orderBy(':id').lastKey())) ?? 0);
}

/** Notes what is there now, see `write-canary.ts`. Never rejects: what cannot be noted now is noted later. */
export async function noteCanary(db: OnggiDatabase, options: NoteOptions): Promise<void> {
  try {
    // Nothing of it belongs to the first load.
    const { writeCanary } = await import('./write-canary.ts');
    await writeCanary(db, options);
  } catch {
    // The database is closing, or localStorage is full or switched off.
  }
}

/** Notes from now on what is there, see `keep-canary.ts`. Never rejects. */
export async function keepCanary(...args: Parameters<typeof KeepCanary.keepNoting>): Promise<void> {
  try {
    const { keepNoting } = await import('./keep-canary.ts');
    keepNoting(...args);
  } catch {
    // The file could not be fetched: this visit leaves the note as it was.
  }
}

/** The random name of this installation, from its first note on; undefined before. */
export function readInstallId(memory: Memory = localStorage): string | undefined {
  return /"installId":"([^"]+)"/.exec(memory.getItem(CANARY_KEY) ?? '')?.[1];
}

/** Notes that the database is gone and nobody decided yet what to do. */
export function noteLoss(memory?: Memory): void {
  try {
    (memory ?? localStorage).setItem(LOSS_KEY, '1');
  } catch {
    // localStorage is full or switched off: then only this start asks.
  }
}

/** Whether {@link noteLoss} was called and {@link forgetCanary} was not since. */
export function isLossNoted(memory?: Memory): boolean {
  try {
    return (memory ?? localStorage).getItem(LOSS_KEY) !== null;
  } catch {
    return false;
  }
}

/** Forgets what was noted, but the name of the installation: the person has seen that it is gone. */
export function forgetCanary(memory?: Memory): void {
  try {
    const notes = memory ?? localStorage;
    notes.removeItem(LOSS_KEY);
    const installId = readInstallId(notes);
    if (installId === undefined) notes.removeItem(CANARY_KEY);
    else notes.setItem(CANARY_KEY, JSON.stringify({ installId }));
  } catch {
    // localStorage is switched off: nothing was noted.
  }
}
