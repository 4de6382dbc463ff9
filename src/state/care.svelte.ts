/**
 * What looks after the data (visits, maintenance, storage): a chunk of its own, fetched when the page
 * is idle or with the first screen that shows any of it (see `lazy-care.ts`).
 */
import { endSession, watchSessions } from '#db/session-list.ts';
import { deleteStaleDatabases } from '#db/staging.ts';
import { readTrash } from '#db/unused-rows.ts';
import type { TrashEntry } from '#db/unused-rows.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { OnggiError } from '#domain/errors.ts';
import type { ConversationId, SessionId } from '#domain/ids.ts';
import type { Progress } from '#domain/import-report.ts';
import { purgeTime } from '#domain/trash.ts';
import { gatherFindings } from '#domain/maintenance.ts';
import type { MaintenanceReport, MaintenanceStepName } from '#domain/maintenance.ts';
import type { Session } from '#domain/session.ts';
import type { MaintenanceRun } from '#domain/stored-rows.ts';
import { createMaintenance } from '#maintenance/maintenance.ts';
import type { Maintenance } from '#maintenance/maintenance.ts';
import { measureStorage } from '#maintenance/measure-storage.ts';
import type { StorageReport } from '#maintenance/measure-storage.ts';
import { isRunning, readReport, readUndo } from '#maintenance/read-report.ts';
import type { CareDeps } from './lazy-care.ts';
import { MaintenanceKeeper } from './maintenance-keeper.ts';
import { VisitKeeper } from './visit-keeper.ts';

/** Visits that the screens list. */
const SHOWN_SESSIONS = 20;
/** As many runs as are kept: the repairs among them can be undone. */
const SHOWN_RUNS = 100;
/** Where this browser remembers which findings of the maintenance somebody has looked at. */
const SEEN_KEY = 'onggi.findings-seen';

/** Where a run by hand stands. */
export type RunPhase =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'running';
      readonly step: MaintenanceStepName | null;
      readonly progress: Progress | null;
    }
  /** Another tab is at it. */
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: OnggiError };

/** A run as the screen shows it. */
export interface ShownRun extends Pick<MaintenanceRun, 'id' | 'kind' | 'startedAt' | 'endedAt'> {
  readonly report: MaintenanceReport;
  /** `running` here or in another tab; `cut` when that was closed over it. */
  readonly state: 'running' | 'cut' | 'ended';
  readonly canBeUndone: boolean;
  readonly isUndone: boolean;
}

/** A conversation of the trash, with when it goes if that is announced (epoch milliseconds). */
export interface ShownTrash extends TrashEntry {
  readonly goesAt: number | null;
}

export class Care {
  #sessions = $state.raw<readonly Session[]>();
  #currentId = $state.raw<SessionId>();
  #runs = $state.raw<readonly ShownRun[]>();
  #trash = $state.raw<readonly ShownTrash[]>([]);
  #phase = $state.raw<RunPhase>({ kind: 'idle' });
  #report = $state.raw<StorageReport>();
  #isSettling = false;
  /** Pages of this tab on which the findings stand. */
  #viewers = 0;
  /** What was looked at in this page: the browser may keep no note of it. */
  #seen: readonly string[] = [];
  #abort: AbortController | undefined;
  readonly #deps: CareDeps;
  readonly #maintenance: Maintenance;

  constructor(deps: CareDeps) {
    this.#deps = deps;
    const { isBusy, clock, db, search, ...rest } = deps;
    this.#maintenance = createMaintenance({ ...rest, db, clock, askSearch: search.ask });
    new MaintenanceKeeper(
      this.#maintenance,
      clock,
      () => isBusy() || this.#phase.kind === 'running',
    ).start();
    // Looked at in another tab.
    addEventListener('storage', ({ key }) => {
      if (key === SEEN_KEY) this.#tellFindings();
    });
    // Nothing waits for it: what is stale now is stale at the next start too.
    void deleteStaleDatabases({ now: clock() }).catch(() => undefined);
    const visit = new VisitKeeper({
      clock,
      isShown: deps.isShown,
      touch: async () => {
        this.#currentId = await deps.touchVisit();
      },
    });
    visit.start();
    watchSessions(db, SHOWN_SESSIONS).subscribe({
      next: (sessions) => {
        this.#sessions = sessions;
        // Ended, here or in another tab: the next thing the person does begins another.
        const current = sessions.find(({ id }) => id === this.#currentId);
        if (current && current.status !== 'active') visit.touchNext();
      },
      error: this.#fail,
    });
    this.#maintenance.watchRuns(SHOWN_RUNS).subscribe({
      next: (runs) => {
        this.#runs = runs.map(toShownRun);
        if (runs.some(isRunning)) void this.#settleCut();
        else if (this.#phase.kind === 'elsewhere') this.#phase = { kind: 'idle' };
        this.#tellFindings();
        void this.#readTrash().catch(this.#fail);
      },
      error: this.#fail,
    });
  }

  /** The latest visits, newest activity first; undefined until they are read. */
  get sessions(): readonly Session[] | undefined {
    return this.#sessions;
  }

  /** The visit this tab belongs to. */
  get currentSessionId(): SessionId | undefined {
    return this.#currentId;
  }

  /** The latest runs of the maintenance, newest first; undefined until they are read. */
  get runs(): readonly ShownRun[] | undefined {
    return this.#runs;
  }

  /** Conversations of the trash whose leaving is announced, the next to go first. */
  get leaving(): readonly ShownTrash[] {
    return this.#trash.filter(({ goesAt }) => goesAt !== null);
  }

  get phase(): RunPhase {
    return this.#phase;
  }

