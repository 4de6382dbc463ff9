/** Bytes of a file by their place, for whoever reads many small pieces in about the order they lie in. */
export interface ReadAhead {
  /**
   * The bytes from `start` to below `end`, fewer where the file ends before: at once where they are
   * held already. They are looked at and copied before the next call, which may put others in their place.
   */
  read(start: number, end: number): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;
}

/** What is read at once: a slice costs the browser two milliseconds however short it is. */
const WINDOW_BYTES = 1024 * 1024;
/** Somebody who jumps about gets no more than this beyond what was asked for. */
const JUMP_BYTES = 4 * 1024;

/** Keeps the last window in memory, and reads a large one only for who goes forward. */
export function createReadAhead(blob: Blob): ReadAhead {
  let windowStart = 0;
  let held = new Uint8Array(0);

  async function readAnew(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const windowEnd = windowStart + held.length;
    const goesOn = start >= windowStart && start <= windowEnd + JUMP_BYTES;
    const wanted = Math.max(end, start + (goesOn ? WINDOW_BYTES : JUMP_BYTES));
    const bytes = new Uint8Array(await blob.slice(start, wanted).arrayBuffer());
    [held, windowStart] = [bytes, start];
    return bytes.subarray(0, end - start);
  }

  return {
    read(start, end) {
      const from = start - windowStart;
      const to = end - windowStart;
      return from >= 0 && to <= held.length ? held.subarray(from, to) : readAnew(start, end);
    },
  };
}
