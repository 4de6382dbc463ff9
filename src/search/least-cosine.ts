/**
 * A text that is no language is near to something all the same, by the characters in it. The odder a question,
 * the nearer its best result must be: of 113 right answers to the questions of `tests/bench/quality` and 148 to a
 * word of a title, 2 are lost with this; of 43 questions without a meaning in four languages 11 find something,
 * and 26 without it (`tests/unit/search/least-cosine.test.ts`).
 */
const [LEAST, A_COST, MOST] = [0.08, 0.05, 0.5];

/** The cosine that the best result must have, by how odd the question is; no bar where nobody can tell. */
export function leastCosineOf(oddness: number | null): number {
  return oddness === null ? -1 : Math.min(MOST, LEAST + A_COST * oddness);
}
