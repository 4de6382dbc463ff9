import { expect, test } from 'vitest';
import { toHeatMap } from '#ui/usage/heat-map.ts';

/** A Saturday. */
const TODAY = '2026-11-28';
const row = (date: string, requestCount: number) => ({ date, requestCount });

test('without a request all days are there, and none is the busiest', () => {
  const { cells, busyDayCount, busiest } = toHeatMap([], TODAY);
  expect(cells).toHaveLength(365);
  expect([cells[0]?.date, cells.at(-1)?.date]).toEqual(['2025-11-29', TODAY]);
  expect(new Set(cells.map(({ level }) => level))).toEqual(new Set([0]));
  expect({ busyDayCount, busiest }).toEqual({ busyDayCount: 0, busiest: undefined });
});

test('weeks begin on Monday, and each day stands in its row', () => {
  const { cells } = toHeatMap([], TODAY);
  // A Saturday too: 364 days are 52 weeks.
  expect(cells[0]).toMatchObject({ week: 0, weekday: 5 });
  expect(cells[1]).toMatchObject({ date: '2025-11-30', week: 0, weekday: 6 });
  expect(cells[2]).toMatchObject({ date: '2025-12-01', week: 1, weekday: 0 });
  expect(cells.at(-1)).toMatchObject({ week: 52, weekday: 5 });
  const places = cells.map(({ week, weekday }) => `${week}/${weekday}`);
  expect(new Set(places).size).toBe(365);
});

test('a year that begins on a Monday has no gap before it', () => {
  const { cells } = toHeatMap([], '2026-11-29');
  expect(cells[0]).toMatchObject({ date: '2025-11-30', week: 0, weekday: 6 });
  const monday = toHeatMap([], '2026-11-30').cells[0];
  expect(monday).toMatchObject({ date: '2025-12-01', week: 0, weekday: 0 });
});

test('adds the models of a day, and passes over what is not of the year', () => {
  const rows = [
    row('2025-11-28', 100),
    row('2025-11-29', 2),
    row('2025-11-29', 3),
    row(TODAY, 4),
    row('2026-11-27', 0),
    row('2026-11-29', 100),
    row('no day', 100),
  ];
  const { cells, busyDayCount, busiest } = toHeatMap(rows, TODAY);
  expect(cells[0]?.count).toBe(5);
  expect(cells.at(-1)?.count).toBe(4);
  expect(busyDayCount).toBe(2);
  expect(busiest).toEqual({ date: '2025-11-29', count: 5 });
});

test('the twenty-ninth of February is a day like any other', () => {
  const { cells } = toHeatMap([row('2028-02-29', 1)], '2028-03-01');
  expect(cells.filter(({ count }) => count > 0).map(({ date }) => date)).toEqual(['2028-02-29']);
  expect(cells).toHaveLength(365);
});

test('days are darker by quarters of the days that have any', () => {
  const days = Array.from({ length: 8 }, (_, at) => row(`2026-11-0${at + 1}`, (at + 1) * 10));
  const levels = toHeatMap(days, TODAY)
    .cells.filter(({ count }) => count > 0)
    .map(({ level }) => level);
  expect(levels).toEqual([1, 1, 1, 2, 2, 3, 3, 4]);
});

test('of equal days the first is the busiest', () => {
  const rows = [row('2026-05-02', 7), row('2026-05-01', 7)];
  expect(toHeatMap(rows, TODAY).busiest).toEqual({ date: '2026-05-01', count: 7 });
});
