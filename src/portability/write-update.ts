import type { Conversation } from '#domain/conversation.ts';
import { isSameAsImported } from '#domain/import-memory.ts';
import { planImportUpdate } from '#domain/import-update.ts';
import type { ImportUpdate, UpdateMakers } from '#domain/import-update.ts';
import type { ImportNote } from '#domain/imported.ts';
import type { CreateId } from '#domain/ids.ts';
import type { AttachmentReference, Message } from '#domain/message.ts';
import { updateWholeConversation } from '#db/imported-conversations.ts';
import { isTooLarge, mediaTypeOf } from './collect-attachments.ts';
import { fillBare, findBareImported } from './fill-attachments.ts';
import type { WantedItem } from './filter-items.ts';
import type { ImportWriterParts } from './import-writer.ts';
import { noteUpdate } from './note-update.ts';

type ImportedItem = Extract<WantedItem, { readonly kind: 'conversation' }>;

/**
 * Brings a conversation that is here up to what its source says now; nothing is written when it says
 * the same. Files that were missing until now get their bytes, also where nothing else changed.
 */
export async function writeUpdate(
  parts: ImportWriterParts,
  item: ImportedItem,
  stored: Conversation,
): Promise<void> {
  const { db, log, tally } = parts;
  tally.place(item.owner, stored.id);
  const isWritten = await writeChanges(parts, item, stored);
  const filled = await fillBare(db, await findBareImported(db, item, stored));
  log.addAttachments(filled);
  // A second, richer copy in the same files was counted with the first.
  if (item.isRepeated) return;
  const isUpdated = isWritten || filled.length > 0;
  tally.addFate(item.conversation.source, isUpdated ? 'updated' : 'unchanged');
}

/** In one transaction. Bytes come afterwards, few at a time. @returns whether anything changed that anybody sees. */
async function writeChanges(
  parts: ImportWriterParts,
  item: ImportedItem,
  stored: Conversation,
): Promise<boolean> {
  const { conversation: imported, file, owner } = item;
  const { db, log, createId, sessionId } = parts;
  if (isSameAsImported(stored, imported)) return false;
  const makers: UpdateMakers = {
    createId,
    sessionId,
    importId: log.id,
    fileDate: file.file.modifiedAt,
    attachments: nameAttachments(imported, createId),
    now: parts.clock(),
  };
  let isVisible = false;
  let note: ImportNote | undefined;
  const noted = noteUpdate(log, stored.id);
  const update = await updateWholeConversation(db, stored.id, (now, messages) => {
    const plan = planImportUpdate(now, messages, imported, makers);
    isVisible = plan?.isVisible ?? false;
    note = plan && noteOf(plan);
    return plan && { ...plan, attachments: [], part: noted.toPart(plan, now, messages) };
  });
  if (!update) return false;
  noted.done();
  if (note) parts.tally.note(note, imported.title ?? imported.sourceId, owner);
  tellTooLarge(parts, item, [...update.added, ...update.changed], makers);
  return isVisible;
}

function noteOf({ editedCount, isWrittenOtherwise }: ImportUpdate): ImportNote | undefined {
  if (isWrittenOtherwise) return 'written_otherwise';
  return editedCount > 0 ? 'edited_at_source' : undefined;
}

/** A reference without bytes for each attachment, by the id of its message in the source. */
function nameAttachments(
  { messages }: ImportedItem['conversation'],
  createId: CreateId,
): ReadonlyMap<string, readonly AttachmentReference[]> {
  const named = messages.filter(({ attachments }) => attachments.length > 0);
  return new Map(
    named.map(({ sourceId, attachments }) => [
      sourceId,
      attachments.map((attachment) => ({
        id: createId(),
        name: attachment.name,
        mediaType: mediaTypeOf(attachment, null),
        sizeBytes: 0,
      })),
    ]),
  );
}

/** Names what was written now and never gets its bytes, because they are too many. */
function tellTooLarge(
  { tally }: ImportWriterParts,
  { conversation: imported, file: { findAsset }, owner }: ImportedItem,
  written: readonly Message[],
  { attachments }: UpdateMakers,
): void {
  const ids = new Set(written.flatMap((message) => message.attachments.map(({ id }) => id)));
  for (const { sourceId, attachments: given } of imported.messages) {
    for (const [place, attachment] of given.entries()) {
      const reference = attachments.get(sourceId)?.[place];
      if (!reference || !ids.has(reference.id)) continue;
      if (isTooLarge(attachment, findAsset)) {
        tally.skip('asset_too_large', attachment.name, owner);
      }
    }
  }
}
