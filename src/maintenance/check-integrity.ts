import { checkDocuments } from '#db/document-integrity.ts';
import {
  findMissingAttachments,
  findMissingSessions,
  findNextMessageGroup,
  judgeAtOnce,
  readConversationRows,
  readMessageRows,
} from '#db/integrity.ts';
import { readBroughtByImports } from '#db/import-runs.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { readKeyPages } from '#db/staging-rows.ts';
import { readTablePages } from '#db/table-pages.ts';
import { findUnusedAttachments } from '#db/unused-rows.ts';
import { readAllUsage } from '#db/usage-statistics.ts';
import type { Conversation } from '#domain/conversation.ts';
import { LOCAL_USER_ID } from '#domain/ids.ts';
import type { ConversationId, SessionId } from '#domain/ids.ts';
import type { Progress } from '#domain/import-report.ts';
import { REPAIRABLE, isOnlyMiscounted } from '#domain/maintenance.ts';
import type { CheckReport, MessageFacts, ProblemKind, UsageChange } from '#domain/maintenance.ts';
import type { Message } from '#domain/message.ts';
import { createRequestCount } from '#usage/count-requests.ts';
import { findLackingUsage } from '#usage/find-lacking-usage.ts';
import { bytesNamed, judgeConversation } from './judge-conversation.ts';
import { isReadableConversation, isReadableMessage } from './readable-rows.ts';

/** A report names at most so many conversations. */
const MAX_IDS = 1000;

export interface CheckOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** A session that rows name and that is not there, and when those rows are from. */
export interface MissingSession {
  readonly id: SessionId;
  readonly from: number;
  readonly to: number;
}

/** What a check found, with what a repair needs and the report does not tell. */
export interface CheckFindings extends CheckReport {
  readonly missingSessions: readonly MissingSession[];
  /** All of them, however many. */
  readonly allRepairableIds: readonly ConversationId[];
  /** Those of them in which nothing but the sums is wrong. */
  readonly miscountedIds: readonly ConversationId[];
  readonly lackingUsage: readonly UsageChange[];
  /** Ids that passages of the library name and that no document has. */
  readonly ownerlessDocuments: readonly string[];
}

/**
 * Looks through all conversations and messages: rows that cannot be read, messages without a
 * conversation, parents that are not there, circles, numbers out of order, counters, the shown
 * branch, sessions, attachments both ways, documents and their passages, and whether the usage says less than
 * the messages. Writes nothing. Memory is bounded by the longest conversation, without its texts.
 * @returns undefined when it was stopped.
 */
