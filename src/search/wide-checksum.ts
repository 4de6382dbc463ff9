/**
 * A 32-bit checksum of many bytes, against damage alone: four sums side by side, which a processor works on at
 * the same time, made one at the end.
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
