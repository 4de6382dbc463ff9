/** The rows of a segment: the small tables whole, of the others what changed, and what is gone. */
import type { ChangedRows } from '#db/feed-reader.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { getRows } from '#db/staging-rows.ts';
import type { BackupTable } from '#domain/backup-report.ts';
import type { FileObject } from '#domain/file-object.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import { writeConversation } from '#domain/file-rows.ts';
import { writeParts } from './attachment-parts.ts';
import { GROUP_ROWS } from './group-digest.ts';
import { ATTACHMENT_ROWS } from './small-rows.ts';
import {
  PAGE_CHARACTERS,
  PAGE_PARTS,
  createTableReaders,
  readDocumentPages,
  weighMessage,
  weighTree,
  writtenMessages,
} from './table-rows.ts';
import type { Moment, RowPage } from './table-rows.ts';

/** Tables of which a segment holds only what changed; of all others it holds every row. */
export const CHANGED_TABLES = ['documents', 'conversations', 'messages', 'attachments'] as const;
type ChangedTable = (typeof CHANGED_TABLES)[number];

/** The ids of {@link ChangedRows}. */
export type ChangedIds = Omit<ChangedRows, 'at'>;

/** Rows read at first, before their size is known. */
const FIRST_ROWS = 50;

export interface SegmentReaders {
  readonly readers: Readonly<Record<BackupTable, () => AsyncGenerator<RowPage>>>;
  /** The rows that are gone, after all tables were read: table and id. */
  readonly gone: () => Generator<RowPage>;
}

/** As `createTableReaders`, for what changed. */
export function createSegmentReaders(
  db: OnggiDatabase,
  moment: Moment,
  { conversationIds, messageIds, attachmentIds, documentIds }: ChangedIds,
): SegmentReaders {
  const { conversations, messages, attachments } = db.strict;
  const gone: FileObject[] = [];

  /** The rows of these ids, in pages that are smaller where rows are long. */
  async function* readPages<Row, Id extends string>(
    table: ChangedTable,
    source: Parameters<typeof getRows<Row, Id>>[0],
    ids: readonly Id[],
    sizeOf: (row: Row) => number,
  ): AsyncGenerator<readonly Row[]> {
    let pageRows = FIRST_ROWS;
    for (let first = 0; first < ids.length;) {
      const page = ids.slice(first, first + pageRows);
      const rows: Row[] = [];
      for (const [index, row] of (await getRows(source, page)).entries()) {
        if (row === undefined) gone.push({ table, row_id: page[index] });
        else rows.push(row);
      }
      yield rows;
      first += page.length;
      const size = rows.reduce((sum, row) => sum + sizeOf(row), 0) / Math.max(1, rows.length);
      pageRows = Math.max(1, Math.min(GROUP_ROWS, Math.floor(PAGE_CHARACTERS / (size + 1))));
    }
  }

  async function* readParts(): AsyncGenerator<RowPage> {
    for (const id of attachmentIds) {
      const [row] = await getRows(attachments, [id]);
      const parts = row ? [...writeParts(id, row.bytes)] : [];
      for (let first = 0; first < parts.length; first += PAGE_PARTS) {
        yield parts.slice(first, first + PAGE_PARTS);
      }
    }
  }

  return {
    readers: {
      ...createTableReaders(db, moment),
      documents: () =>
        readDocumentPages(db.strict, documentIds, {
          // A segment has the last word over the file before it, which may have the whole text.
          isTextNeeded: true,
          onGone: (id) => gone.push({ table: 'documents', row_id: id }),
        }),
      async *conversations() {
        const pages = readPages(
          'conversations',
          conversations,
          conversationIds.map(toConversationId),
          weighTree,
        );
        for await (const rows of pages) {
          for (const row of rows) moment.note(row);
          yield rows.map(writeConversation);
        }
      },
      messages() {
        const ids = messageIds.map(toMessageId);
        const pages = readPages('messages', messages, ids, weighMessage);
        return writtenMessages(db.strict, pages, moment);
      },
      async *attachments() {
        // One at a time: each holds a file.
        const heavy = (): number => PAGE_CHARACTERS;
        for (const id of attachmentIds) {
          for await (const rows of readPages('attachments', attachments, [id], heavy)) {
            yield rows.map(ATTACHMENT_ROWS.write);
          }
        }
      },
      attachment_parts: readParts,
    },
    *gone() {
      for (let first = 0; first < gone.length; first += GROUP_ROWS) {
        yield gone.slice(first, first + GROUP_ROWS);
      }
    },
  };
}