export async function checkIntegrity(
  db: OnggiDatabase,
  { signal, onProgress }: CheckOptions = {},
): Promise<CheckFindings | undefined> {
  const problems = new Map<ProblemKind, number>();
  const note = (kind: ProblemKind, count = 1): void => {
    if (count > 0) problems.set(kind, (problems.get(kind) ?? 0) + count);
  };
  const sessions = new Map<SessionId, MissingSession>();
  const damaged: ConversationId[] = [];
  const miscounted: ConversationId[] = [];
  const imported = await readBroughtByImports(db);
  const requests = createRequestCount(LOCAL_USER_ID, imported);
  let conversationCount = 0;
  let messageCount = 0;
  let totalRows = 0;

  const check = async (id: ConversationId, conversation: Conversation | undefined) => {
    const isOwn = conversation?.source === 'onggi';
    // What an import brought was asked elsewhere, or is counted with what it is a copy of. Times in it are
    // those of another clock, so that nothing of it is raised unasked.
    const isCounted = !imported.conversations.has(id);
    const { facts, unreadableCount } = await readFacts(db, id, (message) => {
      noteSession(sessions, message.sessionId, message.timestamp);
      if (isCounted) requests.addMessage(message, isOwn);
    });
    messageCount += facts.length + unreadableCount;
    note('unreadable', unreadableCount);
    const missing = await findMissingAttachments(db, facts.flatMap(bytesNamed));
    const looksWrong = judgeConversation(conversation, facts, new Set(missing));
    // With rows that nobody can read the figures cannot be known: nothing of it is touched.
    if (!looksWrong || unreadableCount > 0) return;
    // Its row and its messages were read one after the other, and somebody may have written in between.
    const repair = await judgeAtOnce(db, id, judgeConversation);
    if (!repair) return;
    for (const [kind, count] of Object.entries(repair.problems)) note(kind as ProblemKind, count);
    damaged.push(id);
    if (isOnlyMiscounted(repair)) miscounted.push(id);
  };

  const known = new Set<ConversationId>();
  for await (const { rows, unreadable } of readConversationRows(db)) {
    // Their messages are not without a conversation: nothing is made in its place.
    for (const id of unreadable) known.add(id);
    conversationCount += unreadable.length;
    note('unreadable', unreadable.length);
    for (const conversation of rows) totalRows += conversation.messageCount;
    for (const conversation of rows) {
      if (signal?.aborted) return undefined;
      known.add(conversation.id);
      conversationCount += 1;
      if (!isReadableConversation(conversation)) {
        note('unreadable');
        continue;
      }
      noteSession(sessions, conversation.sessionId, conversation.createdAt);
      if (!imported.conversations.has(conversation.id)) requests.addConversation(conversation);
      await check(conversation.id, conversation);
      onProgress?.({
        step: 'check',
        doneBytes: 0,
        totalBytes: null,
        doneRows: messageCount,
        totalRows,
      });
    }
  }
  for (
    let id = await findNextMessageGroup(db, null);
    id !== undefined;
    id = await findNextMessageGroup(db, id)
  ) {
    if (signal?.aborted) return undefined;
    if (!known.has(id)) await check(id, undefined);
  }
  note('unreadable', await countOutsideIndex(db, messageCount));
  const missing = new Set(await findMissingSessions(db, [...sessions.keys()]));
  note('no-session', missing.size);
  note('left-attachment', (await findUnusedAttachments(db)).length);
  const documents = await checkDocuments(db, signal);
  if (!documents) return undefined;
  note('no-document', documents.ownerless.length);
  note('lost-passages', documents.lackingCount);
  // Read last: an answer that came meanwhile makes the usage larger than what was seen.
  const usage = await readAllUsage(db, LOCAL_USER_ID);
  const lackingUsage = findLackingUsage(usage, requests.rows());
  note('usage', lackingUsage.length);
  const isRepairable = [...problems.keys()].some((kind) => REPAIRABLE.includes(kind));
  return {
    conversationCount,
    messageCount,
    problems: Object.fromEntries(problems),
    repairableIds: isRepairable ? damaged.slice(0, MAX_IDS) : [],
    allRepairableIds: damaged,
    miscountedIds: miscounted,
    lackingUsage,
    ownerlessDocuments: documents.ownerless,
    missingSessions: [...sessions.values()].filter(({ id }) => missing.has(id)),
  };
}

async function readFacts(
  db: OnggiDatabase,
  id: ConversationId,
  onMessage: (message: Message) => void,
): Promise<{ facts: readonly MessageFacts[]; unreadableCount: number }> {
  const facts: MessageFacts[] = [];
  let unreadable = 0;
  for await (const { rows, unreadableCount } of readMessageRows(db, id)) {
    unreadable += unreadableCount;
    for (const row of rows) {
      if (!isReadableMessage(row)) {
        unreadable += 1;
        continue;
      }
      const message = row as Message;
      const { id: messageId, parentId, seq, timestamp, tokenCount, attachments } = message;
      facts.push({ id: messageId, parentId, seq, timestamp, tokenCount, attachments });
      onMessage(message);
    }
  }
  return { facts, unreadableCount: unreadable };
}

function noteSession(sessions: Map<SessionId, MissingSession>, id: SessionId, at: number): void {
  const { from = at, to = at } = sessions.get(id) ?? {};
  sessions.set(id, { id, from: Math.min(from, at), to: Math.max(to, at) });
}

/** Messages that no conversation's index shows: their conversation or number cannot be a key. */
async function countOutsideIndex(db: OnggiDatabase, seenCount: number): Promise<number> {
  let keyCount = 0;
  for await (const keys of readKeyPages(db.strict.messages)) keyCount += keys.length;
  // Answers may have come meanwhile: more keys than were seen only says that it is worth a look.
  if (keyCount <= seenCount) return 0;
  let outside = 0;
  for await (const page of readTablePages(db.strict.messages, ({ id }) => id)) {
    outside += page.filter(
      ({ conversationId, seq }) => !isKey(conversationId) || !isKey(seq),
    ).length;
  }
  return outside;
}

/** Whether IndexedDB indexes a value that should be a string or a number. */
function isKey(value: unknown): boolean {
  return typeof value === 'string' || (typeof value === 'number' && !Number.isNaN(value));
}
