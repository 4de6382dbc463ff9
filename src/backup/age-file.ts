/** A standard age file (age-encryption.org/v1) behind a passphrase: `age -d` opens it too. */
import { OnggiError } from '#domain/errors.ts';

type Bytes = ReadableStream<Uint8Array<ArrayBuffer>>;

/**
 * Cost of a guess: scrypt with N = 2^17, r = 8 (OWASP's least; 128 MiB while it runs). age itself takes
 * 18 and opens up to 22.
 */
const WORK_FACTOR = 17;
/** A file that asks for more than age's own figure would take gigabytes of memory to open. */
const MAX_WORK_FACTOR = 18;

const MAGIC = 'age-encryption.org/v1\n';
/** A header with one passphrase has about 170 bytes. */
export const AGE_HEADER_BYTES = 1024;

/** Encrypts a stream. `workFactor` is for tests, which cannot wait. */
export async function encryptAge(
  stream: Bytes,
  passphrase: string,
  workFactor = WORK_FACTOR,
): Promise<Bytes> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(workFactor);
  return toOwnBytes(await encrypter.encrypt(stream));
}

/** Whether a file begins as an age file does. @param head Its first bytes. */
export function isAge(head: Uint8Array): boolean {
  return toLatin(head.subarray(0, MAGIC.length)) === MAGIC;
}

/**
 * Opens the payload of an age file.
 * @param head Its first {@link AGE_HEADER_BYTES} bytes.
 * @throws OnggiError `file/passphrase-needed`, `file/passphrase-wrong`, `file/encrypted` for another way
 * of encrypting or a work factor that no browser can bear, `file/damaged`. Damage in the payload ends
 * the stream with an error of the library's.
 */
export async function decryptAge(
  stream: Bytes,
  head: Uint8Array,
  passphrase: string | undefined,
): Promise<Bytes> {
  requireScrypt(toLatin(head));
  if (passphrase === undefined || passphrase === '') {
    throw new OnggiError('file/passphrase-needed', 'an age file');
  }
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return toOwnBytes(await decrypter.decrypt(stream));
  } catch (cause) {
    const isWrong = cause instanceof Error && cause.message.startsWith('no identity matched');
    throw isWrong
      ? new OnggiError('file/passphrase-wrong', 'no passphrase matched', { cause })
      : new OnggiError('file/damaged', 'unreadable age file', { cause });
  }
}

function requireScrypt(header: string): void {
  const end = header.indexOf('\n---');
  const stanza = /\n-> (\S+)(?: \S+ (\d{1,9}))?/.exec(header);
  if (!stanza) throw new OnggiError('file/damaged', 'age header without a recipient');
  const [, kind, workFactor] = stanza;
  if (kind !== 'scrypt') throw new OnggiError('file/encrypted', 'age file without a passphrase');
  if (end === -1) throw new OnggiError('file/damaged', 'endless age header');
  if (Number(workFactor) > MAX_WORK_FACTOR) {
    throw new OnggiError('file/encrypted', `age work factor ${workFactor}`);
  }
}

function toLatin(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes);
}

/** The library types its bytes wider than it makes them. */
function toOwnBytes(stream: ReadableStream<Uint8Array>): Bytes {
  return stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>({
      transform: (chunk, controller) => controller.enqueue(new Uint8Array(chunk)),
    }),
  );
}
