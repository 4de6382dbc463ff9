import { describe, expect, it } from 'vitest';
import { OnggiError } from '#domain/errors.ts';
import type { ReadItem } from '#domain/imported.ts';
import { nameOf, readEach } from '#portability/formats/read-each.ts';
import { skipped } from '#portability/formats/skipped.ts';

const readBut =
  (bad: unknown) =>
  (value: unknown): ReadItem => {
    if (value === bad) throw new RangeError('too much');
    return skipped('empty_conversation', nameOf(value));
  };

describe('readEach', () => {
  it('gives the values around one that fails, and names that one', () => {
    const values = [{ title: 'A' }, { id: 7, title: '' }, { name: 'C' }];
    expect([...readEach(values, readBut(values[1]))]).toEqual([
      { kind: 'skipped', reason: 'empty_conversation', label: 'A' },
      { kind: 'skipped', reason: 'unreadable_element', label: '7' },
      { kind: 'skipped', reason: 'empty_conversation', label: 'C' },
    ]);
  });

  it('names by what it is told', () => {
    const [item] = readEach(
      new Map([['place', 1]]),
      () => readBut(1)(1),
      ([place]) => place,
    );
    expect(item).toEqual({ kind: 'skipped', reason: 'unreadable_element', label: 'place' });
  });

  it('passes on what holds for the whole file', () => {
    const fail = () => {
      throw new OnggiError('file/newer-version', 'of tomorrow');
    };
    expect(() => [...readEach([1], fail)]).toThrow('of tomorrow');
  });
});

it.each([
  [{ title: 'T', id: 'i' }, 'T'],
  [{ topic: 'N' }, 'N'],
  [{ uuid: 'u' }, 'u'],
  [{ title: 7 }, null],
  [null, null],
  ['text', null],
])('calls %j %j', (value, name) => {
  expect(nameOf(value)).toBe(name);
});
