/**
 * The text scan, in AssemblyScript (https://www.assemblyscript.org): compiled to WebAssembly with SIMD
 * by scripts/kernel-plugin.mjs. `byte-scan.ts` says the same in plain TypeScript and is what runs where
 * SIMD is missing; a test holds the two to each other.
 *
 * Memory belongs to the caller, who passes addresses; nothing is allocated here.
 */

/**
 * Counts the places where `needle` stands, unit by unit.
 *
 * Up to 128 places are looked at together: only where two bytes of the needle fit, it is compared whole
 * (after Mula, "SIMD-friendly algorithms for substring searching", 2016). The two are the last and, of
 * what is left, one that is not the first where that can be helped: characters of one script share their
 * first byte in UTF-8.
 *
 * @param text Address of the first byte; at least 144 readable bytes follow the last.
 * @param length Bytes of the text.
 * @param needle Address of the needle; `needleLength` at least 1.
 * @param starts Address of `unitCount + 1` offsets (u32, rising): where each unit begins, and where the
 * last one ends; the first is that of the text's first byte. A needle holds no zero byte and units are parted by one, so that no
 * place crosses a border.
 * @param counts Address of `unitCount` bytes, zero at first: gets the count of each unit, at most `cap`.
 * @param cap From this count on the rest of the unit is passed over; 1 to 255.
 * @returns how many units have a place.
 */
export function countPlaces(
  text: usize,
  length: usize,
  needle: usize,
  needleLength: usize,
  starts: usize,
  unitCount: usize,
  counts: usize,
  cap: u32,
): u32 {
  if (length < needleLength || unitCount === 0) return 0;
  const lastAt: usize = needleLength - 1;
  const middleAt: usize = needleLength > 3 ? 2 : needleLength > 1 ? needleLength - 2 : 0;
  const middle = i8x16.splat(load<i8>(needle + middleAt));
  const last = i8x16.splat(load<i8>(needle + lastAt));
  /** One past the last place where the needle still fits. */
  const end = length - needleLength + 1;

  const begin: usize = load<u32>(starts);
  let unit: usize = 0;
  let unitEnd: usize = load<u32>(starts + 4) - begin;
  let found: u32 = 0;
  let at: usize = 0;
  while (at < end) {
    const middles = text + at + middleAt;
    const lasts = text + at + lastAt;
    // Most steps end here: a test and a branch for 128 places.
    let any = bothFit(middles, middle, lasts, last);
    any = v128.or(any, bothFit(middles + 16, middle, lasts + 16, last));
    any = v128.or(any, bothFit(middles + 32, middle, lasts + 32, last));
    any = v128.or(any, bothFit(middles + 48, middle, lasts + 48, last));
    any = v128.or(any, bothFit(middles + 64, middle, lasts + 64, last));
    any = v128.or(any, bothFit(middles + 80, middle, lasts + 80, last));
    any = v128.or(any, bothFit(middles + 96, middle, lasts + 96, last));
    any = v128.or(any, bothFit(middles + 112, middle, lasts + 112, last));
    if (!v128.any_true(any)) {
      at += 128;
      continue;
    }
    let next = at + 64;
    const fits0 = bothFit(middles, middle, lasts, last);
    const fits1 = bothFit(middles + 16, middle, lasts + 16, last);
    const fits2 = bothFit(middles + 32, middle, lasts + 32, last);
    const fits3 = bothFit(middles + 48, middle, lasts + 48, last);
    if (v128.any_true(v128.or(v128.or(fits0, fits1), v128.or(fits2, fits3)))) {
      let places: u64 =
        (<u64>(<u32>i8x16.bitmask(fits0))) |
        ((<u64>(<u32>i8x16.bitmask(fits1))) << 16) |
        ((<u64>(<u32>i8x16.bitmask(fits2))) << 32) |
        ((<u64>(<u32>i8x16.bitmask(fits3))) << 48);
      while (places !== 0) {
        const place = at + <usize>ctz(places);
        places &= places - 1;
        if (place >= end) break;
        if (!isSame(text + place, needle, lastAt)) continue;
        while (place >= unitEnd) {
          unit += 1;
          unitEnd = load<u32>(starts + ((unit + 1) << 2)) - begin;
        }
        const count = <u32>load<u8>(counts + unit);
        if (count >= cap) {
          // Enough of this one: on with the next unit.
          if (unitEnd > next) {
            next = unitEnd;
            break;
          }
          continue;
        }
        if (count === 0) found += 1;
        store<u8>(counts + unit, count + 1);
      }
    }
    at = next;
  }
  return found;
}

/** All ones in those of sixteen places where both bytes fit. */
function bothFit(middles: usize, middle: v128, lasts: usize, last: v128): v128 {
  return v128.and(i8x16.eq(v128.load(middles), middle), i8x16.eq(v128.load(lasts), last));
}

/** Whether the bytes before the last, which was compared, are the same. */
function isSame(place: usize, needle: usize, length: usize): bool {
  for (let index: usize = 0; index < length; index += 1) {
    if (load<u8>(place + index) !== load<u8>(needle + index)) return false;
  }
  return true;
}

/** Adds the bytes of memory up: the cheapest thing that reads them all, which the bench measures against. */
export function sweep(text: usize, length: usize): u32 {
  let sums0 = i32x4.splat(0);
  let sums1 = i32x4.splat(0);
  let sums2 = i32x4.splat(0);
  let sums3 = i32x4.splat(0);
  const end = length & ~63;
  for (let at: usize = 0; at < end; at += 64) {
    sums0 = i32x4.add(sums0, v128.load(text + at));
    sums1 = i32x4.add(sums1, v128.load(text + at, 16));
    sums2 = i32x4.add(sums2, v128.load(text + at, 32));
    sums3 = i32x4.add(sums3, v128.load(text + at, 48));
  }
  const sums = i32x4.add(i32x4.add(sums0, sums1), i32x4.add(sums2, sums3));
  return (
    i32x4.extract_lane(sums, 0) +
    i32x4.extract_lane(sums, 1) +
    i32x4.extract_lane(sums, 2) +
    i32x4.extract_lane(sums, 3)
  );
}
