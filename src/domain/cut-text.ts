/** Ends, best first: after which sign a stretch may end. */
const ENDS = [/\n\s*\n/g, /\n/g, /[.!?。！？…]["'”’」』)]*\s|[。！？]/g, /\s/g];

/**
 * Where a stretch of at most `maxUnits` UTF-16 units that begins at `from` ends: after a paragraph, a line,
 * a sentence or a word, as late as possible in its second half; never within a character.
 */
export function findCut(text: string, from: number, maxUnits: number): number {
  const furthest = from + maxUnits;
  if (text.length <= furthest) return text.length;
  const begin = from + maxUnits / 2;
  const half = text.slice(begin, furthest);
  for (const end of ENDS) {
    const last = [...half.matchAll(end)].at(-1);
    if (last) return begin + last.index + last[0].length;
  }
  const isInPair = /[\udc00-\udfff]/.test(text.charAt(furthest));
  return isInPair ? furthest - 1 : furthest;
}
