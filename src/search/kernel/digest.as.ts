/** A check of bytes, for both kernels of vectors; see vectors.as.ts. */

/**
 * Goes on with a digest: sixteen sums, each of every sixteenth word of four bytes. `row-bytes.ts` says the
 * same in plain TypeScript.
 *
 * @param bytes Address of the bytes.
 * @param length A multiple of 16. Only what is digested last may be none of 64.
 * @param sums Address of sixteen i32: read, and written.
 */
export function digestBytes(bytes: usize, length: usize, sums: usize): void {
  let sums0 = v128.load(sums);
  let sums1 = v128.load(sums, 16);
  let sums2 = v128.load(sums, 32);
  let sums3 = v128.load(sums, 48);
  const end = bytes + (length & ~63);
  const last = bytes + length;
  for (; bytes < end; bytes += 64) {
    sums0 = mix(sums0, v128.load(bytes));
    sums1 = mix(sums1, v128.load(bytes, 16));
    sums2 = mix(sums2, v128.load(bytes, 32));
    sums3 = mix(sums3, v128.load(bytes, 48));
  }
  if (bytes < last) sums0 = mix(sums0, v128.load(bytes));
  if (bytes + 16 < last) sums1 = mix(sums1, v128.load(bytes, 16));
  if (bytes + 32 < last) sums2 = mix(sums2, v128.load(bytes, 32));
  v128.store(sums, sums0);
  v128.store(sums, sums1, 16);
  v128.store(sums, sums2, 32);
  v128.store(sums, sums3, 48);
}

function mix(sums: v128, words: v128): v128 {
  const mixed = i32x4.mul(v128.xor(sums, words), i32x4.splat(0x9e3779b1));
  return v128.xor(mixed, i32x4.shr_u(mixed, 15));
}
