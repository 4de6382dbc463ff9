/** Which units fit a query, and how well. */
import { initialsOf, isInitials } from '#domain/korean-search.ts';
import { foldText } from '#domain/fold-text.ts';
import { readDay } from '#domain/search-query.ts';
import type { QueryTerm, SearchQuery } from '#domain/search-query.ts';
import type { ByteScan } from './byte-scan.ts';
import type { TextIndex } from './text-index.ts';
import type { Group, UnitTable } from './unit-table.ts';

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

/** What is found by a stem, and not by the word itself, comes below everything that was typed so. */
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
  readonly initials: string | null;
}

const encoder = new TextEncoder();

function toNeedle(term: QueryTerm): Needle {
  return {
    term,
    exact: encoder.encode(term.text),
    stem: term.stem === null ? null : encoder.encode(term.stem),
    initials: isInitials(term.text) && !term.isExcluded ? term.text : null,
  };
}

interface ScannedBlock {
  readonly firstUnit: number;
  readonly unitCount: number;
  readonly starts: Uint32Array;
  readonly base: number;
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
  // The longest first: it is the rarest, and a block without it is done with.
  const needles = terms
    .map(toNeedle)
    .toSorted((a, b) => b.exact.length - a.exact.length)
    .toSorted((a, b) => Number(a.term.isExcluded) - Number(b.term.isExcluded));
  const isOfSeveral = needles.filter(({ term }) => !term.isExcluded).length > 1;
  const passes = createFilter(table, filters);
  const initials = new Map<string, string>();
  let scannedBytes = 0;
  // Blocks may be added while this waits; they are newer and belong to it.
  for (let number = 0; number < table.blocks.length; number += 1) {
    const block = table.blocks[number];
    if (!block) break;
    const { firstUnit, unitCount, length } = block;
    const base = needles.length > 0 ? await loadBlock(number) : 0;
    const starts = table.starts.subarray(firstUnit, firstUnit + unitCount + 1);
    const scores = scoreBlock({ firstUnit, unitCount, starts, base });
    if (scores) collect(scores, firstUnit);
    scannedBytes += length;
    if (scannedBytes >= PAUSE_BYTES) {
      scannedBytes = 0;
      await onPause(found, firstUnit + unitCount);
      signal.throwIfAborted();
    }
  }
  return found;

  /** A score for each unit of the block, 0 for those that do not fit; undefined when none does. */
  function scoreBlock(block: ScannedBlock): Float32Array | undefined {
    const scores = new Float32Array(block.unitCount).fill(1);
    const pairs = isOfSeveral ? findPairs(block) : undefined;
    if (!needles.every((needle) => applyNeedle(needle, scores, pairs, block))) return undefined;
    pairs?.forEach((score, unit) => {
      // Where one of the two holds all the words, it is found by itself.
      const isAlone = scores[unit] === 0 && (scores[unit + 1] ?? 0) === 0;
      if (score > 0 && isAlone) scores[unit] = score * PAIR_WEIGHT;
    });
    return scores;
  }

  /**
   * A text is cut into passages where they are full: 1 for each that the next one of its document follows.
   * Undefined when there is none.
   */
  function findPairs({ firstUnit, unitCount }: ScannedBlock): Float32Array | undefined {
    let pairs: Float32Array | undefined;
    for (let at = 0; at + 1 < unitCount; at += 1) {
      const unit = firstUnit + at;
      if (table.kind(unit) !== 'passage' || !isNextPassage(unit)) continue;
      pairs ??= new Float32Array(unitCount);
      pairs[at] = 1;
    }
    return pairs;
  }

  function isNextPassage(unit: number): boolean {
    if (table.groupNumber(unit + 1) !== table.groupNumber(unit)) return false;
    if (!table.isAlive(unit) || !table.isAlive(unit + 1)) return false;
    return table.kind(unit + 1) === 'passage' && placeOf(unit + 1) === placeOf(unit) + 1;
  }

  /** Ids of passages end with their place in the document. */
  function placeOf(unit: number): number {
    const id = table.id(unit);
    return Number(id.slice(id.lastIndexOf('.') + 1));
  }

  function applyNeedle(
    { term, exact, stem, initials: wanted }: Needle,
    scores: Float32Array,
    pairs: Float32Array | undefined,
    { firstUnit, unitCount, starts, base }: ScannedBlock,
  ): boolean {
    let isAny = false;
    // What holds the word holds its stem: without the stem the word need not be looked for.
    const stems = stem && scan.count(stem, starts, unitCount, base)?.slice();
    if (stem && !stems) return false;
    const counts = scan.count(exact, starts, unitCount, base);
    if (!counts && !stems && wanted === null) return term.isExcluded;
    for (let unit = 0; unit < unitCount; unit += 1) {
      if (scores[unit] === 0) continue;
      const count = counts?.[unit] ?? 0;
      if (term.isExcluded) {
        if (count > 0) scores[unit] = 0;
        else isAny = true;
        continue;
      }
      const weight = weightOf(unit);
      scores[unit] = (scores[unit] ?? 0) * weight;
      if (weight > 0) isAny = true;
    }
    for (let unit = 0; pairs && unit + 1 < unitCount; unit += 1) {
      if (pairs[unit] === 0) continue;
      const isThere = (counts?.[unit] ?? 0) > 0 || (counts?.[unit + 1] ?? 0) > 0;
      const weight = term.isExcluded
        ? Number(!isThere)
        : Math.max(weightOf(unit), weightOf(unit + 1));
      pairs[unit] = (pairs[unit] ?? 0) * weight;
      if (weight > 0) isAny = true;
    }
    return isAny;

    function weightOf(unit: number): number {
      const count = counts?.[unit] ?? 0;
      if (count > 0) return saturate(count, firstUnit + unit);
      const isInitial = wanted !== null && hasInitials(firstUnit + unit, wanted);
      if (isInitial) return saturate(1, firstUnit + unit);
      return STEM_WEIGHT * saturate(stems?.[unit] ?? 0, firstUnit + unit);
    }
  }

