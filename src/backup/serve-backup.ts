import type { OnggiDatabase } from '#db/open-database.ts';
import type { Clock } from '#domain/ids.ts';
import { toSessionId } from '#domain/ids.ts';
import type { Progress } from '#domain/import-report.ts';
import { createBackup } from './create-backup.ts';
import { foldSnapshot } from './fold-snapshot.ts';
import type { PackOptions, Packer } from './pack.ts';
import { stageRestore } from './stage-restore.ts';
import type { StagedRestore } from './stage-restore.ts';
import { verifyBackup } from './verify-backup.ts';
import { parseToBackupWorker, toFailure } from './worker-messages.ts';
import type { BackupJob, FromBackupWorker } from './worker-messages.ts';

export interface ServeBackupDeps {
  /** Opens the database of that name, which the page has open too. */
  readonly openDatabase: (name: string) => Promise<OnggiDatabase>;
  readonly createPacker: (options: PackOptions) => Packer;
  readonly schemaVersion: number;
  readonly clock: Clock;
}

/** Progress is told at most so often. */
const PROGRESS_MS = 100;

/** Does one job that comes over `port`, and what belongs to it: stop, finish, discard. */
export function serveBackup(port: MessagePort, deps: ServeBackupDeps): void {
  const stopping = new AbortController();
  let staged: StagedRestore | undefined;
  const post = (message: FromBackupWorker): void => port.postMessage(message);

  /** Answers with what `work` gives, or with why it failed. */
  async function answer(work: () => Promise<FromBackupWorker>): Promise<void> {
    try {
      post(await work());
    } catch (error) {
      post(stopping.signal.aborted ? { kind: 'stopped' } : toFailure(error));
    }
  }

  let toldAt = -Infinity;
  const onProgress = (progress: Progress): void => {
    const now = performance.now();
    if (now - toldAt < PROGRESS_MS) return;
    toldAt = now;
    post({ kind: 'progress', progress });
  };

  const packing = { createPacker: deps.createPacker };

  async function run(job: BackupJob): Promise<FromBackupWorker> {
    const { schemaVersion, clock } = deps;
    const common = { schemaVersion, signal: stopping.signal, onProgress };
    if (job.kind === 'verify') {
      return { kind: 'verified', summary: await verifyBackup(job.file, { ...job, ...common }) };
    }
    if (job.kind === 'fold') {
      const options = { ...job, ...common, ...packing, target: { kind: 'blob' } as const };
      return { kind: 'created', ...(await foldSnapshot(job.file, job.segments ?? [], options)) };
    }
    const db = await deps.openDatabase(job.databaseName);
    if (job.kind === 'create') {
      try {
        const options = { ...job, ...common, ...packing };
        return { kind: 'created', ...(await createBackup(db, options)) };
      } finally {
        db.close();
      }
    }
    const sessionId = toSessionId(job.sessionId);
    staged = await stageRestore(db, job.file, { ...job, ...common, sessionId, clock });
    return { kind: 'staged', preview: staged.preview };
  }

  port.onmessage = ({ data }: MessageEvent<unknown>) => {
    const message = parseToBackupWorker(data);
    if (message.kind === 'stop') stopping.abort();
    if (message.kind === 'job') void answer(() => run(message.job));
    if (message.kind === 'refresh') {
      void answer(async () => {
        const isChanged = (await staged?.refresh()) ?? false;
        return { kind: 'refreshed', changed: isChanged ? (staged?.preview ?? null) : null };
      });
    }
    if (message.kind === 'finish') {
      void answer(async () => {
        await staged?.finish(message.accepted);
        return { kind: 'finished', databaseName: staged?.databaseName ?? '' };
      });
    }
    if (message.kind === 'discard') {
      void answer(async () => {
        await staged?.discard();
        return { kind: 'discarded' };
      });
    }
  };
}
