/** What page and workers say to each other. Each side reads what comes from the other as foreign data. */
import * as v from 'valibot';
import { BACKUP_PROBLEMS, BACKUP_TABLES } from '#domain/backup-report.ts';
import type { BackupSummary, BackupTable, RestorePreview } from '#domain/backup-report.ts';
import { ERROR_CODES, OnggiError, toOnggiError } from '#domain/errors.ts';

const Size = v.pipe(v.number(), v.minValue(0));
const Instant = v.nullable(v.number());
const OptionalText = v.optional(v.string());
const tableEntries = Object.fromEntries(BACKUP_TABLES.map((table) => [table, Size])) as Record<
  BackupTable,
  typeof Size
>;
const Counts = v.object(tableEntries);
const Target = v.variant('kind', [
  v.object({ kind: v.literal('blob') }),
  v.object({
    kind: v.literal('file'),
    handle: v.custom<FileSystemFileHandle>((value) => value instanceof FileSystemFileHandle),
  }),
]);
const ProblemCode = v.picklist(BACKUP_PROBLEMS);

const Ids = v.array(v.string());
const Segments = v.optional(v.array(v.instance(Blob)));

const Job = v.variant('kind', [
  v.object({
    kind: v.literal('create'),
    databaseName: v.string(),
    now: v.number(),
    appVersion: v.string(),
    target: Target,
    passphrase: OptionalText,
    segment: v.optional(
      v.object({
        follows: v.string(),
        conversationIds: Ids,
        messageIds: Ids,
        attachmentIds: Ids,
        documentIds: Ids,
      }),
    ),
  }),
  v.object({
    kind: v.literal('verify'),
    file: v.instance(Blob),
    passphrase: OptionalText,
    isLargeAllowed: v.optional(v.boolean()),
    segments: Segments,
    isSegment: v.optional(v.boolean()),
    wantedIds: v.optional(Ids),
  }),
  v.object({
    kind: v.literal('fold'),
    file: v.instance(Blob),
    segments: Segments,
    now: v.number(),
    appVersion: v.string(),
  }),
  v.object({
    kind: v.literal('stage'),
    file: v.instance(Blob),
    mode: v.picklist(['replace', 'merge']),
    databaseName: v.string(),
    baseName: OptionalText,
    sessionId: v.string(),
    passphrase: OptionalText,
    isLargeAllowed: v.optional(v.boolean()),
    segments: Segments,
  }),
]);
/** One piece of work for the backup worker. */
export type BackupJob = v.InferOutput<typeof Job>;

const ToWorker = v.variant('kind', [
  v.object({ kind: v.literal('job'), job: Job }),
  v.object({ kind: v.literal('stop') }),
  v.object({ kind: v.literal('refresh') }),
  v.object({ kind: v.literal('finish'), accepted: v.array(ProblemCode) }),
  v.object({ kind: v.literal('discard') }),
]);
/** A message to the backup worker: a job, then what belongs to it. */
export type ToBackupWorker = v.InferOutput<typeof ToWorker>;

const Failure = v.object({
  kind: v.literal('failed'),
  code: v.picklist(ERROR_CODES),
  message: v.string(),
  detail: OptionalText,
  isRetryable: v.boolean(),
});
type Failure = v.InferOutput<typeof Failure>;

const Summary = v.object({
  formatVersion: v.nullable(v.number()),
  schemaVersion: v.nullable(v.number()),
  appVersion: v.nullable(v.string()),
  createdAt: Instant,
  isEncrypted: v.boolean(),
  fileBytes: Size,
  textUnits: Size,
  counts: Counts,
  saidCounts: v.nullable(v.record(v.picklist(BACKUP_TABLES), v.number())),
  earliestAt: Instant,
  latestAt: Instant,
  isVerifiable: v.boolean(),
  isVerified: v.boolean(),
  problems: v.array(v.object({ code: ProblemCode, count: Size, examples: v.array(v.string()) })),
  wantedCount: v.optional(Size),
});

const MergeCounts = v.record(
  v.picklist(BACKUP_TABLES),
  v.object({ added: Size, updated: Size, unchanged: Size }),
);

