/** Bytes as a stream, or all of them at once. */
export type ByteSource = ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>;

/**
 * The text of UTF-8 bytes, chunk by chunk of a stream, else at once. A byte order mark is dropped, bytes that are
 * no UTF-8 become U+FFFD: one damaged character must not cost a file.
 * @param onBytes Told the size of each chunk as it is read, for showing progress.
 * @param onChunk Given each chunk of a stream before its text is: what was decoded of it, and its bytes.
 * @throws whatever the stream throws. Leaving the loop early cancels the stream.
 */
export async function* decodeText(
  source: ByteSource,
  onBytes?: (count: number) => void,
  onChunk?: (text: string, bytes: Uint8Array) => void,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: false });
  if (source instanceof Uint8Array) {
    onBytes?.(source.byteLength);
    const text = decoder.decode(source);
    if (text !== '') yield text;
    return;
  }
  const reader = source.getReader();
  let isDone = false;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      onBytes?.(value.byteLength);
      const text = decoder.decode(value, { stream: true });
      onChunk?.(text, value);
      if (text !== '') yield text;
    }
    isDone = true;
    const rest = decoder.decode();
    if (rest !== '') yield rest;
  } finally {
    if (!isDone) await reader.cancel().catch(() => undefined);
  }
}
