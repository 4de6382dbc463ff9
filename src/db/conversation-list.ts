import { Dexie } from 'dexie';
import type { Conversation, ConversationStatus } from '#domain/conversation.ts';
import type { LiveRead } from '#domain/conversation-store.ts';
import { liveRead } from './live-read.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';

/** The conversations of one status. */
export interface ConversationList {
  /** All pinned ones, newest first by `updatedAt`. */
  readonly pinned: readonly Conversation[];
  /** The others, newest first, at most `limit`. */
  readonly recent: readonly Conversation[];
  /** Whether there are more than `limit` others. */
  readonly hasMore: boolean;
}

/** Rows looked at in one go while searching titles. */
const PAGE_ROWS = 500;

/** The newest conversations of a status. */
export function watchConversations(
  { strict: db }: OnggiDatabase,
  { status, limit }: { status: ConversationStatus; limit: number },
): LiveRead<ConversationList> {
  return liveRead(() =>
    db.transaction('r', db.conversations, async () => {
      const pinned = await readPinned(db, status);
      // Among so many newest rows there are `limit` + 1 unpinned ones, if that many exist.
      const newest = await byTime(db, status)
        .reverse()
        .limit(limit + pinned.length + 1)
        .toArray();
      return toList([...pinned, ...newest.filter((row) => row.pinned === 0)], limit);
    }),
  );
}

/** Every tag in use, in whatever status, once, in the order of the person's language. */
export function watchTags({ strict: db }: OnggiDatabase): LiveRead<readonly string[]> {
  return liveRead(async () => {
    const keys = await db.conversations.orderBy('tags').uniqueKeys();
    const tags = keys.filter((key) => typeof key === 'string');
    return tags.sort((a, b) => a.localeCompare(b));
  });
}

/**
 * The conversations whose title holds a text, upper and lower case alike, in any Unicode
 * normalisation; an empty text finds all. With `tag`, only those that carry it.
 */
export function findConversations(
  { strict: db }: OnggiDatabase,
  {
    status,
    titleText,
    tag,
    limit,
  }: { status: ConversationStatus; titleText: string; tag?: string; limit: number },
): LiveRead<ConversationList> {
  const wanted = fold(titleText);
  const isMatch = (row: Conversation): boolean =>
    row.status === status && (wanted === '' || fold(row.title ?? '').includes(wanted));
  return liveRead(() =>
    db.transaction('r', db.conversations, async () => {
      if (tag !== undefined) {
        const rows = await db.conversations.where('tags').equals(tag).toArray();
        return toList(rows.filter(isMatch), limit);
      }
      const pinned = (await readPinned(db, status)).filter(isMatch);
      return toList([...pinned, ...(await scanNewest(db, status, isMatch, limit + 1))], limit);
    }),
  );
}

/** The newest unpinned rows that match, at most `limit`: keys first, then rows page by page. */
async function scanNewest(
  db: OnggiDexie,
  status: ConversationStatus,
  isMatch: (row: Conversation) => boolean,
  limit: number,
): Promise<readonly Conversation[]> {
  const ids = (await byTime(db, status).primaryKeys()).reverse();
  const found: Conversation[] = [];
  for (let start = 0; start < ids.length && found.length < limit; start += PAGE_ROWS) {
    const page = await db.conversations.bulkGet(ids.slice(start, start + PAGE_ROWS));
    for (const row of page) if (row?.pinned === 0 && isMatch(row)) found.push(row);
  }
  return found.slice(0, limit);
}

function byTime(db: OnggiDexie, status: ConversationStatus) {
  return db.conversations
    .where('[status+updatedAt]')
    .between([status, Dexie.minKey], [status, Dexie.maxKey]);
}

function readPinned(db: OnggiDexie, status: ConversationStatus): PromiseLike<Conversation[]> {
  return db.conversations.where('[status+pinned]').equals([status, 1]).toArray();
}

function toList(rows: readonly Conversation[], limit: number): ConversationList {
  const newestFirst = rows.toSorted((a, b) => b.updatedAt - a.updatedAt);
  const recent = newestFirst.filter(({ pinned }) => pinned === 0);
  return {
    pinned: newestFirst.filter(({ pinned }) => pinned === 1),
    recent: recent.slice(0, limit),
    hasMore: recent.length > limit,
  };
}

function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}
