/**
 * Reads ZIP files out of slices of a Blob: only the directory and the entries that are asked for are
 * ever read, so that a 1.8 GB archive costs no more than the JSON in it (FORMATS 1, rule 3). A
 * streaming reader would have to go through all of it. Writing ZIPs is fflate's.
 */
import { inflateSync } from 'fflate';
import { OnggiError } from '#domain/errors.ts';
import { updateCrc32 } from './crc32.ts';
import { toFileError } from './file-errors.ts';
import { toFileLabel } from './file-label.ts';
import { inflate, refusalOfFar } from './inflate.ts';
import { MAX_INFLATED_BYTES, isDense, mostInflatedBytes } from './limits.ts';
import { createReadAhead } from './read-ahead.ts';
import type { ReadAhead } from './read-ahead.ts';
import { readZipDirectory } from './zip-directory.ts';
import type { TellCopy, ZipRecord } from './zip-directory.ts';

/** A file in an archive. */
export interface ZipEntry {
  /** A label, never a path: see {@link toFileLabel}. */
  readonly name: string;
  readonly packedBytes: number;
  /** As the archive says; more than that is never given. */
  readonly sizeBytes: number;
  /** Epoch milliseconds; null when the archive does not say. */
  readonly modifiedAt: number | null;
  /** Why this entry cannot be read, known beforehand; null when it can be tried. */
  readonly refusal: OnggiError | null;
  /**
   * Its bytes, inflated.
   * @throws in the stream: OnggiError `file/encrypted`, `file/unreadable` (another method),
   * `file/expands-too-much`, `file/expands-far`, `file/damaged` (also a wrong checksum, told at the end).
   */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  /**
   * All of its bytes, at once and without a stream, which would cost a hundred times as much as what is
   * in it; undefined when there are too many for that. No promise where the part of the file is in
   * memory already: an archive may hold a hundred thousand. @throws as {@link stream}, at once or later.
   */
  bytes(): SmallBytes | Promise<SmallBytes>;
  /** The part of the file that holds its bytes as they are; undefined when they are packed. */
  slice(): Promise<Blob | undefined>;
}

/** The bytes of a small entry; undefined when it is none. */
export type SmallBytes = Uint8Array<ArrayBuffer> | undefined;

const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
/** An entry with so many bytes is read at once. */
const SMALL_BYTES = 64 * 1024;
/** Packed, at most: an entry that lies about its size may hold a thousand times as much. */
const SMALL_PACKED_BYTES = 16 * 1024;

export interface ZipOptions {
  /** The person allowed entries that become far larger than usual, within hard bounds. */
  readonly isFarAllowed?: boolean;
  /** What may be passed over in an archive of very many entries, see {@link readZipDirectory}. */
  readonly tellCopy?: TellCopy;
}

/**
 * The files of an archive in the order of its directory; folders are left out.
 * @throws OnggiError `file/damaged` (also overlapping entries, as bombs have), `file/too-many-entries`,
 * `file/unreadable`, `file/encrypted` when every file is.
 */
export async function readZipEntries(
  blob: Blob,
  { isFarAllowed = false, tellCopy }: ZipOptions = {},
): Promise<readonly ZipEntry[]> {
  const { records, start } = await readZipDirectory(blob, tellCopy);
  const limits = findLimits(records, start);
  const ahead = createReadAhead(blob);
  const refuse = createRefusal(isFarAllowed);
  const entries = records.flatMap((record, index) => {
    if (/[/\\]$/.test(record.rawName)) return [];
    const name = toFileLabel(record.rawName);
    const label = name === '' ? `entry-${index}` : name;
    const refusal = refuse(record);
    return [
      createEntry(
        { blob, ahead, isFarAllowed },
        { record, refusal, name: label, limit: limits[index] ?? 0 },
      ),
    ];
  });
  const isAllEncrypted =
    entries.length > 0 && entries.every(({ refusal }) => refusal?.code === 'file/encrypted');
  if (isAllEncrypted) throw new OnggiError('file/encrypted', 'every entry is encrypted');
  return entries;
}

