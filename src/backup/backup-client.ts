/** The page's side of the backup worker: one worker a job, ended with it. */
import type { OnggiDatabase } from '#db/open-database.ts';
import { requireNoAnswers, switchLive } from '#db/switch-live.ts';
import type {
  BackupProblemCode,
  BackupSummary,
  RestoreMode,
  RestorePreview,
} from '#domain/backup-report.ts';
import { OnggiError } from '#domain/errors.ts';
import type { Clock, SessionId } from '#domain/ids.ts';
import type { Progress } from '#domain/import-report.ts';
import { fillPicked } from '#files/picked-file.ts';
import type { CreatedBackup } from './create-backup.ts';
import type { PackTarget } from './pack.ts';
import type { SegmentOptions } from './write-backup.ts';
import { fromFailure, parseFromBackupWorker } from './worker-messages.ts';
import type { BackupJob, FromBackupWorker, ToBackupWorker } from './worker-messages.ts';

/** What reading files needs: no database. */
export interface BackupReaderDeps {
  /** A fresh backup worker. */
  readonly createWorker: () => Worker;
  readonly appVersion: string;
}

export interface BackupClientDeps extends BackupReaderDeps {
  readonly db: OnggiDatabase;
  readonly clock: Clock;
  /** Only tests give others. */
  readonly bootName?: string;
  readonly baseName?: string;
}

/** What may be said while a job runs. */
export interface JobOptions {
  readonly onProgress?: (progress: Progress) => void;
  /** Stops the job; nothing of it is left. */
  readonly signal?: AbortSignal;
}

export interface FileOptions extends JobOptions {
  readonly passphrase?: string | undefined;
  /** The person was shown the size and agreed. */
  readonly isLargeAllowed?: boolean | undefined;
  /** Of a snapshot: the segments that follow the file. */
  readonly segments?: readonly Blob[] | undefined;
}

export interface VerifyFileOptions extends FileOptions {
  /** Conversations that are looked for; the summary says how many of them there are. */
  readonly wantedIds?: readonly string[] | undefined;
}

export interface CreateOptions extends JobOptions {
  readonly target: PackTarget;
  readonly passphrase?: string | undefined;
  /** False leaves out the reading back. */
  readonly isChecked?: boolean | undefined;
  /** Writes a segment of a snapshot instead of the whole database. */
  readonly segment?: SegmentOptions | undefined;
}

/** A restore that waits for the person; the live data are as they were. */
export interface WaitingRestore {
  readonly preview: RestorePreview;
  /**
   * Makes it live. Afterwards the page must be loaded anew, because its database is closed; so too
   * after an error other than `backup/busy`, with which everything stays as it was and the restore
   * goes on waiting.
   * @param accepted The questions of the preview that the person said yes to.
   * @returns what a merge would do now, where that is something else than the preview said, because something
   * was written here since; nothing was done then, and this is the preview from now on.
   * @throws OnggiError `backup/busy`, `backup/changed`, `db/*`, `app/unexpected` when a question is open.
   */
  commit(accepted: readonly BackupProblemCode[]): Promise<RestorePreview | undefined>;
  /** Gives it up. Harmless after {@link WaitingRestore.commit}. */
  discard(): Promise<void>;
}

/** What can be done with files alone. Any of it rejects with `signal`'s reason when stopped. */
export interface BackupReader {
  /** @throws OnggiError `file/*`. */
  verify(file: Blob, options?: VerifyFileOptions): Promise<BackupSummary>;
  /**
   * A snapshot and its segments as one file; see `foldSnapshot`.
   * @param at Epoch milliseconds: the moment that it reaches.
   * @throws OnggiError `file/*`, `backup/not-written`.
   */
  fold(
    file: Blob,
    segments: readonly Blob[],
    options: JobOptions & { readonly at: number },
  ): Promise<File>;
}

