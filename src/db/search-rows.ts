/** What search reads of the tables. */
import { Dexie } from 'dexie';
import type { Conversation } from '#domain/conversation.ts';
import type { Message } from '#domain/message.ts';
import type { DocumentChunk, LibraryDocument } from '#domain/stored-rows.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import { read } from './commit.ts';
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
