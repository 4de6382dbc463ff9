import { OnggiError } from '#domain/errors.ts';

/** Where an export's bytes go: a file the person picked, or a Blob that the page offers to save. */
interface FileSink {
  readonly stream: WritableStream<Uint8Array<ArrayBuffer>>;
  /** After the stream was closed: the Blob, or null where the bytes are in the file. */
  result(): Blob | null;
}

/**
 * A sink into the picked file, or one that becomes a Blob where there is none.
 * @throws OnggiError `backup/not-written` when the file cannot be opened.
 */
export function openSink(
  handle: FileSystemFileHandle | null,
  mediaType: string,
): FileSink | Promise<FileSink> {
  return handle ? openFileSink(handle) : createBlobSink(mediaType);
}

/** Bytes that stand in memory before they go into a Blob, which the browser may put on the disk. */
const PART_BYTES = 4 * 1024 * 1024;

/**
 * A sink into a picked file. Closing puts the new content in its place; until then, and when the
 * stream is aborted, the file is as it was.
 */
async function openFileSink(handle: FileSystemFileHandle): Promise<FileSink> {
  try {
    const stream: WritableStream<Uint8Array<ArrayBuffer>> = await handle.createWritable();
    return { stream, result: () => null };
  } catch (cause) {
    throw new OnggiError('backup/not-written', 'the picked file cannot be opened', { cause });
  }
}

/** A sink that becomes a Blob. */
function createBlobSink(mediaType: string): FileSink {
  let parts: Blob[] = [];
  let waiting: Uint8Array<ArrayBuffer>[] = [];
  let waitingBytes = 0;

  function flush(): void {
    if (waiting.length > 0) parts.push(new Blob(waiting));
    waiting = [];
    waitingBytes = 0;
  }

  const stream = new WritableStream<Uint8Array<ArrayBuffer>>({
    write(chunk) {
      waiting.push(chunk);
      waitingBytes += chunk.length;
      if (waitingBytes >= PART_BYTES) flush();
    },
    close: flush,
    abort() {
      parts = [];
      waiting = [];
    },
  });
  return { stream, result: () => new Blob(parts, { type: mediaType }) };
}
