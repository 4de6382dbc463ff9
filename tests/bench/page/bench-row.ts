/** What a row of the bench is, and how subject and anchor are measured side by side. */
import type { BenchLine, BenchOptions, CpuTimes } from './bench-line.ts';
import type { Fixtures } from './fixtures.ts';

/** What a row is given. */
export interface BenchContext extends BenchOptions {
  readonly fixtures: Fixtures;
  /** CPU time since the browser began, in milliseconds; asked from outside the page. */
  readonly readCpu: () => Promise<CpuTimes>;
  /** Bytes that the page and its workers have for themselves; NaN where the system does not say. */
  readonly readMemory: () => Promise<number>;
  /** Writing transactions that this page has begun so far. */
  readonly readWrites: () => number;
}

export interface BenchRow {
  readonly number: number;
  run(context: BenchContext): Promise<readonly BenchLine[]>;
}

/** Times of subject and anchor in milliseconds, taken in turns: index i of both belongs together. */
export interface Pairs {
  readonly subject: readonly number[];
  readonly anchor: readonly number[];
}

/**
 * Runs subject and anchor in turns, which of them first changing with every pair, so that neither
 * has the warmer caches. The first runs are thrown away.
 */
export async function alternate(
  subject: () => Promise<unknown>,
  anchor: () => Promise<unknown>,
  { samples, warmUp = 5 }: { samples: number; warmUp?: number },
): Promise<Pairs> {
  const pairs = { subject: [] as number[], anchor: [] as number[] };
  collectGarbage();
  for (let turn = -warmUp; turn < samples; turn += 1) {
    let times: [number, number];
    if (turn % 2 === 0) times = [await time(subject), await time(anchor)];
    else times = [await time(anchor), await time(subject)].reverse() as [number, number];
    if (turn < 0) continue;
    pairs.subject.push(times[0]);
    pairs.anchor.push(times[1]);
  }
  return pairs;
}

/** How long something takes, in milliseconds. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * A line of the median of the pairs' ratios and of their quartiles: both of a pair met the same load,
 * while the medians of subject and anchor may come from different minutes.
 */
export function ratioLine(
  { subject, anchor }: Pairs,
  line: Pick<BenchLine, 'row' | 'what' | 'goal'> & { note?: string },
): BenchLine {
  const ratios = subject.map((value, index) => value / (anchor[index] ?? Number.NaN));
  const medians = `medians ${median(subject).toFixed(3)} / ${median(anchor).toFixed(3)} ms`;
  return {
    row: line.row,
    what: line.what,
    goal: line.goal,
    unit: 'x',
    value: median(ratios),
    spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    n: subject.length,
    note: line.note ? `${medians}; ${line.note}` : medians,
  };
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Linear between the neighbours; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (below === undefined || above === undefined) return Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** Empties the heap where the browser was started with `--expose-gc`. */
export function collectGarbage(): void {
  if ('gc' in globalThis && typeof globalThis.gc === 'function') globalThis.gc();
}
