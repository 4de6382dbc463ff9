import { expect, test } from 'vitest';
import { wideChecksum } from '#search/checksum.ts';

test('differs where a bit, the order or the length differs, and not with where the bytes lie', () => {
  const bytes = Uint8Array.from({ length: 77 }, (_, at) => (at * 37) % 251);
  const sum = wideChecksum(bytes);
  const wider = new Uint8Array(90);
  wider.set(bytes, 3);
  expect(wideChecksum(wider.subarray(3, 80))).toBe(sum);
  const others = new Set<number>();
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const changed = bytes.slice();
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    others.add(wideChecksum(changed));
  }
  for (let length = 0; length < bytes.length; length += 1) {
    others.add(wideChecksum(bytes.subarray(0, length)));
  }
  others.add(wideChecksum(bytes.toReversed()));
  // Words that change places, in one sum and between two.
  for (const distance of [4, 16]) {
    const swapped = bytes.slice();
    swapped.set(bytes.subarray(distance, distance + 4), 0);
    swapped.set(bytes.subarray(0, 4), distance);
    others.add(wideChecksum(swapped));
  }
  expect(others.has(sum)).toBe(false);
  expect(others.size).toBe(77 * 8 + 77 + 3);
});