/** Backups as the page makes, checks and restores them. Any of it rejects with `signal`'s reason when stopped. */
export interface BackupClient extends BackupReader {
  /**
   * Writes a backup and reads it back. A picked file into which nothing came is gone (see `fillPicked`).
   * @throws OnggiError `backup/not-written` also when what was read back is not what was written.
   */
  createBackup(options: CreateOptions): Promise<CreatedBackup>;
  /** @throws OnggiError `file/*`, `backup/busy`, `backup/no-room`, `db/*`. */
  stage(
    file: Blob,
    options: FileOptions & { readonly mode: RestoreMode; readonly sessionId: SessionId },
  ): Promise<WaitingRestore>;
}

async function verifyFile(
  deps: BackupReaderDeps,
  file: Blob,
  options: VerifyFileOptions & { readonly isSegment?: boolean } = {},
): Promise<BackupSummary> {
  const { passphrase, isLargeAllowed, isSegment } = options;
  const wantedIds = options.wantedIds && [...options.wantedIds];
  const order = { file, passphrase, isLargeAllowed, isSegment, segments: blobsOf(options) };
  const job = startJob(deps, { kind: 'verify', ...order, wantedIds }, options);
  try {
    return (await job.until('verified')).summary;
  } finally {
    job.end();
  }
}

export function createBackupReader(deps: BackupReaderDeps): BackupReader {
  return {
    verify: (file, options) => verifyFile(deps, file, options),
    async fold(file, segments, options) {
      const { appVersion } = deps;
      const order = { file, segments: [...segments], now: options.at, appVersion };
      const job = startJob(deps, { kind: 'fold', ...order }, options);
      try {
        const { receipt, blob } = await job.until('created');
        return new File(blob ? [blob] : [], receipt.fileName);
      } finally {
        job.end();
      }
    },
  };
}

export function createBackupClient(deps: BackupClientDeps): BackupClient {
  const { db, clock } = deps;

  async function check(
    { receipt, blob }: CreatedBackup,
    target: PackTarget,
    options: CreateOptions,
  ): Promise<void> {
    const file = target.kind === 'file' ? await target.handle.getFile() : blob;
    const isSegment = options.segment !== undefined;
    const summary =
      file && (await verifyFile(deps, file, { ...options, isSegment, isLargeAllowed: true }));
    const isWhole = summary?.isVerified && summary.counts.messages === receipt.counts.messages;
    if (!isWhole) throw new OnggiError('backup/not-written', 'the file is not what was written');
  }

  return {
    ...createBackupReader(deps),
    async createBackup(options) {
      const { target, passphrase, isChecked = true, segment } = options;
      const { appVersion } = deps;
      const order = {
        databaseName: db.name,
        now: clock(),
        appVersion,
        target,
        passphrase,
        segment: segment && toOrder(segment),
      };
      const write = async (): Promise<CreatedBackup> => {
        const job = startJob(deps, { kind: 'create', ...order }, options);
        try {
          const { receipt, blob } = await job.until('created');
          if (isChecked) await check({ receipt, blob }, target, options);
          return { receipt, blob };
        } finally {
          job.end();
        }
      };
      return fillPicked(target.kind === 'file' ? target.handle : null, write, options.signal);
    },
    async stage(file, options) {
      const { mode, sessionId, passphrase, isLargeAllowed } = options;
      const segments = blobsOf(options);
      const names = { databaseName: db.name, baseName: deps.baseName };
      const order = { file, segments, mode, sessionId, ...names };
      const job = startJob(deps, { kind: 'stage', ...order, passphrase, isLargeAllowed }, options);
      try {
        const { preview } = await job.until('staged');
        // From here on it is given up by discarding it.
        job.ignoreSignal();
        return waitingRestore(deps, job, preview);
      } catch (error) {
        job.end();
        throw error;
      }
    },
  };
}

function blobsOf({ segments = [] }: FileOptions): Blob[] {
  return [...segments];
}

/** Lists of a message are not read-only. */
function toOrder(segment: SegmentOptions) {
  const { follows, conversationIds, messageIds, attachmentIds, documentIds } = segment;
  return {
    follows,
    conversationIds: [...conversationIds],
    messageIds: [...messageIds],
    attachmentIds: [...attachmentIds],
    documentIds: [...documentIds],
  };
}

