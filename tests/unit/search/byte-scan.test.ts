import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createByteScan, PLACE_CAP } from '#search/byte-scan.ts';
import type { ByteScan } from '#search/byte-scan.ts';

const encoder = new TextEncoder();

/** Puts units into a scan. @returns where they begin, and where the last one ends. */
function put(scan: ByteScan, units: readonly string[], gap = 0): Uint32Array {
  const bytes = units.map((unit) => encoder.encode(`${unit}\0`));
  const total = bytes.reduce((sum, { length }) => sum + length, gap);
  const target = scan.reserve(total);
  const starts = new Uint32Array(units.length + 1);
  let at = gap;
  for (const [index, each] of bytes.entries()) {
    starts[index] = at;
    target.set(each, at);
    at += each.length;
  }
  starts[units.length] = at;
  return starts;
}

function countByHand(unit: string, needle: string): number {
  let count = 0;
  for (let at = unit.indexOf(needle); at >= 0 && count < PLACE_CAP; count += 1) {
    at = unit.indexOf(needle, at + 1);
  }
  return count;
}

function countsOf(
  scan: ByteScan,
  needle: string,
  starts: Uint32Array,
  unitCount: number,
): number[] {
  const counts = scan.count(encoder.encode(needle), starts, unitCount);
  // Nothing at all is said without a list.
  if (counts) expect(counts.some((each) => each > 0)).toBe(true);
  return counts ? [...counts] : new Array<number>(unitCount).fill(0);
}

function count(scan: ByteScan, units: readonly string[], needle: string): number[] {
  const starts = put(scan, units);
  return countsOf(scan, needle, starts, units.length);
}

test('looks at nothing behind the units it was given', async () => {
  const scan = await createByteScan(false);
  const starts = put(scan, ['first', 'second', 'third']);
  const indexOf = vi.spyOn(Uint8Array.prototype, 'indexOf');
  onTestFinished(() => indexOf.mockRestore());
  expect(countsOf(scan, 'z', starts, 1)).toEqual([0]);
  const looked = indexOf.mock.contexts.map((bytes) => (bytes as Uint8Array).length);
  expect(looked.length).toBeGreaterThan(0);
  expect(Math.max(...looked)).toBeLessThanOrEqual(starts[1] ?? 0);
});

describe.each([
  ['WebAssembly with SIMD', true],
  ['plain TypeScript', false],
])('%s', (_name, withSimd) => {
  test.each([
    [['검색했습니다', '아무것도', '재검색'], '검색', [1, 0, 1]],
    [['', 'a', ''], 'a', [0, 1, 0]],
    [['aaaa'], 'aa', [3]],
    [['x'.repeat(500)], 'x', [PLACE_CAP]],
    [['x'.repeat(40), 'x', 'yx'], 'x', [PLACE_CAP, 1, 1]],
    [['京都の紅葉', '紅'], '紅', [1, 1]],
    [['short'], 'longer than the text', [0]],
    [[], 'a', []],
  ])('counts in %j the places of %j', async (units, needle, expected) => {
    expect(count(await createByteScan(withSimd), units, needle)).toEqual(expected);
  });

  test('finds a needle at every place around the borders of sixteen bytes', async () => {
    const scan = await createByteScan(withSimd);
    for (let length = 1; length <= 40; length += 1) {
      const needle = Array.from({ length }, (_, index) => String.fromCharCode(97 + (index % 26)));
      for (let before = 0; before <= 33; before += 1) {
        const units = ['#'.repeat(before), `${'.'.repeat(before)}${needle.join('')}`, ''];
        expect(count(scan, units, needle.join(''))).toEqual([0, 1, 0]);
      }
    }
  });

  test('counts as String.indexOf does, whatever the text', async () => {
    const scan = await createByteScan(withSimd);
    const letters = fc.constantFrom('a', 'b', '가', '각', 'あ', '京', '🙂', ' ');
    const text = fc.array(letters, { maxLength: 60 }).map((all) => all.join(''));
    const needle = fc.array(letters, { minLength: 1, maxLength: 5 }).map((all) => all.join(''));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 20 }), needle, (units, wanted) => {
        expect(count(scan, units, wanted)).toEqual(units.map((unit) => countByHand(unit, wanted)));
      }),
      { numRuns: 300 },
    );
  });

  test('keeps what was put there when it needs more room, for text and for working', async () => {
    const scan = await createByteScan(withSimd);
    const starts = put(scan, ['첫째', '둘째'], 10);
    scan.reserve(5_000_000);
    expect(countsOf(scan, '둘째', starts, 2)).toEqual([0, 1]);
    expect(countsOf(scan, '긴'.repeat(9000), starts, 2)).toEqual([0, 0]);
    expect(countsOf(scan, '첫째', starts, 2)).toEqual([1, 0]);
    const many = Array.from({ length: 20_000 }, (_, index) => (index % 3 === 0 ? '감' : '귤'));
    const counts = countsOf(scan, '감', put(scan, many), many.length);
    expect(counts.reduce((sum, each) => sum + each, 0)).toBe(6667);
  });

  test('reads every byte when it sweeps', async () => {
    const scan = await createByteScan(withSimd);
    scan.reserve(256).fill(1);
    expect(scan.sweep(256)).not.toBe(0);
    expect(scan.memoryBytes()).toBeGreaterThanOrEqual(256);
  });
});

test('the kernel is what this machine runs', async () => {
  expect((await createByteScan(true)).isFast).toBe(true);
  expect((await createByteScan(false)).isFast).toBe(false);
});
