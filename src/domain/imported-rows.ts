/** From an imported conversation to rows. Pure: the caller reads and writes. */
import { createConversation } from './conversation.ts';
import type { Conversation } from './conversation.ts';
import { readEarlierOf } from './earlier-version.ts';
import type { ConversationId, CreateId, MessageId, SessionId } from './ids.ts';
import { toConversationId, toMessageId } from './ids.ts';
import { importState, ratingState } from './import-memory.ts';
import type { ImportedConversation, ImportedMessage } from './imported.ts';
import { createMessage } from './message.ts';
import type { AttachmentReference, Message } from './message.ts';
import { titleFromMessage } from './title.ts';

/** What rows need beside what the file says. */
export interface ImportMakers {
  readonly createId: CreateId;
  /** The present visit: imported rows belong to the one that brought them. */
  readonly sessionId: SessionId;
  readonly importId: string;
  /** Epoch milliseconds of the file; what is taken where nothing inside has a date. */
  readonly fileDate: number;
  /** Attachments by `sourceId` of their message. */
  readonly attachments: ReadonlyMap<string, readonly AttachmentReference[]>;
}

export interface ConversationRows {
  readonly conversation: Conversation;
  /** Parents before children. */
  readonly messages: readonly Message[];
}

/** Whether a message came with an import and was not written here; earlier versions of such did too. */
export function isImportedMessage(message: Message): boolean {
  return typeof message.metadata['source_id'] === 'string' || readEarlierOf(message) !== undefined;
}

/** The rows of a conversation that is not here yet, counters and shown branch among them. */
export function toConversationRows(
  imported: ImportedConversation,
  makers: ImportMakers,
): ConversationRows {
  const id = toConversationId(makers.createId());
  const base = createConversation({
    ...describe(imported, makers),
    id,
    sessionId: makers.sessionId,
    title: titleOf(imported),
    titleOrigin: 'import',
    status: imported.status ?? 'active',
    tags: [...new Set(imported.tags)],
    pinned: imported.isPinned === true ? 1 : 0,
    summary: imported.summary,
    temperature: imported.temperature,
    systemPrompt: imported.systemPrompt,
    source: imported.source,
    sourceId: imported.sourceId,
  });
  const messages = placeMessages(imported.messages, base, new Map(), makers);
  const ids = idsBySource(messages);
  const conversation = {
    ...withMessages(base, messages),
    deletedAt: imported.status === 'deleted' ? base.updatedAt : null,
    activeLeafId: leafOf(imported, ids) ?? messages.at(-1)?.id ?? null,
  };
  return { conversation, messages };
}

/** Dates, and what is remembered of the import. */
function describe(imported: ImportedConversation, { fileDate, importId }: ImportMakers) {
  const dates = imported.messages.flatMap(({ timestamp }) => timestamp ?? []);
  const earliest = dates.reduce((low, date) => Math.min(low, date), dates[0] ?? fileDate);
  const createdAt = imported.createdAt ?? imported.updatedAt ?? earliest;
  const latest = dates.reduce((high, date) => Math.max(high, date), createdAt);
  return {
    createdAt,
    updatedAt: imported.updatedAt ?? latest,
    metadata: {
      ...conversationMetadata(imported),
      import_id: importId,
      ...importState(imported),
    },
  };
}

/** What the source says of a conversation that has no column. */
export function conversationMetadata({
  sourceId,
  isSourceIdDerived,
  chatModel,
  metadata,
}: ImportedConversation): Readonly<Record<string, unknown>> {
  return {
    ...metadata,
    // Not in `chatModel`: the person's own endpoint would be asked for a model it does not have.
    ...(chatModel === null ? {} : { source_model: chatModel }),
    ...(isSourceIdDerived ? { source_id_derived: sourceId } : {}),
  };
}

/** Its title, or one out of its first question. */
export function titleOf({ title, messages }: ImportedConversation): string | null {
  if (title !== null) return title;
  const first = messages.find(({ role }) => role === 'user');
  return (first && titleFromMessage(first.content)) ?? null;
}

