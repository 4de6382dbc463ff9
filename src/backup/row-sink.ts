import type { BackupTable, MergeCount } from '#domain/backup-report.ts';
import type { TableRows } from './read-rows.ts';

/** Where the rows of a backup go: into an empty database, or among the rows that are there. */
export interface RowSink {
  /** Takes rows; may still be writing them when it resolves. */
  take(rows: TableRows): Promise<void>;
  /** Waits for the writing, and makes counters and links agree. Once, after the last row. */
  finish(isOurs: boolean): Promise<void>;
  /** Counts of a merge; null for a replacement. */
  merged(): Partial<Record<BackupTable, MergeCount>> | null;
}

/** Lets pieces of writing go on beside the reading of the next. */
export interface WritesInFlight {
  /** Waits until fewer than `most` pieces are being written, then begins this one. @throws what one of them threw. */
  begin(work: () => Promise<void>, most?: number): Promise<void>;
  /** Waits for all of them. */
  end(): Promise<void>;
}

export function createWritesInFlight(): WritesInFlight {
  const running: Promise<void>[] = [];

  /** Those of one table are done in the order in which they were begun. */
  async function waitFor(most: number): Promise<void> {
    while (running.length >= most) {
      await running[0];
      void running.shift();
    }
  }

  return {
    async begin(work, most = 1) {
      await waitFor(most);
      const piece = work();
      // Met at a later piece.
      piece.catch(() => undefined);
      running.push(piece);
    },
    end: () => waitFor(1),
  };
}
