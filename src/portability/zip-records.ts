/** The records around the files of a ZIP archive, byte by byte (APPNOTE 6.3.10, section 4.3). */

/** A file of an archive as its records tell of it. */
export interface ZipEntry {
  readonly name: string;
  readonly isStored: boolean;
  readonly size: number;
  readonly packedSize: number;
  readonly crc32: number;
  /** Epoch milliseconds; the archive keeps local time to two seconds. */
  readonly modifiedAt: number;
  /** Of its local header from the beginning of the archive. */
  readonly offset: number;
}

type Field = readonly [bytes: 2 | 4 | 8, value: number];

const UTF8_NAME = 0x0800;
const DEFLATE = 8;
const VERSION = 20;
const VERSION_ZIP64 = 45;
const MAX_16 = 0xffff;
const MAX_32 = 0xffff_ffff;

/** What stands in front of a file's bytes. */
export function writeLocalHeader(entry: ZipEntry): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(entry.name);
  return join(
    fields([4, 0x04034b50], [2, VERSION], ...common(entry), [2, name.length], [2, 0]),
    name,
  );
}

/** What the directory says of a file. */
export function writeCentralRecord(entry: ZipEntry): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(entry.name);
  const isFar = entry.offset >= MAX_32;
  const extra = isFar ? fields([2, 1], [2, 8], [8, entry.offset]) : fields();
  const version = isFar ? VERSION_ZIP64 : VERSION;
  return join(
    fields(
      ...([[4, 0x02014b50], [2, version], [2, version], ...common(entry)] as const),
      ...([
        [2, name.length],
        [2, extra.length],
        [2, 0],
        [2, 0],
        [2, 0],
        [4, 0],
      ] as const),
      [4, Math.min(entry.offset, MAX_32)],
    ),
    name,
    extra,
  );
}

interface Directory {
  readonly count: number;
  /** From the beginning of the archive. */
  readonly start: number;
  readonly size: number;
}

/** What stands at the very end; with the records of ZIP64 where a number is too large for the old ones. */
export function writeEndOfArchive({ count, start, size }: Directory): Uint8Array<ArrayBuffer> {
  const end = fields(
    ...([
      [4, 0x06054b50],
      [2, 0],
      [2, 0],
    ] as const),
    ...([
      [2, Math.min(count, MAX_16)],
      [2, Math.min(count, MAX_16)],
    ] as const),
    ...([
      [4, Math.min(size, MAX_32)],
      [4, Math.min(start, MAX_32)],
      [2, 0],
    ] as const),
  );
  if (count < MAX_16 && size < MAX_32 && start < MAX_32) return end;
  const end64 = fields(
    ...([
      [4, 0x06064b50],
      [8, 44],
      [2, VERSION_ZIP64],
      [2, VERSION_ZIP64],
    ] as const),
    ...([
      [4, 0],
      [4, 0],
      [8, count],
      [8, count],
      [8, size],
      [8, start],
    ] as const),
  );
  const locator = fields([4, 0x07064b50], [4, 0], [8, start + size], [4, 1]);
  return join(end64, locator, end);
}

/** From the flags to the size: the same in front of the file and in the directory. */
function common({ isStored, crc32, packedSize, size, modifiedAt }: ZipEntry): readonly Field[] {
  const date = new Date(modifiedAt);
  const time = (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1);
  const year = Math.min(Math.max(date.getFullYear(), 1980), 2107);
  const day = ((year - 1980) << 9) | ((date.getMonth() + 1) << 5) | date.getDate();
  return [
    ...([
      [2, UTF8_NAME],
      [2, isStored ? 0 : DEFLATE],
      [2, time],
      [2, day],
    ] as const),
    ...([
      [4, crc32],
      [4, packedSize],
      [4, size],
    ] as const),
  ];
}

function fields(...list: readonly Field[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(list.reduce((sum, [length]) => sum + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [length, value] of list) {
    if (length === 2) view.setUint16(at, value, true);
    else if (length === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += length;
  }
  return bytes;
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
