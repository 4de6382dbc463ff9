import { toFileError } from '#files/file-errors.ts';

/**
 * What the first bytes of a file say it is. `other`: nothing that can be imported by itself, such as
 * a picture.
 */
export type FileKind = 'zip' | 'gzip' | 'text' | 'sqlite' | 'age' | 'other';

/** Bytes that are looked at. */
const HEAD_BYTES = 512;

/**
 * The kind of a file, out of its first chunk; the stream is cancelled then.
 * @throws OnggiError `file/*` when not even that can be read.
 */
export async function readFileKind(stream: ReadableStream<Uint8Array>): Promise<FileKind> {
  const reader = stream.getReader();
  try {
    let head = new Uint8Array();
    while (head.length < HEAD_BYTES) {
      const { value, done } = await reader.read();
      if (done) break;
      head = new Uint8Array([...head, ...value.subarray(0, HEAD_BYTES)]);
    }
    return toFileKind(head);
  } catch (error) {
    throw toFileError(error);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** The kind of a file that begins with these bytes; more than the first 512 are not looked at. */
export function toFileKind(bytes: Uint8Array): FileKind {
  const head = bytes.subarray(0, HEAD_BYTES);
  const isText = !hasControl(head);
  // An archive may hold a hundred thousand texts.
  if (isText && !mayBeSigned(head)) return 'text';
  const start = toHex(head.subarray(0, 32));
  if (/^504b(0304|0506|0708)/.test(start)) return 'zip';
  if (start.startsWith('1f8b')) return 'gzip';
  if (start.startsWith(SQLITE_START)) return 'sqlite';
  if (start.startsWith(AGE_START)) return 'age';
  if (readMediaType(head) !== null) return 'other';
  return isText ? 'text' : 'other';
}

const SQLITE_START = toHex(new TextEncoder().encode('SQLite format 3\0'));
const AGE_START = toHex(new TextEncoder().encode('age-encryption.org/'));

/** Whether there are bytes that no text has: control characters but for white space and escapes of terminals. */
function hasControl(head: Uint8Array): boolean {
  for (const byte of head) if (byte < 0x09 || (byte > 0x0d && byte < 0x1b)) return true;
  return false;
}

/** What signatures without a control character begin with: gzip, age, GIF, RIFF, ID3, OggS, fLaC, PDF, BMP. */
const SIGNED_STARTS: ReadonlySet<number> = new Set([0x1f, ...new TextEncoder().encode('aGRIOf%B')]);

/** Whether a signature may stand there: only then all of them are tried. */
function mayBeSigned(head: Uint8Array): boolean {
  const first = head[0] ?? 0;
  // `ftyp` stands behind four bytes.
  return first >= 0x80 || SIGNED_STARTS.has(first) || (head[4] === 0x66 && head[5] === 0x74);
}

/** Signatures of media that exports carry, in hexadecimal; `66747970` is `ftyp`, `52494646` is `RIFF`. */
const SIGNATURES: readonly (readonly [RegExp, string])[] = [
  [/^89504e470d0a1a0a/, 'image/png'],
  [/^ffd8ff/, 'image/jpeg'],
  [/^47494638(37|39)61/, 'image/gif'],
  [/^52494646.{8}57454250/, 'image/webp'],
  [/^.{8}66747970(61766966|61766973)/, 'image/avif'],
  [/^.{8}66747970(68656963|68656978|6d696631|6d736631)/, 'image/heic'],
  [/^424d.{8}00000000/, 'image/bmp'],
  [/^52494646.{8}57415645/, 'audio/wav'],
  [/^(494433|fff[b32])/, 'audio/mpeg'],
  [/^4f676753/, 'audio/ogg'],
  [/^664c6143/, 'audio/flac'],
  [/^.{8}667479704d34(41|42)/, 'audio/mp4'],
  [/^.{8}667479707174/, 'video/quicktime'],
  [/^.{8}66747970/, 'video/mp4'],
  [/^1a45dfa3/, 'video/webm'],
  [/^255044462d/, 'application/pdf'],
];

/** The media type that the first bytes show; null when they show none. */
export function readMediaType(head: Uint8Array): string | null {
  const start = toHex(head.subarray(0, 32));
  return SIGNATURES.find(([pattern]) => pattern.test(start))?.[1] ?? null;
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Endings of pictures, sounds, films, documents and programs; `.dat` is what ChatGPT calls every asset since 2026. */
const BINARY_ENDINGS =
  'png|jpe?g|gif|webp|avif|hei[cf]|bmp|tiff?|svg|ico|wav|mp3|m4a|ogg|oga|opus|flac|aac|mp4|m4v|mov|webm|mkv|avi|pdf|docx?|xlsx?|pptx?|odt|ods|epub|woff2?|ttf|otf|dat|bin|exe|dll|so|wasm';
const MEDIA_NAME = new RegExp(`\\.(${BINARY_ENDINGS}|css|js|mjs)$`, 'i');
/** The others are archives and documents that an import may open by itself. */
const BINARY_NAME = new RegExp(
  `\\.(${BINARY_ENDINGS}|rtf|odp|hwpx?|pages|numbers|key|zip|gz|tar|7z|rar)$`,
  'i',
);

/**
 * Whether a name in an archive stands for something that is looked at only when a message wants it.
 * The one place where a name decides: opening thousands of pictures for their first bytes would cost
 * more than the import.
 */
export function isMediaName(name: string): boolean {
  return MEDIA_NAME.test(name);
}

/** Whether a name is one of a file that is no text, so that a text of that name could not be opened. */
export function isBinaryName(name: string): boolean {
  return BINARY_NAME.test(name);
}
