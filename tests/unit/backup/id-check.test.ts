import { describe, expect, test } from 'vitest';
import { createIdCheck } from '#backup/id-check.ts';

/** What is said of ids one after another, and how often the file was read again, up to which id. */
async function check(ids: readonly string[], isSegment = false) {
  const readings: string[] = [];
  const all = createIdCheck(isSegment, (lastId) => {
    readings.push(lastId);
    return Promise.resolve(new Set(ids.slice(0, ids.indexOf(lastId) + 1)));
  });
  const second: string[] = [];
  for (const id of ids) if (await all.isSecond(id)) second.push(id);
  return { second, readings };
}

describe('ids of messages', () => {
  test('that rise are known by the last one, and nothing is read again', async () => {
    const rising = Array.from({ length: 2000 }, (_, index) => String(index).padStart(6, '0'));
    expect(await check(rising)).toEqual({ second: [], readings: [] });
    expect(await check(['', 'a', 'a', 'b', 'b', 'b'])).toEqual({
      second: ['a', 'b', 'b'],
      readings: [],
    });
  });

  test('in any order are known by those before, which are read again once', async () => {
    expect(await check(['b', 'd', 'a', 'c', 'd', 'a', 'e', 'b'])).toEqual({
      second: ['d', 'a', 'b'],
      readings: ['d'],
    });
  });

  test('of a segment stand in any order, and are compared with no other file', async () => {
    expect(await check(['b', 'a', 'b'], true)).toEqual({ second: ['b'], readings: [] });
    const ids = createIdCheck(false, () => Promise.reject(new Error('read again')));
    expect([ids.isSecond('a'), ids.isSecond('c')]).toEqual([false, false]);
    ids.beginSegment();
    expect(['b', 'a', 'b'].map((id) => ids.isSecond(id))).toEqual([false, false, true]);
    ids.beginSegment();
    expect(ids.isSecond('b')).toBe(false);
  });
});
