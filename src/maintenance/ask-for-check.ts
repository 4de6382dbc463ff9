import type { Progress } from '#domain/import-report.ts';
import type { SearchCheck } from '#domain/maintenance.ts';
import type { SearchClient } from '#search/search-client.ts';

/** Asks the search worker, which alone may read what it keeps. */
export type AskSearch = SearchClient['ask'];

/**
 * Has the search worker compare what it keeps with the stored rows, or also make anew what differs.
 * @returns what differs (in the end), and whether anything was made anew; undefined when it was stopped.
 * @throws OnggiError `app/worker-failed`, `db/*`, `model/*`.
 */
export async function askForCheck(
  ask: AskSearch,
  kind: 'check' | 'mend',
  {
    signal,
    onProgress,
  }: {
    readonly signal: AbortSignal | undefined;
    readonly onProgress: (progress: Progress) => void;
  },
): Promise<{ readonly check: SearchCheck; readonly isRemade: boolean } | undefined> {
  let found: { readonly check: SearchCheck; readonly isRemade: boolean } | undefined;
  try {
    await ask(
      { kind },
      (answer) => {
        if (answer.kind === 'checked') found = answer;
        if (answer.kind !== 'checking') return;
        const { doneCount: doneRows, totalCount: totalRows } = answer;
        onProgress({ step: 'search', doneBytes: 0, totalBytes: null, doneRows, totalRows });
      },
      signal,
    );
  } catch (error) {
    if (signal?.aborted) return undefined;
    throw error;
  }
  return found;
}
