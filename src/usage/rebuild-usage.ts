import type { OnggiDatabase } from '#db/open-database.ts';
import { readTablePages } from '#db/table-pages.ts';
import { readAllUsage, replaceUsage } from '#db/usage-statistics.ts';
import { OnggiError } from '#domain/errors.ts';
import type { ConversationId, UserId } from '#domain/ids.ts';
import type { Progress } from '#domain/import-report.ts';
import type { Message } from '#domain/message.ts';
import { readPassingUsage } from '#domain/passing-usage.ts';
import { addImportedUsage, addUsage, usageStatisticId } from '#domain/usage.ts';
import type { UsageIncrement, UsageStatistic } from '#domain/usage.ts';
import { toUsageIncrements } from './message-requests.ts';
import { toImportedIncrement } from './usage-increment.ts';

/** How often the counting begins anew because an answer came to its end meanwhile. */
const MAX_TRIES = 5;

interface RebuildOptions {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Counts the usage of all days anew from the stored messages and puts it in the place of the rows,
 * all at once. The figures are those that the answers themselves added, but for answers that were
 * deleted since, which are no longer there to be counted. Imported history is counted apart:
 * an answer is imported when it names no connection of ours and stands in a conversation that began
 * in another product.
 * @returns false, with nothing changed, when it was stopped.
 * @throws OnggiError `chat/busy` when answers ended during each of five tries; `db/*`.
 */
export async function rebuildUsage(
  db: OnggiDatabase,
  userId: UserId,
  { onProgress, signal }: RebuildOptions = {},
): Promise<boolean> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const before = await readAllUsage(db, userId);
    const after = await countMessages(db, userId, onProgress, signal);
    if (!after) return false;
    if (await replaceUsage(db, userId, before, after)) return true;
  }
  throw new OnggiError('chat/busy', 'answers kept coming', { retryable: true });
}

async function countMessages(
  db: OnggiDatabase,
  userId: UserId,
  onProgress: ((progress: Progress) => void) | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly UsageStatistic[] | undefined> {
  const rows = new Map<string, UsageStatistic>();
  const { ownConversations, totalRows } = await countConversations(db, rows, userId);
  let doneRows = 0;
  for await (const page of readTablePages(db.strict.messages, ({ id }) => id)) {
    if (signal?.aborted) return undefined;
    for (const message of page) {
      const isOwn = message.endpointId !== null || ownConversations.has(message.conversationId);
      countMessage(rows, userId, message, isOwn);
    }
    doneRows += page.length;
    onProgress?.({ step: 'usage', doneBytes: 0, totalBytes: null, doneRows, totalRows });
  }
  return signal?.aborted ? undefined : [...rows.values()];
}

/**
 * Counts what was asked about conversations in passing.
 * @returns the conversations that began here, and how many messages there are by the counters of all
 */
async function countConversations(
  db: OnggiDatabase,
  rows: Map<string, UsageStatistic>,
  userId: UserId,
): Promise<{ ownConversations: ReadonlySet<ConversationId>; totalRows: number }> {
  const ownConversations = new Set<ConversationId>();
  let totalRows = 0;
  for await (const page of readTablePages(db.strict.conversations, ({ id }) => id)) {
    for (const conversation of page) {
      const { id, source, messageCount } = conversation;
      for (const increment of readPassingUsage(conversation)) count(rows, userId, increment);
      if (source === 'onggi') ownConversations.add(id);
      totalRows += messageCount;
    }
  }
  return { ownConversations, totalRows };
}

function countMessage(
  rows: Map<string, UsageStatistic>,
  userId: UserId,
  message: Message,
  isOwn: boolean,
): void {
  if (message.role !== 'assistant') return;
  if (!isOwn) {
    const increment = toImportedIncrement(message);
    const id = usageStatisticId(userId, increment);
    rows.set(id, addImportedUsage(rows.get(id), userId, increment));
    return;
  }
  for (const increment of toUsageIncrements(message)) count(rows, userId, increment);
}

function count(rows: Map<string, UsageStatistic>, userId: UserId, increment: UsageIncrement): void {
  const id = usageStatisticId(userId, increment);
  rows.set(id, addUsage(rows.get(id), userId, increment));
}
