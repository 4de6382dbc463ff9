import { expect, test } from 'vitest';
import { fuseRanks } from '#domain/fuse-ranks.ts';

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
