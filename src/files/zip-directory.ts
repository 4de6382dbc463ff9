/** Reads the central directory of a ZIP file (APPNOTE 6.3.10): what its entries are called and where they lie. */
import { OnggiError } from '#domain/errors.ts';
import { decodeCp437 } from './cp437.ts';
import { updateCrc32 } from './crc32.ts';
import { toFileError } from './file-errors.ts';
import { MAX_ARCHIVE_ENTRIES } from './limits.ts';

/** One record of the central directory, unchecked but for its own borders. */
export interface ZipRecord {
  /** As in the file: never to be used as a path. */
  readonly rawName: string;
  readonly isEncrypted: boolean;
  /** 0 stored, 8 deflate. */
  readonly method: number;
  readonly crc32: number;
  readonly packedBytes: number;
  readonly sizeBytes: number;
  /** Epoch milliseconds; null when the archive has no sensible date. */
  readonly modifiedAt: number | null;
  /** Where its local header begins, in bytes from the start of the file. */
  readonly offset: number;
}

/**
 * What an entry is among those that say the same of one thing, whose `key` is theirs alone; undefined for
 * all others. Copies may be passed over where what they are copies of is there.
 */
export type TellCopy = (
  rawName: string,
) => { readonly key: string; readonly isCopy: boolean } | undefined;

export interface ZipDirectory {
  readonly records: readonly ZipRecord[];
  /** Where the directory begins: no data lies behind it. */
  readonly start: number;
}

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const LOCATOR_SIGNATURE = 0x07064b50;
const LOCATOR_BYTES = 20;
const END64_SIGNATURE = 0x06064b50;
const END64_BYTES = 56;
const RECORD_SIGNATURE = 0x02014b50;
const RECORD_BYTES = 46;
/** A comment of 64 KiB may follow the end record. */
const MAX_TAIL_BYTES = END_BYTES + 0xffff;
/** 100,000 entries with names and extra fields of about 1,200 bytes each, or 500,000, copies among them, of 200. */
const MAX_DIRECTORY_BYTES = 128 * 1024 * 1024;
const ZIP64_MARK = 0xffffffff;

interface DirectoryPlace {
  readonly entryCount: number;
  readonly sizeBytes: number;
  readonly start: number;
  /** What to add to every offset: bytes in front of an archive move all of it. */
  readonly shift: number;
}

/**
 * The directory of a ZIP file. Of more than {@link MAX_ARCHIVE_ENTRIES} entries those that `tellCopy` calls
 * copies of another one are left out; so many that are none are refused, whatever they are called.
 * @throws OnggiError `file/damaged` (cut, split over files, or contradictory), `file/too-many-entries`,
 * `file/unreadable`.
 */
export async function readZipDirectory(blob: Blob, tellCopy?: TellCopy): Promise<ZipDirectory> {
  const place = await findDirectory(blob);
  if (place.sizeBytes > MAX_DIRECTORY_BYTES) throw tooManyEntries(place.entryCount);
  const view = await readView(blob, place.start, place.start + place.sizeBytes);
  // Without ZIP64 the number said is one of 16 bits; counting costs nothing beside reading.
  const count = countRecords(view);
  const isKept = count > MAX_ARCHIVE_ENTRIES ? keepOriginals(view, count, tellCopy) : undefined;
  const records: ZipRecord[] = [];
  for (let offset = 0; offset < view.byteLength;) {
    const { record, length } = readRecord(view, offset, place.shift);
    offset += length;
    if (isKept && !isKept(record.rawName)) continue;
    if (records.length === MAX_ARCHIVE_ENTRIES) throw tooManyEntries(count);
    records.push(record);
  }
  // Some writers let the 16 bits run over.
  if ((count & 0xffff) !== (place.entryCount & 0xffff)) throw damaged('wrong entry count');
  return { records, start: place.start };
}

/**
 * Tells of each entry whether it is no copy of another one that is there.
 * @throws OnggiError `file/too-many-entries` where even without copies there are too many.
 */
