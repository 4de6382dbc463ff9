import * as v from 'valibot';
import { ERROR_CODES } from '#domain/errors.ts';
import {
  EMPTY_REPORT,
  MAINTENANCE_STEPS,
  PROBLEM_KINDS,
  SEARCH_PROBLEM_KINDS,
} from '#domain/maintenance.ts';
import type { MaintenanceReport, RepairNote } from '#domain/maintenance.ts';
import type { MaintenanceRun } from '#domain/stored-rows.ts';

const Count = v.fallback(v.pipe(v.number(), v.finite(), v.minValue(0)), 0);
const Noticed = v.fallback(v.array(v.object({ id: v.string(), since: v.number() })), []);

const Check = v.object({
  conversationCount: Count,
  messageCount: Count,
  problems: v.record(v.picklist(PROBLEM_KINDS), v.number()),
  repairableIds: v.array(v.string()),
});

const SearchProblems = v.record(v.picklist(SEARCH_PROBLEM_KINDS), v.number());

const Search = v.object({
  textCount: Count,
  vectors: v.picklist(['checked', 'off', 'unready']),
  problems: SearchProblems,
});

const Report = v.object({
  expiredSessions: Count,
  removedCacheEntries: Count,
  purgedConversations: Count,
  announced: Noticed,
  removedAttachments: Count,
  unused: Noticed,
  removedDrafts: Count,
  removedRuns: Count,
  compactedBytes: Count,
  statistics: v.fallback(
    v.nullable(
      v.object({
        date: v.string(),
        requestCount: v.number(),
        totalTokens: v.number(),
        avgResponseTimeMs: v.fallback(v.nullable(v.number()), null),
        ratedCount: v.fallback(v.nullable(v.number()), null),
      }),
    ),
    null,
  ),
  check: v.fallback(v.nullable(Check), null),
  search: v.fallback(v.nullable(Search), null),
  hasRemadeSearch: v.fallback(v.boolean(), false),
  mendedSearch: v.fallback(SearchProblems, {}),
  repairedConversations: Count,
  recoveredDocuments: Count,
  hasCopy: v.fallback(v.boolean(), false),
  recountedConversations: Count,
  recountedDays: Count,
  leavesUsage: v.fallback(v.boolean(), false),
  done: v.fallback(v.array(v.string()), []),
  failedSteps: v.fallback(
    v.array(v.object({ step: v.picklist(MAINTENANCE_STEPS), code: v.picklist(ERROR_CODES) })),
    [],
  ),
  failure: v.fallback(v.nullable(v.picklist(ERROR_CODES)), null),
});

// Values as they were before the repair: whatever stood there is to stand there again.
const Repair = v.object({
  conversationId: v.string(),
  tallies: v.nullable(
    v.object({
      id: v.string(),
      messageCount: v.unknown(),
      totalTokens: v.unknown(),
      lastSeq: v.unknown(),
      activeLeafId: v.unknown(),
    }),
  ),
  places: v.array(
    v.object({
      id: v.string(),
      parentId: v.unknown(),
      seq: v.unknown(),
      attachments: v.optional(v.unknown()),
    }),
  ),
  mended: v.optional(
    v.object({ messageCount: v.number(), lastSeq: v.number(), changedAt: v.unknown() }),
  ),
});

const UsageRow = v.looseObject({ id: v.string(), model: v.string(), requestCount: v.number() });
const Usage = v.object({
  usage: v.array(v.object({ before: v.nullable(UsageRow), after: UsageRow })),
});
const Recovered = v.object({ documentId: v.string(), madeAt: v.number() });
const Note = v.union([Repair, Usage, Recovered]);

/** What a stored run says it did; what it says in a way nobody understands counts as nothing. */
export function readReport({ report }: Pick<MaintenanceRun, 'report'>): MaintenanceReport {
  const parsed = v.safeParse(Report, { ...EMPTY_REPORT, ...report });
  return parsed.success ? (parsed.output as MaintenanceReport) : EMPTY_REPORT;
}

/**
 * What is needed to take a run's repairs back, in the order in which they were made. What nobody understands
 * of it is passed over, and takes nothing else with it.
 */
export function readUndo({ report }: Pick<MaintenanceRun, 'report'>): readonly RepairNote[] {
  const { undo } = report;
  if (!Array.isArray(undo)) return [];
  return undo.flatMap((each) => {
    const note = v.safeParse(Note, each);
    return note.success ? [note.output as unknown as RepairNote] : [];
  });
}

/** Whether a run, as far as its row says, has not ended: some tab is at it, or was closed over it. */
export function isRunning({
  endedAt,
  report,
}: Pick<MaintenanceRun, 'endedAt' | 'report'>): boolean {
  return endedAt === null && report['isCut'] !== true;
}
