import { addMissingSessions, repairConversation } from '#db/integrity.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { Progress } from '#domain/import-report.ts';
import type { MaintenanceReport, RepairUndo } from '#domain/maintenance.ts';
import type { MaintenanceRun } from '#domain/stored-rows.ts';
import { checkIntegrity } from './check-integrity.ts';
import { judgeConversation } from './judge-conversation.ts';

interface RepairOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (progress: Progress) => void;
  /** Makes a copy of all data; called when something is to be mended. */
  readonly copyFirst: () => Promise<void>;
  /** Gives the row of the run with one more note in it. */
  readonly note: (undo: RepairUndo) => MaintenanceRun;
  readonly tell: (piece: Partial<MaintenanceReport>) => void;
}

/**
 * Checks, makes a copy where something is to be mended, mends each damaged conversation in a transaction of its own, and checks again. Stopped or
 * cut short, what is mended is whole and noted, and the next repair goes on from there.
 */
export async function repairAll(
  db: OnggiDatabase,
  { signal, onProgress, copyFirst, note, tell }: RepairOptions,
): Promise<void> {
  const found = await checkIntegrity(db, { signal, onProgress });
  if (!found) return;
  if (found.allRepairableIds.length + found.missingSessions.length > 0) await copyFirst();
  await addMissingSessions(db, found.missingSessions);
  for (const id of found.allRepairableIds) {
    if (signal?.aborted) return;
    await repairConversation(db, id, judgeConversation, note);
  }
  const after = await checkIntegrity(db, { signal, onProgress });
  if (after) tell({ check: toReport(after), done: ['check'] });
}

/** What of the findings is stored. */
export function toReport({
  conversationCount,
  messageCount,
  problems,
  repairableIds,
}: NonNullable<MaintenanceReport['check']>): NonNullable<MaintenanceReport['check']> {
  return { conversationCount, messageCount, problems, repairableIds };
}
