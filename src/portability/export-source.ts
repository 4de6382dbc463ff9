import { getAttachment } from '#db/attachments.ts';
import { readConversationIds } from '#db/conversation-ids.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { readTablePages, readWholeConversation } from '#db/table-pages.ts';
import type { ConversationStatus } from '#domain/conversation.ts';
import type { ConversationId } from '#domain/ids.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import type { WholeConversation } from './conversation-fields.ts';
import type { ReadBytes } from './conversation-json.ts';
import type { DocumentWithText } from './document-fields.ts';
import { readDocuments } from './read-store-pages.ts';

/** Where an export reads from. */
export interface ExportSource {
  readConversationIds(statuses: readonly ConversationStatus[]): Promise<readonly ConversationId[]>;
  /** Undefined when it is gone. */
  readWhole(id: ConversationId): Promise<WholeConversation | undefined>;
  readonly readBytes: ReadBytes;
  /** Documents of the library, a few at a time. */
  readDocumentPages(): AsyncIterable<readonly DocumentWithText[]>;
  /** By day. */
  readUsagePages(): AsyncIterable<readonly UsageStatistic[]>;
}

/** The open database as the source of an export. */
export function createExportSource(db: OnggiDatabase): ExportSource {
  return {
    readConversationIds: (statuses) => readConversationIds(db, statuses),
    readWhole: (id) => readWholeConversation(db, id),
    readBytes: async (id) => {
      const attachment = await getAttachment(db, id);
      return attachment && new Uint8Array(attachment.bytes);
    },
    readDocumentPages: () => readDocuments(db.strict),
    readUsagePages: () => readTablePages(db.strict.usageStatistics, (row) => row.id),
  };
}
