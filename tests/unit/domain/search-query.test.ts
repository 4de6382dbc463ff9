import { expect, test } from 'vitest';
import { initialsOf, stemOf, toInitialsPattern } from '#domain/korean-search.ts';
import {
  MAX_QUERY_CHARACTERS,
  parseSearchQuery,
  readDay,
  withFilter,
  withoutFilter,
} from '#domain/search-query.ts';

const words = (query: string) =>
  parseSearchQuery(query).terms.map(({ text, isExcluded }) => (isExcluded ? `-${text}` : text));
const filters = (query: string) =>
  parseSearchQuery(query).filters.map(({ key, value }) => `${key}=${value}`);

test.each([
  ['백업 복구', ['백업', '복구']],
  ['"role does not" exist', ['role does not', 'exist']],
  ['“둥근 따옴표”', ['둥근 따옴표']],
  ['"never closed', ['never closed']],
  ['API -python', ['api', '-python']],
  ['-"두 낱말"', ['-두 낱말']],
  ['-', ['-']],
  ['"" ', []],
  ['   ', []],
  ['?!', ['?!']],
  ['10:30', ['10:30']],
  ['https://example.org', ['https://example.org']],
  ['tag:', ['tag:']],
  ['role:nobody', ['role:nobody']],
  ['before:yesterday', ['before:yesterday']],
  ['C++', ['c++']],
])('%j asks for %j', (query, expected) => {
  expect(words(query)).toEqual(expected);
  expect(filters(query)).toEqual([]);
});

test.each([
  ['tag:code 백업', ['tag=code']],
  ['tag:"두 낱말"', ['tag=두 낱말']],
  ['ROLE:user is:archived has:attachment', ['role=user', 'is=archived', 'has=attachment']],
  ['before:2026-02 after:2026-01-31', ['before=2026-02', 'after=2026-01-31']],
  ['model:gpt-4o source:chatgpt', ['model=gpt-4o', 'source=chatgpt']],
])('%j filters by %j', (query, expected) => {
  expect(filters(query)).toEqual(expected);
});

test('a filter comes and goes without touching the words', () => {
  const query = withFilter('백업 실패', 'tag', '두 낱말');
  expect(query).toBe('백업 실패 tag:"두 낱말"');
  const [filter] = parseSearchQuery(query).filters;
  expect(filter && withoutFilter(query, filter)).toBe('백업 실패');
  expect(withFilter('a role:user b', 'role', 'assistant')).toBe('a b role:assistant');
  expect(withFilter('tag:x', 'tag', 'y')).toBe('tag:x tag:y');
  expect(withFilter('tag:x', 'tag', 'X')).toBe('tag:X');
});

test('a query without end is cut, and says so', () => {
  const { terms, isCut } = parseSearchQuery('가나 '.repeat(50_000));
  expect(isCut).toBe(true);
  expect(terms.length).toBeLessThanOrEqual(24);
  expect(parseSearchQuery('가'.repeat(100_000)).terms[0]?.text.length).toBe(MAX_QUERY_CHARACTERS);
  expect(parseSearchQuery('짧다').isCut).toBe(false);
});

test.each([
  ['emoji', `a${'😀'.repeat(600)}`, `a${'😀'.repeat(499)}`],
  ['syllables of single letters', '각'.normalize('NFD').repeat(400), '각'.repeat(333)],
  ['letters with marks', `a${'o\u0302\u0301'.repeat(400)}`, `a${'ố'.repeat(333)}`],
])('a query of %s is cut between two of them', (_, query, expected) => {
  expect(parseSearchQuery(query).terms.map(({ text }) => text)).toEqual([expected]);
});

test('a query of marks alone is cut all the same', () => {
  expect(parseSearchQuery('\u0301'.repeat(5000)).terms).toHaveLength(1);
});

test.each([
  ['2026', new Date(2026, 0, 1), new Date(2027, 0, 1)],
  ['2026-12', new Date(2026, 11, 1), new Date(2027, 0, 1)],
  ['2024-02-29', new Date(2024, 1, 29), new Date(2024, 2, 1)],
])('the time %s', (value, start, end) => {
  expect(readDay(value)).toEqual({ start: start.getTime(), end: end.getTime() });
});

test.each(['2026-13', '2026-02-30', '26', 'May', '2026-1-1-1'])('%s is no time', (value) => {
  expect(readDay(value)).toBeUndefined();
});

test.each([
  ['검색하면', '검색'],
  ['검색했습니다', '검색'],
  ['사람들은', '사람'],
  ['데이터베이스에서', '데이터베이스'],
  ['백업', null],
  ['나는', null],
  ['search', null],
  ['김치찌개', null],
])('the stem of %s is %s', (word, stem) => {
  expect(stemOf(word)).toBe(stem);
});

test('initial consonants', () => {
  expect(initialsOf('검색 API 쌀')).toBe('ㄱㅅ API ㅆ');
  expect(['ㅋㅏ', '검ㅅ', ''].map(toInitialsPattern)).toEqual([null, null, null]);
  const places = (word: string, title: string) => {
    const found = toInitialsPattern(word)?.exec(initialsOf(title));
    return found && [found.index, found[0]];
  };
  expect(places('ㄱㅅ', '빠른 검색')).toEqual([3, 'ㄱㅅ']);
  // Over the borders of words, and as a keyboard may join them.
  expect(places('ㄹㅎㄱ', '여름 휴가')).toEqual([1, 'ㄹ ㅎㄱ']);
  expect(places('ㄳ', '빠른 검색')).toEqual([3, 'ㄱㅅ']);
  expect(places('ㅆㄳ', '쌀 검색')).toEqual([0, 'ㅆ ㄱㅅ']);
  expect(places('ㄱㅅ', '사과')).toBe(null);
});
