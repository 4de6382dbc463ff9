import { adoptPassages } from '#db/document-integrity.ts';
import { addMissingSessions, recountConversation, repairConversations } from '#db/integrity.ts';
import { raiseUsageRows } from '#db/raise-usage.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { Clock, ConversationId } from '#domain/ids.ts';
import type { Progress } from '#domain/import-report.ts';
import type {
  CheckReport,
  MaintenanceReport,
  RepairNote,
  UsageChange,
} from '#domain/maintenance.ts';
import type { MaintenanceRun } from '#domain/stored-rows.ts';
import { checkIntegrity } from './check-integrity.ts';
import { judgeConversation } from './judge-conversation.ts';

/**
 * Conversations mended in one transaction, which also writes the notes of all before it again: few where few
 * are damaged, and more where that would be written often.
 */
const [LEAST_AT_ONCE, MOST_AT_ONCE, WRITES] = [10, 100, 100];

interface RepairOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (progress: Progress) => void;
  /** Makes a copy of all data; called when something is to be mended. */
  readonly copyFirst: () => Promise<void>;
  /** Gives the row of the run with these notes added. */
  readonly note: (...undo: readonly RepairNote[]) => MaintenanceRun;
  readonly clock: Clock;
  readonly tell: (piece: Partial<MaintenanceReport>) => void;
}

/**
 * Checks, makes a copy where something is to be mended, mends the damaged conversations some at a time, each
 * wholly in one transaction with its note, and checks again. Stopped or cut short, what is mended is whole and
 * noted, and the next repair goes on from there.
 */
export async function repairAll(
  db: OnggiDatabase,
  { signal, onProgress, copyFirst, note, clock, tell }: RepairOptions,
): Promise<void> {
  const found = await checkIntegrity(db, { signal, onProgress });
  if (!found) return;
  const { allRepairableIds, missingSessions, lackingUsage, ownerlessDocuments } = found;
  const wrong = [allRepairableIds, missingSessions, lackingUsage, ownerlessDocuments];
  if (wrong.some(({ length }) => length > 0)) await copyFirst();
  await addMissingSessions(db, missingSessions);
  const part = Math.ceil(allRepairableIds.length / WRITES);
  const atOnce = Math.min(MOST_AT_ONCE, Math.max(LEAST_AT_ONCE, part));
  for (let first = 0; first < allRepairableIds.length;) {
    if (signal?.aborted) return;
    const ids = allRepairableIds.slice(first, first + atOnce);
    first += await repairConversations(db, ids, judgeConversation, note);
  }
  for (const id of ownerlessDocuments) {
    if (signal?.aborted) return;
    await adoptPassages(db, id, clock(), note);
  }
  tell({ recountedDays: await raiseUsage(db, lackingUsage, note) });
  const after = await checkIntegrity(db, { signal, onProgress });
  if (after) tell({ check: toReport(after), done: ['check'] });
}

/**
 * Counts the sums of conversations anew in which nothing else is wrong, and no message seems to be missing.
 * They are made of the messages, so that nothing is lost and nothing has to be taken back.
 * @returns those that were changed.
 */
export async function recountAll(
  db: OnggiDatabase,
  ids: readonly ConversationId[],
  signal: AbortSignal | undefined,
): Promise<readonly ConversationId[]> {
  const recounted: ConversationId[] = [];
  for (const id of ids) {
    if (signal?.aborted) break;
    if (await recountConversation(db, id, judgeConversation)) recounted.push(id);
  }
  return recounted;
}

/**
 * Raises the usage to what the messages show: figures are added and none is taken away.
 * @param note Gives the row of the run with the note in it by which this is taken back.
 * @returns how many records were raised.
 */
export function raiseUsage(
  db: OnggiDatabase,
  lacking: readonly UsageChange[],
  note: (undo: RepairNote) => MaintenanceRun,
): Promise<number> {
  return lacking.length === 0 ? Promise.resolve(0) : raiseUsageRows(db, lacking, note);
}

/** The findings after sums were counted anew. */
export function withoutRecounted(
  found: CheckReport,
  recounted: readonly ConversationId[],
  recountedDays: number,
): CheckReport {
  const { counters = 0, usage = 0, ...others } = found.problems;
  const [leftCounters, leftDays] = [counters - recounted.length, usage - recountedDays];
  const gone = new Set(recounted);
  return {
    ...found,
    problems: {
      ...others,
      ...(leftCounters > 0 && { counters: leftCounters }),
      ...(leftDays > 0 && { usage: leftDays }),
    },
    repairableIds: found.repairableIds.filter((id) => !gone.has(id)),
  };
}

/** What of the findings is stored. */
export function toReport({
  conversationCount,
  messageCount,
  problems,
  repairableIds,
}: CheckReport): CheckReport {
  return { conversationCount, messageCount, problems, repairableIds };
}
