/**
 * How text is written down for searching: Unicode NFC, lower case, full-width Latin and half-width
 * katakana in their usual width. Text and query are folded alike, so `ＡＰＩ` is found by `api` and `ガ`
 * by `ｶﾞ`. Nothing else is taken together: what a person types is what is found.
 */

/** What NFC and lower case leave that is still written in two ways, and what the index uses itself. */
const SPECIAL = /[\0\ufffe\u00a0\u03c2\u3000\uff01-\uff9f\uffe0-\uffe6]/;
const SPECIAL_RUNS = /[\0\ufffe\u00a0\u03c2]|[\u3000\uff01-\uff9f\uffe0-\uffe6]+/g;

/** Text as search compares it. The same again changes nothing. */
export function foldText(text: string): string {
  const folded = text.normalize('NFC').toLowerCase();
  return SPECIAL.test(folded) ? folded.replace(SPECIAL_RUNS, foldSpecial) : folded;
}

function foldSpecial(run: string): string {
  if (run === '\0' || run === '\ufffe') return '\ufffd';
  if (run === '\u00a0') return ' ';
  // The small sigma at the end of a word.
  if (run === 'ς') return 'σ';
  return run.normalize('NFKC').toLowerCase();
}

/** Characters that folding may join, or that it writes with more or fewer UTF-16 units. */
const CLUSTERS =
  /[\uff61-\uff9d][\uff9e\uff9f]?|[\uac00-\ud7a3]?[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7fb]+|.\p{M}+|./gsu;

/** Folded text that knows where each of its units came from. */
export interface FoldedText {
  readonly folded: string;
  /** The place in the original of a place in `folded`; its length gives the original's. */
  readonly toOriginal: (at: number) => number;
}

/** Folds as {@link foldText} and remembers the places. */
export function foldWithPlaces(text: string): FoldedText {
  const folded = foldText(text);
  const isAligned =
    folded.length === text.length && !/[\uff61-\uff9f\u0130]/.test(text) && isNfc(text);
  if (isAligned) return { folded, toOriginal: (at) => at };
  const places: number[] = [];
  let joined = '';
  for (const { 0: cluster, index } of text.matchAll(CLUSTERS)) {
    const part = foldText(cluster);
    joined += part;
    places.push(...new Array<number>(part.length).fill(index));
  }
  return { folded: joined, toOriginal: (at) => places[at] ?? text.length };
}

const isNfc = (text: string): boolean => text === text.normalize('NFC');

/**
 * All places of the needles in a text, as `[start, end)` in the text itself, rising; places that
 * overlap or touch become one.
 * @param needles Folded, not empty.
 * @param limit Stops after this many.
 */
export function findPlaces(
  text: string,
  needles: readonly string[],
  limit = Infinity,
): readonly (readonly [number, number])[] {
  const { folded, toOriginal } = foldWithPlaces(text);
  const found: [number, number][] = [];
  for (const needle of needles) {
    let at = folded.indexOf(needle);
    for (let count = 0; at >= 0 && count < limit; count += 1) {
      found.push([toOriginal(at), endOf(at + needle.length)]);
      at = folded.indexOf(needle, at + needle.length);
    }
  }
  /** Past everything that the last unit came from. */
  function endOf(end: number): number {
    let next = end;
    while (next < folded.length && toOriginal(next) === toOriginal(end - 1)) next += 1;
    return toOriginal(next);
  }
  found.sort(([a], [b]) => a - b);
  const merged: [number, number][] = [];
  for (const [start, end] of found) {
    const last = merged.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged.slice(0, limit);
}
