/** Marks found words in the thread without touching its elements (CSS Custom Highlight API). */
import { findPlaces } from '#domain/fold-text.ts';

/** Names of the highlights; the style sheet of `FindBar.svelte` colours them. */
const ALL = 'onggi-found';
const CURRENT = 'onggi-found-here';

const areHighlightsThere = typeof CSS !== 'undefined' && 'highlights' in CSS;

/** The parts of a message that are text of its own, and not buttons or names. */
const TEXTS = '.markdown, .bubble, .plain-text, details[data-message] > p';

/** The places of the needles in what an article shows, in order. */
export function placesIn(article: Element, needles: readonly string[]): Range[] {
  return partsOf(article).flatMap((part) => {
    const { text, toRange } = readPart(part);
    return findPlaces(text, needles).flatMap(([from, to]) => toRange(from, to) ?? []);
  });
}

/** So many letters at its beginning and end tell where a passage stands of which something is shown otherwise. */
const END_LETTERS = 24;

/**
 * Where a passage of a message stands in what its article shows. By letters and digits: rendered, a text has other
 * spaces and signs. @returns undefined where it is not there
 */
export function passageIn(article: Element, passage: string): Range | undefined {
  const { letters: wanted } = lettersOf(passage);
  if (wanted === '') return undefined;
  for (const part of partsOf(article)) {
    const { text, toRange } = readPart(part);
    const { letters, places } = lettersOf(text);
    const head = wanted.slice(0, END_LETTERS);
    const tail = wanted.slice(-END_LETTERS);
    const whole = letters.indexOf(wanted);
    const from = whole < 0 ? letters.indexOf(head) : whole;
    if (from < 0) continue;
    const end = whole < 0 ? letters.indexOf(tail, from) : whole + wanted.length - tail.length;
    const last = (end < 0 ? from + head.length : end + tail.length) - 1;
    return toRange(places[from] ?? 0, (places[last] ?? 0) + 1);
  }
  return undefined;
}

/** The letters and digits of a text, and where each unit of them stands in it. */
function lettersOf(text: string): { readonly letters: string; readonly places: readonly number[] } {
  let letters = '';
  const places: number[] = [];
  for (const { 0: run, index } of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    letters += run;
    for (let unit = 0; unit < run.length; unit += 1) places.push(index + unit);
  }
  return { letters, places };
}

const partsOf = (article: Element): readonly Element[] =>
  [...article.querySelectorAll(TEXTS)].filter((part) => !part.parentElement?.closest(TEXTS));

/** What a part shows, and the range of a stretch of it; these are asked for in the order in which they stand. */
function readPart(part: Element): {
  readonly text: string;
  readonly toRange: (from: number, to: number) => Range | undefined;
} {
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
  function toRange(from: number, to: number): Range | undefined {
    const [start, end] = [locate(from, false), locate(to, true)];
    if (!start || !end) return undefined;
    const range = document.createRange();
    range.setStart(...start);
    range.setEnd(...end);
    return range;
  }
  return { text, toRange };
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
