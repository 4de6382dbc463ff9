import type { Conversation } from '#domain/conversation.ts';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import type { CreateId } from '#domain/ids.ts';
import type { AttachmentReference, Message } from '#domain/message.ts';
import type { WholeConversation } from './conversation-fields.ts';
import { createIdReplacer } from './replace-ids.ts';
import type { IdReplacer } from './replace-ids.ts';
import { anonymiseValue, cutToDay } from './anonymise-value.ts';

/** What a person may choose; masking and fresh ids are not a choice. */
export interface AnonymiseOptions {
  /** Leaves out titles and tags (which hold names of folders). */
  readonly dropsTitles: boolean;
  readonly dropsFeedback: boolean;
  /** Cuts every instant to its day in UTC; messages keep their order. */
  readonly cutsTimes: boolean;
}

/** Gives a conversation as strangers may see it. One export has one, and all references in it agree. */
export type Anonymise = (whole: WholeConversation) => WholeConversation;

interface AnonymiseParts {
  readonly createId: CreateId;
  /** Every conversation of the export: one may name another that comes later. */
  readonly conversationIds: readonly string[];
}

/**
 * A fresh way to anonymise (FORMATS 3.7): each id of rows and each UUID in a text becomes another
 * random id, in the same way throughout this export and never again. Source ids, endpoints and names
 * of attachments go; what {@link findMaskable} finds in any text is masked. Other words stay.
 */
export function createAnonymise(
  options: AnonymiseOptions,
  { createId, conversationIds }: AnonymiseParts,
): Anonymise {
  const shared = createIdReplacer(createId);
  for (const id of conversationIds) shared.replace(id);
  return ({ conversation, messages }) => {
    for (const { sessionId } of [conversation, ...messages]) shared.replace(sessionId);
    const ids = createIdReplacer(createId, shared);
    // Before any text is read: it may name a message that comes later.
    for (const { id } of messages) ids.replace(id);
    return {
      conversation: anonymiseConversation(conversation, ids, options),
      messages: messages.map((message) => anonymiseMessage(message, ids, options)),
    };
  };
}

function anonymiseConversation(
  conversation: Conversation,
  ids: IdReplacer,
  options: AnonymiseOptions,
): Conversation {
  const { dropsTitles, cutsTimes } = options;
  const { title, titleOrigin, summary, tags, chatModel, systemPrompt, activeLeafId } = conversation;
  const id = toConversationId(ids.replace(conversation.id));
  const cut = (at: number): number => (cutsTimes ? cutToDay(at) : at);
  return {
    ...conversation,
    id,
    sessionId: toSessionId(ids.replace(conversation.sessionId)),
    sourceId: id,
    activeLeafId: activeLeafId === null ? null : toMessageId(ids.replace(activeLeafId)),
    endpointId: null,
    title: dropsTitles ? null : ids.maskOrNull(title),
    titleOrigin: dropsTitles ? 'first-message' : titleOrigin,
    summary: ids.maskOrNull(summary),
    tags: dropsTitles ? [] : tags.map(ids.mask),
    chatModel: ids.maskOrNull(chatModel),
    systemPrompt: ids.maskOrNull(systemPrompt),
    createdAt: cut(conversation.createdAt),
    updatedAt: cut(conversation.updatedAt),
    ...(conversation.changedAt !== undefined && { changedAt: cut(conversation.changedAt) }),
    deletedAt: conversation.deletedAt === null ? null : cut(conversation.deletedAt),
    metadata: anonymiseObject(conversation.metadata, ids, options),
  };
}

function anonymiseMessage(message: Message, ids: IdReplacer, options: AnonymiseOptions): Message {
  const { parentId, error, feedback, timestamp, changedAt } = message;
  const cut = (at: number): number => (options.cutsTimes ? cutToDay(at) : at);
  return {
    ...message,
    id: toMessageId(ids.replace(message.id)),
    conversationId: toConversationId(ids.replace(message.conversationId)),
    sessionId: toSessionId(ids.replace(message.sessionId)),
    parentId: parentId === null ? null : toMessageId(ids.replace(parentId)),
    endpointId: null,
    content: ids.mask(message.content),
    reasoning: ids.maskOrNull(message.reasoning),
    modelUsed: ids.maskOrNull(message.modelUsed),
    finishReason: ids.maskOrNull(message.finishReason),
    feedback: options.dropsFeedback ? null : ids.maskOrNull(feedback),
    timestamp: cut(timestamp),
    ...(changedAt !== undefined && { changedAt: cut(changedAt) }),
    parts: message.parts.map((part) => anonymiseValue(part, ids, options.cutsTimes)),
    attachments: message.attachments.map((attachment) => anonymiseAttachment(attachment, ids)),
    error: error && { ...error, detail: ids.maskOrNull(error.detail) },
    metadata: anonymiseObject(message.metadata, ids, options),
  };
}

/** The bytes never leave: a picture shows more than any mask could hide. */
function anonymiseAttachment(
  attachment: AttachmentReference,
  ids: IdReplacer,
): AttachmentReference {
  return { ...attachment, id: ids.replace(attachment.id), name: '' };
}

function anonymiseObject(
  metadata: Message['metadata'],
  ids: IdReplacer,
  { cutsTimes }: AnonymiseOptions,
): Message['metadata'] {
  const value = anonymiseValue(metadata, ids, cutsTimes);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
