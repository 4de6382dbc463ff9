/** Conversations of our own files beside the rows that are here: what is the same, what is put where. */
import { lastChangeOfConversation } from './conversation.ts';
import type { Conversation } from './conversation.ts';
import type { MessageId, SessionId } from './ids.ts';
import { toConversationId, toMessageId } from './ids.ts';
import type { NativeConversation } from './imported.ts';
import { isLaterCopy } from './message.ts';
import { withRequestsOf } from './message-requests.ts';
import type { AttachmentReference, Message } from './message.ts';
import { withPassingUsageOf } from './passing-usage.ts';

/** The rows of a file, fit for this database, with the ids its attachments had in the file. */
export interface NativeRows {
  readonly conversation: Conversation;
  readonly messages: readonly Message[];
}

/** What an update of a conversation that is here writes. */
export interface NativeUpdate {
  readonly conversation: Conversation;
  readonly added: readonly Message[];
  readonly changed: readonly Message[];
}

/** What readers write where a file names no session. */
const NO_SESSION = '';

/**
 * The rows with sessions that exist here: an unknown one becomes the present one, and the old id is
 * kept in `metadata.source_session_id` (FORMATS 3.2). A file that names none has nothing to keep.
 */
export function withKnownSessions(
  { conversation, messages }: NativeConversation,
  presentId: SessionId,
  isKnown: (id: SessionId) => boolean,
): NativeRows {
  function place<Row extends Conversation | Message>(row: Row): Row {
    if (isKnown(row.sessionId)) return row;
    if (row.sessionId === NO_SESSION) return { ...row, sessionId: presentId };
    const metadata = { ...row.metadata, source_session_id: row.sessionId };
    return { ...row, sessionId: presentId, metadata };
  }
  return { conversation: place(conversation), messages: messages.map(place) };
}

/**
 * The same conversation under new ids throughout; `metadata.source_conversation_id` names the old one.
 * @param createId gives the new id of what had the given one.
 */
export function copyNative(rows: NativeRows, createId: (oldId: string) => string): NativeRows {
  const id = toConversationId(createId(rows.conversation.id));
  const ids = new Map(rows.messages.map((each) => [each.id, toMessageId(createId(each.id))]));
  const idOf = (old: MessageId | null): MessageId | null =>
    old === null ? null : (ids.get(old) ?? null);
  const { conversation } = rows;
  const isOwn = conversation.source === 'onggi';
  return {
    conversation: {
      ...conversation,
      id,
      sourceId: isOwn ? id : conversation.sourceId,
      activeLeafId: idOf(conversation.activeLeafId),
      metadata: { ...conversation.metadata, source_conversation_id: conversation.id },
    },
    messages: rows.messages.map((message) => ({
      ...message,
      id: ids.get(message.id) ?? message.id,
      conversationId: id,
      parentId: idOf(message.parentId),
    })),
  };
}

/**
 * What the file changes in a conversation that is here; undefined when nothing. Messages that only
 * one side has stay or come; of what both have, the side that was changed last wins, in whatever way,
 * and of two that are equally old the one here. A name, a rating, a comment or a pin that only one side
 * has stays under a newer file too, tags are those of both, and the trash and the sessions of rows stay.
 * What either side knows of requests, an answer and its conversation know then.
 */
export function planNativeUpdate(
  stored: Conversation,
  storedMessages: readonly Message[],
  native: NativeRows,
): NativeUpdate | undefined {
  const isFileNewer =
    lastChangeOfConversation(native.conversation) > lastChangeOfConversation(stored);
  const here = new Map(storedMessages.map((message) => [message.id, message]));
  const changed = native.messages.flatMap((message) => {
    const before = here.get(message.id);
    return (before && changedMessage(before, message, isFileNewer)) ?? [];
  });
  const missing = native.messages.filter(({ id }) => !here.has(id));
  const known = new Set([...here.keys(), ...missing.map(({ id }) => id)]);
  const added = missing.map((message, index) => ({
    ...message,
    parentId: message.parentId !== null && known.has(message.parentId) ? message.parentId : null,
    seq: stored.lastSeq + 1 + index,
  }));
  const base = isFileNewer
    ? withPassingUsageOf(takeFields(stored, native.conversation), stored)
    : withPassingUsageOf(stored, native.conversation);
  const all = new Map([...here, ...changed.concat(added).map((row) => [row.id, row] as const)]);
  const conversation = {
    ...base,
    messageCount: all.size,
    totalTokens: [...all.values()].reduce((sum, { tokenCount }) => sum + (tokenCount ?? 0), 0),
    lastSeq: Math.max(stored.lastSeq, added.at(-1)?.seq ?? -1),
    activeLeafId: leafAmong(all, base.activeLeafId, stored.activeLeafId),
  };
  const isSame = added.length === 0 && changed.length === 0 && isEqual(stored, conversation);
  return isSame ? undefined : { conversation, added, changed };
}

