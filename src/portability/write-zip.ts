/**
 * ZIP archives of any number of files and any size (APPNOTE 6.3.10, with ZIP64 where it is needed).
 * Written here because fflate's writer ends at 65,535 files and 4 GiB, and says nothing about it.
 */
import { OnggiError } from '#domain/errors.ts';
import { updateCrc32 } from '#files/crc32.ts';
import { writeCentralRecord, writeEndOfArchive, writeLocalHeader } from './zip-records.ts';
import type { ZipEntry } from './zip-records.ts';

/** An archive that is being written, one file after another. */
export interface ZipWriter {
  /**
   * Adds a file, compressed unless `isStored`: for what is compressed already.
   * @param name Path with `/`, unique in the archive.
   * @throws OnggiError `file/too-large` for a file of 4 GiB.
   */
  addFile(
    name: string,
    chunks: Iterable<Uint8Array<ArrayBuffer>> | AsyncIterable<Uint8Array<ArrayBuffer>>,
    options?: { readonly isStored?: boolean },
  ): Promise<void>;
  /** Writes the directory. Nothing may be added after it. */
  close(): Promise<void>;
}

const MAX_ENTRY_BYTES = 0xffff_fffe;

/**
 * An archive whose bytes go to `write` in order. One file stands in memory at a time, compressed, so
 * that its sizes are in front of it; and the directory, some hundred bytes a file.
 * @param modifiedAt Epoch milliseconds, for every file.
 */
export function createZipWriter(
  write: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>,
  modifiedAt: number,
): ZipWriter {
  const records: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;

  async function put(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    offset += bytes.length;
    await write(bytes);
  }

  return {
    async addFile(name, chunks, { isStored = false } = {}) {
      const packed = isStored ? await store(chunks) : await deflate(chunks);
      if (Math.max(packed.size, packed.packedSize) > MAX_ENTRY_BYTES) {
        throw new OnggiError('file/too-large', `${packed.size} bytes in one file of an archive`);
      }
      const entry: ZipEntry = { ...packed, name, isStored, modifiedAt, offset };
      records.push(writeCentralRecord(entry));
      await put(writeLocalHeader(entry));
      for (const chunk of packed.chunks) await put(chunk);
    },
    async close() {
      const start = offset;
      for (const record of records) await put(record);
      await put(writeEndOfArchive({ count: records.length, start, size: offset - start }));
    },
  };
}

type Chunks = Parameters<ZipWriter['addFile']>[1];

interface Packed {
  readonly chunks: readonly Uint8Array<ArrayBuffer>[];
  readonly packedSize: number;
  readonly size: number;
  readonly crc32: number;
}

async function store(source: Chunks): Promise<Packed> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const measured = createMeasure();
  for await (const chunk of source) {
    measured.add(chunk);
    chunks.push(chunk);
  }
  return { chunks, packedSize: measured.size, ...measured.result() };
}

async function deflate(source: Chunks): Promise<Packed> {
  const measured = createMeasure();
  const { readable, writable } = new CompressionStream('deflate-raw');
  const reading = readChunks(readable);
  const writer = writable.getWriter();
  try {
    for await (const chunk of source) {
      measured.add(chunk);
      await writer.write(chunk);
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
    await reading.catch(() => undefined);
    throw error;
  }
  const chunks = await reading;
  const packedSize = chunks.reduce((sum, { length }) => sum + length, 0);
  return { chunks, packedSize, ...measured.result() };
}

async function readChunks(
  readable: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<readonly Uint8Array<ArrayBuffer>[]> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const reader = readable.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return chunks;
    chunks.push(value);
  }
}

function createMeasure() {
  let size = 0;
  let crc32 = 0;
  return {
    add(chunk: Uint8Array): void {
      size += chunk.length;
      crc32 = updateCrc32(crc32, chunk);
    },
    get size() {
      return size;
    },
    result: () => ({ size, crc32 }),
  };
}