  /** What takes how much; undefined until it was measured. */
  get storageReport(): StorageReport | undefined {
    return this.#report;
  }

  /** Reads what is not followed live. */
  readonly refresh = async (): Promise<void> => {
    try {
      this.#currentId = await this.#deps.getSessionId();
      await this.#readTrash();
    } catch (error) {
      this.#fail(error);
    }
  };

  /**
   * Somebody looks at what the maintenance found, and at what it finds until `signal` is aborted: that is told
   * again only when it finds something else.
   */
  readonly showFindings = (signal: AbortSignal): void => {
    if (signal.aborted) return;
    this.#viewers += 1;
    signal.addEventListener('abort', () => (this.#viewers -= 1));
    this.#tellFindings();
  };

  /** Measures what takes how much; a second call ends the first. */
  readonly measure = async (signal: AbortSignal): Promise<void> => {
    try {
      this.#report = (await measureStorage(this.#deps.db, signal)) ?? this.#report;
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  };

  /** Ends a visit for all its tabs; with the next activity a new one begins. */
  async endSession(id: SessionId): Promise<boolean> {
    try {
      await endSession(this.#deps.db, id);
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** Goes through all of the maintenance now. */
  readonly runNow = (): Promise<void> =>
    this.#work((signal, onProgress) => this.#maintenance.run('by-hand', { signal, onProgress }));

  /** Mends what the check found, after a copy of the data. */
  readonly repair = (): Promise<void> =>
    this.#work((signal, onProgress) => this.#maintenance.repair({ signal, onProgress }));

  /** Takes the repairs of a run back. */
  async undo(id: string): Promise<boolean> {
    try {
      const isDone = await this.#maintenance.undo(id);
      if (!isDone) this.#phase = { kind: 'elsewhere' };
      return isDone;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** Ends what is going on at the next place where nothing is half done. */
  readonly stop = (): void => this.#abort?.abort();

  /** Takes conversations out of the trash. */
  async keep(ids: readonly ConversationId[]): Promise<void> {
    try {
      await this.#deps.takeOutOfTrash(ids);
      await this.#readTrash();
    } catch (error) {
      this.#fail(error);
    }
  }

  async #work(
    work: (
      signal: AbortSignal,
      onProgress: (step: MaintenanceStepName, progress: Progress | null) => void,
    ) => Promise<MaintenanceRun | undefined>,
  ): Promise<void> {
    if (this.#phase.kind === 'running') return;
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#phase = { kind: 'running', step: null, progress: null };
    try {
      const run = await work(signal, (step, progress) => {
        if (this.#phase.kind === 'running') this.#phase = { kind: 'running', step, progress };
      });
      this.#phase = { kind: run ? 'done' : 'elsewhere' };
    } catch (thrown) {
      const error = toOnggiError(thrown);
      this.#deps.onError(error);
      this.#phase = { kind: 'failed', error };
    }
  }

  /** A tab that was closed over a run cannot say so: whoever sees the run waits for its lock. */
  async #settleCut(): Promise<void> {
    if (this.#isSettling || this.#phase.kind === 'running') return;
    this.#isSettling = true;
    try {
      await this.#maintenance.settleCut();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isSettling = false;
    }
  }

  #tellFindings(): void {
    const runs = this.#runs?.filter(({ state }) => state !== 'running') ?? [];
    const findings = gatherFindings(runs);
    const isLookedAt = this.#viewers > 0;
    // What is not found any more is forgotten: should it come back, it is told again.
    this.#noteSeen(findings.map((line) => (line === '' || isLookedAt ? line : null)));
    const [seen, noted] = [this.#seen, readSeen()];
    const isNew = (line: string | null, at: number) =>
      line !== null && line !== '' && line !== seen[at] && line !== noted[at];
    this.#deps.onFindings(findings.some(isNew));
  }

  /** @param lines Null where what was seen stays seen. */
  #noteSeen(lines: readonly (string | null)[]): void {
    const noted = readSeen();
    this.#seen = lines.map((line, at) => line ?? this.#seen[at] ?? '');
    const now = lines.map((line, at) => line ?? noted[at] ?? '');
    if (now.every((line, at) => line === (noted[at] ?? ''))) return;
    try {
      localStorage.setItem(SEEN_KEY, now.join('\n'));
    } catch {
      // No room for a note: then another page tells it once more.
    }
  }

  async #readTrash(): Promise<void> {
    const announced = new Map(
      (
        this.#runs?.find(({ kind, endedAt }) => kind !== 'repair' && endedAt !== null)?.report
          .announced ?? []
      ).map(({ id, since }) => [id, since]),
    );
    const trash = await readTrash(this.#deps.db);
    this.#trash = trash
      .map((entry) => {
        const since = announced.get(entry.id);
        return { ...entry, goesAt: since === undefined ? null : purgeTime(entry, since) };
      })
      .sort((a, b) => (a.goesAt ?? Infinity) - (b.goesAt ?? Infinity));
  }

  readonly #fail = (error: unknown): void => this.#deps.onError(toOnggiError(error));
}

/** What this browser noted as seen, one line each. */
function readSeen(): readonly string[] {
  try {
    return localStorage.getItem(SEEN_KEY)?.split('\n') ?? [];
  } catch {
    return [];
  }
}

function toShownRun(run: MaintenanceRun): ShownRun {
  const { id, kind, startedAt, endedAt, report } = run;
  return {
    id,
    kind,
    startedAt,
    endedAt,
    report: readReport(run),
    state: endedAt !== null ? 'ended' : isRunning(run) ? 'running' : 'cut',
    canBeUndone: !isRunning(run) && readUndo(run).length > 0,
    isUndone: typeof report['undoneAt'] === 'number',
  };
}
