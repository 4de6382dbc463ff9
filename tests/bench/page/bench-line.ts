/** What page and runner say to each other. */

/** One figure of the table: a ratio to an anchor of the same run, or a count held to a limit. */
export interface BenchLine {
  /** Number of PERFORMANCE's goal, with a letter where a row has several figures: `4b`. */
  readonly row: string;
  /** Subject against anchor, in words. */
  readonly what: string;
  readonly unit: 'x' | 'count';
  readonly value: number;
  /** Reached when `value` is at most this. */
  readonly goal: number;
  /** Quartiles of the same figure over the samples; null for a count. */
  readonly spread: readonly [number, number] | null;
  /** Samples of the subject; as many of the anchor. */
  readonly n: number;
  /** Medians, units in the text, and whatever explains the figure. */
  readonly note: string;
}

export interface CpuTimes {
  /** Everything that the page's main thread did. */
  readonly mainMs: number;
  /** All processes of the browser: where the database writes is not the page. */
  readonly browserMs: number;
}

export interface BenchOptions {
  /** A small run, to see that all works: its figures say little. */
  readonly isQuick: boolean;
  /** Base URL of a conformance server. */
  readonly endpointUrl: string;
}

export interface BenchPage {
  readonly rowNumbers: readonly number[];
  runRow(number: number, options: BenchOptions): Promise<readonly BenchLine[]>;
}

declare global {
  interface Window {
    /** Made by the page. */
    readonly bench: BenchPage;
    /** Given by the runner. */
    readCpu(): Promise<CpuTimes>;
    readMemory(): Promise<number>;
  }
}
