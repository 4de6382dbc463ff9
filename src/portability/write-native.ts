import type { ImportSource } from '#domain/imported.ts';
import type { MessageId } from '#domain/ids.ts';
import type { Message } from '#domain/message.ts';
import { copyNative, planNativeUpdate } from '#domain/native-rows.ts';
import type { NativeRows } from '#domain/native-rows.ts';
import type { Attachment } from '#domain/stored-rows.ts';
import {
  addAttachments,
  addWholeConversations,
  findAttachments,
  updateWholeConversation,
} from '#db/imported-conversations.ts';
import { compareNative } from './compare-native.ts';
import { fillBare, findBareNative } from './fill-attachments.ts';
import type { WantedItem } from './filter-items.ts';
import type { ImportWriterParts } from './import-writer.ts';
import { noteUpdate } from './note-update.ts';
import { hasNativeBytes, readNativeBytes } from './native-bytes.ts';
import { EARLY_BYTES } from './prepare-new.ts';

type NativeItem = Extract<WantedItem, { readonly kind: 'native' }>;

/** Stores a conversation of our own files, with its ids; what happens when it is here, the person chose. */
export async function writeNative(parts: ImportWriterParts, item: NativeItem): Promise<void> {
  const { db, tally, existing, createId } = parts;
  const { native } = item;
  const source: ImportSource = native.conversation.source === 'seed' ? 'seed' : 'onggi';
  const { kind, rows, stored } = await compareNative(db, native, parts);
  // A new one may be refused: only when it is here it can be named by its id.
  if (stored) tally.place(item.owner, stored.id);
  if (kind === 'new') {
    await addNew(parts, rows, item, source);
  } else if (kind === 'collision' && existing === 'copy') {
    await addNew(parts, copyNative(rows, createId), item, source);
  } else if (kind === 'collision' && existing !== 'update') {
    const { title, id } = native.conversation;
    tally.skip('chosen_by_person', title ?? id, item.owner);
    tally.addFate(source, 'unchanged');
  } else {
    const isWritten = kind === 'collision' && (await update(parts, rows));
    const isFilled = await fill(parts, rows, item);
    tally.addFate(source, isWritten || isFilled ? 'updated' : 'unchanged');
  }
}

async function addNew(
  parts: ImportWriterParts,
  rows: NativeRows,
  { native, file: { findAsset }, owner }: NativeItem,
  source: ImportSource,
): Promise<void> {
  const { db, log, tally, createId } = parts;
  const { conversation } = rows;
  const named = rows.messages
    .flatMap((message) => message.attachments)
    .filter((each) => hasNativeBytes(native, each, findAsset));
  const taken = await findAttachments(db, [...new Set(named.map(({ id }) => id))]);
  // Bytes of a copy get ids of their own: theirs belong to the conversation that is here.
  const newIds = new Map([...taken].map((id) => [id, createId()]));
  const attachments: Attachment[] = [];
  const early: Attachment['id'][] = [];
  let bytes = 0;
  for await (const attachment of readAttachments(rows.messages, { native, findAsset, newIds })) {
    attachments.push(attachment);
    bytes += attachment.sizeBytes;
    if (bytes < EARLY_BYTES) continue;
    await log.saveCreated(conversation.id, source);
    const stored = attachments.splice(0);
    await addAttachments(db, stored);
    early.push(...stored.map(({ id }) => id));
    bytes = 0;
  }
  const messages = rows.messages.map((message) => withAttachmentIds(message, newIds));
  const part = log.toPart({ createdIds: [conversation.id] });
  await addWholeConversations(db, [{ conversation, messages, attachments }], part);
  log.addCreated(conversation.id, source);
  log.addAttachments([...early, ...attachments.map(({ id }) => id)]);
  tally.place(owner, conversation.id);
  tally.addFate(source, 'new');
}

/** The bytes that are at hand, for the messages that name them; each once, for the first that does. */
async function* readAttachments(
  messages: readonly Message[],
  {
    native,
    findAsset,
    newIds,
  }: Pick<NativeItem, 'native'> &
    Pick<NativeItem['file'], 'findAsset'> & { readonly newIds: ReadonlyMap<string, string> },
): AsyncGenerator<Attachment> {
  const seen = new Map<string, MessageId>();
  for (const { id: messageId, conversationId, attachments } of messages) {
    for (const { id, name, mediaType } of attachments) {
      if (seen.has(id)) continue;
      seen.set(id, messageId);
      const bytes = await readNativeBytes(native, { id, name }, findAsset);
      if (!bytes) continue;
      const sizeBytes = bytes.byteLength;
      const newId = newIds.get(id) ?? id;
      yield { id: newId, conversationId, messageId, name, mediaType, sizeBytes, bytes };
    }
  }
}

function withAttachmentIds(message: Message, newIds: ReadonlyMap<string, string>): Message {
  if (newIds.size === 0 || message.attachments.length === 0) return message;
  const attachments = message.attachments.map((each) => ({
    ...each,
    id: newIds.get(each.id) ?? each.id,
  }));
  return { ...message, attachments };
}

/** @returns whether anything was written. Bytes come after it, see {@link fill}. */
async function update({ db, log }: ImportWriterParts, rows: NativeRows): Promise<boolean> {
  const { id } = rows.conversation;
  const noted = noteUpdate(log, id);
  const written = await updateWholeConversation(db, id, (stored, messages) => {
    const plan = planNativeUpdate(stored, messages, rows);
    return plan && { ...plan, attachments: [], part: noted.toPart(plan, stored, messages) };
  });
  if (!written) return false;
  noted.done();
  return true;
}

/** @returns whether references that are here got bytes. A stop before it costs nothing: the next import fills them. */
async function fill(
  { db, log }: ImportWriterParts,
  rows: NativeRows,
  item: NativeItem,
): Promise<boolean> {
  const filled = await fillBare(db, await findBareNative(db, item, rows));
  log.addAttachments(filled);
  return filled.length > 0;
}
