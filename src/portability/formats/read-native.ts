/** Objects of our own files and of the specification's as whole rows, whatever is wrong in them. */
import type { Conversation } from '#domain/conversation.ts';
import { readFields } from '#domain/file-fields.ts';
import { isFileObject } from '#domain/file-object.ts';
import type { FileObject } from '#domain/file-object.ts';
import { splitMetadata, toConversation } from '#domain/file-rows.ts';
import { toMessageId } from '#domain/ids.ts';
import type { MessageId } from '#domain/ids.ts';
import { deriveSourceId } from '#domain/imported.ts';
import type { ReadItem } from '#domain/imported.ts';
import { readInstant } from '#domain/instants.ts';
import type { Message } from '#domain/message.ts';
import { CONVERSATION_FILE_FIELDS } from '#portability/conversation-fields.ts';
import type { ReadContext } from './format.ts';
import { mendNativeTree } from './mend-native-tree.ts';
import { isTooLarge, readNativeMessage } from './read-native-message.ts';
import type { NoteSet } from './read-said.ts';
import { asText } from './read-value.ts';
import { skipped } from './skipped.ts';

/** A conversation of a file, its messages still as they came. */
export interface NativeDraft {
  readonly object: FileObject;
  /** The shown branch, root to leaf. Where a message names no parent, the one before it is meant. */
  readonly path: readonly unknown[];
  readonly branches: readonly unknown[];
  readonly source: 'onggi' | 'seed';
  /** What is known already; more is added. */
  readonly notes: NoteSet;
}

const { columns, flat, own } = CONVERSATION_FILE_FIELDS;
const KNOWN_KEYS = new Set([
  ...[...columns, ...flat].map(({ name }) => name),
  ...['messages', 'format', 'format_version', 'app_version', 'active_leaf_id', 'branch_messages'],
]);

/**
 * The conversation as rows. Ids, dates and parents that are missing or wrong are made up from what is
 * there and noted; skipped is only what holds a text that nothing may store. A session of the file
 * may be unknown here, and is empty where the file has none: whoever stores the rows attaches it.
 */
export function readNative(draft: NativeDraft, { fileDate }: ReadContext): ReadItem {
  const { object, notes, source } = draft;
  const lists = [...draft.path, ...draft.branches];
  if (lists.some((message) => isFileObject(message) && isTooLarge(message))) {
    return skipped('too_large', asText(object['title']) ?? asText(object['conversation_id']));
  }
  if (Object.keys(object).some((key) => !KNOWN_KEYS.has(key))) notes.add('unknown_keys');
  const values = readConversationValues(object, notes);
  const id = readId(draft, values);
  const sessionId = asText(values['sessionId']) ?? '';
  const bytesById = new Map<string, ArrayBuffer>();
  const rows = readMessages(draft, {
    conversationId: id,
    sessionId,
    fallbackDate: typeof values['createdAt'] === 'number' ? values['createdAt'] : fileDate,
    bytesById,
  });
  const tree = mendNativeTree(rows.messages, (row) => rows.previousById.get(row.id) ?? null);
  if (tree.isRepaired) notes.add('tree_repaired');
  const conversation = toConversation({
    source,
    sourceId: id,
    ...values,
    id,
    sessionId,
    ...readDates(values, tree.messages, fileDate, notes),
  });
  const native = {
    conversation: withReferences(conversation, draft, rows.lastOnPath, tree.messages),
    messages: tree.messages,
    bytesById: Object.fromEntries(bytesById),
    notes: [...notes],
  };
  return { kind: 'native', native };
}

function readConversationValues(object: FileObject, notes: NoteSet): FileObject {
  const column = readFields(columns, object);
  const extra = readFields(flat, object);
  const metadata = column.values['metadata'];
  const split = splitMetadata(isFileObject(metadata) ? metadata : {});
  const hidden = readFields(own, split.own);
  const ignored = [...column.ignored, ...extra.ignored, ...hidden.ignored];
  if (ignored.length > 0) notes.add('value_ignored');
  for (const name of ['created_at', 'updated_at']) {
    if (readInstant(object[name])?.isZoneAssumed) notes.add('zone_assumed');
  }
  return { ...column.values, ...extra.values, ...hidden.values, metadata: split.plain };
}

