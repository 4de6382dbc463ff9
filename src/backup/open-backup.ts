import { OnggiError } from '#domain/errors.ts';
import { decodeText } from '#files/decode-text.ts';
import { inflate, readGzipSize } from '#files/inflate.ts';
import { ASK_ABOVE_BYTES, MAX_INFLATED_BYTES } from '#files/limits.ts';
import { AGE_HEADER_BYTES, decryptAge, isAge } from './age-file.ts';

export interface OpenBackupOptions {
  readonly passphrase?: string | undefined;
  /** The person was shown the size and agreed: neither size nor ratio is bounded then. */
  readonly isLargeAllowed?: boolean | undefined;
}

/** Given each chunk of the text before it is read: what was decoded of it, and its bytes. */
export type OnChunk = (text: string, bytes: Uint8Array) => void;

/** A backup's text. */
export interface OpenedBackup {
  readonly isEncrypted: boolean;
  /** To be read once. @throws `file/expands-too-much`, `file/damaged`, `file/unreadable`. */
  readonly chunks: AsyncIterable<string>;
}

type Bytes = ReadableStream<Uint8Array<ArrayBuffer>>;

/**
 * Opens a file as a backup under the limits of SECURITY 6: gzip, age around gzip, or bare JSON.
 * @throws OnggiError `file/empty`, `file/too-large` (ask, then allow), `file/not-a-backup`,
 * `file/unreadable`, and for age `file/passphrase-needed`, `file/passphrase-wrong`, `file/encrypted`,
 * `file/damaged`.
 */
export async function openBackup(
  file: Blob,
  { passphrase, isLargeAllowed = false }: OpenBackupOptions = {},
  onChunk?: OnChunk,
): Promise<OpenedBackup> {
  if (file.size === 0) throw new OnggiError('file/empty', 'empty file');
  if (file.size > ASK_ABOVE_BYTES && !isLargeAllowed) {
    throw new OnggiError('file/too-large', `${file.size} bytes`, { detail: String(file.size) });
  }
  const head = await readHead(file, AGE_HEADER_BYTES);
  const isEncrypted = isAge(head);
  const packed = isEncrypted ? await decryptAge(readBlob(file), head, passphrase) : readBlob(file);
  const { first, stream } = await peek(packed);
  const limits = { packedBytes: file.size, isLargeAllowed };
  if (isGzip(first)) {
    const saidBytes = isEncrypted || isLargeAllowed ? undefined : await readGzipSize(file);
    const plain = inflate(stream, { ...limits, saidBytes, format: 'gzip' });
    return { isEncrypted, chunks: decodeText(plain, undefined, onChunk) };
  }
  if (!isJsonObject(first)) {
    await stream.cancel().catch(() => undefined);
    throw new OnggiError('file/not-a-backup', 'neither gzip nor a JSON object');
  }
  const isTooLong = file.size > MAX_INFLATED_BYTES && !isLargeAllowed;
  if (isTooLong) throw new OnggiError('file/too-large', `${file.size} bytes`);
  return { isEncrypted, chunks: decodeText(stream, undefined, onChunk) };
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** A brace after white space and a byte order mark. */
function isJsonObject(bytes: Uint8Array): boolean {
  return /^\s*\{/.test(new TextDecoder().decode(bytes.subarray(0, 1024)));
}

async function readHead(file: Blob, size: number): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.slice(0, size).arrayBuffer());
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** The bytes of a file; what fails in the reading of it is not taken for damage of its content. */
function readBlob(file: Blob): Bytes {
  const reader = file.stream().getReader();
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const { value, done } = await reader.read().catch((cause: unknown) => {
          throw unreadable(cause);
        });
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function unreadable(cause: unknown): OnggiError {
  return new OnggiError('file/unreadable', 'the file cannot be read', { cause });
}

/** The first chunk, and the stream as if nobody had looked. */
async function peek(source: Bytes): Promise<{ first: Uint8Array; stream: Bytes }> {
  const reader = source.getReader();
  const { value, done } = await reader.read().catch((cause: unknown) => {
    if (cause instanceof OnggiError) throw cause;
    throw new OnggiError('file/damaged', 'unreadable content', { cause });
  });
  let held = done ? undefined : value;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        if (held) {
          controller.enqueue(held);
          held = undefined;
          return;
        }
        const next = await reader.read();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return { first: value ?? new Uint8Array(), stream };
}
