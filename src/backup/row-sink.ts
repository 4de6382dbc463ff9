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

/** Lets one piece of writing go on beside the reading of the next. */
export interface OneInFlight {
  /** Waits for the last piece, then begins this one. @throws what the last one threw. */
  begin(work: () => Promise<void>): Promise<void>;
  /** Waits for the last piece. */
  end(): Promise<void>;
}

export function createOneInFlight(): OneInFlight {
  let running: Promise<void> = Promise.resolve();
  return {
    async begin(work) {
      await running;
      running = work();
      // Met at the next piece.
      running.catch(() => undefined);
    },
    end: () => running,
  };
}
