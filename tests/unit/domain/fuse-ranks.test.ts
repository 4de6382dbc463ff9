import { expect, test } from 'vitest';
import { fuseFound, fuseRanks } from '#domain/fuse-ranks.ts';

test.each([
  ['nothing', [], []],
  ['one ranking', [['a', 'b']], ['a', 'b']],
  ['an empty one beside it', [[], ['a', 'b']], ['a', 'b']],
  [
    'what both name comes first',
    [
      ['a', 'c'],
      ['b', 'c'],
    ],
    ['c', 'a', 'b'],
  ],
  ['of equals the one of the earlier ranking', [['a'], ['b']], ['a', 'b']],
])('%s', (_name, rankings, fused) => {
  expect(fuseRanks(rankings)).toEqual(fused);
});

test('what is only somewhat near is apart from what holds the words or is close', () => {
  const words = ['a', 'b'];
  const near = (id: string, cosine: number) => ({ id, cosine });
  expect(fuseFound(words, [near('lorem', 0.59), near('b', 0.4)])).toEqual({
    ids: ['b', 'a'],
    farIds: ['lorem'],
  });
  expect(fuseFound(words, [near('same', 0.6)])).toEqual({ ids: ['a', 'same', 'b'], farIds: [] });
});

test('a rank far down in one list counts in the other', () => {
  const words = Array.from({ length: 200 }, (_, at) => `w${at}`);
  const near = Array.from({ length: 200 }, (_, at) => ({
    id: at === 199 ? 'w199' : `n${at}`,
    cosine: 0.5,
  }));
  const { ids, farIds } = fuseFound(words, near);
  // 2 / 260 is what rank 70 has, which comes first.
  expect(ids.indexOf('w199')).toBe(70);
  expect(farIds).toHaveLength(199);
});