function keepOriginals(
  view: DataView,
  count: number,
  tellCopy: TellCopy | undefined,
): (rawName: string) => boolean {
  if (!tellCopy) throw tooManyEntries(count);
  const originals = new Set<string>();
  for (let offset = 0; offset + RECORD_BYTES <= view.byteLength; offset += lengthOf(view, offset)) {
    if (offset + lengthOf(view, offset) > view.byteLength) break;
    const told = tellCopy(nameAt(view, offset));
    if (!told || told.isCopy) continue;
    if (originals.size === MAX_ARCHIVE_ENTRIES) throw tooManyEntries(count);
    originals.add(told.key);
  }
  return (rawName) => {
    const told = tellCopy(rawName);
    return !told?.isCopy || !originals.has(told.key);
  };
}

async function findDirectory(blob: Blob): Promise<DirectoryPlace> {
  const tailStart = Math.max(0, blob.size - MAX_TAIL_BYTES);
  const tail = await readView(blob, tailStart, blob.size);
  for (let index = tail.byteLength - END_BYTES; index >= 0; index -= 1) {
    if (tail.getUint32(index, true) !== END_SIGNATURE) continue;
    if (index + END_BYTES + tail.getUint16(index + 20, true) > tail.byteLength) continue;
    return readEnd(blob, tail, index, tailStart + index);
  }
  throw damaged('no end of the central directory');
}

async function readEnd(
  blob: Blob,
  tail: DataView,
  index: number,
  end: number,
): Promise<DirectoryPlace> {
  const disk = tail.getUint16(index + 4, true);
  const entryCount = tail.getUint16(index + 10, true);
  const sizeBytes = tail.getUint32(index + 12, true);
  const offset = tail.getUint32(index + 16, true);
  const isLarge = entryCount === 0xffff || sizeBytes === ZIP64_MARK || offset === ZIP64_MARK;
  const large = isLarge ? await readEnd64(blob, end) : undefined;
  if (large) return large;
  if (disk !== 0) throw damaged('one part of a split archive');
  return placeOf(entryCount, sizeBytes, offset, end);
}

/** Undefined when there is no ZIP64 record: then the marks are plain numbers. */
async function readEnd64(blob: Blob, end: number): Promise<DirectoryPlace | undefined> {
  if (end < LOCATOR_BYTES + END64_BYTES) return undefined;
  const locator = await readView(blob, end - LOCATOR_BYTES, end);
  if (locator.getUint32(0, true) !== LOCATOR_SIGNATURE) return undefined;
  const said = readUint64(locator, 8);
  // Bytes in front of the archive move the record: it then stands right before its locator.
  for (const at of [said, end - LOCATOR_BYTES - END64_BYTES]) {
    if (at + END64_BYTES > end) continue;
    const view = await readView(blob, at, at + END64_BYTES);
    if (view.getUint32(0, true) !== END64_SIGNATURE) continue;
    return placeOf(readUint64(view, 32), readUint64(view, 40), readUint64(view, 48), at);
  }
  throw damaged('no ZIP64 end of the central directory');
}

function placeOf(
  entryCount: number,
  sizeBytes: number,
  offset: number,
  end: number,
): DirectoryPlace {
  const start = end - sizeBytes;
  const shift = start - offset;
  if (start < 0 || shift < 0) throw damaged('the central directory lies outside of the file');
  return { entryCount, sizeBytes, start, shift };
}

/** How many records follow each other, as far as they can be read. */
function countRecords(view: DataView): number {
  let count = 0;
  let offset = 0;
  while (offset + RECORD_BYTES <= view.byteLength) {
    offset += lengthOf(view, offset);
    count += 1;
  }
  return count;
}

/** Bytes of the record at `offset`, its name, extra fields and comment with it. */
function lengthOf(view: DataView, offset: number): number {
  const nameBytes = view.getUint16(offset + 28, true);
  const extraBytes = view.getUint16(offset + 30, true);
  return RECORD_BYTES + nameBytes + extraBytes + view.getUint16(offset + 32, true);
}

function readRecord(
  view: DataView,
  offset: number,
  shift: number,
): { record: ZipRecord; length: number } {
  if (offset + RECORD_BYTES > view.byteLength) throw damaged('the central directory is cut');
  if (view.getUint32(offset, true) !== RECORD_SIGNATURE) throw damaged('no directory record');
  const flags = view.getUint16(offset + 8, true);
  const method = view.getUint16(offset + 10, true);
  const length = lengthOf(view, offset);
  if (offset + length > view.byteLength) throw damaged('the central directory is cut');
  const sizes = readSizes(view, offset, extraAt(view, offset));
  const record: ZipRecord = {
    rawName: nameAt(view, offset),
    // Bit 0 the classic cipher, 6 the strong one, 13 a masked directory; method 99 is WinZip's AES.
    isEncrypted: (flags & 0x2041) !== 0 || method === 99,
    method,
    crc32: view.getUint32(offset + 16, true),
    ...sizes,
    offset: sizes.offset + shift,
    modifiedAt: readDosDate(view.getUint16(offset + 14, true), view.getUint16(offset + 12, true)),
  };
  return { record, length };
}

