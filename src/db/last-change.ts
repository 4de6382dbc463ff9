import type { ConversationStatus } from '#domain/conversation.ts';
import { Dexie } from 'dexie';
import { read } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';

const STATUSES: readonly ConversationStatus[] = ['active', 'archived', 'deleted'];

/** When the oldest conversation began and when anything in one last changed; null without any. */
export interface LastChange {
  readonly firstConversationAt: number | null;
  readonly lastChangeAt: number | null;
}

/** Five reads of one row each, by index, however many conversations there are. */
export function readLastChange({ strict: db }: OnggiDatabase): Promise<LastChange> {
  return read(async () => {
    const first = await db.conversations.orderBy('createdAt').first();
    const changes: number[] = [];
    for (const status of STATUSES) {
      const newest = await db.conversations
        .where('[status+updatedAt]')
        .between([status, Dexie.minKey], [status, Dexie.maxKey])
        .last();
      if (newest) changes.push(newest.updatedAt);
    }
    // Imported conversations keep the dates of their source: the import itself is the change.
    const run = await db.imports.orderBy('startedAt').last();
    if (run) changes.push(run.undoneAt ?? run.endedAt ?? run.startedAt);
    return {
      firstConversationAt: first?.createdAt ?? null,
      lastChangeAt: changes.length === 0 ? null : Math.max(...changes),
    };
  });
}
