import type { BringingImport, BroughtByImports } from '#db/import-runs.ts';
import type { Conversation } from '#domain/conversation.ts';
import { readEarlierOf } from '#domain/earlier-version.ts';
import type { UserId } from '#domain/ids.ts';
import type { Message } from '#domain/message.ts';
import { readPassingUsage } from '#domain/passing-usage.ts';
import { addImportedUsage, addUsage, toLocalDate, usageStatisticId } from '#domain/usage.ts';
import type { ImportedIncrement, UsageIncrement, UsageStatistic } from '#domain/usage.ts';
import { joinIncrements } from '#domain/usage-increments.ts';
import { toUsageIncrements } from '#domain/message-requests.ts';
import { toImportedIncrement } from '#domain/usage-increment.ts';

/** The usage of all days as it is counted from rows, one after another. */
export interface RequestCount {
  /** What was asked about a conversation in passing. */
  addConversation(conversation: Conversation): void;
  /** @param isOwnConversation Whether its conversation began in onggi; false where it has none. */
  addMessage(message: Message, isOwnConversation: boolean): void;
  rows(): readonly UsageStatistic[];
}

/**
 * Counts anew. An answer is imported, and counted apart, when it names no connection of ours and stands
 * in a conversation that began in another product, or when an import brought it and it was asked before
 * that. What was asked here since, another try or the rest of an imported answer too, is ours. Days of
 * usage that an import brought count as they came, and no answer that came with them, in the same import, a
 * second time.
 */
export function createRequestCount(userId: UserId, imported: BroughtByImports): RequestCount {
  const idOf = (day: Pick<UsageStatistic, 'date' | 'model'>) => usageStatisticId(userId, day);
  const idsByImport = new Map<BringingImport, ReadonlySet<string>>();
  const rows = new Map<string, UsageStatistic>();
  for (const day of imported.usage) add(day);

  function add(increment: UsageIncrement): void {
    const id = idOf(increment);
    rows.set(id, addUsage(rows.get(id), userId, increment));
  }

  function isCountedWith(bringing: BringingImport | undefined, request: UsageIncrement): boolean {
    if (!bringing) return false;
    const ids = idsByImport.get(bringing) ?? new Set(bringing.usage.map(idOf));
    idsByImport.set(bringing, ids);
    return ids.has(idOf(request));
  }

  /**
   * Days come with an import where there was nothing of them here: what of such a day was asked before, it
   * counts, on whichever device and of whichever conversation.
   */
  function isOfImportedDay(request: UsageIncrement): boolean {
    return imported.withUsage.some(
      (bringing) => isCountedWith(bringing, request) && !isAskedSince(request, bringing.startedAt),
    );
  }

  function addImported(increment: ImportedIncrement): void {
    const id = idOf(increment);
    rows.set(id, addImportedUsage(rows.get(id), userId, increment));
  }

  return {
    addConversation(conversation) {
      const importedAt = imported.conversations.get(conversation.id)?.startedAt ?? -Infinity;
      const records = readPassingUsage(conversation);
      records
        .filter((record) => isAskedSince(record, importedAt) && !isOfImportedDay(record))
        .forEach(add);
    },
    addMessage(message, isOwnConversation) {
      if (message.role !== 'assistant') return;
      if (!isOwnConversation && message.endpointId === null) {
        // What an answer said before it was edited there is no other answer.
        if (readEarlierOf(message) === undefined) addImported(toImportedIncrement(message));
        return;
      }
      const { id, conversationId } = message;
      const bringing = imported.messages.get(id) ?? imported.conversations.get(conversationId);
      const requests = toUsageIncrements(message);
      const [ours, elsewhere] = split(requests, bringing?.startedAt ?? -Infinity);
      ours.filter((request) => !isOfImportedDay(request)).forEach(add);
      const others = elsewhere.filter((request) => !isCountedWith(bringing, request));
      if (others.length === 0) return;
      const isWhole = others.length === requests.length;
      addImported(isWhole ? toImportedIncrement(message) : joinImported(others));
    },
    rows: () => [...rows.values()],
  };
}

/** Without a time of its own only a later day is surely since. */
function isAskedSince({ askedAt, date }: UsageIncrement, importedAt: number): boolean {
  if (importedAt === -Infinity) return true;
  return askedAt === undefined ? date > toLocalDate(importedAt) : askedAt >= importedAt;
}

function split(
  requests: readonly UsageIncrement[],
  importedAt: number,
): readonly [readonly UsageIncrement[], readonly UsageIncrement[]] {
  const isOurs = (request: UsageIncrement): boolean => isAskedSince(request, importedAt);
  return [requests.filter(isOurs), requests.filter((request) => !isOurs(request))];
}

/** Requests that were made elsewhere for an answer that was asked for here once more, as one answer. */
function joinImported(requests: readonly UsageIncrement[]): ImportedIncrement {
  const { date, model, promptTokens, completionTokens, totalCostUsd } = requests.reduce(
    (sum, request) => joinIncrements(request, sum),
  );
  return { date, model, promptTokens, completionTokens, costUsd: totalCostUsd };
}
