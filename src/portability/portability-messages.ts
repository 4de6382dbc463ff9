/**
 * What the page and the portability worker say to each other: one job a worker, then its stop. Each
 * side reads what comes from the other as foreign data.
 */
import * as v from 'valibot';
import { ERROR_CODES, OnggiError, toOnggiError } from '#domain/errors.ts';
import type { Progress } from '#domain/import-report.ts';
import { ExportJobMessage, PreviewAnonymisedJobMessage } from './export-messages.ts';

const Database = { databaseName: v.string() };
const GivenFile = v.object({ file: v.instance(File), path: v.string() });
const Given = {
  ...Database,
  sessionId: v.string(),
  files: v.array(GivenFile),
  isFarAllowed: v.boolean(),
};

/** A file the person picked; null makes a Blob. */
const Handle = v.nullable(
  v.custom<FileSystemFileHandle>((value) => value instanceof FileSystemFileHandle),
);

const Job = v.variant('kind', [
  v.object({ kind: v.literal('export-sqlite'), ...Database, handle: Handle }),
  v.object({ kind: v.literal('export-postgres'), ...Database, handle: Handle }),
  v.object({ kind: v.literal('preview-import'), ...Given }),
  v.object({
    kind: v.literal('run-import'),
    ...Given,
    existing: v.picklist(['update', 'copy', 'skip']),
  }),
  v.object({ kind: v.literal('undo-import'), ...Database, importId: v.string() }),
  ExportJobMessage,
  PreviewAnonymisedJobMessage,
]);
/** A piece of work for the worker. A new kind needs a line here and one in `serve-portability.ts`. */
export type PortabilityJob = v.InferOutput<typeof Job>;

const ToWorker = v.variant('kind', [
  v.object({ kind: v.literal('job'), job: Job }),
  v.object({ kind: v.literal('stop') }),
]);
export type ToPortabilityWorker = v.InferOutput<typeof ToWorker>;

const Size = v.pipe(v.number(), v.minValue(0));
const FromWorker = v.variant('kind', [
  v.object({
    kind: v.literal('progress'),
    progress: v.object({
      step: v.string(),
      doneBytes: Size,
      totalBytes: v.nullable(Size),
      doneRows: Size,
      totalRows: v.nullable(Size),
    }),
  }),
  /** The client of the job knows what its result is and reads it. */
  v.object({ kind: v.literal('done'), result: v.unknown() }),
  v.object({ kind: v.literal('stopped') }),
  v.object({
    kind: v.literal('failed'),
    code: v.picklist(ERROR_CODES),
    message: v.string(),
    detail: v.nullable(v.string()),
    isRetryable: v.boolean(),
  }),
]);
export type FromPortabilityWorker = v.InferOutput<typeof FromWorker>;

export const parseToPortabilityWorker = (data: unknown): ToPortabilityWorker =>
  parseMessage(ToWorker, data);
export const parseFromPortabilityWorker = (data: unknown): FromPortabilityWorker =>
  parseMessage(FromWorker, data);

/** @throws OnggiError `app/worker-failed` for a message of another shape. */
export function parseMessage<Schema extends v.GenericSchema>(
  schema: Schema,
  data: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, data);
  if (result.success) return result.output;
  throw new OnggiError('app/worker-failed', 'a worker message of an unknown shape');
}

/** An error as a message: custom fields do not pass `postMessage`. */
export function toFailure(error: unknown): Extract<FromPortabilityWorker, { kind: 'failed' }> {
  const { code, message, detail, retryable } = toOnggiError(error);
  return { kind: 'failed', code, message, detail: detail ?? null, isRetryable: retryable };
}

/** The error of a message. */
export function fromFailure({
  code,
  message,
  detail,
  isRetryable,
}: Extract<FromPortabilityWorker, { kind: 'failed' }>): OnggiError {
  return new OnggiError(code, message, {
    retryable: isRetryable,
    ...(detail === null ? {} : { detail }),
  });
}

/** What a job may use beside its own message. */
export interface JobContext {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}
