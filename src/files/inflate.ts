import { OnggiError } from '#domain/errors.ts';
import { toFileError } from './file-errors.ts';
import { MAX_INFLATED_BYTES, isBombDense, mostInflatedBytes } from './limits.ts';

export interface InflateOptions {
  /** Size of the packed bytes: with it a bomb is told by its ratio. */
  readonly packedBytes: number;
  readonly format: 'gzip' | 'deflate-raw';
  /** What the file itself says that it inflates to: a bomb that says so is stopped at once. */
  readonly saidBytes?: number | undefined;
  /** Whether the person allowed this one to become far larger than usual, up to 512 MiB; undefined: nobody asks. */
  readonly isFarAllowed?: boolean | undefined;
  /** Instead of the limit of 512 MiB. */
  readonly maxBytes?: number;
  /** The person allowed a large file: neither size nor ratio is bounded but by `maxBytes`. */
  readonly isLargeAllowed?: boolean;
}

/**
 * The inflated bytes, streamed. Nothing is read ahead of what is asked for, and what goes beyond the
 * limits of SECURITY 6 ends the stream where it happens.
 * @throws in the stream: OnggiError `file/expands-too-much`, `file/expands-far` (the same, where the
 * person may allow it), `file/damaged` (damaged, cut, or followed by other bytes), `file/unreadable`; an OnggiError of `stream` itself passes through.
 */
export function inflate(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  options: InflateOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { packedBytes, format, saidBytes = 0, maxBytes = Infinity } = options;
  const { isFarAllowed, isLargeAllowed = false } = options;
  const limit = isLargeAllowed
    ? maxBytes
    : Math.min(maxBytes, mostInflatedBytes(packedBytes, isFarAllowed));
  let takenBytes = 0;
  const slices = sliceChunks(stream, (count) => (takenBytes += count));
  // What a cut file says is chance, so that what came of it so far has to say the same.
  const isTooMuch = (total: number): boolean =>
    total > limit || (saidBytes > limit && isBombDense(takenBytes, total));
  const refusal = (): OnggiError =>
    isFarAllowed === false && saidBytes > limit
      ? refusalOfFar(packedBytes, saidBytes)
      : new OnggiError('file/expands-too-much', `inflates beyond ${limit} bytes`);
  const inflated = slices.pipeThrough(new DecompressionStream(format));
  return limitBytes(inflated, { isTooMuch, refusal });
}

/** Why something is not unpacked that becomes so much larger: the person may allow it up to 512 MiB. */
export function refusalOfFar(packedBytes: number, sizeBytes: number): OnggiError {
  const isAskable = sizeBytes <= MAX_INFLATED_BYTES;
  const code = isAskable ? 'file/expands-far' : 'file/expands-too-much';
  const detail = `${toMegabytes(packedBytes)} → ${toMegabytes(sizeBytes)}`;
  return new OnggiError(code, `${sizeBytes} bytes out of ${packedBytes}`, { detail });
}

/** For people of every language; nothing that is refused inflates to less than some of them. */
function toMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)} MB`;
}

/** What the end of a gzip file says that it inflates to, modulo 4 GiB (RFC 1952); chance in a cut one. */
export async function readGzipSize(file: Blob): Promise<number> {
  const end = await file.slice(Math.max(0, file.size - 4)).arrayBuffer();
  return end.byteLength < 4 ? 0 : new DataView(end).getUint32(0, true);
}

/** Packed bytes that are inflated at once, first and later. */
const FIRST_SLICE_BYTES = 1024;
const SLICE_BYTES = 16 * 1024;

/**
 * The same bytes in small pieces: the browser inflates a whole piece before anybody can count what
 * comes out, and of a bomb that is a thousand times as much. They grow, because many only want to see
 * how a file begins.
 */
function sliceChunks(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onTaken: (count: number) => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let sliceBytes = FIRST_SLICE_BYTES;
  return stream.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        for (let start = 0; start < chunk.length;) {
          const slice = chunk.subarray(start, start + sliceBytes);
          onTaken(slice.length);
          controller.enqueue(slice);
          start += sliceBytes;
          sliceBytes = Math.min(2 * sliceBytes, SLICE_BYTES);
        }
      },
    }),
  );
}

/** The same bytes; an error instead of the chunk with which they are too many. */
function limitBytes(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  {
    isTooMuch,
    refusal,
  }: {
    readonly isTooMuch: (total: number) => boolean;
    readonly refusal: () => OnggiError;
  },
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
        if (isTooMuch(total)) {
          await reader.cancel().catch(() => undefined);
          throw refusal();
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
