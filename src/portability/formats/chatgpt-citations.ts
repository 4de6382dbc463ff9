import { distinctCitations, readCitation } from './read-citations.ts';
import type { Citation } from './read-citations.ts';
import { asArray, asText, isObject, member } from './read-value.ts';

const OPEN = '\uE200';
const BETWEEN = '\uE202';

/**
 * The text without the private-use anchors that ChatGPT's page replaces by links. What an anchor
 * names for the reader (`entity`) stays as words; the links are in {@link readChatgptCitations}.
 * U+E200 opens, U+E202 divides, U+E201 closes.
 */
export function stripAnchors(text: string): string {
  if (!/[\uE200-\uE202]/.test(text)) return text;
  return text
    .replace(/ ?\uE200([^\uE200\uE201]*)\uE201/g, (whole, inner: string) => {
      const words = wordsOfAnchor(inner);
      if (words === '') return '';
      return whole.startsWith(OPEN) ? words : ` ${words}`;
    })
    .replace(/[\uE200-\uE202]/g, '');
}

function wordsOfAnchor(inner: string): string {
  const [kind, ...rest] = inner.split(BETWEEN);
  if (kind !== 'entity') return '';
  try {
    const named: unknown = JSON.parse(rest.join(BETWEEN));
    return asText(asArray(named)[1]) ?? '';
  } catch {
    return '';
  }
}

/** The sources of an answer, from `metadata.citations` and `metadata.content_references`. */
export function readChatgptCitations(metadata: unknown): readonly Citation[] {
  const cited = asArray(member(metadata, 'citations')).map((citation) =>
    readCitation(member(citation, 'metadata') ?? citation),
  );
  const referenced = asArray(member(metadata, 'content_references')).flatMap(citationsOfReference);
  return distinctCitations([...cited, ...referenced]);
}

/** A reference names its sources itself or in `items`, `sources`, `fallback_items`, each with `supporting_websites`. */
function citationsOfReference(reference: unknown): (Citation | null)[] {
  if (!isObject(reference)) return [];
  const below = ['items', 'sources', 'fallback_items', 'supporting_websites']
    .flatMap((key) => asArray(member(reference, key)))
    .flatMap((item) => [
      readCitation(item),
      ...asArray(member(item, 'supporting_websites')).map(readCitation),
    ]);
  return below.length > 0 ? below : [readCitation(reference)];
}