/** Where the bytes of each record must end: at the next one, or at the directory. */
function findLimits(records: readonly ZipRecord[], directoryStart: number): readonly number[] {
  const order = records.map((_record, index) => index);
  const offsetOf = (index: number): number => records[index]?.offset ?? 0;
  order.sort((a, b) => offsetOf(a) - offsetOf(b));
  const limits = records.map(() => directoryStart);
  for (const [place, index] of order.entries()) {
    const next = order[place + 1];
    const limit = next === undefined ? directoryStart : offsetOf(next);
    const end = offsetOf(index) + LOCAL_BYTES + (records[index]?.packedBytes ?? 0);
    if (end > limit) throw new OnggiError('file/damaged', 'ZIP: entries overlap');
    limits[index] = limit;
  }
  return limits;
}

/** The archive, whole and in small pieces. */
interface Archive {
  readonly blob: Blob;
  readonly ahead: ReadAhead;
  readonly isFarAllowed: boolean;
}

/** What is known of an entry before it is read. */
interface KnownEntry {
  readonly record: ZipRecord;
  readonly name: string;
  /** Where its bytes must end. */
  readonly limit: number;
  readonly refusal: OnggiError | null;
}

function createEntry(archive: Archive, { record, name, limit, refusal }: KnownEntry): ZipEntry {
  const { packedBytes, sizeBytes, modifiedAt, method } = record;

  async function open(): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    if (refusal) throw refusal;
    const packed = await sliceOf(archive, record, limit);
    if (method === STORED) return packed.stream();
    const { isFarAllowed } = archive;
    return inflate(packed.stream(), { packedBytes, format: 'deflate-raw', isFarAllowed });
  }

  return {
    name,
    packedBytes,
    sizeBytes,
    modifiedAt,
    refusal,
    stream: () => checkedStream(open, record),
    bytes() {
      if (refusal) throw refusal;
      const isSmall = sizeBytes <= SMALL_BYTES && packedBytes <= SMALL_PACKED_BYTES;
      return isSmall ? readSmall(archive, record, limit) : undefined;
    },
    async slice() {
      if (refusal) throw refusal;
      return method === STORED ? sliceOf(archive, record, limit) : undefined;
    },
  };
}

/**
 * Tells of one entry after another why it cannot be read. Entries that inflate far are taken as long as
 * all of them together stay below what a single file may inflate to: many small bombs are one.
 */
function createRefusal(isFarAllowed: boolean): (record: ZipRecord) => OnggiError | null {
  let denseBytes = 0;
  return (record) => {
    const refusal = refusalOf(record, isFarAllowed);
    const { packedBytes, sizeBytes } = record;
    if (refusal || !isDense(packedBytes, sizeBytes)) return refusal;
    if (denseBytes + sizeBytes > MAX_INFLATED_BYTES) {
      return new OnggiError('file/expands-too-much', `${denseBytes} bytes of such entries before`);
    }
    denseBytes += sizeBytes;
    return null;
  };
}

function refusalOf(record: ZipRecord, isFarAllowed: boolean): OnggiError | null {
  const { packedBytes, sizeBytes, method } = record;
  if (record.isEncrypted) return new OnggiError('file/encrypted', 'an encrypted entry');
  if (method !== STORED && method !== DEFLATED) {
    return new OnggiError('file/unreadable', `packed with method ${method}`);
  }
  if (method === STORED) {
    if (packedBytes === sizeBytes) return null;
    return new OnggiError('file/damaged', 'the sizes of an entry contradict each other');
  }
  if (sizeBytes <= mostInflatedBytes(packedBytes, isFarAllowed)) return null;
  return refusalOfFar(packedBytes, sizeBytes);
}

