import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readInstant, toIsoInstant } from '#domain/instants.ts';

/** The same instant in another spelling, which is read field by field. */
const spelledOtherwise = (text: string): string => text.replace('+00:00', ' +00:00');

test('what onggi writes is read as what it was, whichever way it is read', () => {
  const year0 = Date.UTC(2000, 0, 1) - 2000 * 365.2425 * 86_400_000;
  fc.assert(
    fc.property(fc.integer({ min: year0, max: Date.UTC(9999, 11, 31) }), (at) => {
      const text = toIsoInstant(at);
      expect(readInstant(text)).toEqual({ at, isZoneAssumed: false });
      expect(readInstant(spelledOtherwise(text))).toEqual({ at, isZoneAssumed: false });
    }),
  );
});

test.each([
  '2026-02-30T00:00:00.000+00:00',
  '2024-02-29T23:59:59.999+00:00',
  '2026-04-31T12:00:00.000+00:00',
  '2026-13-01T00:00:00.000+00:00',
  '2026-00-01T00:00:00.000+00:00',
  '2026-01-00T00:00:00.000+00:00',
  '2026-01-32T00:00:00.000+00:00',
  '2026-01-01T24:00:00.000+00:00',
  '2026-01-01T24:30:00.000+00:00',
  '2026-01-01T25:00:00.000+00:00',
  '2026-01-01T23:60:00.000+00:00',
  '2026-01-01T23:59:60.000+00:00',
  '0000-01-01T00:00:00.000+00:00',
  '0050-01-01T00:00:00.000+00:00',
])('a date at the edge is the same in both spellings: %s', (text) => {
  expect(readInstant(text)).toEqual(readInstant(spelledOtherwise(text)));
});