function leafAmong(
  messages: ReadonlyMap<MessageId, Message>,
  ...wanted: readonly (MessageId | null)[]
): MessageId | null {
  return wanted.find((id) => id !== null && messages.has(id)) ?? null;
}

/** Fields of the file over those that are here, but for what the person set and what belongs to this database. */
function takeFields(stored: Conversation, file: Conversation): Conversation {
  const { id, sessionId, status, deletedAt, lastSeq, endpointId } = stored;
  const { title, titleOrigin } = stored;
  const isInTrash = status === 'deleted';
  const isNamedLater =
    file.titleOrigin === 'person' && (file.changedAt ?? 0) > (stored.changedAt ?? 0);
  const keepsName = titleOrigin === 'person' && !isNamedLater;
  return {
    ...file,
    id,
    sessionId,
    lastSeq,
    endpointId: file.endpointId ?? endpointId,
    ...(isInTrash && { status, deletedAt }),
    ...latestChange(stored, file),
    ...(keepsName && { title, titleOrigin }),
    tags: [...new Set([...stored.tags, ...file.tags])],
    pinned: stored.pinned === 1 ? 1 : file.pinned,
    metadata: withStoredSession(file.metadata, stored.metadata),
  };
}

function changedMessage(stored: Message, file: Message, isFileNewer: boolean): Message | undefined {
  if (stored.status === 'streaming') return undefined;
  if (!isLaterCopy(file, stored, isFileNewer)) {
    const counted = withRequestsOf(stored, file);
    return counted === stored ? undefined : counted;
  }
  const { id, conversationId, sessionId, parentId, seq } = stored;
  const attachments = joinAttachments(stored.attachments, file.attachments);
  const counted = withRequestsOf(file, stored);
  const metadata = withStoredSession(counted.metadata, stored.metadata);
  const isChangedLater = (file.changedAt ?? 0) > (stored.changedAt ?? 0);
  const [first, second] = isChangedLater ? [file, stored] : [stored, file];
  const after = {
    ...counted,
    ...{ id, conversationId, sessionId, parentId, seq, attachments, metadata },
    rating: first.rating ?? second.rating,
    feedback: first.feedback ?? second.feedback,
    ...latestChange(stored, file),
  };
  return isEqual(stored, after) ? undefined : after;
}

/** Both sides are in the row now: it is as new as the newer of them. */
function latestChange(
  stored: { readonly changedAt?: number },
  file: { readonly changedAt?: number },
): { readonly changedAt?: number } {
  const known = [stored.changedAt, file.changedAt].filter((at) => at !== undefined);
  return known.length === 0 ? {} : { changedAt: Math.max(...known) };
}

/** Whatever session the file says: the row here keeps its own, and what it remembers of another. */
function withStoredSession(
  file: Readonly<Record<string, unknown>>,
  stored: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { source_session_id: _dropped, ...rest } = file;
  return Object.hasOwn(stored, 'source_session_id')
    ? { ...rest, source_session_id: stored['source_session_id'] }
    : rest;
}

/** References of files keep no bytes: those that are here with the same id stay. */
function joinAttachments(
  stored: readonly AttachmentReference[],
  file: readonly AttachmentReference[],
): readonly AttachmentReference[] {
  const named = new Set(file.map(({ id }) => id));
  return [...file, ...stored.filter(({ id }) => !named.has(id))];
}

/** Whether two rows hold the same values, whatever the order of their keys. */
function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a, sortKeys) === JSON.stringify(b, sortKeys);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
