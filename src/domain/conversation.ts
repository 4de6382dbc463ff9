import type { ConversationId, EndpointId, MessageId, SessionId } from './ids.ts';
import type { Message } from './message.ts';

/** `deleted` is the trash: restorable until it is purged. */
export type ConversationStatus = 'active' | 'archived' | 'deleted';

/** What a conversation asks its model with; null means "as in the settings". */
export interface ConversationOptions {
  readonly endpointId: EndpointId | null;
  readonly chatModel: string | null;
  readonly temperature: number | null;
  readonly maxTokens: number | null;
  readonly systemPrompt: string | null;
}

export interface Conversation extends ConversationOptions {
  readonly id: ConversationId;
  readonly sessionId: SessionId;
  readonly title: string | null;
  /** Who gave the title: cut from the first message, made by the model, or typed by the person. */
  readonly titleOrigin: 'first-message' | 'model' | 'person' | 'import';
  readonly createdAt: number;
  /** Epoch milliseconds of the last change of its messages: what lists are sorted by. */
  readonly updatedAt: number;
  /** Epoch milliseconds of the last other change: title, tags, pin, options, place. Absent before the first. */
  readonly changedAt?: number;
  readonly status: ConversationStatus;
  /** Epoch milliseconds of the move to the trash; null outside it. */
  readonly deletedAt: number | null;
  readonly summary: string | null;
  readonly tags: readonly string[];
  /** Messages of all branches, kept in the transaction that writes them. */
  readonly messageCount: number;
  /** Sum of `tokenCount` over all messages. */
  readonly totalTokens: number;
  /** Highest `seq` ever given out, -1 before the first; it does not fall when messages are removed. */
  readonly lastSeq: number;
  /** The last message of the branch that is shown. */
  readonly activeLeafId: MessageId | null;
  /** 0 or 1 and not a boolean, because IndexedDB cannot index booleans. */
  readonly pinned: 0 | 1;
  /** Where it came from: `onggi`, or the product it was imported from. */
  readonly source: string;
  /** Its id there; the conversation's own id when it began here. */
  readonly sourceId: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Epoch milliseconds of the last change of any kind: of two copies the later one is the newer. */
export function lastChangeOfConversation({ updatedAt, changedAt }: Conversation): number {
  return Math.max(updatedAt, changedAt ?? 0);
}

type NewConversation = Pick<Conversation, 'id' | 'sessionId' | 'createdAt'> & Partial<Conversation>;

/** An empty, active conversation that began here. */
export function createConversation(fields: NewConversation): Conversation {
  return {
    title: null,
    titleOrigin: 'first-message',
    updatedAt: fields.createdAt,
    status: 'active',
    deletedAt: null,
    summary: null,
    tags: [],
    messageCount: 0,
    totalTokens: 0,
    lastSeq: -1,
    activeLeafId: null,
    pinned: 0,
    source: 'onggi',
    sourceId: fields.id,
    endpointId: null,
    chatModel: null,
    temperature: null,
    maxTokens: null,
    systemPrompt: null,
    metadata: {},
    ...fields,
  };
}

/**
 * The conversation after `messages` were added at its end, in this order: counters, newest `seq`,
 * shown branch and time follow.
 */
export function withAddedMessages(
  conversation: Conversation,
  messages: readonly Message[],
  now: number,
): Conversation {
  const last = messages.at(-1);
  if (!last) return conversation;
  const addedTokens = messages.reduce((sum, message) => sum + (message.tokenCount ?? 0), 0);
  return {
    ...conversation,
    messageCount: conversation.messageCount + messages.length,
    totalTokens: conversation.totalTokens + addedTokens,
    lastSeq: Math.max(conversation.lastSeq, last.seq),
    activeLeafId: last.id,
    updatedAt: now,
  };
}

/** The conversation after one of its messages changed from `before` to `after`. */
export function withChangedMessage(
  conversation: Conversation,
  before: Message,
  after: Message,
  now: number,
): Conversation {
  const addedTokens = (after.tokenCount ?? 0) - (before.tokenCount ?? 0);
  return {
    ...conversation,
    totalTokens: Math.max(0, conversation.totalTokens + addedTokens),
    updatedAt: now,
  };
}
