/** Where the texts of a collection come from, so that conversations and documents are indexed alike. */
import { readConversationIds, readConversations } from '#db/conversation-ids.ts';
import { findDocuments, readAllChunks, readDocumentIds } from '#db/documents.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { readMessagesById } from '#db/search-rows.ts';
import { readAllMessages } from '#db/table-pages.ts';
import { readRange } from '#db/thread-reads.ts';
import type { Conversation } from '#domain/conversation.ts';
import type { EmbeddingCollection, Passage } from '#domain/embedding.ts';
import { toConversationId } from '#domain/ids.ts';
import { readDocumentDetails } from '#domain/library.ts';
import { isHiddenStep } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import type { ChangeFeedRow, LibraryDocument } from '#domain/stored-rows.ts';
import {
  conversationPassages,
  conversationStamp,
  documentPassages,
  documentStamp,
} from './passages.ts';
import type { PassageText } from './passages.ts';
import type { VectorIndex } from './vector-index.ts';

/** What an owner has now among some of its passages: {@link isAmong} says which; the others are as they were. */
export interface Amendment {
  readonly stamp: string;
  readonly wanted: readonly PassageText[];
  readonly isAmong: (passage: Passage) => boolean;
}

/** A conversation or document as it is stored now. */
export interface PassageOwner {
  readonly id: string;
  /** Changes when its passages may be others. */
  readonly stamp: string;
  /** About how many texts it has. */
  readonly size: number;
  /** Reads its passages, and the stamp that they have. */
  readonly read: () => Promise<{ readonly stamp: string; readonly wanted: readonly PassageText[] }>;
  /**
   * Reads what may be new of one that was whole before the texts were written of which `readOwners` was told;
   * left out, and undefined, where all has to be read.
   */
  readonly amend?: () => Promise<Amendment | undefined>;
}

/** Messages that were written, by their conversations. */
export type WrittenTexts = ReadonlyMap<string, readonly Message[]>;

export interface PassageSource {
  readonly collection: EmbeddingCollection;
  /** All that are to have vectors, in the order in which they get them. */
  readIds(): Promise<readonly string[]>;
  /** Those of `ids` that are to have vectors. @param written All that was written since they were put. */
  readOwners(ids: readonly string[], written?: WrittenTexts): Promise<readonly PassageOwner[]>;
  /** The texts that changes wrote, as they are now; undefined where these are too many, or some are gone. */
  readWritten(changes: readonly ChangeFeedRow[]): Promise<WrittenTexts | undefined>;
  /** Which of them a change is about. */
  readonly changedIds: (change: ChangeFeedRow) => readonly string[];
  /** Of which of them it wrote texts, whatever their stamps say; see [Note: Texts under an old stamp]. */
  readonly retoldIds: (change: ChangeFeedRow) => readonly string[];
}

/** Ends the stamp of one that has not all of its vectors. */
export const UNFINISHED = '.unfinished';

/** So many messages that were written are looked at one by one. */
const MOST_WRITTEN = 200;
/** The first question stands among these, nearly always. */
const LAST_HEAD_SEQ = 7;

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
    async readWritten(changes) {
      const ids = [...new Set(changes.flatMap(({ messageIds }) => messageIds))];
      if (ids.length > MOST_WRITTEN) return undefined;
      const written = new Map<string, Message[]>();
      for (const message of await readMessagesById(db, ids)) {
        // Nobody knows whose it was.
        if (!message) return undefined;
        const own = written.get(message.conversationId) ?? [];
        written.set(message.conversationId, [...own, message]);
      }
      return written;
    },
    async readOwners(ids, written) {
      const rows = await readConversations(db, ids.map(toConversationId));
      const wanted = rows.filter(({ status }) => !skipsTrash || status !== 'deleted');
      return wanted.map((row) => ({
        id: row.id,
        stamp: conversationStamp(row),
        size: row.messageCount + 1,
        async read() {
          const messages = await readAllMessages(db, row.id);
          return { stamp: conversationStamp(row), wanted: conversationPassages(row, messages) };
        },
        ...(written && { amend: () => amendConversation(db, row, written.get(row.id) ?? []) }),
      }));
    },
    changedIds: ({ conversationIds }) => conversationIds,
    retoldIds: ({ conversationIds, messageIds }) => (messageIds.length > 0 ? conversationIds : []),
  };
}

/** Of a long conversation a message changes its own passages, and perhaps how it begins. */
async function amendConversation(
  db: OnggiDatabase,
  row: Conversation,
  written: readonly Message[],
): Promise<Amendment | undefined> {
  const head = await readRange(db.strict, row.id, 0, LAST_HEAD_SEQ);
  const isQuestion = (message: Message): boolean =>
    message.role === 'user' && !isHiddenStep(message);
  const isHeadWhole = row.lastSeq <= LAST_HEAD_SEQ || head.some(isQuestion);
  if (!isHeadWhole) return undefined;
  const read = [...head, ...written.filter(({ seq }) => seq > LAST_HEAD_SEQ)];
  const seqs = new Set(read.map(({ seq }) => seq));
  return {
    stamp: conversationStamp(row),
    wanted: conversationPassages(row, read),
    isAmong: ({ kind, seq }) => kind !== 'message' || seq <= LAST_HEAD_SEQ || seqs.has(seq),
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
    readWritten: () => Promise.resolve(undefined),
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
