import { describe, expect, test } from 'vitest';
import {
  REMIND_AFTER_MS,
  RETRY_AFTER_MS,
  SNAPSHOT_INTERVAL_MS,
  SNOOZE_MS,
  isCopyDue,
  isReminderDue,
  nextCopyInMs,
} from '#domain/backup-schedule.ts';

const NOW = 1_700_000_000_000;
const DAY = 24 * 60 * 60 * 1000;

describe('a copy', () => {
  const state = {
    lastSuccessAt: NOW - 2 * DAY,
    lastFailureAt: null,
    intervalMs: DAY,
    isChanged: true,
  };

  test.each([
    ['after a change and a whole interval', {}, true],
    ['never made before', { lastSuccessAt: null }, true],
    ['whose interval is just over', { lastSuccessAt: NOW - DAY }, true],
    ['whose interval is not over', { lastSuccessAt: NOW - DAY + 1 }, false],
    ['since which nothing changed', { isChanged: false }, false],
    ['that was never made, of nothing', { lastSuccessAt: null, isChanged: false }, false],
    [
      'from the future, since which nothing changed',
      { lastSuccessAt: NOW + DAY, isChanged: false },
      false,
    ],
    ['that is made by hand', { intervalMs: null }, false],
    ['that has just failed', { lastFailureAt: NOW - 1000 }, false],
    ['that failed a while ago', { lastFailureAt: NOW - RETRY_AFTER_MS }, true],
    ['that failed before it succeeded', { lastFailureAt: NOW - 3 * DAY }, true],
    ['from the future', { lastSuccessAt: NOW + DAY }, true],
  ])('%s', (_name, changes, isDue) => {
    expect(isCopyDue({ ...state, ...changes }, NOW)).toBe(isDue);
  });

  test('of every ten minutes is tried again after ten when it fails', () => {
    const failing = { ...state, intervalMs: SNAPSHOT_INTERVAL_MS };
    const at = (ms: number) => isCopyDue({ ...failing, lastFailureAt: NOW - ms }, NOW);
    expect([at(SNAPSHOT_INTERVAL_MS - 1), at(SNAPSHOT_INTERVAL_MS)]).toEqual([false, true]);
  });

  test('says when it comes', () => {
    expect(nextCopyInMs(state, NOW)).toBe(0);
    expect(nextCopyInMs({ ...state, lastSuccessAt: NOW - DAY + 5000 }, NOW)).toBe(5000);
    expect(nextCopyInMs({ ...state, lastFailureAt: NOW }, NOW)).toBe(RETRY_AFTER_MS);
    expect(nextCopyInMs({ ...state, isChanged: false }, NOW)).toBeNull();
    expect(nextCopyInMs({ ...state, intervalMs: null }, NOW)).toBeNull();
  });

  test('is due at the moment that was said', () => {
    const states = [
      { ...state, lastSuccessAt: NOW - 1 },
      { ...state, lastFailureAt: NOW - 7 },
    ];
    for (const each of states) {
      const inMs = nextCopyInMs(each, NOW) ?? 0;
      expect(isCopyDue(each, NOW + inMs - 1)).toBe(false);
      expect(isCopyDue(each, NOW + inMs)).toBe(true);
    }
  });
});

describe('the reminder', () => {
  const state = {
    lastOutsideAt: NOW - REMIND_AFTER_MS,
    firstKeptAt: NOW - 90 * DAY,
    isChanged: true,
    snoozedAt: null,
  };

  test.each([
    ['when the last copy is old', {}, true],
    ['not while it is fresh', { lastOutsideAt: NOW - REMIND_AFTER_MS + 1 }, false],
    ['when there is none', { lastOutsideAt: null }, true],
    ['not at once', { lastOutsideAt: null, firstKeptAt: NOW - DAY }, false],
    ['not without conversations', { lastOutsideAt: null, firstKeptAt: null }, false],
    ['not when nothing changed since', { isChanged: false }, false],
    ['not right after it was put off', { snoozedAt: NOW - SNOOZE_MS + 1 }, false],
    ['again after a while', { snoozedAt: NOW - SNOOZE_MS }, true],
  ])('%s', (_name, changes, isDue) => {
    expect(isReminderDue({ ...state, ...changes }, NOW)).toBe(isDue);
  });
});
