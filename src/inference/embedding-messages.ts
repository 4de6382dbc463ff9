/** What the embedding worker and its client say to each other. Each reads the other as foreign data. */
import * as v from 'valibot';
import { readEmbedderChoice } from '#domain/embedder-choice.ts';
import type { EmbedderChoice } from '#domain/embedder-choice.ts';
import { ERROR_CODES, OnggiError, toOnggiError } from '#domain/errors.ts';

const Size = v.pipe(v.number(), v.minValue(0));
const Identity = v.object({
  id: v.string(),
  revision: v.string(),
  dtype: v.string(),
  dimension: Size,
  pipelineVersion: Size,
});

const Choice = v.custom<EmbedderChoice>((value) => readEmbedderChoice(value) !== undefined);

const ToWorker = v.variant('kind', [
  /** First message: which model. The worker answers `ready`, or `failed` without a number. */
  v.object({
    kind: v.literal('load'),
    choice: Choice,
    /** Address of the app's folder `models/`. */
    modelsUrl: v.string(),
  }),
  v.object({
    kind: v.literal('embed'),
    number: v.number(),
    texts: v.array(v.string()),
    as: v.picklist(['query', 'passage']),
  }),
  /** How odd the text is; the worker answers `measured`. */
  v.object({ kind: v.literal('measure'), number: v.number(), text: v.string() }),
  /** Nobody waits for that `embed` any more; it is not answered. */
  v.object({ kind: v.literal('cancel'), number: v.number() }),
]);
/** A message to the embedding worker. */
export type ToEmbeddingWorker = v.InferOutput<typeof ToWorker>;

const FromWorker = v.variant('kind', [
  v.object({ kind: v.literal('loading'), doneBytes: Size, totalBytes: v.nullable(Size) }),
  v.object({ kind: v.literal('ready'), identity: Identity }),
  v.object({
    kind: v.literal('embedded'),
    number: v.number(),
    vectors: v.custom<Float32Array<ArrayBuffer>>((value) => value instanceof Float32Array),
  }),
  v.object({
    kind: v.literal('measured'),
    number: v.number(),
    oddness: v.nullable(v.number()),
  }),
  v.object({
    kind: v.literal('failed'),
    /** Which `embed`; null when it is the loading that failed. */
    number: v.nullable(v.number()),
    code: v.picklist(ERROR_CODES),
    message: v.string(),
    detail: v.optional(v.string()),
    isRetryable: v.boolean(),
  }),
]);
/** A message of the embedding worker. */
export type FromEmbeddingWorker = v.InferOutput<typeof FromWorker>;
type Failed = Extract<FromEmbeddingWorker, { kind: 'failed' }>;

/** @throws OnggiError `app/worker-failed` for a message of another shape; so both. */
export const parseToEmbeddingWorker = (data: unknown): ToEmbeddingWorker => parse(ToWorker, data);
export const parseFromEmbeddingWorker = (data: unknown): FromEmbeddingWorker =>
  parse(FromWorker, data);

function parse<Schema extends v.GenericSchema>(
  schema: Schema,
  data: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, data);
  if (result.success) return result.output;
  throw new OnggiError(
    'app/worker-failed',
    'a message of the embedding worker of an unknown shape',
  );
}

/** An error as a message: custom fields do not pass `postMessage`. */
export function toFailed(error: unknown, number: number | null): Failed {
  const { code, message, detail, retryable } = toOnggiError(error);
  return {
    kind: 'failed',
    number,
    code,
    message,
    isRetryable: retryable,
    ...(detail ? { detail } : {}),
  };
}

/** The error of a message. */
export function fromFailed({ code, message, detail, isRetryable }: Failed): OnggiError {
  return new OnggiError(code, message, { retryable: isRetryable, ...(detail ? { detail } : {}) });
}
