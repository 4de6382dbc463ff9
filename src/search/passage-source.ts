/** Where the texts of a collection come from, so that conversations and documents are indexed alike. */
import { readConversationIds, readConversations } from '#db/conversation-ids.ts';
import { findDocuments, readAllChunks, readDocumentIds } from '#db/documents.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { readAllMessages } from '#db/table-pages.ts';
import type { EmbeddingCollection } from '#domain/embedding.ts';
import { toConversationId } from '#domain/ids.ts';
import { readDocumentDetails } from '#domain/library.ts';
import type { ChangeFeedRow, LibraryDocument } from '#domain/stored-rows.ts';
import {
  conversationPassages,
  conversationStamp,
  documentPassages,
  documentStamp,
} from './passages.ts';
import type { PassageText } from './passages.ts';
import type { VectorIndex } from './vector-index.ts';

/** A conversation or document as it is stored now. */
export interface PassageOwner {
  readonly id: string;
  /** Changes when its passages may be others. */
  readonly stamp: string;
  /** About how many texts it has. */
  readonly size: number;
  /** Reads its passages, and the stamp that they have. */
  readonly read: () => Promise<{ readonly stamp: string; readonly wanted: readonly PassageText[] }>;
}

export interface PassageSource {
  readonly collection: EmbeddingCollection;
  /** All that are to have vectors, in the order in which they get them. */
  readIds(): Promise<readonly string[]>;
  /** Those of `ids` that are to have vectors. */
  readOwners(ids: readonly string[]): Promise<readonly PassageOwner[]>;
  /** Which of them a change is about. */
  readonly changedIds: (change: ChangeFeedRow) => readonly string[];
  /** Of which of them it wrote texts, whatever their stamps say; see [Note: Texts under an old stamp]. */
  readonly retoldIds: (change: ChangeFeedRow) => readonly string[];
}

/** Ends the stamp of one that has not all of its vectors. */
export const UNFINISHED = '.unfinished';

/** Ends the stamp of a conversation with a running answer: it is looked at again. */
const RUNNING = '.running';

/** Conversations, those with the newest change first. @param skipsTrash Whether the trash has no vectors. */
export function conversationSource(db: OnggiDatabase, skipsTrash: boolean): PassageSource {
  return {
    collection: 'conversations',
    async readIds() {
      const byStatus = [];
      for (const status of ['active', 'archived', 'deleted'] as const) {
        if (skipsTrash && status === 'deleted') continue;
        byStatus.push((await readConversationIds(db, [status])).toReversed());
      }
      return byStatus.flat();
    },
    async readOwners(ids) {
      const rows = await readConversations(db, ids.map(toConversationId));
      const wanted = rows.filter(({ status }) => !skipsTrash || status !== 'deleted');
      return wanted.map((row) => ({
        id: row.id,
        stamp: conversationStamp(row),
        size: row.messageCount + 1,
        async read() {
          const messages = await readAllMessages(db, row.id);
          // An answer that is cut off by a crash comes to rest without a change of its conversation.
          const isRunning = messages.some(({ status }) => status === 'streaming');
          const stamp = conversationStamp(row) + (isRunning ? RUNNING : '');
          return { stamp, wanted: conversationPassages(row, messages) };
        },
      }));
    },
    changedIds: ({ conversationIds }) => conversationIds,
    retoldIds: ({ conversationIds, messageIds }) => (messageIds.length > 0 ? conversationIds : []),
  };
}

/** Ends the stamp of a document that has the vectors of passages that stayed, and is to get no more. */
const KEPT = '.kept';

/**
 * The documents of the library, newest first.
 * @param kept Where no more are to be sent: the vectors that there are. Those of passages that stayed are kept,
 * a document that has none counts as gone.
 */
export function documentSource(
  db: OnggiDatabase,
  kept?: Pick<VectorIndex, 'stampOf' | 'missing'>,
): PassageSource {
  /** The stamp under which its vectors may stay as they are; undefined when it has none. */
  function keptStamp(row: LibraryDocument): string | undefined {
    const [has, stamp] = [kept?.stampOf(row.id), documentStamp(row)];
    if (has === undefined) return undefined;
    return [stamp, stamp + UNFINISHED].includes(has) ? has : stamp + KEPT;
  }
  return {
    collection: 'documents',
    async readIds() {
      const ids = await readDocumentIds(db);
      return kept ? ids.filter((id) => kept.stampOf(id) !== undefined) : ids;
    },
    async readOwners(ids) {
      const rows = [...(await findDocuments(db, ids)).values()];
      return rows.flatMap((row) => {
        const stamp = kept ? keptStamp(row) : documentStamp(row);
        if (stamp === undefined) return [];
        const size = readDocumentDetails(row).chunkCount * CHUNK_TEXTS + 1;
        const read = async () => {
          const wanted = documentPassages(row, await readAllChunks(db, row.id));
          const missing = new Set(kept?.missing(row.id, wanted));
          return { stamp, wanted: wanted.filter((passage) => !missing.has(passage)) };
        };
        return { id: row.id, stamp, size, read };
      });
    },
    changedIds: ({ documentIds }) => documentIds,
    retoldIds: ({ documentIds, chunkIds }) => (chunkIds.length > 0 ? documentIds : []),
  };
}

/** Passages that a chunk has, about. */
const CHUNK_TEXTS = 4;
