import { describe, expect, it } from 'vitest';
import { groupByDay, toDayGroup } from '#domain/day-groups.ts';

const at = (month: number, day: number, hour = 12, minute = 0): number =>
  new Date(2026, month - 1, day, hour, minute).getTime();

describe('toDayGroup', () => {
  it.each([
    ['the same minute', at(11, 15), 'today'],
    ['one minute after midnight', at(11, 15, 0, 1), 'today'],
    ['the last minute of the day before', at(11, 14, 23, 59), 'yesterday'],
    ['the first minute of the day before', at(11, 14, 0, 0), 'yesterday'],
    ['two days', at(11, 13), 'past-week'],
    ['seven days', at(11, 8, 0, 0), 'past-week'],
    ['eight days', at(11, 7, 23, 59), 'past-month'],
    ['thirty days', at(10, 16), 'past-month'],
    ['a minute in the future', at(11, 15, 12, 1), 'today'],
    ['a year in the future', at(11, 15) + 365 * 86_400_000, 'today'],
  ])('%s', (_name, timestamp, kind) => {
    expect(toDayGroup(timestamp, at(11, 15))).toEqual({ kind });
  });

  it('goes by the calendar and not by hours', () => {
    expect(toDayGroup(at(11, 14, 23, 59), at(11, 15, 0, 0))).toEqual({ kind: 'yesterday' });
    expect(toDayGroup(at(11, 15, 0, 0), at(11, 15, 23, 59))).toEqual({ kind: 'today' });
  });

  it('names older months', () => {
    expect(toDayGroup(at(10, 15), at(11, 15))).toEqual({ kind: 'month', year: 2026, month: 10 });
    expect(toDayGroup(new Date(2024, 1, 29).getTime(), at(11, 15))).toEqual({
      kind: 'month',
      year: 2024,
      month: 2,
    });
  });
});

describe('groupByDay', () => {
  it('cuts a list without changing its order', () => {
    const times = [at(11, 15), at(11, 15, 9), at(11, 14), at(9, 2), at(9, 1), at(8, 1)];
    const items = times.map((updatedAt) => ({ updatedAt }));
    const sections = groupByDay(items, at(11, 15, 20));
    expect(sections.map(({ key }) => key)).toEqual(['today', 'yesterday', '2026-9', '2026-8']);
    expect(sections.flatMap((section) => section.items)).toEqual(items);
    expect(new Set(sections.map(({ key }) => key)).size).toBe(sections.length);
  });

  it('gives nothing for nothing', () => {
    expect(groupByDay([], at(11, 15))).toEqual([]);
  });
});
