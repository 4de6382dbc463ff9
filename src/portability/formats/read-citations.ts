import { asArray, asText, isObject, member } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** A source that an answer names; kept as `metadata.citations` in this one shape for all products. */
export interface Citation {
  readonly title: string | null;
  readonly url: string | null;
  /** What the product quotes of it, shortened to 2,000 characters. */
  readonly text: string | null;
}

const TITLES = ['title', 'name', 'source_title'];
const URLS = ['url', 'link', 'source_url', 'uri'];
const TEXTS = ['text', 'snippet', 'cited_text', 'description', 'content', 'preview', 'pageContent'];
const MAX_TEXT = 2000;

/** A citation out of an object that names title, address or text in one of the usual ways. */
export function readCitation(value: unknown): Citation | null {
  if (typeof value === 'string')
    return value === '' ? null : { title: null, url: value, text: null };
  if (!isObject(value)) return null;
  const [title, url, text] = [
    firstText(value, TITLES),
    firstText(value, URLS),
    firstText(value, TEXTS),
  ];
  if (title === null && url === null) return null;
  return { title, url, text: text?.slice(0, MAX_TEXT) ?? null };
}

/** The citations of a list, each address (or title) once, in their order. */
export function readCitations(values: unknown): readonly Citation[] {
  return distinctCitations(asArray(values).map(readCitation));
}

/** Each address (or title, where there is none) once; the first stays. */
export function distinctCitations(citations: readonly (Citation | null)[]): readonly Citation[] {
  const byKey = new Map<string, Citation>();
  for (const citation of citations) {
    if (!citation) continue;
    const key = citation.url ?? `title:${citation.title ?? ''}`;
    if (!byKey.has(key)) byKey.set(key, citation);
  }
  return [...byKey.values()];
}

/**
 * The citations of a list, and of its objects those of which a citation says not all: that name neither
 * title nor address, that quote a passage nobody finds at an address, or a long one.
 */
export function readPassages(values: readonly JsonObject[]): {
  readonly citations: readonly (Citation | null)[];
  readonly rest: readonly JsonObject[];
} {
  const citations = values.map(readCitation);
  const rest = values.filter((value, index) => {
    const length = firstText(value, TEXTS)?.length ?? 0;
    const citation = citations[index];
    return !citation || length > MAX_TEXT || (citation.url === null && length > 0);
  });
  return { citations, rest };
}

function firstText(value: unknown, keys: readonly string[]): string | null {
  for (const key of keys) {
    const text = asText(member(value, key));
    if (text !== null) return text;
  }
  return null;
}
