/**
 * From what a person dropped to a flat list of files that can be read: through ZIP in ZIP, gzip and
 * folders, told by their first bytes. Nothing is read here but directories and first bytes; pictures,
 * sound and film in archives not even those.
 */
import { OnggiError, toOnggiError } from '#domain/errors.ts';
import type { RefusedFile } from '#domain/import-report.ts';
import type { ByteSource } from '#files/decode-text.ts';
import { toFileError } from '#files/file-errors.ts';
import { toFileLabel } from '#files/file-label.ts';
import { inflate, readGzipSize } from '#files/inflate.ts';
import { MAX_ARCHIVE_DEPTH } from '#files/limits.ts';
import { readZipEntries } from '#files/zip-reader.ts';
import type { SmallBytes, ZipEntry } from '#files/zip-reader.ts';
import { tellArchiveCopy } from './archive-copies.ts';
import { isMediaName, readFileKind, toFileKind } from './file-kind.ts';
import type { FileKind } from './file-kind.ts';

/** A file as the person gave it. */
export interface ImportFile {
  readonly file: File;
  /** With the folders it was dropped with; its name alone otherwise. */
  readonly path: string;
}

/** A file that can be read, wherever it lies. */
export interface ImportedFile {
  /** Behind the names of the archives it lies in, `/` between them. */
  readonly name: string;
  /** What came together: one archive with all that is in it, or one folder. */
  readonly group: string;
  readonly kind: Exclude<FileKind, 'zip' | 'gzip'>;
  /** As its archive says; the packed size where that says nothing. */
  readonly sizeBytes: number;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
  /** The bytes, as often as asked for. @throws in the stream: OnggiError `file/*`. */
  readonly stream: () => ReadableStream<Uint8Array<ArrayBuffer>>;
  /** All bytes of a small file out of an archive, where they were read already. */
  readonly bytes?: Uint8Array<ArrayBuffer> | undefined;
}

/** What is read of a file: the bytes that are there already, or a stream of them. */
export function contentOf({ bytes, stream }: ImportedFile): ByteSource {
  return bytes ?? stream();
}

export interface OpenedFiles {
  readonly files: readonly ImportedFile[];
  readonly refused: readonly RefusedFile[];
}

/** Bytes that lie somewhere, before it is known what they are. */
interface Found {
  readonly name: string;
  readonly group: string;
  readonly sizeBytes: number;
  readonly modifiedAt: number;
  /** Archives around it. */
  readonly depth: number;
  readonly stream: () => ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Of a small entry of an archive; undefined for one that is not. */
  readonly readBytes?: () => SmallBytes | Promise<SmallBytes>;
  /** For random access: the bytes themselves, or inflated into a Blob. */
  readonly blob: () => Promise<Blob>;
}

/** What systems add to folders and archives, and nobody wrote. */
const JUNK = /(^|\/)(__MACOSX\/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\.git\/)/i;

/** Raw copies of a Chromium profile, as Cherry Studio 6 backs itself up. */
const RAW_STORAGE = /(^|\/)(Local Storage\/leveldb|IndexedDB\/[^/]*\.leveldb)\//i;

export interface OpenOptions {
  readonly signal?: AbortSignal | undefined;
  /** The person was shown sizes and allowed what becomes far larger than usual, up to 512 MiB. */
  readonly isFarAllowed?: boolean | undefined;
}

/**
 * Opens everything that was given. What cannot be opened is refused by name and stops nothing else.
 * Files keep the order in which they were given; within an archive they are in the order of their
 * names, numbers by value.
 */
export async function openFiles(
  given: readonly ImportFile[],
  { signal, isFarAllowed = false }: OpenOptions = {},
): Promise<OpenedFiles> {
  const files: ImportedFile[] = [];
  const refused: RefusedFile[] = [];
  const opening: Opening = { files, refused, signal, isFarAllowed, heldBytes: 0 };
  const isRaw = given.some(({ path }) => RAW_STORAGE.test(path));
  if (isRaw) refused.push(toRefusal(rootOf(given[0]?.path ?? ''), rawStorage()));
  for (const { file, path } of given) {
    signal?.throwIfAborted();
    const name = toFileLabel(path) || 'file';
    if (JUNK.test(name) || RAW_STORAGE.test(path)) continue;
    const group = name.includes('/') ? rootOf(name) : '';
    await openOne(
      {
        name,
        group,
        sizeBytes: file.size,
        modifiedAt: file.lastModified,
        depth: 0,
        stream: () => file.stream(),
        blob: () => Promise.resolve(file),
      },
      opening,
    );
  }
  return { files, refused };
}

interface Opening {
  readonly files: ImportedFile[];
  readonly refused: RefusedFile[];
  readonly signal: AbortSignal | undefined;
  readonly isFarAllowed: boolean;
  /** Of small files that stay in memory until they are read. */
  heldBytes: number;
}

