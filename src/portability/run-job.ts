import { OnggiError } from '#domain/errors.ts';
import type { Progress } from '#domain/import-report.ts';
import { fromFailure, parseFromPortabilityWorker } from './portability-messages.ts';
import type { PortabilityJob, ToPortabilityWorker } from './portability-messages.ts';

/** What may be said while a job runs. */
export interface JobOptions {
  readonly onProgress?: (progress: Progress) => void;
  /** Stops the job; what it was stopped in the middle of says what that means. */
  readonly signal?: AbortSignal;
}

/**
 * How long a stopped worker may take to answer before it is ended. Long: an import stores what it
 * has read, and on a slow disk that takes its time.
 */
const STOP_LIMIT_MS = 60_000;

/**
 * Does one job in a worker of its own, which is ended with it: what it held in memory is free then.
 * @returns the result as the worker sent it, still to be parsed.
 * @throws OnggiError what the job threw; `app/worker-failed` when the worker does not start or dies;
 * the signal's reason when the job answers that it was stopped.
 */
export function runJob(
  createWorker: () => Worker,
  job: PortabilityJob,
  { onProgress, signal }: JobOptions = {},
): Promise<unknown> {
  const worker = createWorker();
  const post = (message: ToPortabilityWorker): void => worker.postMessage(message);
  let limit: ReturnType<typeof setTimeout> | undefined;
  return new Promise<unknown>((resolve, reject) => {
    const fail = (cause: unknown): void => {
      const error =
        cause instanceof OnggiError
          ? cause
          : new OnggiError('app/worker-failed', 'the portability worker failed', {
              cause,
              retryable: true,
            });
      reject(error);
    };
    const stop = (): void => {
      post({ kind: 'stop' });
      limit = setTimeout(() => reject(reasonOf(signal)), STOP_LIMIT_MS);
    };
    worker.addEventListener('error', (event) => fail(event.message));
    worker.addEventListener('messageerror', () => fail('unreadable message'));
    worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      try {
        const message = parseFromPortabilityWorker(data);
        if (message.kind === 'progress') onProgress?.(message.progress);
        else if (message.kind === 'done') resolve(message.result);
        else if (message.kind === 'stopped') reject(reasonOf(signal));
        else fail(fromFailure(message));
      } catch (error) {
        fail(error);
      }
    });
    signal?.addEventListener('abort', stop, { once: true });
    post({ kind: 'job', job });
    if (signal?.aborted) stop();
  }).finally(() => {
    clearTimeout(limit);
    worker.terminate();
  });
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new DOMException('stopped', 'AbortError');
}