/** The name of a record that lies within `view`. */
function nameAt(view: DataView, offset: number): string {
  const name = bytesOf(view, offset + RECORD_BYTES, view.getUint16(offset + 28, true));
  return decodeName(name, (view.getUint16(offset + 8, true) & 0x0800) !== 0, extraAt(view, offset));
}

function extraAt(view: DataView, offset: number): Uint8Array {
  const start = offset + RECORD_BYTES + view.getUint16(offset + 28, true);
  return bytesOf(view, start, view.getUint16(offset + 30, true));
}

function readSizes(view: DataView, offset: number, extra: Uint8Array) {
  const sizeBytes = view.getUint32(offset + 24, true);
  const packedBytes = view.getUint32(offset + 20, true);
  const start = view.getUint32(offset + 42, true);
  const large = findExtra(extra, 0x0001);
  let index = 0;
  /** ZIP64 holds only those of the three, in this order, that do not fit. */
  const grow = (value: number): number => {
    if (value !== ZIP64_MARK || !large || index + 8 > large.byteLength) return value;
    index += 8;
    return readUint64(large, index - 8);
  };
  return { sizeBytes: grow(sizeBytes), packedBytes: grow(packedBytes), offset: grow(start) };
}

function findExtra(extra: Uint8Array, id: number): DataView | undefined {
  const view = new DataView(extra.buffer, extra.byteOffset, extra.byteLength);
  for (let index = 0; index + 4 <= view.byteLength;) {
    const length = view.getUint16(index + 2, true);
    if (index + 4 + length > view.byteLength) return undefined;
    if (view.getUint16(index, true) === id) {
      return new DataView(extra.buffer, extra.byteOffset + index + 4, length);
    }
    index += 4 + length;
  }
  return undefined;
}

/**
 * The name, from Info-ZIP's Unicode field where it belongs to it, as UTF-8 where marked or where it is
 * valid (macOS writes it without the mark), else in code page 437.
 */
function decodeName(name: Uint8Array, isUtf8: boolean, extra: Uint8Array): string {
  if (extra.length === 0 && isPlain(name)) return String.fromCharCode(...name);
  if (isUtf8) return new TextDecoder().decode(name);
  const unicode = findExtra(extra, 0x7075);
  if (unicode && unicode.byteLength > 5 && unicode.getUint32(1, true) === updateCrc32(0, name)) {
    return new TextDecoder().decode(bytesOf(unicode, 5, unicode.byteLength - 5));
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(name);
  } catch {
    return decodeCp437(name);
  }
}

/** Letters that are the same in every way of writing names. */
function isPlain(name: Uint8Array): boolean {
  // Called a hundred thousand times: `every` took as long as all the rest.
  for (const byte of name) if (byte < 0x20 || byte >= 0x7f) return false;
  return true;
}

/** Local time, as DOS had no zones; to two seconds. */
function readDosDate(date: number, time: number): number | null {
  const [month, day] = [(date >> 5) & 0x0f, date & 0x1f];
  if (month < 1 || month > 12 || day < 1) return null;
  const year = 1980 + (date >> 9);
  return new Date(
    year,
    month - 1,
    day,
    time >> 11,
    (time >> 5) & 0x3f,
    (time & 0x1f) * 2,
  ).getTime();
}

function readUint64(view: DataView, offset: number): number {
  const value = view.getBigUint64(offset, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged('an impossible size');
  return Number(value);
}

function bytesOf(view: DataView, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length);
}

async function readView(blob: Blob, start: number, end: number): Promise<DataView> {
  try {
    return new DataView(await blob.slice(start, end).arrayBuffer());
  } catch (cause) {
    throw toFileError(cause);
  }
}

function tooManyEntries(count: number): OnggiError {
  return new OnggiError('file/too-many-entries', `${count} entries`, { detail: String(count) });
}

function damaged(why: string): OnggiError {
  return new OnggiError('file/damaged', `ZIP: ${why}`);
}
