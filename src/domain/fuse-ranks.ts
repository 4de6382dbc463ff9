/**
 * The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, "Reciprocal rank fusion
 * outperforms Condorcet and individual rank learning methods", SIGIR 2009).
 */
const K = 60;

/**
 * Fuses several rankings: each gives what stands at rank `r` (from 1) the score 1 / (60 + r), and the
 * sums decide. Of equal sums the one comes first that an earlier ranking names earlier.
 * @param rankings Ids, best first, each at most once in a ranking.
 */
export function fuseRanks(rankings: readonly (readonly string[])[]): readonly string[] {
  const scores = new Map<string, number>();
  for (const ranking of rankings) {
    ranking.forEach((id, at) => scores.set(id, (scores.get(id) ?? 0) + 1 / (K + at + 1)));
  }
  return [...scores].sort(([, a], [, b]) => b - a).map(([id]) => id);
}

/**
 * From this cosine on a result of meaning alone may stand among those that hold the words: the nearest
 * wrong conversation is beyond it for ten questions of a hundred.
 */
const CLOSE = 0.6;

/**
 * Results of words and of meaning as one ranking. Words are found only where all of them stand: what is not
 * {@link CLOSE} by meaning alone is apart, to come after all of those.
 */
export function fuseFound(
  byWords: readonly string[],
  byMeaning: readonly { readonly id: string; readonly cosine: number }[],
): { readonly ids: readonly string[]; readonly farIds: readonly string[] } {
  const words = new Set(byWords);
  const cosines = new Map(byMeaning.map(({ id, cosine }) => [id, cosine]));
  const isFar = (id: string): boolean => !words.has(id) && (cosines.get(id) ?? 0) < CLOSE;
  const ids = fuseRanks([byWords, [...cosines.keys()]]);
  return { ids: ids.filter((id) => !isFar(id)), farIds: ids.filter(isFar) };
}
