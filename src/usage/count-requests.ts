import type { Conversation } from '#domain/conversation.ts';
import type { UserId } from '#domain/ids.ts';
import type { Message } from '#domain/message.ts';
import { readPassingUsage } from '#domain/passing-usage.ts';
import { addImportedUsage, addUsage, usageStatisticId } from '#domain/usage.ts';
import type { UsageIncrement, UsageStatistic } from '#domain/usage.ts';
import { toUsageIncrements } from './message-requests.ts';
import { toImportedIncrement } from './usage-increment.ts';

/** The usage of all days as it is counted from rows, one after another. */
export interface RequestCount {
  /** What was asked about a conversation in passing. */
  addConversation(conversation: Conversation): void;
  /** @param isOwnConversation Whether its conversation began here; false where it has none. */
  addMessage(message: Message, isOwnConversation: boolean): void;
  rows(): readonly UsageStatistic[];
}

/**
 * Counts anew. An answer is imported, and counted apart, when it names no connection of ours and stands
 * in a conversation that began in another product.
 */
export function createRequestCount(userId: UserId): RequestCount {
  const rows = new Map<string, UsageStatistic>();

  function add(increment: UsageIncrement): void {
    const id = usageStatisticId(userId, increment);
    rows.set(id, addUsage(rows.get(id), userId, increment));
  }

  return {
    addConversation: (conversation) => readPassingUsage(conversation).forEach(add),
    addMessage(message, isOwnConversation) {
      if (message.role !== 'assistant') return;
      if (isOwnConversation || message.endpointId !== null) {
        toUsageIncrements(message).forEach(add);
        return;
      }
      const increment = toImportedIncrement(message);
      const id = usageStatisticId(userId, increment);
      rows.set(id, addImportedUsage(rows.get(id), userId, increment));
    },
    rows: () => [...rows.values()],
  };
}
