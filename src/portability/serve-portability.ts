import type { Clock, CreateId } from '#domain/ids.ts';
import { toSessionId } from '#domain/ids.ts';
import type { Progress } from '#domain/import-report.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { parseToPortabilityWorker, toFailure } from './portability-messages.ts';
import type { FromPortabilityWorker, JobContext, PortabilityJob } from './portability-messages.ts';

export interface ServePortabilityDeps {
  /** Opens the database of that name, which the page has open too. */
  readonly openDatabase: (name: string) => Promise<OnggiDatabase>;
  readonly clock: Clock;
  readonly createId: CreateId;
}

type JobOf<Kind> = Extract<PortabilityJob, { readonly kind: Kind }>;

interface JobParts extends JobContext, Omit<ServePortabilityDeps, 'openDatabase'> {
  readonly db: OnggiDatabase;
}

/** The work of each kind of job, fetched when it is wanted, so that the worker starts small. */
const WORK: {
  readonly [Kind in PortabilityJob['kind']]: (
    job: JobOf<Kind>,
    parts: JobParts,
  ) => Promise<unknown>;
} = {
  'preview-import': async (job, { db, ...parts }) => {
    const { previewImport } = await import('./preview-import.ts');
    const { isFarAllowed } = job;
    const options = { ...parts, isFarAllowed, sessionId: toSessionId(job.sessionId) };
    return previewImport(db, job.files, options);
  },
  'run-import': async (job, { db, ...parts }) => {
    const { runImport } = await import('./run-import.ts');
    const { existing, isFarAllowed } = job;
    const options = { ...parts, existing, isFarAllowed, sessionId: toSessionId(job.sessionId) };
    const { id, report } = await runImport(db, job.files, options);
    return { id, report };
  },
  'undo-import': async (job, { db, clock, signal }) => {
    const { undoImportRun } = await import('./undo-import.ts');
    return undoImportRun(db, job.importId, { clock, signal });
  },
  export: async (job, { db, createId, ...context }) => {
    const { runExportJob } = await import('./export-jobs.ts');
    return runExportJob(db, job, createId, context);
  },
  'preview-anonymised': async (job, { db, ...context }) => {
    const { runPreviewAnonymisedJob } = await import('./export-jobs.ts');
    return runPreviewAnonymisedJob(db, job, context);
  },
  'export-sqlite': async ({ handle }, { db, signal, onProgress }) => {
    const { runSqlExport } = await import('./run-sql-export.ts');
    return runSqlExport(db, 'sqlite', handle, { signal, onProgress });
  },
  'export-postgres': async ({ handle }, { db, signal, onProgress }) => {
    const { runSqlExport } = await import('./run-sql-export.ts');
    return runSqlExport(db, 'postgres', handle, { signal, onProgress });
  },
};

/** Progress is told at most so often. */
const PROGRESS_MS = 100;

/** What a worker has of a port: the scope of the worker itself, or a port in tests. */
export interface WorkerPort {
  postMessage(message: FromPortabilityWorker): void;
}

/**
 * Does the one job that comes, and stops it when told. A job that can be stopped half way without
 * harm answers with what it has (`done`); others answer `stopped`.
 * @returns what takes the messages of the page.
 */
export function servePortability(
  port: WorkerPort,
  deps: ServePortabilityDeps,
): (data: unknown) => void {
  const stopping = new AbortController();
  let toldAt = -Infinity;
  const onProgress = (progress: Progress): void => {
    const now = performance.now();
    if (now - toldAt < PROGRESS_MS) return;
    toldAt = now;
    port.postMessage({ kind: 'progress', progress });
  };

  async function run(job: PortabilityJob): Promise<void> {
    const { signal } = stopping;
    try {
      const db = await deps.openDatabase(job.databaseName);
      try {
        const parts = { ...deps, db, signal, onProgress };
        port.postMessage({ kind: 'done', result: await doJob(job, parts) });
      } finally {
        db.close();
      }
    } catch (error) {
      port.postMessage(signal.aborted ? { kind: 'stopped' } : toFailure(error));
    }
  }

  return (data) => {
    try {
      const message = parseToPortabilityWorker(data);
      if (message.kind === 'stop') stopping.abort();
      else void run(message.job);
    } catch (error) {
      port.postMessage(toFailure(error));
    }
  };
}

/** The compiler cannot see that a job and the work under its own kind belong together. */
function doJob<Kind extends PortabilityJob['kind']>(
  job: JobOf<Kind> & { readonly kind: Kind },
  parts: JobParts,
): Promise<unknown> {
  return WORK[job.kind](job, parts);
}
