import type { Conversation } from '#domain/conversation.ts';
import { isSameAsImported } from '#domain/import-memory.ts';
import { planImportUpdate } from '#domain/import-update.ts';
import type { ImportUpdate, UpdateMakers } from '#domain/import-update.ts';
import type { AttachmentReference } from '#domain/message.ts';
import { updateWholeConversation } from '#db/imported-conversations.ts';
import { readAllMessages } from '#db/table-pages.ts';
import { collectAttachments } from './collect-attachments.ts';
import type { CollectedAttachment } from './collect-attachments.ts';
import { fillBare, findBareImported } from './fill-attachments.ts';
import type { WantedItem } from './filter-items.ts';
import type { ImportWriterParts } from './import-writer.ts';
import { toAttachment } from './prepare-new.ts';

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
  const isWritten = await writeChanges(parts, item, stored);
  const filled = await fillBare(db, await findBareImported(db, item, stored));
  log.addAttachments(filled);
  // A second, richer copy in the same files was counted with the first.
  if (item.isRepeated) return;
  const isUpdated = isWritten || filled.length > 0;
  tally.addFate(item.conversation.source, isUpdated ? 'updated' : 'unchanged');
}

/** In one transaction. Bytes are read before, because it waits for nothing else. @returns whether anything changed that anybody sees. */
async function writeChanges(
  parts: ImportWriterParts,
  { conversation: imported, file }: ImportedItem,
  stored: Conversation,
): Promise<boolean> {
  const { db, log, createId, sessionId } = parts;
  const fileDate = file.file.modifiedAt;
  const makers: UpdateMakers = {
    createId,
    sessionId,
    importId: log.id,
    fileDate,
    attachments: new Map(),
    now: parts.clock(),
  };
  if (isSameAsImported(stored, imported)) return false;
  const expected = planImportUpdate(stored, await readAllMessages(db, stored.id), imported, makers);
  if (!expected) return false;
  const collected = await collectFor(expected, parts, { imported, file });
  const attachments = referencesByMessage(collected);
  let isVisible = false;
  const update = await updateWholeConversation(db, stored.id, (now, messages) => {
    const plan = planImportUpdate(now, messages, imported, { ...makers, attachments });
    if (!plan) return undefined;
    const ids = new Map(plan.added.map(({ id, metadata }) => [metadata['source_id'], id]));
    const rows = collected.flatMap((each) => {
      const messageId = ids.get(each.messageSourceId);
      return messageId === undefined ? [] : toAttachment(each, now.id, messageId);
    });
    isVisible = plan.isVisible;
    return { ...plan, attachments: rows };
  });
  if (!update) return false;
  log.addAttachments(update.attachments.map(({ id }) => id));
  const added = update.added.map(({ id }) => id);
  // What this very import made is undone as a whole.
  if (added.length > 0 && !log.createdIds.has(stored.id)) log.addAdded(stored.id, added);
  return isVisible;
}

async function collectFor(
  { added }: ImportUpdate,
  { tally, createId }: ImportWriterParts,
  { imported, file }: { imported: ImportedItem['conversation']; file: ImportedItem['file'] },
): Promise<readonly CollectedAttachment[]> {
  const wanted = new Set(added.map(({ metadata }) => metadata['source_id']));
  const isWanted = (sourceId: string): boolean => wanted.has(sourceId);
  const collected: CollectedAttachment[] = [];
  for await (const each of collectAttachments(imported, isWanted, file.findAsset, createId)) {
    if (each.refusal) tally.skip(each.refusal, each.reference.name);
    collected.push(each);
  }
  return collected;
}

function referencesByMessage(
  collected: readonly CollectedAttachment[],
): ReadonlyMap<string, readonly AttachmentReference[]> {
  const references = new Map<string, AttachmentReference[]>();
  for (const { messageSourceId, reference } of collected) {
    references.set(messageSourceId, [...(references.get(messageSourceId) ?? []), reference]);
  }
  return references;
}
