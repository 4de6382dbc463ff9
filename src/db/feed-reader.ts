/** Following the change feed: what was seen of it, what came since, and what nobody needs any longer. */
import { Dexie } from 'dexie';
import type { ChangeFeedRow } from '#domain/stored-rows.ts';
import { isChange, toRow } from './change-feed.ts';
import { commit, read } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';

/** A position in the feed: what has been seen ends with this change. */
export interface FeedPosition {
  readonly seq: number;
  readonly mark: number;
}

/** Puts an empty change at the end of the feed: everything that is read afterwards is at least as new. */
export function markFeed({ relaxed: db }: OnggiDatabase): Promise<FeedPosition> {
  return commit(() =>
    db.transaction('rw', db.changeFeed, async () => {
      const row = toRow({});
      const seq = await db.changeFeed.add(row);
      return { seq, mark: row.mark };
    }),
  );
}

/** Whether the feed still holds the change of that number and mark, and so everything after it. */
export async function isInFeed({ relaxed: db }: OnggiDatabase, at: FeedPosition): Promise<boolean> {
  const row = await read(() => db.changeFeed.get(at.seq));
  return row?.mark === at.mark;
}

/** The changes after `seq`, oldest first, at most `limit`. */
export function readFeed(
  { relaxed: db }: OnggiDatabase,
  seq: number,
  limit: number,
): Promise<readonly ChangeFeedRow[]> {
  return read(() => db.changeFeed.where(':id').above(seq).limit(limit).toArray());
}

/** Rows read from the end at a time: behind the last change there are at most some marks. */
const END_ROWS = 20;

/** The number of the newest change that is no mark of a reader; 0 when the feed holds none. */
export function readLastChange({ relaxed: db }: OnggiDatabase): Promise<number> {
  return read(async () => {
    let end = db.changeFeed.orderBy(':id').reverse();
    for (;;) {
      const rows = await end.limit(END_ROWS).toArray();
      const found = rows.find(isChange);
      if (found) return found.seq;
      const lowest = rows.at(-1);
      if (!lowest) return 0;
      end = db.changeFeed.where(':id').below(lowest.seq).reverse();
    }
  });
}

/** The rows that changed since a position, each once, and the position that this reaches. */
export interface ChangedRows {
  readonly at: FeedPosition;
  readonly conversationIds: readonly string[];
  readonly messageIds: readonly string[];
  readonly attachmentIds: readonly string[];
  /** Documents of which the row or the text changed. */
  readonly documentIds: readonly string[];
}

/** Changes read at a time. */
const PAGE_ROWS = 500;

/**
 * The rows that changed after `from`, whether they are still there or not. Undefined when the feed cannot
 * say: it does not hold `from` any more, whole ranges went, or there are more than `maxIds` of them.
 */
export async function readChangedRows(
  db: OnggiDatabase,
  from: FeedPosition,
  maxIds: number,
): Promise<ChangedRows | undefined> {
  if (!(await isInFeed(db, from))) return undefined;
  const ids = {
    conversationIds: new Set<string>(),
    messageIds: new Set<string>(),
    attachmentIds: new Set<string>(),
    documentIds: new Set<string>(),
  };
  let at = from;
  for (;;) {
    const changes = await readFeed(db, at.seq, PAGE_ROWS);
    for (const change of changes) {
      if (change.isWholesale) return undefined;
      for (const id of change.conversationIds) ids.conversationIds.add(id);
      for (const id of change.messageIds) ids.messageIds.add(id);
      for (const id of change.attachmentIds ?? []) ids.attachmentIds.add(id);
      for (const id of change.documentIds) ids.documentIds.add(id);
      at = { seq: change.seq, mark: change.mark };
    }
    if (Object.values(ids).reduce((sum, { size }) => sum + size, 0) > maxIds) return undefined;
    if (changes.length < PAGE_ROWS) break;
  }
  return {
    at,
    conversationIds: [...ids.conversationIds],
    messageIds: [...ids.messageIds],
    attachmentIds: [...ids.attachmentIds],
    documentIds: [...ids.documentIds],
  };
}

/**
 * Keeps everything that is in the feed for a reader that begins to follow it; one that does already goes on.
 * @returns the number up to which it has followed; undefined for a new one
 */
export function joinFeed(
  { relaxed: db }: OnggiDatabase,
  reader: string,
): Promise<number | undefined> {
  return commit(() =>
    db.transaction('rw', db.feedReaders, async () => {
      const known = await db.feedReaders.get(reader);
      if (known) return known.seq;
      await db.feedReaders.put({ id: reader, seq: 0 });
      return undefined;
    }),
  );
}

/**
 * Writes down that a reader has seen the feed up to `seq` and deletes what all readers have seen; the
 * change at `seq` itself stays, because the reader is known by it, and the newest change, because copies are.
 */
export function confirmFeed(database: OnggiDatabase, reader: string, seq: number): Promise<void> {
  const { relaxed: db } = database;
  return commit(() =>
    db.transaction('rw', db.changeFeed, db.feedReaders, async () => {
      await db.feedReaders.put({ id: reader, seq });
      const readers = await db.feedReaders.toArray();
      const seen = Math.min(...readers.map((each) => each.seq));
      const kept = Math.min(seen, await readLastChange(database));
      await db.changeFeed.where(':id').below(kept).delete();
      if (kept < seen) await db.changeFeed.where(':id').between(kept, seen, false, false).delete();
    }),
  );
}

/** More changes than these are kept for nobody: some 10 MB. */
const MOST_CHANGES = 50_000;

/**
 * Lets go of the older half of a feed that some reader has left alone for too long, as while snapshots and search
 * fail for weeks. In its place stands one change that says that everything has to be looked at anew, which is
 * what a reader meets that was further behind; the others read on.
 * @param most Only tests give another.
 * @returns whether anything went
 */
export async function boundFeed(
  { relaxed: db }: OnggiDatabase,
  most = MOST_CHANGES,
): Promise<boolean> {
  const isOver = (first: unknown, last: unknown): boolean => Number(last) - Number(first) >= most;
  const ends = () =>
    Dexie.Promise.all([
      db.changeFeed.orderBy(':id').firstKey(),
      db.changeFeed.orderBy(':id').lastKey(),
    ]);
  // Nearly always this is all of it.
  const [first, last] = await read(ends);
  if (!isOver(first, last)) return false;
  return commit(() =>
    db.transaction('rw', db.changeFeed, async () => {
      const [oldest, newest] = await ends();
      // Another tab may have done it.
      if (!isOver(oldest, newest)) return false;
      const seq = Number(newest) - Math.floor(most / 2);
      await db.changeFeed.where(':id').below(seq).delete();
      const instead: ChangeFeedRow = { ...toRow({ isWholesale: true }), seq };
      await db.changeFeed.put(instead);
      return true;
    }),
  );
}

/** The names of all readers that begin so. */
export const readFeedReaders = (
  { relaxed: db }: OnggiDatabase,
  prefix: string,
): Promise<readonly string[]> =>
  read(() => db.feedReaders.where(':id').startsWith(prefix).primaryKeys());

/** Takes a reader off the feed: nothing is kept for it any longer. */
export function leaveFeed({ relaxed: db }: OnggiDatabase, reader: string): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.feedReaders, async () => {
      await db.feedReaders.delete(reader);
    }),
  );
}
