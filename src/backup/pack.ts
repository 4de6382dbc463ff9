import { isNoRoom, toStorageError } from '#db/storage-errors.ts';
import { OnggiError } from '#domain/errors.ts';
import { encryptAge } from './age-file.ts';

/** Where packed bytes go. */
export type PackTarget =
  /** Into memory of the browser, to be downloaded. */
  | { readonly kind: 'blob' }
  /** Into a file, which keeps its old content until all is written. */
  | { readonly kind: 'file'; readonly handle: FileSystemFileHandle };

export interface PackOptions {
  readonly target: PackTarget;
  readonly passphrase?: string | undefined;
  /** Only tests give one. */
  readonly workFactor?: number | undefined;
}

export interface Packed {
  readonly sizeBytes: number;
  /** The file, where the target is a blob. */
  readonly blob: Blob | null;
}

/** Takes plain bytes and packs them away. */
export interface Packer {
  /** Bytes to be compressed. Aborting it leaves no file. */
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
  /** When the file is whole. @throws OnggiError `backup/not-written`, `db/quota`. */
  readonly done: Promise<Packed>;
  /** A buffer whose bytes were compressed, to be filled again. */
  readonly takeSpare?: () => ArrayBuffer | undefined;
}

/** Packed bytes that are held before they are handed to the browser. */
const HELD_BYTES = 4 * 1024 * 1024;

/** Compresses into gzip, encrypts where there is a passphrase, and writes into the target. */
export function createPacker({ target, passphrase, workFactor }: PackOptions): Packer {
  const gzip = new CompressionStream('gzip');
  const done = write(gzip.readable, { target, passphrase, workFactor });
  done.catch(() => undefined);
  return { writable: gzip.writable, done };
}

async function write(
  packed: ReadableStream<Uint8Array<ArrayBuffer>>,
  { target, passphrase, workFactor }: PackOptions,
): Promise<Packed> {
  try {
    const stream = passphrase ? await encryptAge(packed, passphrase, workFactor) : packed;
    if (target.kind === 'blob') return await writeBlob(stream);
    return await writeFile(stream, target.handle);
  } catch (error) {
    await packed.cancel(error).catch(() => undefined);
    throw toWriteError(error);
  }
}

/** Held pieces go into a blob again and again: the browser keeps a large one on the disk. */
async function writeBlob(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Packed> {
  let blob = new Blob();
  let held: Uint8Array<ArrayBuffer>[] = [];
  let heldBytes = 0;
  for await (const chunk of chunksOf(stream)) {
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes < HELD_BYTES) continue;
    blob = new Blob([blob, ...held]);
    held = [];
    heldBytes = 0;
  }
  blob = new Blob([blob, ...held], { type: 'application/gzip' });
  return { sizeBytes: blob.size, blob };
}

async function writeFile(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  handle: FileSystemFileHandle,
): Promise<Packed> {
  const file = await handle.createWritable();
  let sizeBytes = 0;
  try {
    for await (const chunk of chunksOf(stream)) {
      await file.write(chunk);
      sizeBytes += chunk.length;
    }
    await file.close();
  } catch (error) {
    await file.abort().catch(() => undefined);
    throw error;
  }
  return { sizeBytes, blob: null };
}

async function* chunksOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

function toWriteError(error: unknown): OnggiError {
  if (error instanceof OnggiError) return error;
  const cause = toStorageError(error);
  return isNoRoom(cause) ? cause : new OnggiError('backup/not-written', cause.message, { cause });
}
