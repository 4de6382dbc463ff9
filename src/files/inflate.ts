import { OnggiError } from '#domain/errors.ts';
import { toFileError } from './file-errors.ts';
import { mostInflatedBytes } from './limits.ts';

export interface InflateOptions {
  /** Size of the packed bytes: with it a bomb is told by its ratio. */
  readonly packedBytes: number;
  readonly format: 'gzip' | 'deflate-raw';
  /** Instead of the limit of 512 MiB. */
  readonly maxBytes?: number;
  /** The person allowed a large file: neither size nor ratio is bounded but by `maxBytes`. */
  readonly isLargeAllowed?: boolean;
}

/**
 * The inflated bytes, streamed. Nothing is read ahead of what is asked for, and what goes beyond the
 * limits of SECURITY 6 ends the stream where it happens.
 * @throws in the stream: OnggiError `file/expands-too-much`, `file/damaged` (damaged, cut, or followed
 * by other bytes), `file/unreadable`; an OnggiError of `stream` itself passes through.
 */
export function inflate(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  { packedBytes, format, maxBytes, isLargeAllowed = false }: InflateOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const limit = isLargeAllowed
    ? (maxBytes ?? Infinity)
    : Math.min(maxBytes ?? Infinity, mostInflatedBytes(packedBytes));
  return limitBytes(sliceChunks(stream).pipeThrough(new DecompressionStream(format)), limit);
}

/** Packed bytes that are inflated at once. */
const SLICE_BYTES = 16 * 1024;

/**
 * The same bytes in small pieces: the browser inflates a whole piece before anybody can count what
 * comes out, and of a bomb that is a thousand times as much.
 */
function sliceChunks(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return stream.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        for (let start = 0; start < chunk.length; start += SLICE_BYTES) {
          controller.enqueue(chunk.subarray(start, start + SLICE_BYTES));
        }
      },
    }),
  );
}

/** The same bytes; an error instead of the chunk that goes beyond `limit`. */
function limitBytes(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  limit: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  let total = 0;
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const { value, done } = await reader.read().catch(rejectAsFileError);
        if (done) {
          controller.close();
          return;
        }
        total += value.byteLength;
        if (total > limit) {
          await reader.cancel().catch(() => undefined);
          throw new OnggiError('file/expands-too-much', `inflates beyond ${limit} bytes`);
        }
        controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function rejectAsFileError(cause: unknown): never {
  throw toFileError(cause);
}
