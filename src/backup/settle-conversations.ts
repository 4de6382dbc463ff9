/** Counters, links and the shown branch of restored conversations, computed from what is stored. */
import { getRows, moveMessages, putRows, readTreeRows } from '#db/staging-rows.ts';
import type { TreeRow } from '#db/staging-rows.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { createConversation } from '#domain/conversation.ts';
import type { Conversation } from '#domain/conversation.ts';
import type { LedgerEntry } from './ledger.ts';
import type { ProblemNotes } from './problems.ts';
import { repairTree } from './repair-tree.ts';

/** Conversations put in one transaction. */
const CHUNK_ROWS = 500;
/** A last number this far beyond the messages is damage. */
const MAX_SEQ_GAP = 1e9;

/** What a conversation's row says of its messages. */
type Tallies = Pick<Conversation, 'messageCount' | 'totalTokens' | 'lastSeq' | 'activeLeafId'>;

export interface SettleOptions {
  readonly notes: ProblemNotes;
  readonly signal?: AbortSignal | undefined;
  /** Counters change where rows are put among others: that is no repair. */
  readonly isMerge?: boolean;
}

/**
 * Makes every conversation agree with its messages. Those whose messages are provably one unbroken
 * line are settled from what passed by; the others are read again and repaired. A conversation that
 * has messages and no row gets one.
 * @throws OnggiError `db/*`; what `signal` was aborted with.
 */
export async function settleConversations(
  staging: OnggiDatabase,
  entries: Iterable<LedgerEntry> | AsyncIterable<LedgerEntry>,
  { notes, signal, isMerge = false }: SettleOptions,
): Promise<void> {
  let waiting: LedgerEntry[] = [];
  for await (const entry of entries) {
    waiting.push(entry);
    if (waiting.length < CHUNK_ROWS) continue;
    await settleChunk(staging, waiting, { notes, signal, isMerge });
    waiting = [];
  }
  await settleChunk(staging, waiting, { notes, signal, isMerge });
}

async function settleChunk(
  staging: OnggiDatabase,
  entries: readonly LedgerEntry[],
  { notes, signal, isMerge }: SettleOptions,
): Promise<void> {
  const toChange: { entry: LedgerEntry; tallies: Tallies }[] = [];
  for (const entry of entries) {
    signal?.throwIfAborted();
    const isKnown = !entry.needsWalk && isTold(entry);
    const tallies = isKnown ? toldTallies(entry) : await walk(staging, entry, notes);
    if (hasSameTallies(entry.said, tallies)) continue;
    toChange.push({ entry, tallies });
  }
  const rows = await getRows(
    staging.relaxed.conversations,
    toChange.map(({ entry }) => entry.id),
  );
  const changed = toChange.flatMap(({ entry, tallies }, index) => {
    const stored = rows[index];
    // All its messages may have been second ones of others' ids.
    if (!stored) return tallies.messageCount > 0 ? [recreate(entry, tallies, notes)] : [];
    // The specification's rows say nothing of branches and numbers: filling them in is no repair.
    const isMiscounted =
      tallies.messageCount !== stored.messageCount || tallies.totalTokens !== stored.totalTokens;
    const isRepair = entry.looseCount === 0 || isMiscounted;
    if (isRepair && !isMerge) notes.note('counters_recomputed', stored.title ?? entry.id);
    return [{ ...stored, ...tallies }];
  });
  await putRows(staging.relaxed.conversations, changed);
}

/** Whether the messages that passed by tell everything: one line, its shown end among them. */
function isTold({ said, isLeafMet, messageCount, proof }: LedgerEntry): boolean {
  if (!proof.isChain()) return false;
  return messageCount === 0 || isLeafMet || !said?.activeLeafId;
}

function toldTallies({
  said,
  messageCount,
  totalTokens,
  maxSeq,
  topId,
  isLeafMet,
}: LedgerEntry): Tallies {
  const activeLeafId = isLeafMet ? (said?.activeLeafId ?? null) : topId;
  return { messageCount, totalTokens, lastSeq: soundLastSeq(said, maxSeq), activeLeafId };
}

/** Reads a conversation's messages again and mends their tree. */
async function walk(
  staging: OnggiDatabase,
  entry: LedgerEntry,
  notes: ProblemNotes,
): Promise<Tallies> {
  const rows = await readTreeRows(staging.relaxed, entry.id);
  const isChain = entry.looseCount > 0 && entry.looseCount === entry.messageCount;
  const { places, moved, missingParentCount, cutCount } = repairTree(rows, isChain);
  await moveMessages(staging.relaxed, moved);
  if (missingParentCount > 0) notes.note('parents_missing', entry.id, missingParentCount);
  if (cutCount > 0) notes.note('circles_cut', entry.id, cutCount);
  const wanted = entry.said?.activeLeafId;
  const isThere = rows.some(({ id }) => id === wanted);
  const last = places.at(-1);
  return {
    messageCount: rows.length,
    totalTokens: sumTokens(rows),
    lastSeq: soundLastSeq(entry.said, last?.seq ?? -1),
    activeLeafId: (isThere ? wanted : last?.id) ?? null,
  };
}

function sumTokens(rows: readonly TreeRow[]): number {
  return rows.reduce((sum, { tokenCount }) => sum + (tokenCount ?? 0), 0);
}

/** The highest number ever given out does not fall when messages are removed. */
function soundLastSeq(said: Tallies | null, maxSeq: number): number {
  const saidSeq = said?.lastSeq ?? -1;
  return saidSeq > maxSeq && saidSeq - maxSeq <= MAX_SEQ_GAP ? saidSeq : maxSeq;
}

function hasSameTallies(said: Tallies | null, found: Tallies): boolean {
  return (
    said?.messageCount === found.messageCount &&
    said.totalTokens === found.totalTokens &&
    said.lastSeq === found.lastSeq &&
    said.activeLeafId === found.activeLeafId
  );
}

function recreate(entry: LedgerEntry, tallies: Tallies, notes: ProblemNotes): Conversation {
  notes.note('messages_without_conversation', entry.id, entry.messageCount);
  return createConversation({
    id: entry.id,
    sessionId: entry.sessionId,
    createdAt: entry.earliestAt,
    updatedAt: entry.latestAt,
    ...tallies,
  });
}
