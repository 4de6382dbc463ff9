/**
 * Bytes for what an earlier import could only name: the first export had no files, or not all. A
 * reference that is here without bytes gets those of a later archive; nothing else of it changes.
 */
import type { Conversation } from '#domain/conversation.ts';
import type { ImportedAttachment, ImportedConversation } from '#domain/imported.ts';
import type { NativeRows } from '#domain/native-rows.ts';
import type { AttachmentReference, Message } from '#domain/message.ts';
import type { Attachment } from '#domain/stored-rows.ts';
import { fillAttachments, findAttachments } from '#db/imported-conversations.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { readAllMessages } from '#db/table-pages.ts';
import { isReadable, readAttachmentBytes } from './collect-attachments.ts';
import type { WantedItem } from './filter-items.ts';
import { hasNativeBytes, readNativeBytes } from './native-bytes.ts';

type Found = Pick<Attachment, 'mediaType' | 'bytes'> & Partial<Pick<Attachment, 'name'>>;

/** A reference that is here without bytes, and how they are read; undefined when that fails. */
export interface BareReference {
  readonly message: Pick<Message, 'id' | 'conversationId'>;
  readonly reference: AttachmentReference;
  readonly read: () => Promise<Found | undefined>;
}

/** Bytes that wait in memory for their transaction. */
const WAITING_BYTES = 32 * 1024 * 1024;

type ImportedItem = Extract<WantedItem, { readonly kind: 'conversation' }>;
type NativeItem = Extract<WantedItem, { readonly kind: 'native' }>;

/** What of a stored conversation of another product lacks bytes that this item has. */
export async function findBareImported(
  db: OnggiDatabase,
  { conversation: imported, file: { findAsset } }: Pick<ImportedItem, 'conversation' | 'file'>,
  stored: Conversation,
): Promise<readonly BareReference[]> {
  const wanted = withAttachments(imported);
  const isAnyAtHand = [...wanted.values()].flat().some((each) => isReadable(each, findAsset));
  if (!isAnyAtHand) return [];
  const messages = (await readAllMessages(db, stored.id)).filter(
    ({ attachments }) => attachments.length > 0,
  );
  const known = await findAttachments(db, idsOf(messages));
  return messages.flatMap((message) => {
    const given = wanted.get(message.metadata['source_id']) ?? [];
    return pair(message.attachments, given).flatMap(([reference, attachment]): BareReference[] => {
      if (known.has(reference.id) || !isReadable(attachment, findAsset)) return [];
      const read = async () => {
        const { bytes, name, mediaType } = await readAttachmentBytes(attachment, findAsset);
        return bytes ? { name, mediaType, bytes: bytes.buffer } : undefined;
      };
      return [{ message, reference, read }];
    });
  });
}

function withAttachments({
  messages,
}: ImportedConversation): ReadonlyMap<unknown, readonly ImportedAttachment[]> {
  const found = messages.filter(({ attachments }) => attachments.length > 0);
  return new Map(
    found.flatMap(({ sourceId, formerSourceIds, attachments }) =>
      [sourceId, ...formerSourceIds].map((id) => [id, attachments] as const),
    ),
  );
}

/** By place, as they were stored; by name where the lists are not equally long. A text may have an ending more. */
function pair(
  references: readonly AttachmentReference[],
  given: readonly ImportedAttachment[],
): readonly (readonly [AttachmentReference, ImportedAttachment])[] {
  const left = [...given];
  const isByPlace = references.length === given.length;
  return references.flatMap((reference) => {
    const place = isByPlace
      ? 0
      : left.findIndex(({ name }) => [name, `${name}.txt`].includes(reference.name));
    const [attachment] = place === -1 ? [] : left.splice(place, 1);
    return attachment ? [[reference, attachment] as const] : [];
  });
}

/** What of a conversation of our own lacks bytes here that this item has. */
export async function findBareNative(
  db: OnggiDatabase,
  { native, file: { findAsset } }: Pick<NativeItem, 'native' | 'file'>,
  { messages }: NativeRows,
): Promise<readonly BareReference[]> {
  const bare = messages.flatMap((message) =>
    message.attachments
      .filter((reference) => hasNativeBytes(native, reference, findAsset))
      .map((reference) => ({ message, reference })),
  );
  if (bare.length === 0) return [];
  const known = await findAttachments(
    db,
    bare.map(({ reference }) => reference.id),
  );
  return bare
    .filter(({ reference }) => !known.has(reference.id))
    .map(({ message, reference }) => ({
      message,
      reference,
      read: async () => {
        const bytes = await readNativeBytes(native, reference, findAsset);
        return bytes && { mediaType: reference.mediaType, bytes };
      },
    }));
}

/** Reads and stores the bytes, a few at a time. @returns the ids of the attachments that are new here. */
export async function fillBare(
  db: OnggiDatabase,
  bare: readonly BareReference[],
): Promise<readonly string[]> {
  const filled: string[] = [];
  let waiting: Attachment[] = [];
  let waitingBytes = 0;
  for (const [index, { message, reference, read }] of bare.entries()) {
    const found = await read();
    if (found) {
      const { id: messageId, conversationId } = message;
      const sizeBytes = found.bytes.byteLength;
      waiting.push({ ...reference, ...found, conversationId, messageId, sizeBytes });
      waitingBytes += sizeBytes;
    }
    const isLast = index === bare.length - 1;
    if (waiting.length === 0 || (!isLast && waitingBytes < WAITING_BYTES)) continue;
    for (const id of await fillAttachments(db, waiting)) filled.push(id);
    [waiting, waitingBytes] = [[], 0];
  }
  return filled;
}

function idsOf(messages: readonly Message[]): readonly string[] {
  return messages.flatMap(({ attachments }) => attachments.map(({ id }) => id));
}
