/** Answers from the vectors in memory: who is nearest to a question, and where everybody lies. */
import type { Passage } from '#domain/embedding.ts';
import type { VectorEntries } from './vector-entries.ts';

/** So many rows of the scan, the nearest, are measured again with all their digits (PERFORMANCE section 3). */
const RESCORED_ROWS = 50;
/** More rows are asked of the scan while too few owners are among them, up to this many. */
const MOST_ROWS = 3200;

/** The best passage of one conversation or document. */
export interface NearOwner {
  readonly ownerId: string;
  readonly cosine: number;
  readonly passage: Passage;
}

/**
 * The owners with the nearest passages, nearest first; at most `limit`. The cosine is exact of those that are among
 * the nearest {@link RESCORED_ROWS} passages; of the others, where so many are wanted, it is that of the scan.
 * @param query A vector of length 1 of the same embedder.
 * @param measure Gives cosines of rows with the query by all their digits.
 */
export async function findNearestOwners(
  { rows, passages }: VectorEntries,
  measure: (query: Float32Array, numbers: readonly number[]) => Promise<Map<number, number>>,
  query: Float32Array,
  limit: number,
): Promise<readonly NearOwner[]> {
  for (let wanted = Math.max(RESCORED_ROWS, limit * 2); ; wanted *= 4) {
    const near = rows.nearest(query, wanted);
    const found = new Set(near.map(({ row }) => passages.ownerOf(row)));
    const isAll = near.length < wanted || wanted * 4 > MOST_ROWS;
    if (found.size < limit && !isAll) continue;
    const chosen = near.slice(0, RESCORED_ROWS).map(({ row }) => passages.numberOf(row));
    const cosines = await measure(query, chosen);
    const best = new Map<string, NearOwner>();
    for (const { row, cosine } of near) {
      const passage = passages.at(row);
      if (!passage) continue;
      const measured = cosines.get(passages.numberOf(row)) ?? cosine;
      const before = best.get(passage.ownerId);
      if (before && before.cosine >= measured) continue;
      best.set(passage.ownerId, { ownerId: passage.ownerId, cosine: measured, passage });
    }
    return [...best.values()].sort((a, b) => b.cosine - a.cosine).slice(0, limit);
  }
}

/**
 * The mean of those passages of an owner that `isWanted` picks, of length 1, up to rounding.
 * @returns undefined where there are none, or nothing is in them
 */
export function meanOfOwner(
  { rows, passages, owners, dimension, placeOf }: VectorEntries,
  ownerId: string,
  isWanted: (passage: Passage) => boolean,
): Float32Array<ArrayBuffer> | undefined {
  const mean = new Float32Array(dimension);
  for (const number of owners.get(ownerId)?.rows ?? []) {
    const passage = passages.at(placeOf(number));
    if (passage && isWanted(passage)) rows.addTo(mean, placeOf(number));
  }
  const length = Math.hypot(...mean);
  return length > 0 ? mean.map((value) => value / length) : undefined;
}

/** All owners with the mean of their passages, one vector after the other, up to rounding. */
export function meansOfOwners({ rows, owners, dimension, placeOf }: VectorEntries): {
  readonly ownerIds: readonly string[];
  readonly vectors: Float32Array<ArrayBuffer>;
} {
  const ownerIds = [...owners.keys()];
  const vectors = new Float32Array(ownerIds.length * dimension);
  ownerIds.forEach((ownerId, at) => {
    const mean = vectors.subarray(at * dimension, (at + 1) * dimension);
    for (const number of owners.get(ownerId)?.rows ?? []) rows.addTo(mean, placeOf(number));
    const length = Math.hypot(...mean);
    if (length > 0) mean.forEach((value, i) => (mean[i] = value / length));
  });
  return { ownerIds, vectors };
}