const ReplaceCounts = v.object({ here: Size, after: Size, gone: Size });

const Preview = v.object({
  mode: v.picklist(['replace', 'merge']),
  summary: Summary,
  merged: v.nullable(MergeCounts),
  replaced: v.nullable(
    v.object({
      counts: v.object({
        conversations: ReplaceCounts,
        messages: ReplaceCounts,
        documents: ReplaceCounts,
      }),
      goneTitles: v.array(v.string()),
    }),
  ),
  questions: v.array(ProblemCode),
});

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
  v.object({
    kind: v.literal('created'),
    receipt: v.object({
      fileName: v.string(),
      fileBytes: Size,
      createdAt: v.number(),
      counts: Counts,
      isEncrypted: v.boolean(),
    }),
    blob: v.nullable(v.instance(Blob)),
  }),
  v.object({ kind: v.literal('verified'), summary: Summary }),
  v.object({ kind: v.literal('staged'), preview: Preview }),
  /** Null where it is what it was. */
  v.object({ kind: v.literal('refreshed'), changed: v.nullable(Preview) }),
  v.object({ kind: v.literal('finished'), databaseName: v.string() }),
  v.object({ kind: v.literal('discarded') }),
  v.object({ kind: v.literal('stopped') }),
  Failure,
]);
type ParsedFromWorker = v.InferOutput<typeof FromWorker>;
/** A message of the backup worker. */
export type FromBackupWorker =
  | Exclude<ParsedFromWorker, { kind: 'verified' | 'staged' | 'refreshed' }>
  | { readonly kind: 'verified'; readonly summary: BackupSummary }
  | { readonly kind: 'staged'; readonly preview: RestorePreview }
  | { readonly kind: 'refreshed'; readonly changed: RestorePreview | null };

const ToPackWorker = v.object({ target: Target, passphrase: OptionalText });
/** The one message that begins packing; the bytes come over its port. */
export type ToPackWorker = v.InferOutput<typeof ToPackWorker>;

const PackInput = v.variant('kind', [
  v.object({
    kind: v.literal('bytes'),
    bytes: v.custom<Uint8Array<ArrayBuffer>>((value) => value instanceof Uint8Array),
  }),
  v.object({ kind: v.literal('end') }),
  v.object({ kind: v.literal('abort') }),
]);
/** What comes to the packing worker over its port. */
export type PackInput = v.InferOutput<typeof PackInput>;

const PackOutput = v.variant('kind', [
  /** One piece of bytes was taken: another may come. Its buffer goes back to be filled again. */
  v.object({ kind: v.literal('taken'), buffer: v.instance(ArrayBuffer) }),
  v.object({
    kind: v.literal('packed'),
    sizeBytes: Size,
    blob: v.nullable(v.instance(Blob)),
  }),
  Failure,
]);
/** What the packing worker says. */
export type PackOutput = v.InferOutput<typeof PackOutput>;

export const parseToBackupWorker = (data: unknown): ToBackupWorker => parse(ToWorker, data);
export const parseFromBackupWorker = (data: unknown): FromBackupWorker => parse(FromWorker, data);
export const parseToPackWorker = (data: unknown): ToPackWorker => parse(ToPackWorker, data);
export const parsePackInput = (data: unknown): PackInput => parse(PackInput, data);
export const parsePackOutput = (data: unknown): PackOutput => parse(PackOutput, data);

/** @throws OnggiError `app/worker-failed` for a message of another shape. */
function parse<Schema extends v.GenericSchema>(
  schema: Schema,
  data: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, data);
  if (result.success) return result.output;
  throw new OnggiError('app/worker-failed', 'a worker message of an unknown shape');
}

/** An error as a message: custom fields do not pass `postMessage`. */
export function toFailure(error: unknown): Failure {
  const { code, message, detail, retryable } = toOnggiError(error);
  return { kind: 'failed', code, message, isRetryable: retryable, ...(detail ? { detail } : {}) };
}

/** The error of a message. */
export function fromFailure({ code, message, detail, isRetryable }: Failure): OnggiError {
  return new OnggiError(code, message, { retryable: isRetryable, ...(detail ? { detail } : {}) });
}
