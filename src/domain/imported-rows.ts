/**
 * From an imported conversation to rows, and from a newer export of it to what has to change in the
 * rows that are here. Pure: the caller reads and writes.
 */
import { createConversation } from './conversation.ts';
import type { Conversation } from './conversation.ts';
import type { ConversationId, CreateId, MessageId, SessionId } from './ids.ts';
import { toConversationId, toMessageId } from './ids.ts';
import { digestText } from './imported.ts';
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

/** What a newer export changes. */
export interface ImportUpdate {
  readonly conversation: Conversation;
  readonly added: readonly Message[];
  readonly changed: readonly Message[];
}

/**
 * [Note: What an import remembers] A conversation keeps in `metadata` the import that made it, a
 * digest of what its source said last, and how many messages that were up to which date. An equal
 * digest means: nothing to read, nothing to write. The count tells a message that is new in the
 * source from one that was here and that the person deleted: if the newer export has exactly as many
 * messages up to that date, those that are missing here were deleted here.
 */
const DIGEST = 'import_digest';
const MESSAGE_COUNT = 'import_message_count';
const LATEST = 'import_latest';

/** Changes with everything of a conversation that an update would look at. See [Note: What an import remembers]. */
export function digestImported(imported: ImportedConversation): string {
  const { title, createdAt, updatedAt, messages, activeLeafSourceId } = imported;
  const said = messages.map((message) => [
    message.sourceId,
    message.parentSourceId,
    message.timestamp,
    message.status,
    message.content.length,
    digestText(message.content),
    message.reasoning?.length,
    message.attachments.length,
  ]);
  return digestText(JSON.stringify([title, createdAt, updatedAt, activeLeafSourceId, said]));
}

/** Whether the source says the same as at the last import. */
export function isSameAsImported(stored: Conversation, digest: string): boolean {
  return stored.metadata[DIGEST] === digest;
}

/** The conversation as one that was not imported from its source: the next import looks at it anew. */
export function withoutImportState(stored: Conversation): Conversation {
  const metadata = { ...stored.metadata, [DIGEST]: '', [MESSAGE_COUNT]: 0, [LATEST]: null };
  return { ...stored, metadata };
}

/** Whether a message came with an import and was not written here. */
export function isImportedMessage({ metadata }: Message): boolean {
  return typeof metadata['source_id'] === 'string';
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
    status: imported.status,
    tags: [...new Set(imported.tags)],
    pinned: imported.isPinned ? 1 : 0,
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
  const { sourceId, isSourceIdDerived, chatModel, metadata } = imported;
  return {
    createdAt,
    updatedAt: imported.updatedAt ?? latest,
    metadata: {
      ...metadata,
      // Not in `chatModel`: the person's own endpoint would be asked for a model it does not have.
      ...(chatModel === null ? {} : { source_model: chatModel }),
      ...(isSourceIdDerived ? { source_id_derived: sourceId } : {}),
      import_id: importId,
      ...importState(imported),
    },
  };
}

function importState(imported: ImportedConversation): Readonly<Record<string, unknown>> {
  const dates = imported.messages.flatMap(({ timestamp }) => timestamp ?? []);
  return {
    [DIGEST]: digestImported(imported),
    [MESSAGE_COUNT]: imported.messages.length,
    [LATEST]: dates.reduce<number | null>((high, date) => Math.max(high ?? date, date), null),
  };
}

function titleOf({ title, messages }: ImportedConversation): string | null {
  if (title !== null) return title;
  const first = messages.find(({ role }) => role === 'user');
  return (first && titleFromMessage(first.content)) ?? null;
}

/** Rows at the end of `base`, under messages that are there (`known`) or among these. */
function placeMessages(
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
  const texts = imported.attachments.flatMap(({ name, text }) =>
    text === undefined ? [] : [{ name, text }],
  );
  return createMessage({
    ...place,
    id: toMessageId(createId()),
    sessionId,
    role: imported.role,
    content: imported.content,
    reasoning: imported.reasoning,
    parts: imported.parts,
    status: imported.status === 'streaming' ? 'interrupted' : imported.status,
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
    metadata: {
      ...imported.metadata,
      ...(texts.length === 0 ? {} : { attachment_texts: texts }),
      source_id: imported.sourceId,
      ...(imported.isSourceIdDerived ? { derived: true } : {}),
    },
  });
}

function idsBySource(messages: readonly Message[]): ReadonlyMap<string, MessageId> {
  return new Map(
    messages.flatMap(({ id, metadata }): [string, MessageId][] => {
      const sourceId = metadata['source_id'];
      return typeof sourceId === 'string' ? [[sourceId, id]] : [];
    }),
  );
}

function leafOf(
  { activeLeafSourceId }: ImportedConversation,
  ids: ReadonlyMap<string, MessageId>,
): MessageId | null {
  return activeLeafSourceId === null ? null : (ids.get(activeLeafSourceId) ?? null);
}

