/** Where in a chunk of a file the bytes of a piece of its text are, so that they need not be made again. */
export interface ChunkBytes {
  /** Takes the chunk that is read next. */
  readonly see: (text: string, bytes: Uint8Array) => void;
  /**
   * The bytes of rows that begin at `from` in the text of the last chunk; undefined where they are not
   * plainly there. Valid UTF-8 alone gives the same bytes as encoding the text again would.
   */
  find(text: string, from: number): Uint8Array | undefined;
}

const [BRACE, CLOSING_BRACE] = [0x7b, 0x7d];

export function createChunkBytes(): ChunkBytes {
  let chunk = '';
  let bytes: Uint8Array = new Uint8Array();
  /** Bytes of the character that the chunk before began and this one ends; of that which this one begins. */
  let [begunBytes, openBytes] = [0, 0];
  let markBytes = 0;
  let isFirst = true;

  return {
    see(text, next) {
      begunBytes = openBytes;
      // A first chunk of three bytes or fewer has no rows.
      markBytes = isFirst && next[0] === 0xef && next[1] === 0xbb && next[2] === 0xbf ? 3 : 0;
      isFirst = false;
      openBytes = countOpenBytes(next);
      chunk = text;
      bytes = next;
    },
    find(text, from) {
      const to = from + text.length;
      const start = markBytes + countBytes(chunk, 0, from) - begunBytes;
      const isNearEnd = chunk.length - to < text.length;
      const end = isNearEnd
        ? bytes.length - openBytes - countBytes(chunk, to, chunk.length)
        : start + countBytes(chunk, from, to);
      const isThere = bytes[start] === BRACE && bytes[end - 1] === CLOSING_BRACE;
      return isThere ? bytes.subarray(start, end) : undefined;
    },
  };
}

/** Bytes of UTF-8 that a part of a text takes. */
function countBytes(text: string, from: number, to: number): number {
  let count = to - from;
  for (let index = from; index < to; index += 1) {
    const unit = text.charCodeAt(index);
    // Two halves of a pair take four bytes together.
    if (unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff)) count += 2;
    else if (unit >= 0x80) count += 1;
  }
  return count;
}

/** Bytes at the end of a chunk that begin a character and do not end it. */
function countOpenBytes(bytes: Uint8Array): number {
  for (let count = 1; count <= Math.min(3, bytes.length); count += 1) {
    const byte = bytes[bytes.length - count] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return count < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? count : 0;
  }
  return 0;
}
