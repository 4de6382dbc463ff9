/** Marks found words in the thread without touching its elements (CSS Custom Highlight API). */
import { findPlaces } from '#domain/fold-text.ts';

/** Names of the highlights; the style sheet of `FindBar.svelte` colours them. */
const ALL = 'onggi-found';
const CURRENT = 'onggi-found-here';

const areHighlightsThere = typeof CSS !== 'undefined' && 'highlights' in CSS;

/** The parts of a message that are text of its own, and not buttons or names. */
const TEXTS = '.markdown, .bubble, .plain-text';

/** The places of the needles in what an article shows, in order. */
export function placesIn(article: Element, needles: readonly string[]): Range[] {
  const parts = [...article.querySelectorAll(TEXTS)].filter(
    (part) => !part.parentElement?.closest(TEXTS),
  );
  return parts.flatMap((part) => placesInPart(part, needles));
}

function placesInPart(part: Element, needles: readonly string[]): Range[] {
  const nodes: { readonly node: Text; readonly start: number }[] = [];
  const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT, (node) =>
    node.parentElement?.closest('button') ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  );
  let text = '';
  for (let node = walker.nextNode(); node instanceof Text; node = walker.nextNode()) {
    nodes.push({ node, start: text.length });
    text += node.data;
  }
  // Places rise, and with them the pieces of text they are in.
  let nth = 0;
  const locate = (at: number, isEnd: boolean): [Text, number] | undefined => {
    for (let next = nodes[nth + 1]; next; next = nodes[nth + 1]) {
      if (isEnd ? next.start >= at : next.start > at) break;
      nth += 1;
    }
    const found = nodes[nth];
    return found && [found.node, at - found.start];
  };
  return findPlaces(text, needles).flatMap(([from, to]) => {
    const [start, end] = [locate(from, false), locate(to, true)];
    if (!start || !end) return [];
    const range = document.createRange();
    range.setStart(...start);
    range.setEnd(...end);
    return range;
  });
}

/** Shows these places and no others; `current` stands out among them. */
export function showMarks(all: readonly Range[], current: Range | undefined): void {
  if (!areHighlightsThere) return;
  // One by one: there may be more than a call takes arguments.
  const marks = new Highlight();
  for (const range of all) marks.add(range);
  CSS.highlights.set(ALL, marks);
  const here = new Highlight(...(current ? [current] : []));
  here.priority = 1;
  CSS.highlights.set(CURRENT, here);
}

export function clearMarks(): void {
  if (!areHighlightsThere) return;
  CSS.highlights.delete(ALL);
  CSS.highlights.delete(CURRENT);
}
