import { describe, expect, it } from 'vitest';
import { readLocaleDate } from '#portability/formats/read-locale-date.ts';

const AFTERNOON = new Date(2026, 10, 22, 15, 4, 5).getTime();

describe('readLocaleDate', () => {
  it.each([
    ['en-US', '11/22/2026, 3:04:05 PM'],
    ['en-US with a narrow space', '11/22/2026, 3:04:05\u202fPM'],
    ['en-GB', '22/11/2026, 15:04:05'],
    ['en-AU', '22/11/2026, 3:04:05 pm'],
    ['en, written out', 'Nov 22, 2026, 3:04:05 PM'],
    ['en-GB, written out', '22 Nov 2026, 15:04:05'],
    ['ko', '2026. 11. 22. 오후 3:04:05'],
    ['ko, in words', '2026년 11월 22일 오후 3시 4분 5초'],
    ['ja', '2026/11/22 15:04:05'],
    ['ja, in words', '2026年11月22日 15時04分05秒'],
    ['zh-CN', '2026/11/22 15:04:05'],
    ['zh-CN, half days', '2026/11/22 下午3:04:05'],
    ['zh-TW, in words', '2026年11月22日 下午3:04:05'],
    ['de', '22.11.2026, 15:04:05'],
    ['de, written out', '22. November 2026 um 15:04:05'],
    ['sv', '2026-11-22 15:04:05'],
    ['nl', '22-11-2026, 15:04:05'],
  ])('reads %s in this zone: %s', (_locale, text) => {
    expect(readLocaleDate(text)).toEqual({ at: AFTERNOON, isZoneAssumed: true });
  });

  it.each(['en-US', 'en-GB', 'ko-KR', 'ja-JP', 'zh-CN', 'zh-TW', 'de-DE'])(
    'reads what this engine writes for %s',
    (locale) => {
      for (const hour of [0, 1, 11, 12, 13, 23]) {
        const date = new Date(2026, 2, 14, hour, 9, 7);
        expect(readLocaleDate(date.toLocaleString(locale))?.at).toBe(date.getTime());
      }
    },
  );

  it.each([
    ['Nov 22, 2026, 3:04:05 PM UTC', Date.UTC(2026, 10, 22, 15, 4, 5)],
    ['2026. 11. 22. 오후 3:04:05 KST', Date.UTC(2026, 10, 22, 6, 4, 5)],
    ['18.04.2026, 17:38:51 MESZ', Date.UTC(2026, 3, 18, 15, 38, 51)],
    ['2026/11/22 15:04:05 JST', Date.UTC(2026, 10, 22, 6, 4, 5)],
    ['22 Nov 2026, 15:04:05 GMT-03:30', Date.UTC(2026, 10, 22, 18, 34, 5)],
    ['Nov 22, 2026, 3:04:05 PM EST', Date.UTC(2026, 10, 22, 20, 4, 5)],
  ])('believes a named zone: %s', (text, at) => {
    expect(readLocaleDate(text)).toEqual({ at, isZoneAssumed: false });
  });

  it('does not believe a zone that stands for two places', () => {
    expect(readLocaleDate('11/22/2026, 3:04:05 PM CST')?.isZoneAssumed).toBe(true);
  });

  it.each([
    '',
    'yesterday',
    'Invalid Date',
    '31/02/2026, 10:00:00',
    '13/13/2026, 10:00:00',
    '2026/11/22',
    '2026/11/22 25:00:00',
    '2026/11/22 10:61:00',
    '11/22/2026, 3:04:05 PM and more words',
    `2026/11/22 10:00:00${' '.repeat(100)}`,
  ])('gives nothing for %j', (text) => {
    expect(readLocaleDate(text)).toBeUndefined();
  });
});
