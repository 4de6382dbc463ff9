import { expect, test } from 'vitest';
import { createSteadyTime } from '#cache/steady-time.ts';
import { createTestClock } from '../db/fresh-database.ts';

const YEAR = 365 * 24 * 3_600_000;

function open() {
  const clock = createTestClock();
  const state = { passed: 5_000 };
  const time = createSteadyTime(clock, () => state.passed);
  return { clock, state, time, start: clock.now };
}

test('follows the clock, also over a sleep in which nothing else moved', () => {
  const { clock, time, start } = open();
  clock.now += 8 * 3_600_000;
  expect(time()).toEqual({ now: start + 8 * 3_600_000, wentBack: false });
});

test('goes on while the clock stands still for a little', () => {
  const { state, time, start } = open();
  state.passed += 30_000.6;
  expect(time()).toEqual({ now: start + 30_000, wentBack: false });
});

test('a correction by seconds neither counts as a jump nor gives time back', () => {
  const { clock, time, start } = open();
  clock.now += 10_000;
  time();
  clock.now -= 9_000;
  expect(time()).toEqual({ now: start + 10_000, wentBack: false });
});

test('notices a clock set back a year, once, and goes on from there', () => {
  const { clock, state, time, start } = open();
  clock.now -= YEAR;
  expect(time()).toEqual({ now: start - YEAR, wentBack: true });
  expect(time()).toEqual({ now: start - YEAR, wentBack: false });
  clock.now += 1_000;
  state.passed += 1_000;
  expect(time()).toEqual({ now: start - YEAR + 1_000, wentBack: false });
});

test('notices the way back from ten years ahead', () => {
  const { clock, time, start } = open();
  clock.now += 10 * YEAR;
  expect(time().wentBack).toBe(false);
  clock.now -= 10 * YEAR;
  expect(time()).toEqual({ now: start, wentBack: true });
});

test('notices that another page has seen a later time', () => {
  const { time, start } = open();
  expect(time(start + 59_000)).toEqual({ now: start + 59_000, wentBack: false });
  expect(time(start + 2 * 3_600_000)).toEqual({ now: start, wentBack: true });
});
