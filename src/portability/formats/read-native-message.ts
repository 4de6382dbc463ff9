import { MAX_FIELD_CHARACTERS, MAX_NAME_CHARACTERS, readFields } from '#domain/file-fields.ts';
import { isFileObject } from '#domain/file-object.ts';
import type { FileObject } from '#domain/file-object.ts';
import { splitMetadata, toMessage, withKnownRole } from '#domain/file-rows.ts';
import { toMessageId } from '#domain/ids.ts';
import type { MessageId } from '#domain/ids.ts';
import { deriveSourceId } from '#domain/imported.ts';
import { readInstant } from '#domain/instants.ts';
import type { AttachmentReference, Message } from '#domain/message.ts';
import { decodeBase64 } from '#files/base64.ts';
import { MESSAGE_FILE_FIELDS } from '#portability/conversation-fields.ts';
import type { NoteSet } from './read-said.ts';
import { asArray, asCount, asId, asText } from './read-value.ts';

/** What a message takes over where its own object says nothing. */
export interface MessageContext {
  readonly conversationId: string;
  readonly sessionId: string;
  /** The message before it in a list without parents; null at its beginning. */
  readonly previousId: MessageId | null;
  /** Its place in the file, over both lists. */
  readonly position: number;
  /** Epoch milliseconds: what an unreadable date becomes. */
  readonly fallbackDate: number;
  readonly notes: NoteSet;
  /** Ids that are taken already. */
  readonly takenIds: ReadonlySet<MessageId>;
  /** Where bytes of attachments are put. */
  readonly bytesById: Map<string, ArrayBuffer>;
}

const { columns, flat, own } = MESSAGE_FILE_FIELDS;
const KNOWN_KEYS = new Set([...columns, ...flat].map(({ name }) => name));

/** Whether a text of the message is longer than any flow may store (SECURITY section 6). */
export function isTooLarge(object: FileObject): boolean {
  return [object['content'], object['reasoning']].some(
    (text) => typeof text === 'string' && text.length > MAX_FIELD_CHARACTERS,
  );
}

/** A whole row from a message's object. `seq` is -1 where the file has none. */
export function readNativeMessage(object: FileObject, context: MessageContext): Message {
  const { notes, conversationId, sessionId } = context;
  const known = withKnownRole(object);
  const source = isFileObject(known) ? known : object;
  if (source !== object || typeof object['role'] !== 'string') notes.add('role_unknown');
  if (Object.keys(object).some((key) => !KNOWN_KEYS.has(key))) notes.add('unknown_keys');

  const column = readFields(columns, source);
  const extra = readFields(flat, source);
  const metadata = column.values['metadata'];
  const split = splitMetadata(isFileObject(metadata) ? metadata : {});
  const hidden = readFields(own, split.own);
  const ignored = [...column.ignored, ...extra.ignored, ...hidden.ignored];
  if (ignored.length > 0 || typeof object['content'] !== 'string') notes.add('value_ignored');

  const id = readId(object, column.values, context);
  const { parentId = Object.hasOwn(object, 'parent_id') ? null : context.previousId } =
    extra.values;
  return toMessage({
    role: 'assistant',
    content: '',
    seq: -1,
    sessionId,
    ...column.values,
    ...extra.values,
    ...hidden.values,
    id,
    conversationId,
    parentId,
    timestamp: readTimestamp(object['timestamp'], context),
    metadata: split.plain,
    attachments: readAttachments(object['attachments'], id, context),
  });
}

/** The message's id; of two messages with one id the second gets a derived one. */
function readId(object: FileObject, values: FileObject, context: MessageContext): MessageId {
  const said = values['id'];
  if (typeof said === 'string' && !context.takenIds.has(toMessageId(said))) {
    return toMessageId(said);
  }
  context.notes.add('ids_derived');
  const content = typeof object['content'] === 'string' ? object['content'] : null;
  return toMessageId(deriveSourceId(context.conversationId, context.position, content));
}

function readTimestamp(value: unknown, { fallbackDate, notes }: MessageContext): number {
  const instant = readInstant(value);
  if (!instant) notes.add('date_unknown');
  if (instant?.isZoneAssumed) notes.add('zone_assumed');
  return instant?.at ?? fallbackDate;
}

const KNOWN_ATTACHMENT_KEYS = ['name', 'mime_type', 'size_bytes', 'id', 'data', 'sha256', 'text'];

function readAttachments(
  value: unknown,
  messageId: MessageId,
  { notes, bytesById }: MessageContext,
): readonly AttachmentReference[] {
  return asArray(value).flatMap((attachment, index) => {
    if (!isFileObject(attachment)) {
      notes.add('value_ignored');
      return [];
    }
    if (Object.keys(attachment).some((key) => !KNOWN_ATTACHMENT_KEYS.includes(key))) {
      notes.add('unknown_keys');
    }
    const data = asText(attachment['data']);
    const bytes = data === null ? undefined : decodeBase64(data);
    if (data !== null && !bytes) notes.add('asset_missing');
    const said = asId(attachment['id']);
    const isTooLong = said !== null && said.length > MAX_NAME_CHARACTERS;
    if (isTooLong) notes.add('ids_derived');
    const id = said === null || isTooLong ? deriveSourceId(messageId, 'attachment', index) : said;
    if (bytes) bytesById.set(id, bytes);
    return [
      {
        id,
        name: asText(attachment['name']) ?? '',
        mediaType: asText(attachment['mime_type']) ?? 'application/octet-stream',
        sizeBytes: bytes?.byteLength ?? asCount(attachment['size_bytes']) ?? 0,
      },
    ];
  });
}
