import type { Progress } from '#domain/import-report.ts';
import type { RecognizedFile } from './recognize-files.ts';

/** Rows or bytes between two reports: the page need not hear of each conversation. */
const BYTES_BETWEEN = 1024 * 1024;
const ROWS_BETWEEN = 50;

/** Tells how far reading is. The functions may be handed on by themselves. */
export interface ProgressTeller {
  readonly begin: (step: string, files: readonly RecognizedFile[]) => void;
  readonly addBytes: (count: number) => void;
  readonly addRows: (count: number) => void;
}

/** A teller that calls `onProgress` at each step and then from time to time. */
export function createProgressTeller(
  onProgress: (progress: Progress) => void = () => undefined,
): ProgressTeller {
  let progress: Progress = {
    step: 'opening',
    doneBytes: 0,
    totalBytes: null,
    doneRows: 0,
    totalRows: null,
  };
  let told = progress;

  function tell(next: Progress, isForced = false): void {
    progress = next;
    const isFar =
      next.doneBytes - told.doneBytes >= BYTES_BETWEEN ||
      next.doneRows - told.doneRows >= ROWS_BETWEEN;
    if (!isForced && !isFar) return;
    told = next;
    onProgress(next);
  }

  tell(progress, true);
  return {
    begin(step, files) {
      const totalBytes = files.reduce((sum, { file }) => sum + file.sizeBytes, 0);
      tell({ ...progress, step, doneBytes: 0, totalBytes, doneRows: 0 }, true);
    },
    addBytes: (count) => tell({ ...progress, doneBytes: progress.doneBytes + count }),
    addRows: (count) => tell({ ...progress, doneRows: progress.doneRows + count }),
  };
}
