/**
 * What is known of each conversation while its messages pass by, so that counters and links can be
 * checked without reading them again.
 */
import type { Conversation } from '#domain/conversation.ts';
import type { ConversationId, MessageId, SessionId } from '#domain/ids.ts';
import type { Message } from '#domain/message.ts';
import { createChainProof, createPlaceHasher } from './chain-proof.ts';
import type { ChainProof } from './chain-proof.ts';
import type { ReadMessage } from './read-rows.ts';

/** One conversation of the file. */
export interface LedgerEntry {
  readonly id: ConversationId;
  /** Its row said this; null while no row was met. */
  said: Pick<Conversation, 'messageCount' | 'totalTokens' | 'lastSeq' | 'activeLeafId'> | null;
  messageCount: number;
  totalTokens: number;
  maxSeq: number;
  isLeafMet: boolean;
  earliestAt: number;
  latestAt: number;
  readonly sessionId: SessionId;
  /** Messages without number or parent in the file. */
  looseCount: number;
  /** The message that came last in the file, and the one with the highest number. */
  lastId: MessageId | null;
  topId: MessageId | null;
  readonly proof: ChainProof;
  /** Its messages must be read again: a row came twice, or late, or out of order. */
  needsWalk: boolean;
}

export interface Ledger {
  readonly entries: ReadonlyMap<ConversationId, LedgerEntry>;
  addConversation(row: Conversation): void;
  /** Notes a message. @returns its row, with a place below the one before it where the file said none. */
  addMessage(read: ReadMessage): Message;
  /** The rows of this conversation cannot be told from what passed by. */
  demandWalk(id: ConversationId): void;
}

export function createLedger(): Ledger {
  const entries = new Map<ConversationId, LedgerEntry>();
  const hash = createPlaceHasher();

  function entryOf(id: ConversationId, sessionId: SessionId): LedgerEntry {
    const known = entries.get(id);
    if (known) return known;
    const entry: LedgerEntry = {
      id,
      said: null,
      messageCount: 0,
      totalTokens: 0,
      maxSeq: -1,
      isLeafMet: false,
      earliestAt: Infinity,
      latestAt: -Infinity,
      sessionId,
      looseCount: 0,
      lastId: null,
      topId: null,
      proof: createChainProof(hash),
      needsWalk: false,
    };
    entries.set(id, entry);
    return entry;
  }

  return {
    entries,
    addConversation({ id, sessionId, messageCount, totalTokens, lastSeq, activeLeafId }) {
      const entry = entryOf(id, sessionId);
      // Messages before their conversation: its leaf may be among them.
      if (entry.messageCount > 0) entry.needsWalk = true;
      entry.said ??= { messageCount, totalTokens, lastSeq, activeLeafId };
    },
    addMessage({ row, hasSeq, hasParent }) {
      const entry = entryOf(row.conversationId, row.sessionId);
      let message = row;
      if (!hasSeq || !hasParent) {
        entry.looseCount += 1;
        // The specification's rows follow each other; in the order of the file while time rises.
        if (row.timestamp < entry.latestAt) entry.needsWalk = true;
        message = {
          ...row,
          seq: hasSeq ? row.seq : entry.maxSeq + 1,
          parentId: hasParent ? row.parentId : entry.lastId,
        };
      }
      entry.messageCount += 1;
      entry.totalTokens += message.tokenCount ?? 0;
      if (message.seq > entry.maxSeq) {
        entry.maxSeq = message.seq;
        entry.topId = message.id;
      }
      entry.earliestAt = Math.min(entry.earliestAt, message.timestamp);
      entry.latestAt = Math.max(entry.latestAt, message.timestamp);
      entry.lastId = message.id;
      if (entry.said?.activeLeafId === message.id) entry.isLeafMet = true;
      entry.proof.addMessage(message.id, message.parentId, message.seq);
      return message;
    },
    demandWalk(id) {
      const entry = entries.get(id);
      if (entry) entry.needsWalk = true;
    },
  };
}
