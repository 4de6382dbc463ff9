/** Which units fit a query, and how well. */
import { initialsOf, toInitialsPattern } from '#domain/korean-search.ts';
import { foldText } from '#domain/fold-text.ts';
import type { QueryTerm, SearchQuery } from '#domain/search-query.ts';
import type { ByteScan } from './byte-scan.ts';
import { spansBorder } from './spans-border.ts';
import type { TextIndex } from './text-index.ts';
import { createFilter } from './unit-filter.ts';
import type { Block } from './unit-table.ts';

/** A conversation or document with what fits in it. */
export interface FoundUnits {
  readonly group: number;
  /** The unit that fits best, and how well: more is better. */
  bestUnit: number;
  bestScore: number;
  /** Epoch milliseconds of the newest that fits. */
  newestAt: number;
  unitCount: number;
}

export interface FindOptions {
  readonly now: number;
  readonly signal: AbortSignal;
  /**
   * Called between two blocks, with what is found so far; resolves when the search may go on. The
   * worker hears of a newer question meanwhile.
   */
  readonly onPause: (found: ReadonlyMap<number, FoundUnits>, scannedUnits: number) => Promise<void>;
}

/**
 * What is found by a stem, and not by the word itself, comes below everything that was typed so. Of as many words
 * as a query may have this is 1e-72: too little for 32 bits, where it would be 0, which does not fit.
 */
const STEM_WEIGHT = 1e-3;
const TITLE_WEIGHT = 3;
/** Words that stand in two neighbouring passages together come below those in one. */
const PAIR_WEIGHT = 0.5;
/** Saturation of the number of places, and how much long texts are held back (as in BM25: k1, b). */
const SATURATION = 1.2;
const LENGTH_PART = 0.5;
const MEAN_BYTES = 1200;
/** Half of what newness can add is gone after so many days. */
const RECENCY_DAYS = 90;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Bytes of text between two pauses. */
const PAUSE_BYTES = 16 * 1024 * 1024;

interface Needle {
  readonly term: QueryTerm;
  readonly exact: Uint8Array;
  readonly stem: Uint8Array | null;
  /** Looked for in the initial consonants of titles too. */
  readonly initials: RegExp | null;
}

const encoder = new TextEncoder();

function toNeedle(term: QueryTerm): Needle {
  return {
    term,
    exact: encoder.encode(term.text),
    stem: term.stem === null ? null : encoder.encode(term.stem),
    initials: term.isExcluded ? null : toInitialsPattern(term.text),
  };
}

interface ScannedBlock {
  readonly firstUnit: number;
  readonly unitCount: number;
  readonly starts: Uint32Array;
  readonly base: number;
}

/** The last unit of a block, from which a passage of the next block goes on. */
interface Edge {
  readonly unit: number;
  /** How well each needle fits it. */
  readonly weights: readonly number[];
  /** Whether it is found by itself. */
  readonly isFound: boolean;
  /** The end of its text. */
  readonly bytes: Uint8Array;
}

/** Gives the bytes of a block to the scan. @returns what is to be taken off their offsets */
export type LoadBlock = (block: number) => Promise<number>;

/**
 * Looks through the whole index. A query without words finds everything its filters let through; one
 * without either finds nothing.
 * @throws the reason of the signal.
 */
