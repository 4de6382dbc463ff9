/**
 * onggi looks after the data by itself, and by hand: one run after another over all tabs, each
 * recorded in `maintenanceRuns` with what it did. `steps.ts` holds what a run goes through.
 */
import { undoAdoption } from '#db/document-integrity.ts';
import { undoRepair } from '#db/integrity.ts';
import { readHeldLocks, tryHold, withExclusiveLock } from '#db/locks.ts';
import {
  getMaintenanceRun,
  putMaintenanceRun,
  readMaintenanceRuns,
  watchMaintenanceRuns,
} from '#db/maintenance-runs.ts';
import { undoUsage } from '#db/raise-usage.ts';
import type { LiveRead } from '#domain/conversation-store.ts';
import { OnggiError, toOnggiError } from '#domain/errors.ts';
import type { Progress } from '#domain/import-report.ts';
import {
  CHECK_INTERVAL_MS,
  COUNTED_GAP_MS,
  EMPTY_REPORT,
  MAINTENANCE_STEPS,
  carryNotices,
  isDue,
} from '#domain/maintenance.ts';
import type {
  DocumentUndo,
  MaintenanceReport,
  MaintenanceStepName,
  RepairNote,
  RepairUndo,
} from '#domain/maintenance.ts';
import type { MaintenanceRun } from '#domain/stored-rows.ts';
import { askForCheck } from './ask-for-check.ts';
import { isRunning, readReport, readUndo } from './read-report.ts';
import { repairAll } from './repair.ts';
import { STEPS } from './steps.ts';
import type { MaintenanceDeps } from './steps.ts';

/** Web Lock of every run, with the name of the database: never two at once. */
const LOCK_PREFIX = 'onggi-maintenance:';
/** Web Lock of whoever waits to look after runs that were cut off, and how long that may take. */
const [SETTLING_PREFIX, SETTLING_MS] = ['onggi-maintenance-settling:', 200];
/** What reads much, or starts the worker of search: by itself only with the check, once a week. */
const WEEKLY: readonly MaintenanceStepName[] = ['check', 'search', 'compact'];
/** Runs that are looked at for when what was done last. */
const LOOKED_AT = 50;

/** `scheduled` by itself, `by-hand`, or a `repair`. */
export type RunKind = 'scheduled' | 'by-hand' | 'repair';

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?:
    ((step: MaintenanceStepName, progress: Progress | null) => void) | undefined;
}

export interface Maintenance {
  /**
   * Goes through all steps (by itself: the checks and compaction only once a week) and records it. A step
   * that fails is recorded, and the next one is gone through all the same.
   * @returns the run; undefined when another tab is at it.
   */
  run(kind: 'scheduled' | 'by-hand', options?: RunOptions): Promise<MaintenanceRun | undefined>;
  /**
   * Mends what the check finds and can be mended without losing anything, after a copy of the data.
   * @returns the run; undefined when another tab is at it.
   */
  repair(options?: RunOptions): Promise<MaintenanceRun | undefined>;
  /**
   * Takes the repairs of a run back, the last one first. Cut short, those that are left can still be
   * taken back.
   * @returns false when another tab is at it.
   */
  undo(id: string): Promise<boolean>;
  /**
   * Waits until no tab is at it; runs that have no end then were cut off with their tab, and are written
   * down as such.
   */
  settleCut(): Promise<void>;
  /** When a run by itself last began, epoch milliseconds; null when there was none up to now. */
  readLastScheduledAt(): Promise<number | null>;
  watchRuns(limit: number): LiveRead<readonly MaintenanceRun[]>;
}

/** What an earlier run noticed, as it counts now. */
function noticesOf(run: MaintenanceRun, now: number) {
  const { announced, unused } = readReport(run);
  return {
    announced: carryNotices(announced, run.startedAt, now, COUNTED_GAP_MS.trash),
    unused: carryNotices(unused, run.startedAt, now, COUNTED_GAP_MS.unused),
  };
}

/**
 * Whether the person took back the last raising of usage.
 * @param earlier Newest first.
 */
function leavesUsage(earlier: readonly MaintenanceRun[]): boolean {
  const last = earlier.find((run) => {
    const { recountedDays, leavesUsage: isLeft } = readReport(run);
    return recountedDays > 0 || isLeft;
  });
  return last !== undefined && (isUndone(last) || readReport(last).leavesUsage);
}

const isUndone = ({ report }: MaintenanceRun): boolean => typeof report['undoneAt'] === 'number';

const isOfConversation = (note: RepairNote): note is RepairUndo => 'conversationId' in note;
/** Names what a note is of. */
function subjectOf(note: RepairNote): string {
  if (isOfConversation(note)) return `conversation ${note.conversationId}`;
  if (isOfDocument(note)) return `document ${note.documentId}`;
  return `usage ${note.usage.map(({ after }) => after.id).join()}`;
}

const isOfDocument = (note: RepairNote): note is DocumentUndo => 'documentId' in note;

