import { foldText } from './fold-text.ts';

/** Words within this of a place's beginning stand together with it, in UTF-16 units: a snippet shows them. */
const DENSE_REACH = 138;

/**
 * Which of the places begins the stretch with the most different texts in it, and of several the
 * shortest: where the words that were looked for stand together. 0 without places.
 * @param places In order, as `findPlaces` gives them.
 */
export function densestPlace(text: string, places: readonly Place[]): number {
  const names = places.map(([start, end]) => foldText(text.slice(start, end)));
  let [best, bestCount, bestSpan] = [0, 0, Infinity];
  /** Where each text stood last, going from the end; the nearest is in front. */
  let nearest: { readonly name: string; readonly end: number }[] = [];
  for (let first = places.length - 1; first >= 0; first -= 1) {
    const [start, end] = places[first] ?? [0, 0];
    const name = names[first] ?? '';
    nearest = [{ name, end }, ...nearest.filter((each) => each.name !== name)];
    nearest = nearest.filter((each, at) => at === 0 || each.end <= start + DENSE_REACH);
    const span = Math.max(...nearest.map((each) => each.end)) - start;
    const isBetter =
      nearest.length > bestCount || (nearest.length === bestCount && span <= bestSpan);
    if (isBetter) [best, bestCount, bestSpan] = [first, nearest.length, span];
  }
  return best;
}

type Place = readonly [start: number, end: number];
