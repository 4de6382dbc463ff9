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

/** The conversations that carry a tag. */
export function findConversations(
  { strict: db }: OnggiDatabase,
  { status, tag, limit }: { status: ConversationStatus; tag: string; limit: number },
): LiveRead<ConversationList> {
  return liveRead(async () => {
    const rows = await db.conversations.where('tags').equals(tag).toArray();
    return toList(
      rows.filter((row) => row.status === status),
      limit,
    );
  });
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
