import { expect, test } from 'vitest';
import { canonicalJson } from '#cache/canonical-json.ts';

test('gives one text however the members were put together', () => {
  const one = { b: [1, { d: null, c: 'x' }], a: true };
  const other = { a: true, b: [1, { c: 'x', d: null }] };
  expect(canonicalJson(one)).toBe('{"a":true,"b":[1,{"c":"x","d":null}]}');
  expect(canonicalJson(other)).toBe(canonicalJson(one));
});

test('keeps the order of lists', () => {
  expect(canonicalJson([2, 1])).not.toBe(canonicalJson([1, 2]));
});

test('tells lone surrogates apart and takes __proto__ for a name', () => {
  expect(canonicalJson('\ud800')).toBe('"\\ud800"');
  expect(canonicalJson('\ud800')).not.toBe(canonicalJson('\ud801'));
  expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"x":1}}'))).toBe(
    '{"__proto__":{"x":1},"b":1}',
  );
});
