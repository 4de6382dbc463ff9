/** Bytes of one buffer: large enough that passing it to a worker costs little. */
const BUFFER_BYTES = 512 * 1024;

/** Gathers bytes into buffers of one size. */
export interface ByteBuffer {
  /** Copies bytes in, and gives the buffers that are full. */
  put(bytes: Uint8Array): Generator<Uint8Array<ArrayBuffer>>;
  /** The rest. */
  end(): Generator<Uint8Array<ArrayBuffer>>;
}

/**
 * @param takeSpare A buffer that was given before and is free again: fresh memory for every buffer cost
 * more than reading, writing and hashing the rows.
 */
export function createByteBuffer(takeSpare: () => ArrayBuffer | undefined): ByteBuffer {
  let buffer: Uint8Array<ArrayBuffer> | undefined;
  let used = 0;
  return {
    *put(bytes) {
      for (let from = 0; from < bytes.length;) {
        buffer ??= new Uint8Array(takeSpare() ?? new ArrayBuffer(BUFFER_BYTES));
        const part = bytes.subarray(from, from + buffer.length - used);
        buffer.set(part, used);
        used += part.length;
        from += part.length;
        if (used < buffer.length) continue;
        yield buffer;
        buffer = undefined;
        used = 0;
      }
    },
    *end() {
      if (buffer && used > 0) yield buffer.subarray(0, used);
      buffer = undefined;
      used = 0;
    },
  };
}
