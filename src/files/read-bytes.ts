import { OnggiError } from '#domain/errors.ts';
import { toFileError } from './file-errors.ts';

/**
 * All bytes of a stream.
 * @throws OnggiError `file/too-large` above `maxBytes`; `file/*` of the stream.
 */
export async function readBytes(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      chunks.push(value);
      size += value.byteLength;
      if (size > maxBytes) throw new OnggiError('file/too-large', `more than ${maxBytes} bytes`);
    }
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    throw toFileError(error);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
