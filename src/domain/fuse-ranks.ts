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
