import { describe, expect, it } from 'vitest';
import {
  identify,
  onlySaid,
  readDate,
  readSaidRole,
  readThumb,
} from '#portability/formats/read-said.ts';
import type { NoteSet } from '#portability/formats/read-said.ts';

function noting<T>(read: (notes: NoteSet) => T): { value: T; notes: string[] } {
  const notes: NoteSet = new Set();
  const value = read(notes);
  return { value, notes: [...notes] };
}

describe('readDate', () => {
  it.each<[unknown[], number | null, string[]]>([
    [[1_700_000_000.5], 1_700_000_000_500, []],
    [[null, undefined, '', '2026-01-01T00:00:00Z'], Date.UTC(2026, 0, 1), []],
    [['soon', 1_700_000_000_000], 1_700_000_000_000, []],
    [['soon'], null, ['date_unknown']],
    [[0], null, ['date_unknown']],
    [[{}, []], null, ['date_unknown']],
    [[null, ''], null, []],
    [[Number.NaN], null, ['date_unknown']],
  ])('takes the first date of %j', (values, at, notes) => {
    expect(noting((set) => readDate(set, ...values))).toEqual({ value: at, notes });
  });

  it('says when it had to assume a zone', () => {
    const { value, notes } = noting((set) => readDate(set, '2026-01-01T12:00:00'));
    expect(value).toBe(new Date(2026, 0, 1, 12).getTime());
    expect(notes).toEqual(['zone_assumed']);
  });
});

it('keeps the product’s own word for a role, and notes one nobody knows', () => {
  expect(noting((set) => readSaidRole(set, 'Human'))).toEqual({
    value: { role: 'user', source_role: 'Human' },
    notes: [],
  });
  expect(noting((set) => readSaidRole(set, 'wizard'))).toEqual({
    value: { role: 'assistant', source_role: 'wizard' },
    notes: ['role_unknown'],
  });
});

it('derives an id only where there is none', () => {
  expect(noting((set) => identify(set, 'a', 'x'))).toEqual({
    value: { sourceId: 'a', isSourceIdDerived: false },
    notes: [],
  });
  const first = noting((set) => identify(set, null, 'x', 1, null));
  expect(first).toEqual(noting((set) => identify(set, null, 'x', 1, null)));
  expect(first.value.sourceId).not.toBe(
    noting((set) => identify(set, null, 'x', 2)).value.sourceId,
  );
  expect(first.notes).toEqual(['ids_derived']);
});

it('reads thumbs of any spelling', () => {
  expect(['thumbsUp', 'LIKE', 1, '1'].map(readThumb)).toEqual([5, 5, 5, 5]);
  expect(['thumbsDown', 'dislike', -1].map(readThumb)).toEqual([1, 1, 1]);
  expect([null, 0, 'neutral', {}, 5].map(readThumb)).toEqual([null, null, null, null, null]);
});

it('leaves out what says nothing, but not zero', () => {
  const fields = { a: null, b: undefined, c: '', d: [], e: {}, f: false, g: 0, h: true, i: 'x' };
  expect(onlySaid(fields)).toEqual({ g: 0, h: true, i: 'x' });
});
