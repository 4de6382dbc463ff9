import { expect, test } from 'vitest';
import { sumUsage } from '#domain/usage-summary.ts';
import { Translator } from '#state/translator.svelte.ts';
import {
  MEASURES,
  figureOf,
  formatDay,
  formatDays,
  formatFigure,
  roundUp,
} from '#ui/usage/figures.ts';

async function translatorFor(language: 'en' | 'ko'): Promise<Translator> {
  const translator = new Translator();
  await translator.use(language);
  await translator.complete();
  return translator;
}

test.each([
  [0, 1],
  [1, 1],
  [1.1, 1.2],
  [7, 8],
  [9.5, 10],
  [102_000, 120_000],
  [0.0007, 0.0008],
])('the top of a chart for %d is %d', (value, top) => {
  expect(roundUp(value)).toBeCloseTo(top, 10);
});

test('nothing measured has no figure but the counts', () => {
  const sum = sumUsage([]);
  expect(MEASURES.map((measure) => figureOf(sum, measure))).toEqual([0, null, 0, null, 0, null]);
});

test('figures are written as the language writes them, an unknown one as unknown', async () => {
  const [en, ko] = [await translatorFor('en'), await translatorFor('ko')];
  expect(formatFigure(1_234_567, 'tokens', en)).toBe('1,234,567');
  expect(formatFigure(1_234_567, 'tokens', en, true)).toBe('1.2M');
  expect(formatFigure(1_234_567, 'tokens', ko, true)).toBe('123.5만');
  expect(formatFigure(null, 'cost', en)).toBe('unknown');
  expect(formatFigure(4.26, 'ratings', en)).toBe('4.3');
});

test.each([
  [0, '$0.00'],
  [12.345, '$12.35'],
  [0.5, '$0.50'],
  [0.0125, '$0.013'],
  [0.000042, '$0.000042'],
])('%d dollars are %s', async (usd, shown) => {
  expect((await translatorFor('en')).usd(usd)).toBe(shown);
});

test('days are those of the calendar, in every time zone', () => {
  expect(formatDays('2026-11-01', '2026-11-01', 'en')).toBe('Nov 1, 2026');
  expect(formatDays('2026-10-31', '2026-11-01', 'en')).toMatch(/Oct 31\s–\sNov 1, 2026/);
  expect(formatDay('2026-11-01', 'en', false)).toBe('Nov 1');
  expect(formatDay('2026-11-01', 'en', true)).toBe('Nov 26');
});
