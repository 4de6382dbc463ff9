/** Bytes as base64 text (RFC 4648, with padding) and back, for files that carry bytes inside JSON. */

/** A multiple of three, so that pieces join without padding; small enough to be spread as arguments. */
const PIECE_BYTES = 24_576;

/** The bytes as base64, in pieces that join to the whole: large files never stand twice in memory. */
export function* encodeBase64(bytes: Uint8Array): Generator<string> {
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    yield btoa(String.fromCharCode(...bytes.subarray(start, start + PIECE_BYTES)));
  }
}

/** The bytes of a base64 text; line breaks in it are passed over. Undefined when it is none. */
export function decodeBase64(text: string): ArrayBuffer | undefined {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return undefined;
  }
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes.buffer;
}