/** What `use` makes of the value: at once where it is there, else when it comes. */
function onceThere<T, Result>(
  value: T | Promise<T>,
  use: (value: T) => Result | Promise<Result>,
): Result | Promise<Result> {
  if (!(value instanceof Promise)) return use(value);
  return value.then(use, (cause: unknown) => {
    throw toFileError(cause);
  });
}

/** Where the packed bytes of an entry begin, found through its local header. */
function findStart({ ahead }: Archive, record: ZipRecord, limit: number): number | Promise<number> {
  const { offset } = record;
  return onceThere(ahead.read(offset, offset + LOCAL_BYTES), (header) =>
    startOf(header, record, limit),
  );
}

/** @param header The bytes of the local header. */
function startOf(
  header: Uint8Array<ArrayBuffer>,
  { offset, packedBytes }: ZipRecord,
  limit: number,
): number {
  if (header.length < LOCAL_BYTES || readUint32(header, 0) !== LOCAL_SIGNATURE) {
    throw new OnggiError('file/damaged', 'ZIP: no local header');
  }
  const nameBytes = readUint16(header, 26) + readUint16(header, 28);
  const start = offset + LOCAL_BYTES + nameBytes;
  if (start + packedBytes > limit) throw new OnggiError('file/damaged', 'ZIP: entries overlap');
  return start;
}

async function sliceOf(archive: Archive, record: ZipRecord, limit: number): Promise<Blob> {
  const start = await findStart(archive, record, limit);
  return archive.blob.slice(start, start + record.packedBytes);
}

function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (readUint16(bytes, at) | (readUint16(bytes, at + 2) << 16)) >>> 0;
}

function readSmall(
  archive: Archive,
  record: ZipRecord,
  limit: number,
): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
  return onceThere(findStart(archive, record, limit), (start) =>
    onceThere(archive.ahead.read(start, start + record.packedBytes), (packed) =>
      unpackSmall(packed, record),
    ),
  );
}

function unpackSmall(
  packed: Uint8Array<ArrayBuffer>,
  { sizeBytes, method, crc32 }: ZipRecord,
): Uint8Array<ArrayBuffer> {
  // What is written beyond the end of an array goes nowhere: one byte more tells of too many.
  const bytes = method === STORED ? packed.slice() : inflateSmall(packed, sizeBytes + 1);
  if (bytes.length > sizeBytes) {
    throw new OnggiError('file/expands-too-much', `more than the ${sizeBytes} bytes said`);
  }
  if (bytes.length !== sizeBytes || updateCrc32(0, bytes) !== crc32) throw wrongEntry();
  return bytes;
}

function inflateSmall(packed: Uint8Array<ArrayBuffer>, mostBytes: number): Uint8Array<ArrayBuffer> {
  try {
    return inflateSync(packed, { out: new Uint8Array(mostBytes) });
  } catch (cause) {
    throw new OnggiError('file/damaged', 'ZIP: an entry does not inflate', { cause });
  }
}

function wrongEntry(): OnggiError {
  return new OnggiError('file/damaged', 'ZIP: size or checksum of an entry is wrong');
}

/** Opens on the first read; no more bytes than said, and in the end exactly those that were packed. */
function checkedStream(
  open: () => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>,
  { sizeBytes, crc32 }: ZipRecord,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  let total = 0;
  let crc = 0;
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        reader ??= (await open()).getReader();
        const { value, done } = await reader.read().catch((cause: unknown) => {
          throw toFileError(cause);
        });
        if (done) {
          if (total !== sizeBytes || crc !== crc32) {
            throw wrongEntry();
          }
          controller.close();
          return;
        }
        total += value.byteLength;
        if (total > sizeBytes) {
          await reader.cancel().catch(() => undefined);
          throw new OnggiError('file/expands-too-much', `more than the ${sizeBytes} bytes said`);
        }
        crc = updateCrc32(crc, value);
        controller.enqueue(value);
      },
      cancel: (reason) => reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
