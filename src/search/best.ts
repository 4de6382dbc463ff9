import type { NearRow } from './vector-rows.ts';

/** Keeps the best of many rows: a heap whose top is the least of them. */
export interface Best {
  /** What a row must exceed to be kept; -Infinity while there is room. */
  readonly least: () => number;
  offer(row: number, score: number): void;
  /** Best first; of equal ones the earlier row first. */
  list(): readonly NearRow[];
}

export function createBest(limit: number): Best {
  const rows: number[] = [];
  const scores: number[] = [];
  const swap = (a: number, b: number): void => {
    [rows[a], rows[b]] = [rows[b] ?? 0, rows[a] ?? 0];
    [scores[a], scores[b]] = [scores[b] ?? 0, scores[a] ?? 0];
  };
  const score = (at: number): number => scores[at] ?? Infinity;

  function sink(): void {
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (score(left) < score(least)) least = left;
      if (score(right) < score(least)) least = right;
      if (least === at) return;
      swap(at, least);
      at = least;
    }
  }

  function rise(): void {
    for (let at = rows.length - 1; at > 0;) {
      const parent = (at - 1) >> 1;
      if (score(parent) <= score(at)) return;
      swap(parent, at);
      at = parent;
    }
  }

  return {
    least: () => (rows.length < limit ? -Infinity : score(0)),
    offer(row, value) {
      if (rows.length < limit) {
        rows.push(row);
        scores.push(value);
        rise();
      } else if (value > score(0)) {
        rows[0] = row;
        scores[0] = value;
        sink();
      }
    },
    list: () =>
      rows
        .map((row, at) => ({ row, cosine: scores[at] ?? 0 }))
        .sort((a, b) => b.cosine - a.cosine || a.row - b.row),
  };
}
