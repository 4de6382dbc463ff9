import fc from 'fast-check';
import { expect, test } from 'vitest';
import { densestPlace } from '#domain/densest-place.ts';
import { findPlaces } from '#domain/fold-text.ts';

const startOf = (text: string, needles: readonly string[]): number => {
  const places = findPlaces(text, needles);
  return places[densestPlace(text, places)]?.[0] ?? -1;
};

test('of a frequent and a rare word the place is where they stand together', () => {
  const filler = `${'slow and steady '.repeat(248)}${'nothing '.repeat(40)}`;
  const text = `${filler}so slow at 150 mm, ${'slow '.repeat(9)}`;
  expect(startOf(text, ['slow', '150'])).toBe(text.indexOf('slow at 150'));
});

test('of one word it is the first place, without any there is none', () => {
  expect(startOf('a jar, a jar', ['jar'])).toBe(2);
  expect(densestPlace('a jar', [])).toBe(0);
});

test('no other place has more words with it, and none as many closer together', () => {
  const words = fc.array(fc.constantFrom('aa', 'bb', 'cc', ' '.repeat(20), 'x'.repeat(150)), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(words, (parts) => {
      const text = parts.join(' ');
      const places = findPlaces(text, ['aa', 'bb', 'cc']);
      const judged = places.map(([start]) => {
        const ends = new Map<string, number>();
        for (const [from, to] of places.toReversed()) {
          if (from >= start && to <= start + 138) ends.set(text.slice(from, to), to);
        }
        return ends.size * 1000 - (Math.max(...ends.values()) - start);
      });
      const best = Math.max(...judged);
      expect(densestPlace(text, places)).toBe(Math.max(0, judged.indexOf(best)));
    }),
  );
});