export async function findUnits(
  { table }: TextIndex,
  scan: ByteScan,
  loadBlock: LoadBlock,
  { terms, filters }: SearchQuery,
  { now, signal, onPause }: FindOptions,
): Promise<ReadonlyMap<number, FoundUnits>> {
  const found = new Map<number, FoundUnits>();
  if (terms.length === 0 && filters.length === 0) return found;
  // The longest first: it mostly is the rarest, and a block without it is done with.
  const needles = terms
    .map(toNeedle)
    .toSorted((a, b) => b.exact.length - a.exact.length)
    .toSorted((a, b) => Number(a.term.isExcluded) - Number(b.term.isExcluded));
  const isPositive = needles.some(({ term }) => !term.isExcluded);
  /** So many bytes before a border may belong to a place that lies over it. */
  const reach = Math.max(1, ...needles.map(({ exact }) => exact.length)) - 1;
  const passes = createFilter(table, filters);
  const initials = new Map<string, string>();
  let scannedBytes = 0;
  let edge: Edge | undefined;
  /** As they are looked for: what was missing in the last block may be nowhere, and is the first in the next. */
  let order: readonly Needle[] = needles;
  /** The needle that was looked for first in the block that was scanned, and the places of it, or of its stem. */
  let rarest: Needle | undefined;
  let rarestCounts: Uint8Array | undefined;
  // Blocks may be added while this waits; they are newer and belong to it.
  for (let number = 0; number < table.blocks.length; number += 1) {
    const block = table.blocks[number];
    if (!block) break;
    const { firstUnit, unitCount, length, joints } = block;
    const base = needles.length > 0 ? await loadBlock(number) : 0;
    const starts = table.starts.subarray(firstUnit, firstUnit + unitCount + 1);
    const scanned = { firstUnit, unitCount, starts, base };
    const scores = scoreBlock(scanned);
    if (scores) collect(scores, firstUnit);
    if (isPositive && joints.length > 0) joinPassages(joints, scanned, scores);
    edge = isPositive ? edgeOf(scanned, table.blocks[number + 1], scores) : undefined;
    scannedBytes += length;
    if (scannedBytes >= PAUSE_BYTES) {
      scannedBytes = 0;
      await onPause(found, firstUnit + unitCount);
      signal.throwIfAborted();
    }
  }
  return found;

  /** A score for each unit of the block, 0 for those that do not fit; undefined when none does. */
  function scoreBlock(block: ScannedBlock): Float64Array | undefined {
    // Most blocks are done with before there is anything to score.
    let made: Float64Array | undefined;
    const scores = (): Float64Array => (made ??= new Float64Array(block.unitCount).fill(1));
    [rarest, rarestCounts] = [order[0], undefined];
    const missing = order.find((needle) => !applyNeedle(needle, scores, block));
    if (!missing) return scores();
    if (!missing.term.isExcluded) order = [missing, ...order.filter((each) => each !== missing)];
    return undefined;
  }

  function applyNeedle(
    needle: Needle,
    getScores: () => Float64Array,
    { firstUnit, unitCount, starts, base }: ScannedBlock,
  ): boolean {
    const { term, exact, stem, initials: wanted } = needle;
    let isAny = false;
    // What holds the word holds its stem: without the stem the word need not be looked for.
    const stems = stem && scan.count(stem, starts, unitCount, base)?.slice();
    if (stem && !stems) return false;
    const counts = scan.count(exact, starts, unitCount, base);
    if (needle === rarest) rarestCounts = stems ?? counts?.slice();
    if (!counts && !stems && wanted === null) return term.isExcluded;
    const scores = getScores();
    for (let unit = 0; unit < unitCount; unit += 1) {
      if (scores[unit] === 0) continue;
      const count = counts?.[unit] ?? 0;
      if (term.isExcluded) {
        if (count > 0) scores[unit] = 0;
        else isAny = true;
        continue;
      }
      const weight = weightOf(needle, firstUnit + unit, count, stems?.[unit] ?? 0);
      scores[unit] = (scores[unit] ?? 0) * weight;
      if (weight > 0) isAny = true;
    }
    return isAny;
  }

  function weightOf(
    { initials: wanted }: Needle,
    unit: number,
    exactCount: number,
    stemCount: number,
  ): number {
    if (exactCount > 0) return saturate(exactCount, unit);
    if (wanted !== null && hasInitials(unit, wanted)) return saturate(1, unit);
    return STEM_WEIGHT * saturate(stemCount, unit);
  }

  /** How well a needle fits one unit of the block. */
  function weightIn(at: number, needle: Needle, { firstUnit, starts, base }: ScannedBlock): number {
    const own = starts.subarray(at, at + 2);
    const exactCount = scan.count(needle.exact, own, 1, base)?.[0] ?? 0;
    const { stem } = needle;
    const stemCount = exactCount > 0 || !stem ? 0 : (scan.count(stem, own, 1, base)?.[0] ?? 0);
    return weightOf(needle, firstUnit + at, exactCount, stemCount);
  }

  /**
   * A text is cut into passages where they are full: what is wanted may stand in two of them together, and a
   * word, or what was quoted, over their border.
   */
  function joinPassages(
    joints: readonly number[],
    block: ScannedBlock,
    scores: Float64Array | undefined,
  ): void {
    const { firstUnit, starts, base } = block;
    if (!rarest) return;
    for (const after of joints) {
      const at = after - firstUnit;
      const isAtEdge = at === 0;
      if (!table.isAlive(after) || (isAtEdge && edge?.unit !== after - 1)) continue;
      // Where one of the two holds everything, it is found by itself.
      const isBeforeFound = isAtEdge ? edge?.isFound === true : (scores?.[at - 1] ?? 0) > 0;
      if (isBeforeFound || (scores?.[at] ?? 0) > 0) continue;
      const border = (starts[at] ?? 0) - base;
      const spans = ({ exact }: Needle): boolean =>
        isAtEdge
          ? spansBorder(edge?.bytes ?? exact, edge?.bytes.length ?? 0, scan.bytes(), border, exact)
          : spansBorder(scan.bytes(), border - 1, scan.bytes(), border, exact);
      const isHere = (unit: number): boolean => (rarestCounts?.[unit] ?? 0) > 0;
      const isNear = isAtEdge || isHere(at - 1) || isHere(at);
      if (!isNear && !spans(rarest)) continue;
      const score = needles.reduce((product, needle, which) => {
        if (product === 0) return 0;
        const before = isAtEdge ? edge?.weights[which] : weightIn(at - 1, needle, block);
        const one = Math.max(before ?? 0, weightIn(at, needle, block));
        const weight = one === 0 && spans(needle) ? saturate(1, after) : one;
        return product * (needle.term.isExcluded ? Number(weight === 0) : weight);
      }, 1);
      collectUnit(after - 1, score * PAIR_WEIGHT);
    }
  }

  function edgeOf(
    block: ScannedBlock,
    next: Block | undefined,
    scores: Float64Array | undefined,
  ): Edge | undefined {
    const { firstUnit, unitCount, starts, base } = block;
    if (next?.joints[0] !== firstUnit + unitCount) return undefined;
    const weights = needles.map((needle) => weightIn(unitCount - 1, needle, block));
    const end = (starts[unitCount] ?? 0) - base - 1;
    return {
      unit: firstUnit + unitCount - 1,
      weights,
      isFound: (scores?.[unitCount - 1] ?? 0) > 0,
      bytes: scan.bytes().slice(Math.max(0, end - reach), end),
    };
  }

  function saturate(count: number, unit: number): number {
    if (count === 0) return 0;
    const relative = table.byteLengthOf(unit) / MEAN_BYTES;
    const isTitle = table.kind(unit) === 'title';
    const lengthFactor = isTitle ? 0.5 : 1 - LENGTH_PART + LENGTH_PART * Math.min(relative, 8);
    return (count * (SATURATION + 1)) / (count + SATURATION * lengthFactor);
  }

  function hasInitials(unit: number, wanted: RegExp): boolean {
    if (table.kind(unit) !== 'title') return false;
    const title = table.groupOf(unit)?.title ?? '';
    let written = initials.get(title);
    if (written === undefined) {
      written = initialsOf(foldText(title));
      initials.set(title, written);
    }
    return wanted.test(written);
  }

  function collect(scores: Float64Array, firstUnit: number): void {
    scores.forEach((score, at) => {
      if (score > 0) collectUnit(firstUnit + at, score);
    });
  }

  function collectUnit(unit: number, score: number): void {
    if (score === 0 || !table.isAlive(unit) || !passes(unit)) return;
    const group = table.groupNumber(unit);
    const isTitle = table.kind(unit) === 'title';
    const time = table.timeOf(unit);
    const ageDays = Math.max(0, now - time) / DAY_MS;
    const recency = 0.7 + 0.3 / (1 + ageDays / RECENCY_DAYS);
    const whole = score * recency * (isTitle ? TITLE_WEIGHT : 1);
    const before = found.get(group);
    if (!before) {
      found.set(group, { group, bestUnit: unit, bestScore: whole, newestAt: time, unitCount: 1 });
      return;
    }
    before.unitCount += 1;
    before.newestAt = Math.max(before.newestAt, time);
    if (whole > before.bestScore) {
      before.bestScore = whole;
      before.bestUnit = unit;
    }
  }
}
