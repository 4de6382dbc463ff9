/** Typed arrays as bytes: what lies in files, and columns of a table that grows. */

/** The bytes of an array, where they are. */
export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The bytes of all parts, one behind the other; a single part itself. */
export function joinBytes(parts: readonly ArrayBufferView[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only) return bytesOf(only);
  const bytes = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let end = 0;
  for (const part of parts) {
    bytes.set(bytesOf(part), end);
    end += part.byteLength;
  }
  return bytes;
}

/** Puts a column into a wider one. */
export function widened<Column extends { set(from: Column): void }>(
  from: Column,
  to: Column,
): Column {
  to.set(from);
  return to;
}