  function saturate(count: number, unit: number): number {
    if (count === 0) return 0;
    const relative = table.byteLengthOf(unit) / MEAN_BYTES;
    const isTitle = table.kind(unit) === 'title';
    const lengthFactor = isTitle ? 0.5 : 1 - LENGTH_PART + LENGTH_PART * Math.min(relative, 8);
    return (count * (SATURATION + 1)) / (count + SATURATION * lengthFactor);
  }

  function hasInitials(unit: number, wanted: string): boolean {
    if (table.kind(unit) !== 'title') return false;
    const title = table.groupOf(unit)?.title ?? '';
    let written = initials.get(title);
    if (written === undefined) {
      written = initialsOf(foldText(title));
      initials.set(title, written);
    }
    return written.includes(wanted);
  }

  function collect(scores: Float32Array, firstUnit: number): void {
    for (let at = 0; at < scores.length; at += 1) {
      const score = scores[at] ?? 0;
      const unit = firstUnit + at;
      if (score === 0 || !table.isAlive(unit) || !passes(unit)) continue;
      const group = table.groupNumber(unit);
      const isTitle = table.kind(unit) === 'title';
      const time = table.timeOf(unit);
      const ageDays = Math.max(0, now - time) / DAY_MS;
      const recency = 0.7 + 0.3 / (1 + ageDays / RECENCY_DAYS);
      const whole = score * recency * (isTitle ? TITLE_WEIGHT : 1);
      const before = found.get(group);
      if (!before) {
        found.set(group, {
          group,
          bestUnit: unit,
          bestScore: whole,
          newestAt: time,
          unitCount: 1,
        });
        continue;
      }
      before.unitCount += 1;
      before.newestAt = Math.max(before.newestAt, time);
      if (whole > before.bestScore) {
        before.bestScore = whole;
        before.bestUnit = unit;
      }
    }
  }
}

/** Whether a unit may be found at all. The trash only where it is asked for. */
function createFilter(
  table: UnitTable,
  filters: SearchQuery['filters'],
): (unit: number) => boolean {
  const values = (key: string): readonly string[] =>
    filters.filter((filter) => filter.key === key).map(({ value }) => foldText(value));
  const [roles, models, tags, sources] = ['role', 'model', 'tag', 'source'].map(values) as [
    readonly string[],
    readonly string[],
    readonly string[],
    readonly string[],
  ];
  const states = values('is');
  const isAttachmentWanted = values('has').includes('attachment');
  const before = Math.min(...values('before').map((value) => readDay(value)?.start ?? Infinity));
  const after = Math.max(...values('after').map((value) => readDay(value)?.start ?? -Infinity));
  const isOfMessages = roles.length > 0 || models.length > 0 || isAttachmentWanted;
  const groupPasses = new Map<Group, boolean>();
  const modelNames = new Set(models.length > 0 ? [...table.readNames().models].map(foldText) : []);
  /** A whole name means that model, and not those whose names begin with it; a part means all that have it. */
  const isModel = (model: string, wanted: string): boolean =>
    modelNames.has(wanted) ? model === wanted : model.includes(wanted);

  function passesGroup(group: Group): boolean {
    const known = groupPasses.get(group);
    if (known !== undefined) return known;
    const groupTags = group.tags.map(foldText);
    const isStatus = states.includes('deleted')
      ? group.status === 'deleted'
      : states.includes('archived')
        ? group.status === 'archived'
        : group.status !== 'deleted';
    const passes =
      isStatus &&
      (!states.includes('pinned') || group.isPinned) &&
      tags.every((tag) => groupTags.includes(tag)) &&
      (sources.length === 0 || sources.includes(foldText(group.source)));
    groupPasses.set(group, passes);
    return passes;
  }

  return (unit) => {
    const group = table.groupOf(unit);
    if (!group || !passesGroup(group)) return false;
    if (isOfMessages && table.kind(unit) !== 'message') return false;
    const time = table.timeOf(unit);
    if (time >= before || time < after) return false;
    if (isAttachmentWanted && !table.hasAttachment(unit)) return false;
    if (roles.length > 0 && !roles.includes(asFilterRole(table.role(unit)))) return false;
    if (models.length === 0) return true;
    const model = foldText(table.model(unit) ?? '');
    return model !== '' && models.some((each) => isModel(model, each));
  };
}

const asFilterRole = (role: string): string => (role === 'function' ? 'tool' : role);
