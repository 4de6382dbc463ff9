/** Longest text that is gathered before it is encoded: small writes would cost more than they carry. */
const BATCH_CHARACTERS = 65_536;

/** Pieces of text as UTF-8, in chunks of some 64 KiB; a longer piece is one chunk. */
export async function* encodePieces(
  pieces: Iterable<string> | AsyncIterable<string>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let batch: string[] = [];
  let length = 0;
  for await (const piece of pieces) {
    batch.push(piece);
    length += piece.length;
    if (length < BATCH_CHARACTERS) continue;
    yield encoder.encode(batch.join(''));
    batch = [];
    length = 0;
  }
  if (length > 0) yield encoder.encode(batch.join(''));
}
