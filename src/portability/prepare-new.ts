import type { ConversationId, MessageId } from '#domain/ids.ts';
import { toConversationRows } from '#domain/imported-rows.ts';
import type { ImportSource } from '#domain/imported.ts';
import type { AttachmentReference } from '#domain/message.ts';
import type { Attachment } from '#domain/stored-rows.ts';
import { addAttachments } from '#db/imported-conversations.ts';
import type { NewConversation } from '#db/imported-conversations.ts';
import { collectAttachments } from './collect-attachments.ts';
import type { CollectedAttachment } from './collect-attachments.ts';
import type { WantedItem } from './filter-items.ts';
import type { ImportWriterParts } from './import-writer.ts';

/** A new conversation whose rows are made and whose bytes are read. */
export interface PreparedConversation {
  readonly rows: NewConversation;
  readonly source: ImportSource;
  readonly label: string;
  readonly owner: string;
  /** Attachments that are stored already. */
  readonly earlyIds: readonly string[];
}

/**
 * Above this the bytes of one conversation do not wait in memory: they are stored before it. The
 * import's row names it then, so that a crash in between leaves nothing that nobody finds.
 */
export const EARLY_BYTES = 32 * 1024 * 1024;

type ImportedItem = Extract<WantedItem, { readonly kind: 'conversation' }>;

/** Makes the rows of a conversation that is not here yet, and reads its attachments. */
export async function prepareNew(
  parts: ImportWriterParts,
  { conversation: imported, file, owner }: ImportedItem,
): Promise<PreparedConversation> {
  const { db, log, tally, createId, sessionId } = parts;
  const label = imported.title ?? imported.sourceId;
  const { conversation, messages } = toConversationRows(imported, {
    createId,
    sessionId,
    importId: log.id,
    fileDate: file.file.modifiedAt,
    attachments: new Map(),
  });
  const ids = new Map(messages.map(({ id, metadata }) => [metadata['source_id'], id]));
  const references = new Map<MessageId, AttachmentReference[]>();
  const earlyIds: string[] = [];
  let waiting: Attachment[] = [];
  let bytes = 0;
  const wanted = collectAttachments(imported, () => true, file.findAsset, createId);
  for await (const collected of wanted) {
    const messageId = ids.get(collected.messageSourceId);
    if (messageId === undefined) continue;
    if (collected.refusal) tally.skip(collected.refusal, collected.reference.name, owner);
    const ofMessage = references.get(messageId) ?? [];
    ofMessage.push(collected.reference);
    references.set(messageId, ofMessage);
    waiting.push(...toAttachment(collected, conversation.id, messageId));
    bytes += collected.bytes?.byteLength ?? 0;
    if (bytes < EARLY_BYTES) continue;
    await log.saveCreated(conversation.id, imported.source);
    await addAttachments(db, waiting);
    earlyIds.push(...waiting.map(({ id }) => id));
    [waiting, bytes] = [[], 0];
  }
  const complete = messages.map((message) => {
    const attachments = references.get(message.id);
    return attachments ? { ...message, attachments } : message;
  });
  const rows = { conversation, messages: complete, attachments: waiting };
  return { rows, source: imported.source, label, owner, earlyIds };
}

/** The row of an attachment; none without bytes. */
function toAttachment(
  { reference, bytes }: CollectedAttachment,
  conversationId: ConversationId,
  messageId: MessageId,
): readonly Attachment[] {
  return bytes ? [{ ...reference, conversationId, messageId, bytes: bytes.buffer }] : [];
}
