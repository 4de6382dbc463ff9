/**
 * What a query means. Words must all stand in one message; `"in quotes"` exactly so; `-word` must not.
 * Filters are `key:value`, with quotes where the value has spaces. What is no filter is a word.
 */
import { foldText } from './fold-text.ts';
import { stemOf } from './korean-search.ts';

/** Longest query that is looked at, in UTF-16 units, but for half a character; and most words of it. */
export const MAX_QUERY_CHARACTERS = 1000;
const MAX_WORDS = 24;

/** Filters by the name that is typed. */
export const FILTER_KEYS = [
  'role',
  'model',
  'tag',
  'before',
  'after',
  'source',
  'is',
  'has',
] as const;
export type FilterKey = (typeof FILTER_KEYS)[number];

/** One filter as it stands in the query. */
export interface QueryFilter {
  readonly key: FilterKey;
  readonly value: string;
  /** `[start, end)` in the query. */
  readonly start: number;
  readonly end: number;
}

/** One word or phrase, folded. */
export interface QueryTerm {
  readonly text: string;
  readonly isExcluded: boolean;
  /** The word without its Korean ending or the end of its sentence, where it seems to have one; found too, ranked lower. */
  readonly stem: string | null;
}

export interface SearchQuery {
  readonly terms: readonly QueryTerm[];
  readonly filters: readonly QueryFilter[];
  /** Whether something of it was left out because it was too long. */
  readonly isCut: boolean;
}

/** Folded texts that are marked: words, and their stems where the word itself is nowhere. */
export function needlesOf({ terms }: SearchQuery): readonly string[] {
  return terms.flatMap(({ text, stem, isExcluded }) =>
    isExcluded ? [] : stem === null ? [text] : [text, stem],
  );
}

const TOKEN = /(-?)(?:([a-z]+):)?(?:["“”]([^"“”]*)["“”]?|(\S+))/giu;

export function parseSearchQuery(query: string): SearchQuery {
  const text = cutQuery(query);
  const terms: QueryTerm[] = [];
  const filters: QueryFilter[] = [];
  let isCut = query.length > MAX_QUERY_CHARACTERS;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, minus = '', name, quoted, bare] = match;
    const value = quoted ?? bare ?? '';
    const key = FILTER_KEYS.find((each) => each === name?.toLowerCase());
    if (key && minus === '' && isValueOf(key, value)) {
      filters.push({ key, value, start: match.index, end: match.index + whole.length });
      continue;
    }
    const term = toTerm(minus, name, quoted, bare);
    if (!term) continue;
    if (terms.length < MAX_WORDS) terms.push(term);
    else isCut = true;
  }
  return { terms, filters, isCut };
}

/** What goes on with the character before it: the second half of a pair, a mark, a vowel or final of a syllable. */
const GOES_ON = /[\udc00-\udfff\u1160-\u11ff\ud7b0-\ud7fb\p{M}]/u;

/** As much of a query as is looked at. Half a character at its end would be found nowhere. */
function cutQuery(query: string): string {
  if (query.length <= MAX_QUERY_CHARACTERS) return query;
  let end = MAX_QUERY_CHARACTERS;
  while (end > 0 && GOES_ON.test(query.charAt(end))) end -= 1;
  return query.slice(0, end || MAX_QUERY_CHARACTERS);
}

function toTerm(
  minus: string,
  name: string | undefined,
  quoted: string | undefined,
  bare: string | undefined,
): QueryTerm | undefined {
  const prefix = name === undefined ? '' : `${name}:`;
  // A lone minus is looked for as it is.
  if (quoted === undefined && prefix === '' && bare === undefined) return undefined;
  const text = foldText(`${prefix}${quoted ?? bare ?? ''}`);
  if (text.trim() === '') return undefined;
  const isExcluded = minus !== '';
  const isPhrase = quoted !== undefined || isExcluded;
  return { text, isExcluded, stem: isPhrase ? null : stemOf(text) };
}

/** Values of `is:` and `has:`, and roles. */
const STATES = ['archived', 'deleted', 'pinned'] as const;
const ROLES = ['user', 'assistant', 'system', 'tool'] as const;

function isValueOf(key: FilterKey, value: string): boolean {
  const folded = value.toLowerCase();
  if (value === '') return false;
  if (key === 'is') return STATES.some((state) => state === folded);
  if (key === 'has') return folded === 'attachment';
  if (key === 'role') return ROLES.some((role) => role === folded);
  if (key === 'before' || key === 'after') return readDay(value) !== undefined;
  return true;
}

/**
 * The first moment of a year, month or day written `2026`, `2026-01` or `2026-01-31`, in the person's
 * own time zone, and the first moment after it; undefined for anything else.
 */
export function readDay(value: string): { start: number; end: number } | undefined {
  const match = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/.exec(value);
  if (!match) return undefined;
  const [year = 0, month, day] = match.slice(1).map((part) => part && Number(part)) as number[];
  if ((month !== undefined && (month < 1 || month > 12)) || (day ?? 1) < 1) return undefined;
  const from = new Date(year, (month ?? 1) - 1, day ?? 1);
  if (day !== undefined && from.getDate() !== day) return undefined;
  const to = new Date(from);
  if (month === undefined) to.setFullYear(year + 1);
  else if (day === undefined) to.setMonth(from.getMonth() + 1);
  else to.setDate(from.getDate() + 1);
  return { start: from.getTime(), end: to.getTime() };
}

/** The query with a filter at its end; another value of a key that takes only one is replaced. */
export function withFilter(query: string, key: FilterKey, value: string): string {
  const isSingle = key === 'before' || key === 'after' || key === 'role';
  let text = query;
  for (const filter of parseSearchQuery(query).filters.toReversed()) {
    const isSame = filter.key === key && filter.value.toLowerCase() === value.toLowerCase();
    if (filter.key === key && (isSingle || isSame)) text = withoutFilter(text, filter);
  }
  const written = /[\s"“”]/.test(value) ? `"${value.replace(/["“”]/g, '')}"` : value;
  return `${text.trimEnd()} ${key}:${written}`.trimStart();
}

/** The query without a filter of it. */
export function withoutFilter(query: string, { start, end }: QueryFilter): string {
  return `${query.slice(0, start).trimEnd()} ${query.slice(end).trimStart()}`.trim();
}
