import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findPlaces, foldText, foldWithPlaces } from '#domain/fold-text.ts';

test.each([
  ['ＡＰＩ　Ｋｅｙ', 'api key'],
  ['ｶﾞｲﾄﾞ', 'ガイド'],
  ['\u1100\u1161\u11a8', '각'],
  ['E\u0301', 'é'],
  ['ΟΔΟΣ', 'οδοσ'],
  ['a\0b', 'a\ufffdb'],
  ['①㈜', '①㈜'],
])('%j is written down as %j', (text, folded) => {
  expect(foldText(text)).toBe(folded);
  expect(foldText(folded)).toBe(folded);
});

test.each([
  ['검색했습니다', ['검색'], [[0, 2]]],
  ['ｶﾞｲﾄﾞ', ['イド'], [[2, 5]]],
  ['caf\u0065\u0301 bar', ['é'], [[3, 5]]],
  ['\u1100\u1161\u11a8나', ['각'], [[0, 3]]],
  ['aaaa', ['aa'], [[0, 4]]],
  ['İstanbul', ['stan'], [[1, 5]]],
  [
    'one two',
    ['two', 'one'],
    [
      [0, 3],
      [4, 7],
    ],
  ],
  ['a🙂b', ['🙂'], [[1, 3]]],
])('in %j the places of %j are %j', (text, needles, places) => {
  expect(findPlaces(text, needles.map(foldText))).toEqual(places);
});

test('folding with places is folding, and every place leads into the text', () => {
  const piece = fc.constantFrom(
    ...[
      'a',
      'É',
      'e\u0301',
      '가',
      '\u1100\u1161',
      '\u11a8',
      'ｶ',
      'ﾞ',
      'Ａ',
      'ς',
      'İ',
      '🙂',
      ' ',
      '\0',
    ],
  );
  const texts = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(texts, (text) => {
      const { folded, toOriginal } = foldWithPlaces(text);
      let before = 0;
      for (let at = 0; at <= folded.length; at += 1) {
        const place = toOriginal(at);
        expect(place).toBeGreaterThanOrEqual(before);
        expect(place).toBeLessThanOrEqual(text.length);
        before = place;
      }
      expect(folded.replaceAll('\u0307', '')).toBe(foldText(text).replaceAll('\u0307', ''));
    }),
    { numRuns: 500 },
  );
});
