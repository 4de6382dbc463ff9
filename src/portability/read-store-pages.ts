import type { Message } from '#domain/message.ts';
import { readDocumentWithText } from '#db/documents.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { readBoundedPages, readTablePages } from '#db/table-pages.ts';
import type { DocumentWithText } from './document-fields.ts';
import type { StorePages } from './sql-rows.ts';

/** Attachments read at a time: each may have tens of megabytes. */
const ATTACHMENT_PAGE_ROWS = 4;

/** Millions of characters, whatever the length of the messages. */
const MESSAGE_PAGE = {
  maxSize: 4 * 1024 * 1024,
  sizeOf: ({ content, reasoning }: Message): number =>
    500 + content.length + (reasoning?.length ?? 0),
};

/** The pages of the whole store, read when they are asked for. */
export function readStorePages({ strict: db }: OnggiDatabase): StorePages {
  return {
    userSettings: readTablePages(db.userSettings, (row) => row.userId),
    sessions: readTablePages(db.sessions, (row) => row.id),
    usageStatistics: readTablePages(db.usageStatistics, (row) => row.id),
    schemaVersions: readTablePages(db.schemaVersions, (row) => row.version),
    endpoints: readTablePages(db.endpoints, (row) => row.id),
    drafts: readTablePages(db.drafts, (row) => row.id),
    conversations: readTablePages(db.conversations, (row) => row.id),
    messages: readBoundedPages(db.messages, (row) => row.id, MESSAGE_PAGE),
    attachments: readTablePages(db.attachments, (row) => row.id, ATTACHMENT_PAGE_ROWS),
    documents: readDocuments(db),
  };
}

/** One at a time: a text may have ten million characters. */
export async function* readDocuments(
  db: OnggiDatabase['strict'],
): AsyncGenerator<readonly DocumentWithText[]> {
  for await (const page of readTablePages(db.documents, (row) => row.id)) {
    for (const { id } of page) {
      const document = await readDocumentWithText(db, id);
      if (document) yield [document];
    }
  }
}
