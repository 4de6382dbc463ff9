/** Choosing among the products of a strip, for both kernels of vectors; see vectors.as.ts. */

/**
 * Writes down which rows may be better than the least that is kept so far. Hardly any is, so that what
 * calls this looks at a few rows and not at all of them.
 *
 * @param products Address of `count` i32.
 * @param scales Address of `count` f32.
 * @param count A multiple of 4.
 * @param offset What every product has too much.
 * @param least A row is better when `(product - offset) * scale`, in f32, is more than this.
 * @param kept Address of `count` u32: gets the numbers of the better rows, rising.
 * @returns how many there are.
 */
export function keepBetter(
  products: usize,
  scales: usize,
  count: usize,
  offset: i32,
  least: f32,
  kept: usize,
): usize {
  const offsets = i32x4.splat(offset);
  const leasts = f32x4.splat(least);
  let end = kept;
  for (let row: usize = 0; row < count; row += 4) {
    const at = row << 2;
    const products4 = f32x4.convert_i32x4_s(i32x4.sub(v128.load(products + at), offsets));
    const better = f32x4.gt(f32x4.mul(products4, v128.load(scales + at)), leasts);
    if (!v128.any_true(better)) continue;
    let lanes = i32x4.bitmask(better);
    while (lanes !== 0) {
      store<u32>(end, <u32>row + ctz(lanes));
      end += 4;
      lanes &= lanes - 1;
    }
  }
  return (end - kept) >> 2;
}
