import { readBroughtByImports } from '#db/import-runs.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { readTablePages } from '#db/table-pages.ts';
import { readAllUsage, replaceUsage } from '#db/usage-statistics.ts';
import { OnggiError } from '#domain/errors.ts';
import type { ConversationId, UserId } from '#domain/ids.ts';
import type { Progress } from '#domain/import-report.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import { createRequestCount } from './count-requests.ts';
import type { RequestCount } from './count-requests.ts';

/** How often the counting begins anew because an answer came to its end meanwhile. */
const MAX_TRIES = 5;

interface RebuildOptions {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Counts the usage of all days anew from the stored messages and puts it in the place of the rows,
 * all at once. The figures are those that the answers themselves added, but for answers that were
 * deleted since, which are no longer there to be counted. Imported history is counted apart, that of
 * onggi's own files too.
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
  const count = createRequestCount(userId, await readBroughtByImports(db));
  const { ownConversations, totalRows } = await countConversations(db, count);
  let doneRows = 0;
  for await (const page of readTablePages(db.strict.messages, ({ id }) => id)) {
    if (signal?.aborted) return undefined;
    for (const message of page) {
      count.addMessage(message, ownConversations.has(message.conversationId));
    }
    doneRows += page.length;
    onProgress?.({ step: 'usage', doneBytes: 0, totalBytes: null, doneRows, totalRows });
  }
  return signal?.aborted ? undefined : count.rows();
}

/**
 * Counts what was asked about conversations in passing.
 * @returns the conversations that began here, and how many messages there are by the counters of all
 */
async function countConversations(
  db: OnggiDatabase,
  count: RequestCount,
): Promise<{ ownConversations: ReadonlySet<ConversationId>; totalRows: number }> {
  const ownConversations = new Set<ConversationId>();
  let totalRows = 0;
  for await (const page of readTablePages(db.strict.conversations, ({ id }) => id)) {
    for (const conversation of page) {
      if (conversation.source === 'onggi') ownConversations.add(conversation.id);
      totalRows += conversation.messageCount;
      count.addConversation(conversation);
    }
  }
  return { ownConversations, totalRows };
}
