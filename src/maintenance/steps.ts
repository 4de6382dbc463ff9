import type { ResponseCache } from '#cache/response-cache.ts';
import { trimMaintenanceRuns } from '#db/maintenance-runs.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { cleanupExpiredSessions } from '#db/session-list.ts';
import {
  deleteLeftDrafts,
  deleteUnusedAttachments,
  findUnusedAttachments,
  readTrash,
} from '#db/unused-rows.ts';
import { LOCAL_USER_ID } from '#domain/ids.ts';
import type { Clock, ConversationId, CreateId } from '#domain/ids.ts';
import type { Progress } from '#domain/import-report.ts';
import { UNUSED_NOTICE_MS, sortNoticed } from '#domain/maintenance.ts';
import { sortTrash } from '#domain/trash.ts';
import type { MaintenanceReport, MaintenanceStepName, RepairNote } from '#domain/maintenance.ts';
import type { MaintenanceRun } from '#domain/stored-rows.ts';
import { toLocalDate } from '#domain/usage.ts';
import { addDays } from '#domain/usage-summary.ts';
import { calculateUsageStatistics } from '#usage/lazy-usage.ts';
import { askForCheck, askForCompaction, checkAndMend } from './ask-for-check.ts';
import type { AskSearch } from './ask-for-check.ts';
import { checkIntegrity } from './check-integrity.ts';
import { raiseUsage, recountAll, toReport, withoutRecounted } from './repair.ts';

/** Attachments deleted in one transaction. */
const CHUNK_ROWS = 50;
/** Unused attachments that one run notes or deletes. */
const MAX_UNUSED = 2000;
/** Runs that are kept; the records of a year of daily runs are of no use to anybody. */
const KEPT_RUNS = 100;
/** Drafts that belong to no conversation: see `state/app.svelte.ts`. */
const RESERVED_DRAFTS = ['new', 'new-temporary'];

/** What the maintenance is made of. */
export interface MaintenanceDeps {
  readonly db: OnggiDatabase;
  readonly clock: Clock;
  readonly createId: CreateId;
  readonly cache: Pick<ResponseCache, 'cleanupOldCache'>;
  /** Deletes conversations for good, everywhere: rows, cached answers, what was derived from them. */
  readonly purge: (ids: readonly ConversationId[], signal?: AbortSignal) => Promise<void>;
  /** Makes a copy of all data before something is mended. */
  readonly copyFirst: () => Promise<void>;
  readonly askSearch: AskSearch;
}

interface StepContext {
  /** By itself, sums, usage and what search keeps are set right where they are wrong; by hand the person is asked first. */
  readonly kind: 'scheduled' | 'by-hand';
  /** What the run did so far, and what the run before noticed. */
  readonly report: MaintenanceReport;
  /** Gives the row of the run with one more note in it, by which something is taken back. */
  readonly note: (...undo: readonly RepairNote[]) => MaintenanceRun;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (progress: Progress) => void;
}

/** @returns what to record; undefined when it was stopped. */
type Step = (
  deps: MaintenanceDeps,
  context: StepContext,
) => Promise<Partial<MaintenanceReport> | undefined>;

/** The steps by name. A further store of derived rows gets a step here. */
export const STEPS: Readonly<Record<MaintenanceStepName, Step>> = {
  sessions: async ({ db, clock }) => ({
    expiredSessions: await cleanupExpiredSessions(db, clock),
  }),

  cache: async ({ cache }) => ({ removedCacheEntries: await cache.cleanupOldCache() }),

  trash: async ({ db, clock, purge }, { report, signal }) => {
    const { purge: due, announced } = sortTrash(await readTrash(db), report.announced, clock());
    await purge(due, signal);
    const left = new Set((await readTrash(db)).map(({ id }) => id));
    // What was stopped on its way goes on next time, without another notice.
    const unfinished = report.announced.filter(({ id }) =>
      due.some((one) => one === id && left.has(one)),
    );
    return {
      announced: [...announced, ...unfinished],
      purgedConversations: due.filter((id) => !left.has(id)).length,
    };
  },

  attachments: async ({ db, clock }, { report, signal }) => {
    const found = (await findUnusedAttachments(db)).slice(0, MAX_UNUSED);
    const { due, noticed } = sortNoticed(found, report.unused, UNUSED_NOTICE_MS, clock());
    let removedAttachments = 0;
    for (let first = 0; first < due.length && !signal?.aborted; first += CHUNK_ROWS) {
      removedAttachments += await deleteUnusedAttachments(db, due.slice(first, first + CHUNK_ROWS));
    }
    return { removedAttachments, unused: noticed };
  },

  records: async ({ db }) => ({
    removedDrafts: await deleteLeftDrafts(db, RESERVED_DRAFTS),
    removedRuns: await trimMaintenanceRuns(db, KEPT_RUNS),
  }),

  statistics: async ({ db, clock }) => {
    const date = addDays(toLocalDate(clock()), -1);
    return { statistics: { date, ...(await calculateUsageStatistics(db, LOCAL_USER_ID, date)) } };
  },

  check: async ({ db }, { kind, report, note, signal, onProgress }) => {
    const found = await checkIntegrity(db, { signal, onProgress });
    if (!found) return undefined;
    const miscounted = kind === 'scheduled' ? found.miscountedIds : [];
    const recounted = await recountAll(db, miscounted, signal);
    const lacking = kind === 'scheduled' && !report.leavesUsage ? found.lackingUsage : [];
    const recountedDays = await raiseUsage(db, lacking, note);
    return {
      check: toReport(withoutRecounted(found, recounted, recountedDays)),
      recountedConversations: recounted.length,
      recountedDays,
    };
  },

  search: async ({ askSearch }, { kind, signal, onProgress }) => {
    if (kind === 'scheduled') return checkAndMend(askSearch, { signal, onProgress });
    const found = await askForCheck(askSearch, { kind: 'check' }, { signal, onProgress });
    return found && { search: found.check };
  },

  compact: async ({ askSearch }, { kind, signal }) => {
    const compactedBytes = await askForCompaction(askSearch, kind === 'scheduled', signal);
    return compactedBytes === undefined ? undefined : { compactedBytes };
  },
};