/** Rows at the end of `base`, under messages that are there (`known`) or among these. */
export function placeMessages(
  imported: readonly ImportedMessage[],
  base: Conversation,
  known: ReadonlyMap<string, Message>,
  makers: ImportMakers,
): readonly Message[] {
  const placed = new Map(known);
  return imported.map((message, index) => {
    const parent = message.parentSourceId === null ? undefined : placed.get(message.parentSourceId);
    const row = toMessage(message, makers, {
      conversationId: base.id,
      parentId: parent?.id ?? null,
      seq: base.lastSeq + 1 + index,
      // Without a date: rising by a millisecond, so that the order is kept (FORMATS 1, rule 5).
      timestamp: message.timestamp ?? (parent ? parent.timestamp + 1 : base.createdAt),
    });
    placed.set(message.sourceId, row);
    return row;
  });
}

interface MessagePlace {
  readonly conversationId: ConversationId;
  readonly parentId: MessageId | null;
  readonly seq: number;
  readonly timestamp: number;
}

function toMessage(
  imported: ImportedMessage,
  { createId, sessionId, attachments }: ImportMakers,
  place: MessagePlace,
): Message {
  return createMessage({
    ...place,
    id: toMessageId(createId()),
    sessionId,
    role: imported.role,
    content: imported.content,
    reasoning: imported.reasoning,
    parts: imported.parts,
    status: restingStatus(imported),
    finishReason: imported.finishReason,
    tokenCount: imported.tokenCount,
    promptTokens: imported.promptTokens,
    completionTokens: imported.completionTokens,
    costUsd: imported.costUsd,
    modelUsed: imported.modelUsed,
    temperature: imported.temperature,
    responseTimeMs: imported.responseTimeMs,
    rating: imported.rating,
    feedback: imported.feedback,
    attachments: attachments.get(imported.sourceId) ?? [],
    metadata: { ...messageMetadata(imported), ...ratingState(imported) },
  });
}

/**
 * So much of the texts of files stays with a message, also where they are stored in the place of the files' bytes:
 * exports without files have them then. A row that held more might not go into a backup.
 */
const MAX_TEXTS_CHARACTERS = 1_000_000;

/** What the source says of a message that has no column. */
export function messageMetadata(imported: ImportedMessage): Readonly<Record<string, unknown>> {
  let room = MAX_TEXTS_CHARACTERS;
  const texts = imported.attachments.flatMap(({ name, text }) => {
    if (text === undefined || text.length > room) return [];
    room -= text.length;
    return [{ name, text }];
  });
  return {
    ...imported.metadata,
    ...(texts.length === 0 ? {} : { attachment_texts: texts }),
    source_id: imported.sourceId,
    ...(imported.isSourceIdDerived ? { derived: true } : {}),
  };
}

/** Nothing writes on at an answer that was imported. */
export function restingStatus({ status }: ImportedMessage): Message['status'] {
  return status === 'streaming' ? 'interrupted' : status;
}

/** The rows of messages by their ids in the source. */
export function idsBySource(messages: readonly Message[]): ReadonlyMap<string, MessageId> {
  return new Map(
    messages.flatMap(({ id, metadata }): [string, MessageId][] => {
      const sourceId = metadata['source_id'];
      return typeof sourceId === 'string' ? [[sourceId, id]] : [];
    }),
  );
}

/** The row of the message that the source shows last; null when it names none that is here. */
export function leafOf(
  { activeLeafSourceId }: ImportedConversation,
  ids: ReadonlyMap<string, MessageId>,
): MessageId | null {
  return activeLeafSourceId === null ? null : (ids.get(activeLeafSourceId) ?? null);
}

/** The conversation with messages at its end: counters and newest `seq` follow. */
export function withMessages(conversation: Conversation, added: readonly Message[]): Conversation {
  return {
    ...conversation,
    messageCount: conversation.messageCount + added.length,
    totalTokens: added.reduce(
      (sum, { tokenCount }) => sum + (tokenCount ?? 0),
      conversation.totalTokens,
    ),
    lastSeq: Math.max(conversation.lastSeq, added.at(-1)?.seq ?? -1),
  };
}
