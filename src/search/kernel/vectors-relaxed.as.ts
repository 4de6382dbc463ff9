/**
 * `multiplyRows` of vectors.as.ts with the relaxed SIMD instruction that multiplies bytes and adds four
 * products at once. A module of its own: a browser without that instruction refuses all of it.
 *
 * The instruction is exact as long as the bytes of the rows lie between 0 and 127.
 */
export { digestBytes } from './digest.as';
export { keepBetter } from './select.as';

/**
 * As in vectors.as.ts. Four rows are gone through together, so that a piece of the query is loaded once
 * for all of them and four sums run side by side.
 */
export function multiplyRows(
  query: usize,
  rows: usize,
  count: usize,
  width: usize,
  products: usize,
): void {
  let row: usize = 0;
  for (; row + 4 <= count; row += 4) {
    let sums0 = i32x4.splat(0);
    let sums1 = i32x4.splat(0);
    let sums2 = i32x4.splat(0);
    let sums3 = i32x4.splat(0);
    const second = rows + width;
    const third = second + width;
    const fourth = third + width;
    for (let at: usize = 0; at < width; at += 16) {
      const part = v128.load(query + at);
      sums0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(part, v128.load(rows + at), sums0);
      sums1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(part, v128.load(second + at), sums1);
      sums2 = i32x4.relaxed_dot_i8x16_i7x16_add_s(part, v128.load(third + at), sums2);
      sums3 = i32x4.relaxed_dot_i8x16_i7x16_add_s(part, v128.load(fourth + at), sums3);
    }
    // Lanes of four sums become four totals side by side.
    const low01 = i32x4.add(
      v128.shuffle<i32>(sums0, sums1, 0, 4, 1, 5),
      v128.shuffle<i32>(sums0, sums1, 2, 6, 3, 7),
    );
    const low23 = i32x4.add(
      v128.shuffle<i32>(sums2, sums3, 0, 4, 1, 5),
      v128.shuffle<i32>(sums2, sums3, 2, 6, 3, 7),
    );
    v128.store(
      products + (row << 2),
      i32x4.add(
        v128.shuffle<i32>(low01, low23, 0, 1, 4, 5),
        v128.shuffle<i32>(low01, low23, 2, 3, 6, 7),
      ),
    );
    rows = fourth + width;
  }
  for (; row < count; row += 1) {
    let sums = i32x4.splat(0);
    for (let at: usize = 0; at < width; at += 16) {
      const part = v128.load(query + at);
      sums = i32x4.relaxed_dot_i8x16_i7x16_add_s(part, v128.load(rows + at), sums);
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