/** Above this small files are read again each time like large ones. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;

async function openOne(found: Found, opening: Opening): Promise<void> {
  const { name, group, sizeBytes, modifiedAt } = found;
  try {
    if (found.depth > 0 && isMediaName(name)) {
      const stream = found.stream;
      opening.files.push({ name, group, kind: 'other', sizeBytes, modifiedAt, stream });
      return;
    }
    if (sizeBytes === 0) throw new OnggiError('file/empty', 'the file is empty');
    const bytes = await readHeld(found, opening);
    const kind = bytes ? toFileKind(bytes) : await readFileKind(found.stream());
    if (kind === 'zip') await openArchive(found, opening);
    else if (kind === 'gzip') await openOne(await unpacked(found, opening.isFarAllowed), opening);
    else {
      opening.heldBytes += bytes?.byteLength ?? 0;
      opening.files.push({ name, group, kind, sizeBytes, modifiedAt, stream: found.stream, bytes });
    }
  } catch (error) {
    if (opening.signal?.aborted) throw error;
    // Inside an archive an empty file is no news.
    const refusal = toOnggiError(error);
    if (found.depth > 0 && refusal.code === 'file/empty') return;
    opening.refused.push(toRefusal(name, refusal));
  }
}

/** The bytes of a small file while there is room for them. One that is damaged says so when it is read. */
function readHeld({ readBytes }: Found, { heldBytes }: Opening): SmallBytes | Promise<SmallBytes> {
  if (!readBytes || heldBytes > MAX_HELD_BYTES) return undefined;
  try {
    const bytes = readBytes();
    return bytes instanceof Promise ? bytes.catch(() => undefined) : bytes;
  } catch {
    return undefined;
  }
}

async function openArchive(found: Found, opening: Opening): Promise<void> {
  if (found.depth >= MAX_ARCHIVE_DEPTH) {
    throw new OnggiError('file/too-deep', `more than ${MAX_ARCHIVE_DEPTH} archives in each other`);
  }
  const { isFarAllowed } = opening;
  const entries = await readZipEntries(await found.blob(), {
    isFarAllowed,
    tellCopy: tellArchiveCopy,
  });
  if (entries.some(({ name }) => RAW_STORAGE.test(name))) throw rawStorage();
  const wanted = entries.filter(({ name }) => !JUNK.test(name));
  wanted.sort((a, b) => collator.compare(a.name, b.name));
  const group = found.depth === 0 ? found.name : found.group;
  for (const entry of wanted) {
    opening.signal?.throwIfAborted();
    await openOne(entryOf(found, group, entry), opening);
  }
}

const collator = new Intl.Collator('en', { numeric: true });

function entryOf(archive: Found, group: string, entry: ZipEntry): Found {
  return {
    name: `${archive.name}/${entry.name}`,
    group,
    sizeBytes: entry.sizeBytes,
    modifiedAt: entry.modifiedAt ?? archive.modifiedAt,
    depth: archive.depth + 1,
    stream: () => entry.stream(),
    readBytes: () => entry.bytes(),
    blob: async () => (await entry.slice()) ?? gather(entry.stream()),
  };
}

/** A gzip file counts as an archive around its one file. */
async function unpacked(found: Found, isFarAllowed: boolean): Promise<Found> {
  if (found.depth >= MAX_ARCHIVE_DEPTH) {
    throw new OnggiError('file/too-deep', `more than ${MAX_ARCHIVE_DEPTH} archives in each other`);
  }
  // In an archive the end of it may have to be unpacked first.
  const saidBytes = found.depth === 0 ? await readGzipSize(await found.blob()) : undefined;
  const packedBytes = found.sizeBytes;
  const packed = { packedBytes, saidBytes, isFarAllowed, format: 'gzip' } as const;
  const stream = () => inflate(found.stream(), packed);
  const { readBytes: _packed, ...rest } = found;
  return {
    ...rest,
    name: found.name.replace(/\.gz$/i, ''),
    depth: found.depth + 1,
    stream,
    blob: () => gather(stream()),
  };
}

/** Parts of this size go to the browser, which may keep a Blob on disk: little stays in the heap. */
const PART_BYTES = 16 * 1024 * 1024;

async function gather(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Blob> {
  const parts: Blob[] = [];
  let chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = stream.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (value) {
      chunks.push(value);
      size += value.byteLength;
    }
    if (done || size >= PART_BYTES) {
      parts.push(new Blob(chunks));
      [chunks, size] = [[], 0];
    }
    if (done) return new Blob(parts);
  }
}

function rootOf(label: string): string {
  return toFileLabel(label).split('/')[0] ?? '';
}

function rawStorage(): OnggiError {
  return new OnggiError('file/raw-storage', 'a raw copy of browser storage');
}

/** The refusal of a file, for the report. */
export function toRefusal(name: string, error: unknown): RefusedFile {
  const { code, detail } = error instanceof OnggiError ? error : toFileError(error);
  return { name, code, detail: detail ?? null };
}