export function createMaintenance(deps: MaintenanceDeps): Maintenance {
  const { db, clock, createId } = deps;

  const lockName = LOCK_PREFIX + db.name;
  const settlingName = SETTLING_PREFIX + db.name;

  async function alone<T>(work: () => Promise<T>): Promise<T | undefined> {
    const release =
      (await tryHold(lockName, { ifAvailable: true })) ??
      // Who only looks after what was cut off has the lock for a moment.
      ((await readHeldLocks(settlingName)).length > 0
        ? await tryHold(lockName, { signal: AbortSignal.timeout(SETTLING_MS) })
        : undefined);
    if (!release) return undefined;
    try {
      await markCut();
      return await work();
    } finally {
      release();
    }
  }

  /** For whoever has the lock: nobody else is at it. */
  async function markCut(): Promise<void> {
    for (const run of (await readMaintenanceRuns(db, Infinity, LOOKED_AT)).filter(isRunning)) {
      await putMaintenanceRun(db, { ...run, report: { ...run.report, isCut: true } });
    }
  }

  async function readEarlier(): Promise<readonly MaintenanceRun[]> {
    return readMaintenanceRuns(db, clock(), LOOKED_AT);
  }

  /** Runs `work`, which gives the report piece by piece; the row is written before, and at the end. */
  async function record(
    kind: RunKind,
    work: (
      tell: (piece: Partial<MaintenanceReport> & { readonly undo?: readonly RepairNote[] }) => void,
      row: () => MaintenanceRun,
      note: (...undo: readonly RepairNote[]) => MaintenanceRun,
    ) => Promise<void>,
  ): Promise<MaintenanceRun> {
    let row: MaintenanceRun = {
      id: createId(),
      kind,
      startedAt: clock(),
      endedAt: null,
      report: { ...EMPTY_REPORT },
    };
    await putMaintenanceRun(db, row);
    const tell = (piece: object): void => {
      row = { ...row, report: { ...row.report, ...piece } };
    };
    // By what they are of: a transaction that is tried again notes the same once more.
    const noted = new Map<string, RepairNote>();
    const note = (...added: readonly RepairNote[]): MaintenanceRun => {
      for (const each of added) noted.set(subjectOf(each), each);
      const undo = [...noted.values()];
      tell({
        undo,
        repairedConversations: undo.filter(isOfConversation).length,
        recoveredDocuments: undo.filter(isOfDocument).length,
      });
      return row;
    };
    try {
      await work(tell, () => row, note);
    } catch (error) {
      tell({ failure: toOnggiError(error).code });
    }
    row = { ...row, endedAt: clock() };
    await putMaintenanceRun(db, row);
    return row;
  }

  return {
    run: (kind, { signal, onProgress } = {}) =>
      alone(async () => {
        const earlier = await readEarlier();
        const checked = earlier.find((run) => readReport(run).check !== null);
        const isCheckDue =
          kind === 'by-hand' || isDue(checked?.startedAt ?? null, CHECK_INTERVAL_MS, clock());
        const before = earlier.find((run) => run.kind !== 'repair' && run.endedAt !== null);
        return record(kind, async (tell, row, note) => {
          // What was announced stays announced, also when this run does not come that far.
          if (before) tell(noticesOf(before, clock()));
          tell({ leavesUsage: leavesUsage(earlier) });
          for (const step of MAINTENANCE_STEPS) {
            if (signal?.aborted) return;
            if (WEEKLY.includes(step) && !isCheckDue) continue;
            onProgress?.(step, null);
            const report = readReport(row());
            try {
              const piece = await STEPS[step](deps, {
                kind,
                report,
                note,
                signal,
                onProgress: (progress) => onProgress?.(step, progress),
              });
              if (!piece) return;
              tell({ ...piece, done: [...report.done, step] });
            } catch (error) {
              const failed = { step, code: toOnggiError(error).code };
              tell({ failedSteps: [...report.failedSteps, failed] });
            }
            await putMaintenanceRun(db, row());
          }
        });
      }),
    repair: ({ signal, onProgress } = {}) =>
      alone(() =>
        record('repair', async (tell, row, note) => {
          await repairAll(db, {
            signal,
            onProgress: (progress) => onProgress?.('check', progress),
            // Where no copy can be made the notes for undoing are kept all the same.
            copyFirst: async () => {
              const hasCopy = await deps.copyFirst().then(
                () => true,
                () => false,
              );
              tell({ hasCopy });
            },
            note,
            clock,
            tell,
          });
          if (signal?.aborted) return;
          // What is derived follows what it is derived from.
          onProgress?.('search', null);
          const mended = await askForCheck(
            deps.askSearch,
            { kind: 'mend', isByItself: false },
            { signal, onProgress: (progress) => onProgress?.('search', progress) },
          );
          const done = [...readReport(row()).done, 'search'];
          if (mended) tell({ search: mended.check, hasRemadeSearch: mended.isRemade, done });
        }),
      ),
    undo: async (id) => {
      const isDone = await alone(async () => {
        const run = await getMaintenanceRun(db, id);
        if (!run) throw new OnggiError('backup/nothing-to-undo', `no run ${id}`);
        const notes = readUndo(run);
        for (let last = notes.length - 1; last >= 0; last -= 1) {
          const [undo] = notes.slice(last);
          const left = { undo: notes.slice(0, last), ...(last === 0 && { undoneAt: clock() }) };
          const without = { ...run, report: { ...run.report, ...left } };
          if (!undo) continue;
          if (isOfConversation(undo)) await undoRepair(db, undo, without);
          else if (isOfDocument(undo)) await undoAdoption(db, undo, without);
          else await undoUsage(db, undo, without);
        }
        return true;
      });
      return isDone ?? false;
    },
    settleCut: () => withExclusiveLock(settlingName, () => withExclusiveLock(lockName, markCut)),
    readLastScheduledAt: async () =>
      (await readEarlier()).find(({ kind }) => kind === 'scheduled')?.startedAt ?? null,
    watchRuns: (limit) => watchMaintenanceRuns(db, clock, limit),
  };
}