/** A derived id stays the same when the conversation grows: reading again finds it. */
function readId({ path, notes }: NativeDraft, values: FileObject): string {
  const said = asText(values['id']);
  if (said !== null) return said;
  notes.add('ids_derived');
  const first = path.find(isFileObject);
  const { createdAt, title } = values;
  return deriveSourceId(
    'conversation',
    typeof createdAt === 'number' ? createdAt : asText(title),
    asText(first?.['message_id']) ?? asText(first?.['content']),
  );
}

interface ReadMessages {
  readonly messages: readonly Message[];
  /** The message before each in the list of the shown branch: what a missing parent becomes. */
  readonly previousById: ReadonlyMap<MessageId, MessageId | null>;
  readonly lastOnPath: MessageId | null;
}

function readMessages(
  { path, branches, notes }: NativeDraft,
  shared: {
    readonly conversationId: string;
    readonly sessionId: string;
    readonly fallbackDate: number;
    readonly bytesById: Map<string, ArrayBuffer>;
  },
): ReadMessages {
  const messages: Message[] = [];
  const takenIds = new Set<MessageId>();
  const previousById = new Map<MessageId, MessageId | null>();
  let lastOnPath: MessageId | null = null;
  let { fallbackDate } = shared;
  for (const [position, object] of [...path, ...branches].entries()) {
    if (!isFileObject(object)) {
      notes.add('value_ignored');
      continue;
    }
    const isOnPath = position < path.length;
    const previousId: MessageId | null = isOnPath ? lastOnPath : null;
    const context = { ...shared, fallbackDate, previousId, position, notes, takenIds };
    const message = readNativeMessage(object, context);
    messages.push(message);
    takenIds.add(message.id);
    fallbackDate = message.timestamp + 1;
    previousById.set(message.id, previousId);
    if (isOnPath) lastOnPath = message.id;
  }
  return { messages, previousById, lastOnPath };
}

function readDates(
  values: FileObject,
  messages: readonly Message[],
  fileDate: number,
  notes: NoteSet,
): Pick<Conversation, 'createdAt' | 'updatedAt'> {
  const dates = messages.map(({ timestamp }) => timestamp);
  const earliest = dates.reduce((low, date) => Math.min(low, date), Infinity);
  const latest = dates.reduce((high, date) => Math.max(high, date), -Infinity);
  const { createdAt, updatedAt } = values;
  if (typeof createdAt !== 'number') notes.add('date_unknown');
  const created =
    typeof createdAt === 'number' ? createdAt : dates.length > 0 ? earliest : fileDate;
  const updated = typeof updatedAt === 'number' ? updatedAt : Math.max(created, latest);
  return { createdAt: created, updatedAt: updated };
}

/** Counters, newest `seq` and shown branch from the messages themselves: those of the file are not believed. */
function withReferences(
  conversation: Conversation,
  { object, path, notes }: NativeDraft,
  lastOnPath: MessageId | null,
  messages: readonly Message[],
): Conversation {
  const said = asText(object['active_leaf_id']);
  const isKnown = said !== null && messages.some(({ id }) => id === said);
  if (said !== null && !isKnown) notes.add('leaf_guessed');
  const count = object['message_count'];
  if (count !== undefined && count !== path.length) notes.add('counters_recomputed');
  return {
    ...conversation,
    messageCount: messages.length,
    totalTokens: messages.reduce((sum, { tokenCount }) => sum + (tokenCount ?? 0), 0),
    lastSeq: messages.reduce((last, { seq }) => Math.max(last, seq), conversation.lastSeq),
    activeLeafId: isKnown ? toMessageId(said) : lastOnPath,
    deletedAt:
      conversation.status === 'deleted'
        ? (conversation.deletedAt ?? conversation.updatedAt)
        : conversation.deletedAt,
  };
}
