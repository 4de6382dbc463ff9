/** Checksums of 32 bits; not against malice, only against damage. */

/** Word by word, each after the one before. */
export function checksum(bytes: Uint8Array): number {
  let hash = bytes.length | 0;
  const words = bytes.length >> 2;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let word = 0; word < words; word += 1) {
    hash = Math.imul(hash ^ view.getInt32(word * 4, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (let at = words * 4; at < bytes.length; at += 1) {
    hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x85ebca77);
    hash ^= hash >>> 13;
  }
  return hash >>> 0;
}

/**
 * Of many bytes: four sums side by side, which a processor works on at the same time, made one at the end.
 */
export function wideChecksum(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let [sum0, sum1, sum2, sum3] = [1, 2, 3, 4];
  let at = 0;
  for (const end = bytes.length & ~15; at < end; at += 16) {
    sum0 = mixIn(sum0, view.getInt32(at, true));
    sum1 = mixIn(sum1, view.getInt32(at + 4, true));
    sum2 = mixIn(sum2, view.getInt32(at + 8, true));
    sum3 = mixIn(sum3, view.getInt32(at + 12, true));
  }
  for (; at < bytes.length; at += 1) sum0 = mixIn(sum0, bytes[at] ?? 0);
  return mixIn(mixIn(mixIn(mixIn(bytes.length, sum0), sum1), sum2), sum3) >>> 0;
}

/** A sum with one more word of four bytes. */
export function mixIn(sum: number, word: number): number {
  const mixed = Math.imul(sum ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
