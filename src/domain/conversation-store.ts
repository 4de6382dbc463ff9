import type { Conversation } from './conversation.ts';
import type { ConversationId, MessageId } from './ids.ts';
import type { Message } from './message.ts';
import type { ImportChange } from './stored-rows.ts';
import type { UsageIncrement } from './usage.ts';

/** The newest part of a conversation, always a whole range of `seq` up to the newest message. */
export interface Thread {
  readonly conversation: Conversation;
  /** Ordered by `seq`. */
  readonly messages: readonly Message[];
  /** Whether older messages than these exist. */
  readonly hasOlder: boolean;
}

/** Answers one question now and again after every change of what it read. */
export interface LiveRead<T> {
  subscribe(observer: { next: (value: T) => void; error: (error: unknown) => void }): {
    unsubscribe(): void;
  };
}

/** What an import wrote down of messages that it changed, and that are deleted. */
export interface NotedByImport {
  readonly importId: string;
  readonly changes: readonly ImportChange[];
}

/** Messages that were taken away, and what comes back with them. */
export interface RemovedMessages {
  readonly messages: readonly Message[];
  /** The leaf that was shown before. */
  readonly activeLeafId: MessageId | null;
  readonly noted?: readonly NotedByImport[];
}

/** Fields of a conversation that a person or a flow changes outside of a turn. */
export type ConversationChanges = Partial<
  Omit<Conversation, 'id' | 'messageCount' | 'totalTokens' | 'lastSeq' | 'createdAt'>
>;

/** What becomes of each of several: the same of all, or what the row asks for as it is by then. */
export type ConversationChange =
  ConversationChanges | ((conversation: Conversation) => ConversationChanges);

/**
 * Where a conversation lives while it is used: in the database, or, for one that is temporary or not
 * saved yet, in memory only. Each writing function is one transaction; a resolved promise means
 * committed. Writes throw OnggiError `db/*`; those on a conversation that is gone `chat/not-found`.
 */
export interface ConversationStore {
  readonly isPersistent: boolean;

  /**
   * Commits new messages at the end of a conversation, making the conversation when it is new.
   * Durable (strict) before it resolves.
   * @param conversation The row as it was read, or a new one; counters are recomputed from the
   * stored row inside the transaction, `seq` is assigned there and `activeLeafId` set to the last message.
   * @returns the rows as stored.
   */
  addMessages(
    conversation: Conversation,
    messages: readonly Message[],
  ): Promise<{ conversation: Conversation; messages: readonly Message[] }>;

  /**
   * Puts an answer back to `streaming` (continue, or try again in place) and shows its branch.
   * Durable. @returns the row as stored.
   */
  reopenAnswer(message: Message): Promise<Message>;

  /** Writes what a running answer has so far. Relaxed; does nothing once the answer is settled or gone. */
  checkpointAnswer(id: MessageId, text: Pick<Message, 'content' | 'reasoning'>): Promise<void>;

  /**
   * Settles an answer: the row, the conversation's counters and the day's usage in one durable
   * transaction. Counts usage only where this store keeps usage.
   */
  finishAnswer(message: Message, usage: UsageIncrement | null): Promise<void>;

  /**
   * Changes a conversation by what its model said about it (title, summary; nothing where it said
   * nothing) and counts the request, in one durable transaction. Counts only where this store keeps
   * usage. Does not fail when the conversation is gone.
   * @param answer As an answer would be, of the conversation; no row becomes of it.
   */
  finishPassing(
    answer: Message,
    changes: ConversationChanges,
    usage: UsageIncrement,
  ): Promise<void>;

  /** Rating, feedback and the like: fields that change no counter. Durable. */
  updateMessage(
    id: MessageId,
    changes: Partial<Pick<Message, 'rating' | 'feedback' | 'metadata'>>,
  ): Promise<void>;

  /**
   * Takes a message and everything below it away and shows the newest remaining branch.
   * @returns what went, for {@link restoreMessages}.
   */
  removeSubtree(conversationId: ConversationId, id: MessageId): Promise<RemovedMessages>;

  /** Undoes {@link removeSubtree}. */
  restoreMessages(conversationId: ConversationId, removed: RemovedMessages): Promise<void>;

  /** Changes one conversation. `updatedAt` stays unless it is among the changes. Durable. */
  updateConversation(id: ConversationId, changes: ConversationChanges): Promise<void>;

  getConversation(id: ConversationId): Promise<Conversation | undefined>;
  getMessage(id: MessageId): Promise<Message | undefined>;

  /**
   * The branch that ends in `leafId`, whole, oldest first, for a prompt. Empty when the leaf is gone.
   */
  readBranch(conversationId: ConversationId, leafId: MessageId): Promise<readonly Message[]>;

  /**
   * The newest part of a conversation, large enough that the shown branch has at least
   * `pathLength` messages, or all of it. Undefined once the conversation is gone.
   */
  watchThread(id: ConversationId, pathLength: number): LiveRead<Thread | undefined>;
}

/** A conversation that is in no database, and what its answers added to the usage. */
export interface UnsavedConversation {
  readonly conversation: Conversation;
  /** By `seq`. */
  readonly messages: readonly Message[];
  /** What its answers added, those that were deleted since too. */
  readonly usage: readonly UsageIncrement[];
  /** What was asked about it in passing. */
  readonly passingUsage: readonly UsageIncrement[];
}

/** Conversations in the database. */
export interface StoredConversations extends ConversationStore {
  /**
   * Stores a conversation that lived in memory, with all that it counted, in one durable transaction. Does
   * nothing when it is there: a second try after half a success.
   */
  saveConversation(unsaved: UnsavedConversation): Promise<void>;
}
