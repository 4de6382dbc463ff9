import { expect, test } from 'vitest';
import { createRowBytes } from '#search/row-bytes.ts';
import { createVectorRows } from '#search/vector-rows.ts';

const WIDTH = 16;

/** Rows whose bytes look random, the same in every run. */
const byteOf = (at: number): number => (Math.imul(at + 7, 0x9e3779b1) >>> 13) & 127;

// Fewer than the kernel looks at together, one more, a piece of a strip, a strip, and one row beyond each.
test.each([0, 1, 3, 4, 5, 1023, 1024, 1025, 16_384, 16_385, 20_000])(
  'of %i rows those above the bar are chosen, and each once',
  async (count) => {
    const query = Uint8Array.from({ length: WIDTH }, (_, i) => 3 + i);
    const scales = Float32Array.from({ length: count }, (_, row) => (row % 7) / 6);
    for (const speed of ['relaxed', 'simd', 'plain'] as const) {
      const rows = await createRowBytes(WIDTH, 'product', speed);
      rows.view(0, count).forEach((_byte, at, all) => (all[at] = byteOf(at)));
      const products: number[] = [];
      rows.compare(query, 0, count, (_from, found) => products.push(...found));
      const chosen: number[] = [];
      const by = { scales, offset: 9000, least: () => 800 };
      rows.choose(query, by, (row, product) => {
        expect(product).toBe(products[row]);
        chosen.push(row);
      });
      const wanted = products.flatMap((product, row) =>
        (product - 9000) * (scales[row] ?? 0) > 800 ? [row] : [],
      );
      // What lies at the bar may be chosen too.
      expect(chosen.filter((row) => wanted.includes(row))).toEqual(wanted);
      expect(chosen.length - wanted.length).toBeLessThanOrEqual(2);
    }
  },
);

test('all speeds find the same, with rows that were removed and none that is near', async () => {
  const [count, dimension] = [2500, 48];
  const vectors = Float32Array.from({ length: count * dimension }, (_, at) => byteOf(at) / 64 - 1);
  const query = Float32Array.from({ length: dimension }, (_, i) => (i % 5) - 2);
  const found = [];
  for (const speed of ['relaxed', 'simd', 'plain'] as const) {
    const rows = await createVectorRows(dimension, { speed });
    rows.add(vectors);
    for (let row = 0; row < count; row += 3) rows.remove(row);
    found.push(rows.nearest(query, 2000));
  }
  // More are wanted than there are, and the farthest have cosines below zero.
  expect(found[0]).toHaveLength(1666);
  expect(found[1]).toEqual(found[0]);
  expect(found[2]).toEqual(found[0]);
});
