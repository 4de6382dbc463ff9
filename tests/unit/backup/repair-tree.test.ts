import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createChainProof, createPlaceHasher } from '#backup/chain-proof.ts';
import { repairTree } from '#backup/repair-tree.ts';
import type { TreePlace } from '#backup/repair-tree.ts';
import { toMessageId } from '#domain/ids.ts';

/** `[id, parent, seq, timestamp]`. */
type Row = readonly [string, string | null, number, number?];

const place = ([id, parentId, seq, timestamp = 0]: Row): TreePlace => ({
  id: toMessageId(id),
  parentId: parentId === null ? null : toMessageId(parentId),
  seq,
  timestamp,
});

const repaired = (rows: readonly Row[], isChain = false) => {
  const { places, ...rest } = repairTree(rows.map(place), isChain);
  return {
    ...rest,
    moved: rest.moved.map(({ id }) => id),
    rows: places.map(({ id, parentId, seq }) => [id, parentId, seq]),
  };
};

describe('a tree that is', () => {
  test('sound stays as it is, gaps, branches and several roots included', () => {
    const rows: Row[] = [
      ['a', null, 0],
      ['b', 'a', 3],
      ['c', 'a', 4],
      ['d', null, 9],
    ];
    expect(repaired(rows)).toEqual({ rows, moved: [], missingParentCount: 0, cutCount: 0 });
  });

  test('empty stays empty', () => {
    expect(repaired([])).toEqual({ rows: [], moved: [], missingParentCount: 0, cutCount: 0 });
  });

  test('missing a parent is linked to the message before', () => {
    expect(
      repaired([
        ['a', 'gone', 0],
        ['b', 'a', 1],
        ['c', 'gone', 2],
      ]),
    ).toMatchObject({
      rows: [
        ['a', null, 0],
        ['b', 'a', 1],
        ['c', 'b', 2],
      ],
      missingParentCount: 2,
    });
  });

  test('a circle is cut at its earliest message', () => {
    expect(
      repaired([
        ['a', null, 0],
        ['b', 'd', 1],
        ['c', 'b', 2],
        ['d', 'c', 3],
        ['e', 'd', 4],
      ]),
    ).toMatchObject({
      rows: [
        ['a', null, 0],
        ['b', null, 1],
        ['c', 'b', 2],
        ['d', 'c', 3],
        ['e', 'd', 4],
      ],
      cutCount: 1,
      moved: ['b'],
    });
  });

  test('its own parent is linked to the message before', () => {
    expect(
      repaired([
        ['a', null, 0],
        ['b', 'b', 1],
      ]).rows,
    ).toEqual([
      ['a', null, 0],
      ['b', 'a', 1],
    ]);
  });

  test.each<[string, Row[]]>([
    [
      'numbered twice',
      [
        ['a', null, 5],
        ['b', 'a', 5, 1],
      ],
    ],
    [
      'numbered backwards',
      [
        ['b', 'a', 1],
        ['a', null, 7],
      ],
    ],
    [
      'numbered out of all bounds',
      [
        ['a', null, -4],
        ['b', 'a', Number.MAX_SAFE_INTEGER],
      ],
    ],
  ])('%s is numbered anew, parents first', (_name, rows) => {
    expect(repaired(rows).rows).toEqual([
      ['a', null, 0],
      ['b', 'a', 1],
    ]);
  });

  test('only a list becomes a line by time, then by place', () => {
    expect(
      repaired(
        [
          ['x', null, 0, 30],
          ['y', null, 1, 10],
          ['z', null, 2, 10],
        ],
        true,
      ).rows,
    ).toEqual([
      ['y', null, 0],
      ['z', 'y', 1],
      ['x', 'z', 2],
    ]);
  });

  test('anything at all comes out sound, whole and the same when repaired again', () => {
    const rows = fc
      .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'), {
        minLength: 1,
      })
      .chain((ids) =>
        fc.tuple(
          ...ids.map((id) =>
            fc.tuple(
              fc.constant(id),
              fc.constantFrom(null, 'gone', ...ids),
              fc.integer({ min: -2, max: 6 }),
              fc.nat(3),
            ),
          ),
        ),
      );
    fc.assert(
      fc.property(rows, fc.boolean(), (given, isChain) => {
        const { places } = repairTree(given.map(place), isChain);
        const seqs = new Map(places.map(({ id, seq }) => [id, seq]));
        expect(seqs.size).toBe(given.length);
        expect(new Set(seqs.values()).size).toBe(given.length);
        for (const { parentId, seq } of places) {
          expect(seq).toBeGreaterThanOrEqual(0);
          if (parentId !== null) expect(seqs.get(parentId)).toBeLessThan(seq);
        }
        expect(repairTree(places, false).moved).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the proof of one unbroken line', () => {
  const isChain = (rows: readonly Row[]): boolean => {
    const proof = createChainProof(createPlaceHasher());
    for (const [id, parentId, seq] of rows) proof.addMessage(id, parentId, seq);
    return proof.isChain();
  };
  const line: Row[] = [
    ['a', null, 4],
    ['b', 'a', 5],
    ['c', 'b', 6],
    ['d', 'c', 7],
  ];

  test('holds in whatever order the messages pass by', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(line, { minLength: 4 }), (rows) => {
        expect(isChain(rows)).toBe(true);
      }),
    );
    expect(isChain([])).toBe(true);
    expect(isChain([['a', null, 0]])).toBe(true);
  });

  test.each<[string, Row[]]>([
    ['a branch', [...line, ['e', 'b', 6]]],
    ['a gap', line.filter(([id]) => id !== 'b')],
    ['two roots', [...line, ['e', null, 8]]],
    ['no root', line.map(([id, parent, seq]) => [id, parent ?? 'gone', seq])],
    ['a circle beside it', [...line, ['e', 'f', 9], ['f', 'e', 8]]],
    ['a wrong parent', [...line.slice(0, 3), ['d', 'a', 7]]],
    ['a row twice', [...line, ['d', 'c', 7]]],
    ['a number below nothing', [['a', null, -1]]],
  ])('does not hold with %s', (_name, rows) => {
    expect(isChain(rows)).toBe(false);
  });
});
