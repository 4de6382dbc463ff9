/** What search reads of the tables. */
import { Dexie } from 'dexie';
import type { Table } from 'dexie';
import type { Conversation } from '#domain/conversation.ts';
import type { Message } from '#domain/message.ts';
import type { ChangeFeedRow, DocumentChunk, LibraryDocument } from '#domain/stored-rows.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import { read } from './commit.ts';
import { requestResult } from './idb-request.ts';
import type { OnggiDatabase } from './open-database.ts';

/** Rows by id, in the order of the ids; undefined where there is none. */
export const readMessagesById = (
  { relaxed: db }: OnggiDatabase,
  ids: readonly string[],
): Promise<readonly (Message | undefined)[]> =>
  read(() => db.messages.bulkGet(ids.map(toMessageId)));

export const readConversationsById = (
  { relaxed: db }: OnggiDatabase,
  ids: readonly string[],
): Promise<readonly (Conversation | undefined)[]> =>
  read(() => db.conversations.bulkGet(ids.map(toConversationId)));

export const readDocumentsById = (
  { relaxed: db }: OnggiDatabase,
  ids: readonly string[],
): Promise<readonly (LibraryDocument | undefined)[]> => read(() => db.documents.bulkGet([...ids]));

export const readChunksById = (
  { relaxed: db }: OnggiDatabase,
  ids: readonly string[],
): Promise<readonly (DocumentChunk | undefined)[]> =>
  read(() => db.documentChunks.bulkGet([...ids]));

/** The messages of several conversations that have `from` ≤ seq < `to`, in one transaction. */
export function readMessageRanges(
  { relaxed: db }: OnggiDatabase,
  conversationIds: readonly string[],
  from: number,
  to: number,
): Promise<readonly (readonly Message[])[]> {
  return read(() =>
    db.transaction('r', db.messages, () =>
      Dexie.Promise.all(
        conversationIds.map((id) =>
          db.messages
            .where('[conversationId+seq]')
            .between([id, from], [id, to], true, false)
            .toArray(),
        ),
      ),
    ),
  );
}

/** The passages of a document with `from` ≤ seq < `to`. */
export function readChunkRange(
  { relaxed: db }: OnggiDatabase,
  documentId: string,
  from: number,
  to: number,
): Promise<readonly DocumentChunk[]> {
  return read(() =>
    db.documentChunks
      .where('[documentId+seq]')
      .between([documentId, from], [documentId, to], true, false)
      .toArray(),
  );
}

/** Ids that changes name, each once. */
export interface ChangedIds {
  readonly conversations: readonly string[];
  readonly documents: readonly string[];
  readonly messages: readonly string[];
  readonly chunks: readonly string[];
}

/** The rows of {@link ChangedIds}, in their order; undefined where there is none any more. */
export interface NamedRows {
  readonly conversations: readonly (Conversation | undefined)[];
  readonly documents: readonly (LibraryDocument | undefined)[];
  readonly messages: readonly (Message | undefined)[];
  readonly chunks: readonly (DocumentChunk | undefined)[];
}

/** A stretch of the change feed and what it names. */
export interface ReadChanges {
  readonly changes: readonly ChangeFeedRow[];
  readonly ids: ChangedIds;
  /** Left out where more rows of a kind are named than were asked for. */
  readonly rows?: NamedRows;
}

/**
 * The changes after `seq`, oldest first, at most `limit`, and in the same transaction the rows they name, if
 * these are at most `mostRows` of each kind. Asked of IndexedDB itself: this is read after every message, and
 * a transaction of Dexie costs as much again (0.5 against 1.0 ms, measured beside each other).
 */
export function readChanges(
  { relaxed: db }: OnggiDatabase,
  seq: number,
  { limit, mostRows }: { readonly limit: number; readonly mostRows: number },
): Promise<ReadChanges> {
  return read(async () => {
    if (!db.isOpen()) throw new Dexie.DatabaseClosedError('search reads');
    const transaction = db.backendDB().transaction(READ_STORES, 'readonly');
    const store = (table: { readonly name: string }): IDBObjectStore =>
      transaction.objectStore(table.name);
    const after = IDBKeyRange.lowerBound(seq, true);
    const found: unknown = await requestResult(store(db.changeFeed).getAll(after, limit));
    const changes = found as readonly ChangeFeedRow[];
    const ids: ChangedIds = {
      conversations: pick(changes, ({ conversationIds }) => conversationIds),
      documents: pick(changes, ({ documentIds }) => documentIds),
      messages: pick(changes, ({ messageIds }) => messageIds),
      chunks: pick(changes, ({ chunkIds }) => chunkIds),
    };
    if (Object.values(ids).some(({ length }) => length > mostRows)) return { changes, ids };
    const rowsOf = <Row, Id>(table: Table<Row, Id>, keys: readonly string[]) => {
      const rows = keys.map((key): IDBRequest<unknown> => store(table).get(key));
      return Promise.all(rows.map(requestResult)) as Promise<(Row | undefined)[]>;
    };
    const [conversations, documents, messages, chunks] = await Promise.all([
      rowsOf(db.conversations, ids.conversations),
      rowsOf(db.documents, ids.documents),
      rowsOf(db.messages, ids.messages),
      rowsOf(db.documentChunks, ids.chunks),
    ]);
    return { changes, ids, rows: { conversations, documents, messages, chunks } };
  });
}

const READ_STORES = ['changeFeed', 'conversations', 'documents', 'messages', 'documentChunks'];

function pick(
  changes: readonly ChangeFeedRow[],
  idsOf: (change: ChangeFeedRow) => readonly string[],
): readonly string[] {
  return [...new Set(changes.flatMap(idsOf))];
}
