/**
 * The scan of vectors, in AssemblyScript (https://www.assemblyscript.org): compiled to WebAssembly with
 * SIMD by scripts/kernel-plugin.mjs. `vector-rows.ts` says the same in plain TypeScript and is what runs
 * where SIMD is missing; a test holds the two to each other.
 *
 * Memory belongs to the caller, who passes addresses; nothing is allocated here.
 */
export { digestBytes } from './digest.as';
export { keepBetter } from './select.as';

/**
 * The scalar product of one row of bytes with each of many.
 *
 * Bytes of the query lie between -127 and 127, those of rows between 0 and 127, so that two products (at
 * most 2 × 16,129) fit into 16 bits and are added before they are widened.
 *
 * @param query Address of `width` signed bytes.
 * @param rows Address of `count × width` bytes.
 * @param width Bytes of a row; a multiple of 16.
 * @param products Address of `count` i32, which are written.
 */
export function multiplyRows(
  query: usize,
  rows: usize,
  count: usize,
  width: usize,
  products: usize,
): void {
  for (let row: usize = 0; row < count; row += 1) {
    let sums = i32x4.splat(0);
    for (let at: usize = 0; at < width; at += 16) {
      const left = v128.load(query + at);
      const right = v128.load(rows + at);
      const pairs = i16x8.add(
        i16x8.extmul_low_i8x16_s(left, right),
        i16x8.extmul_high_i8x16_s(left, right),
      );
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(pairs));
    }
    store<i32>(
      products + (row << 2),
      i32x4.extract_lane(sums, 0) +
        i32x4.extract_lane(sums, 1) +
        i32x4.extract_lane(sums, 2) +
        i32x4.extract_lane(sums, 3),
    );
    rows += width;
  }
}

/**
 * How many bits of one row agree with those of each of many (`width × 8` less the Hamming distance).
 *
 * @param query Address of `width` bytes.
 * @param rows Address of `count × width` bytes.
 * @param width Bytes of a row; a multiple of 16.
 * @param agreements Address of `count` i32, which are written.
 */
export function compareBits(
  query: usize,
  rows: usize,
  count: usize,
  width: usize,
  agreements: usize,
): void {
  const bits = <i32>(width << 3);
  for (let row: usize = 0; row < count; row += 1) {
    let sums = i16x8.splat(0);
    for (let at: usize = 0; at < width; at += 16) {
      const differing = v128.xor(v128.load(query + at), v128.load(rows + at));
      sums = i16x8.add(sums, i16x8.extadd_pairwise_i8x16_u(i8x16.popcnt(differing)));
    }
    const wide = i32x4.extadd_pairwise_i16x8_u(sums);
    store<i32>(
      agreements + (row << 2),
      bits -
        (i32x4.extract_lane(wide, 0) +
          i32x4.extract_lane(wide, 1) +
          i32x4.extract_lane(wide, 2) +
          i32x4.extract_lane(wide, 3)),
    );
    rows += width;
  }
}

/** Adds the bytes of memory up: the cheapest thing that reads them all, which the bench measures against. */
export function sweep(bytes: usize, length: usize): u32 {
  let sums0 = i32x4.splat(0);
  let sums1 = i32x4.splat(0);
  let sums2 = i32x4.splat(0);
  let sums3 = i32x4.splat(0);
  const end = length & ~63;
  for (let at: usize = 0; at < end; at += 64) {
    sums0 = i32x4.add(sums0, v128.load(bytes + at));
    sums1 = i32x4.add(sums1, v128.load(bytes + at, 16));
    sums2 = i32x4.add(sums2, v128.load(bytes + at, 32));
    sums3 = i32x4.add(sums3, v128.load(bytes + at, 48));
  }
  const sums = i32x4.add(i32x4.add(sums0, sums1), i32x4.add(sums2, sums3));
  return (
    i32x4.extract_lane(sums, 0) +
    i32x4.extract_lane(sums, 1) +
    i32x4.extract_lane(sums, 2) +
    i32x4.extract_lane(sums, 3)
  );
}
