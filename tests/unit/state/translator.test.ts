import { describe, expect, test } from 'vitest';
import { LANGUAGES } from '#domain/user-settings.ts';
import { Translator } from '#state/translator.svelte.ts';

async function speak(language: (typeof LANGUAGES)[number]): Promise<Translator> {
  const translator = new Translator();
  await translator.use(language);
  await translator.complete();
  return translator;
}

/** Figures with a plain space between number and unit. */
const plain = (text: string): string => text.replace(/\s/g, ' ');

test('has no text before a language is here, and that language’s then', async () => {
  const translator = new Translator();
  expect(translator.language).toBeUndefined();
  expect(translator.t('markdown.code')).toBe('');
  await translator.use('en');
  expect(translator.language).toBe('en');
  expect(translator.t('common.save')).toBe('Save');
  await translator.complete();
  const english = translator.errorText('db/quota');
  expect(english).not.toBe('');
  await translator.use('ko');
  expect(translator.errorText('db/quota')).not.toBe(english);
  expect(translator.errorText('db/quota')).toMatch(/[가-힣]/);
});

test('completes the language that is in use at the end, however often it changes meanwhile', async () => {
  const translator = await speak('en');
  const quick = new Translator();
  await quick.use('en');
  await Promise.all([quick.complete(), quick.use('ko'), quick.complete()]);
  await quick.complete();
  expect(quick.language).toBe('ko');
  expect(quick.errorText('db/quota')).toMatch(/[가-힣]/);
  expect(quick.t('common.save')).not.toBe(translator.t('common.save'));
});

test.each([
  [0, '0 kB'],
  [448, '0.4 kB'],
  [999, '1 kB'],
  [1000, '1 kB'],
  [1499, '1 kB'],
  [999_499, '999 kB'],
  [1_000_000, '1 MB'],
  [1_250_000, '1.3 MB'],
  [999_949_999, '999.9 MB'],
  [1_000_000_000, '1 GB'],
  [1_250_000_000_000, '1,250 GB'],
])('%i bytes are written in the unit that fits', async (sizeBytes, expected) => {
  const { bytes } = await speak('en');
  expect(plain(bytes(sizeBytes))).toBe(expected);
});

test('a stretch of one day is one date, and of several says only once what they share', async () => {
  const { dates } = await speak('en');
  const morning = new Date(2026, 10, 28, 8).getTime();
  const evening = new Date(2026, 10, 28, 20).getTime();
  const nextDay = new Date(2026, 10, 29, 8).getTime();
  expect(plain(dates(morning, evening))).toBe('Nov 28, 2026');
  expect(plain(dates(morning, nextDay))).toBe('Nov 28 – 29, 2026');
});

describe.each(LANGUAGES)('in %s', (language) => {
  test('numbers have their groups and durations one decimal', async () => {
    const { number, seconds } = await speak(language);
    expect(number(1_234_567)).toBe('1,234,567');
    expect(seconds(1849)).toMatch(/^1\.8 ?(s|초|秒)$/);
  });

  test('a time today has no date, an older one has', async () => {
    const { time, dateTime } = await speak(language);
    const now = new Date(2026, 6, 15, 12).getTime();
    const earlier = new Date(2026, 6, 15, 9, 41).getTime();
    const lastYear = new Date(2025, 1, 3, 9, 41).getTime();
    expect(time(earlier, now)).toContain('9:41');
    expect(time(earlier, now)).not.toContain('15');
    expect(time(lastYear, now)).toContain('9:41');
    expect(time(lastYear, now)).toContain('2025');
    expect(dateTime(earlier)).toContain('2026');
  });

  test('a month is named with its year', async () => {
    const { month } = await speak(language);
    expect(month(2026, 7)).toMatch(/7|July/);
    expect(month(2026, 7)).toContain('2026');
  });
});