function waitingRestore(
  { db, clock, bootName }: BackupClientDeps,
  job: Job,
  staged: RestorePreview,
): WaitingRestore {
  let preview = staged;
  async function finish(accepted: readonly BackupProblemCode[]): Promise<string> {
    job.post({ kind: 'finish', accepted: [...accepted] });
    return (await job.until('finished')).databaseName;
  }
  return {
    get preview() {
      return preview;
    },
    async commit(accepted) {
      const open = preview.questions.filter((code) => !accepted.includes(code));
      if (open.length > 0) {
        throw new OnggiError('app/unexpected', `not accepted: ${open.join(', ')}`);
      }
      const options = bootName === undefined ? { clock } : { clock, bootName };
      try {
        await requireNoAnswers();
        job.post({ kind: 'refresh' });
        const { changed } = await job.until('refreshed');
        if (changed) return (preview = changed);
        await switchLive(db, () => finish(accepted), options);
      } catch (error) {
        // A busy tab leaves everything waiting; after anything else there is nothing to go on with.
        if (!(error instanceof OnggiError) || error.code !== 'backup/busy') job.end();
        throw error;
      }
      job.end();
      return undefined;
    },
    async discard() {
      if (job.isOver()) return;
      job.post({ kind: 'discard' });
      try {
        await job.until('discarded');
      } finally {
        job.end();
      }
    },
  };
}

type Answer<Kind extends FromBackupWorker['kind']> = Extract<FromBackupWorker, { kind: Kind }>;

/** A worker at its job. */
interface Job {
  post(message: ToBackupWorker): void;
  /** The next message of that kind. @throws OnggiError of the worker; the signal's reason. */
  until<Kind extends FromBackupWorker['kind']>(kind: Kind): Promise<Answer<Kind>>;
  isOver(): boolean;
  /** The signal of its order stops nothing any more. */
  ignoreSignal(): void;
  /** Ends the worker; its locks go with it. */
  end(): void;
}

function startJob(
  { createWorker }: BackupReaderDeps,
  job: BackupJob,
  { onProgress, signal }: JobOptions,
): Job {
  signal?.throwIfAborted();
  const worker = createWorker();
  const { port1: port, port2 } = new MessageChannel();
  let isOver = false;
  let settle: ((message: FromBackupWorker) => void) | undefined;
  /** A worker that broke while nobody waited for it. */
  let broken: { readonly error: unknown } | undefined;
  let fail = (error: unknown): void => {
    broken ??= { error };
  };
  const post = (message: ToBackupWorker): void => port.postMessage(message);
  const stop = (): void => post({ kind: 'stop' });

  worker.onerror = ({ message }) => fail(new OnggiError('app/worker-failed', message));
  const hear = (data: unknown): void => {
    const message = parseFromBackupWorker(data);
    if (message.kind === 'progress') onProgress?.(message.progress);
    else if (message.kind === 'failed') fail(fromFailure(message));
    else if (message.kind === 'stopped') fail(signal?.reason);
    else settle?.(message);
  };
  port.onmessage = ({ data }: MessageEvent<unknown>) => {
    try {
      hear(data);
    } catch (error) {
      // A message that nobody understands may have been the answer that is waited for.
      fail(error);
    }
  };
  port.onmessageerror = () => fail(new OnggiError('app/worker-failed', 'an unreadable message'));
  signal?.addEventListener('abort', stop, { once: true });
  worker.postMessage({ kind: 'port' }, [port2]);
  post({ kind: 'job', job });
  return {
    post,
    isOver: () => isOver,
    ignoreSignal: () => signal?.removeEventListener('abort', stop),
    until: (kind) =>
      new Promise((resolve, reject) => {
        if (broken) throw broken.error;
        const refuse: (error: unknown) => void = reject;
        fail = (error) => {
          broken = { error };
          refuse(error);
        };
        settle = (message) => {
          if (isKind(message, kind)) resolve(message);
          else reject(new OnggiError('app/worker-failed', `${message.kind} instead of ${kind}`));
        };
      }),
    end() {
      isOver = true;
      signal?.removeEventListener('abort', stop);
      port.close();
      worker.terminate();
    },
  };
}

function isKind<Kind extends FromBackupWorker['kind']>(
  message: FromBackupWorker,
  kind: Kind,
): message is Answer<Kind> {
  return message.kind === kind;
}