function withMessages(conversation: Conversation, added: readonly Message[]): Conversation {
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

/**
 * What a newer export of a conversation changes in the rows that are here; undefined when nothing.
 * New messages come at the end, a title from the import follows its source, dates too; answers that
 * have grown are taken. Rating, tags, status, own branches and titles given here stay.
 */
export function planImportUpdate(
  stored: Conversation,
  storedMessages: readonly Message[],
  imported: ImportedConversation,
  makers: ImportMakers,
): ImportUpdate | undefined {
  const known = new Map<string, Message>();
  for (const message of storedMessages) {
    const sourceId = message.metadata['source_id'];
    if (typeof sourceId === 'string') known.set(sourceId, message);
  }
  const missing = findMissing(stored, imported, known);
  const added = placeMessages(missing, stored, known, makers);
  const changed = imported.messages.flatMap((message) => grownMessage(message, known) ?? []);
  const conversation = updatedConversation(stored, imported, added, [...known.values()]);
  const isSame =
    added.length === 0 &&
    changed.length === 0 &&
    conversation.title === stored.title &&
    conversation.createdAt === stored.createdAt &&
    conversation.updatedAt === stored.updatedAt;
  return isSame
    ? undefined
    : { conversation: countAnew(conversation, known, changed), added, changed };
}

/** Messages that are new in the source, linked to the nearest ancestor that is here or new too. */
function findMissing(
  { metadata }: Conversation,
  { messages }: ImportedConversation,
  known: ReadonlyMap<string, Message>,
): readonly ImportedMessage[] {
  const [count, latest] = [metadata[MESSAGE_COUNT], metadata[LATEST]];
  const wasThere = (message: ImportedMessage, index: number): boolean =>
    typeof latest === 'number' && message.timestamp !== null
      ? message.timestamp <= latest
      : typeof count === 'number' && index < count;
  const inFile = new Set(messages.map(({ sourceId }) => sourceId));
  // Ids that are derived from texts change with an edit: then what the file lacks came back under another id.
  const isComplete =
    [...known.keys()].every((sourceId) => inFile.has(sourceId)) &&
    messages.filter(wasThere).length === count &&
    messages.every((message, index) => !known.has(message.sourceId) || wasThere(message, index));
  const parents = new Map(messages.map((message) => [message.sourceId, message.parentSourceId]));
  const added = new Set<string>();
  return messages.flatMap((message, index) => {
    if (known.has(message.sourceId)) return [];
    if (isComplete && wasThere(message, index)) return [];
    let parent = message.parentSourceId;
    for (let steps = 0; parent !== null && !known.has(parent) && !added.has(parent); steps += 1) {
      parent = steps > parents.size ? null : (parents.get(parent) ?? null);
    }
    added.add(message.sourceId);
    return [{ ...message, parentSourceId: parent }];
  });
}

/** The stored message with more of its answer, or with the date its source gives it now. */
function grownMessage(
  imported: ImportedMessage,
  known: ReadonlyMap<string, Message>,
): Message | undefined {
  const stored = known.get(imported.sourceId);
  if (!stored || stored.status === 'streaming') return undefined;
  const { content, timestamp } = imported;
  const isLonger = content.length > stored.content.length && content.startsWith(stored.content);
  const isRedated = timestamp !== null && timestamp !== stored.timestamp;
  if (!isLonger && !isRedated) return undefined;
  return {
    ...stored,
    ...(isRedated && { timestamp }),
    ...(isLonger && {
      content,
      reasoning: imported.reasoning ?? stored.reasoning,
      status: imported.status === 'streaming' ? ('interrupted' as const) : imported.status,
      finishReason: imported.finishReason ?? stored.finishReason,
      tokenCount: imported.tokenCount ?? stored.tokenCount,
    }),
  };
}

function updatedConversation(
  stored: Conversation,
  imported: ImportedConversation,
  added: readonly Message[],
  known: readonly Message[],
): Conversation {
  const title = stored.titleOrigin === 'import' ? titleOf(imported) : null;
  const dates = added.map(({ timestamp }) => timestamp);
  const latest = dates.reduce(
    (high, date) => Math.max(high, date),
    imported.updatedAt ?? -Infinity,
  );
  // Somebody who went on here sees what they wrote; else the branch that the source shows.
  const isOwnBranch =
    stored.activeLeafId !== null && known.every(({ id }) => id !== stored.activeLeafId);
  const leaf = leafOf(imported, idsBySource([...known, ...added])) ?? added.at(-1)?.id ?? null;
  return {
    ...withMessages(stored, added),
    title: title ?? stored.title,
    createdAt: imported.createdAt ?? stored.createdAt,
    updatedAt: Math.max(stored.updatedAt, latest),
    activeLeafId: added.length === 0 || isOwnBranch ? stored.activeLeafId : leaf,
    metadata: { ...stored.metadata, ...importState(imported) },
  };
}

function countAnew(
  conversation: Conversation,
  known: ReadonlyMap<string, Message>,
  changed: readonly Message[],
): Conversation {
  const before = new Map(Array.from(known.values(), ({ id, tokenCount }) => [id, tokenCount ?? 0]));
  const grown = changed.reduce(
    (sum, { id, tokenCount }) => sum + (tokenCount ?? 0) - (before.get(id) ?? 0),
    0,
  );
  return { ...conversation, totalTokens: Math.max(0, conversation.totalTokens + grown) };
}
