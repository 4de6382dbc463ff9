import type { Progress } from '#domain/import-report.ts';
import { SEARCH_PROBLEM_KINDS } from '#domain/maintenance.ts';
import type { MaintenanceReport, SearchCheck } from '#domain/maintenance.ts';
import type { SearchClient } from '#search/search-client.ts';

/** Asks the search worker, which alone may read what it keeps. */
export type AskSearch = SearchClient['ask'];

interface CheckOptions {
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (progress: Progress) => void;
}

/**
 * Has the search worker compare what it keeps with the stored rows, or also make anew what differs.
 * @returns what differs (in the end), and whether anything was made anew; undefined when it was stopped.
 * @throws OnggiError `app/worker-failed`, `db/*`, `model/*`.
 */
export async function askForCheck(
  ask: AskSearch,
  request: { readonly kind: 'check' } | { readonly kind: 'mend'; readonly isByItself: boolean },
  { signal, onProgress }: CheckOptions,
): Promise<{ readonly check: SearchCheck; readonly isRemade: boolean } | undefined> {
  let found: { readonly check: SearchCheck; readonly isRemade: boolean } | undefined;
  try {
    await ask(
      request,
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

/**
 * Has the search worker write its files without what is dead in them.
 * @param isOnlyIfWorth Only where much is dead.
 * @returns by how many bytes they became smaller; undefined when it was stopped.
 * @throws as {@link askForCheck}
 */
export async function askForCompaction(
  ask: AskSearch,
  isOnlyIfWorth: boolean,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  let byteLength: number | undefined;
  try {
    await ask(
      { kind: 'compact', isOnlyIfWorth },
      (answer) => {
        if (answer.kind === 'compacted') ({ byteLength } = answer);
      },
      signal,
    );
  } catch (error) {
    if (signal?.aborted) return undefined;
    throw error;
  }
  return byteLength;
}

/**
 * Compares, and where something differs makes it anew: what search keeps is made of the stored rows, so that
 * nothing can be lost. Vectors that cost money, and those that the person put off, are left to them.
 * @returns what to record; undefined when it was stopped.
 * @throws as {@link askForCheck}
 */
export async function checkAndMend(
  ask: AskSearch,
  options: CheckOptions,
): Promise<Pick<MaintenanceReport, 'search' | 'hasRemadeSearch' | 'mendedSearch'> | undefined> {
  const found = await askForCheck(ask, { kind: 'check' }, options);
  if (!found) return undefined;
  const { problems } = found.check;
  const isSound = Object.keys(problems).length === 0;
  const mended = isSound
    ? undefined
    : await askForCheck(ask, { kind: 'mend', isByItself: true }, options);
  // Stopped on its way, what was found stands in the report, and is to be mended.
  const { check, isRemade } = mended ?? found;
  const gone = SEARCH_PROBLEM_KINDS.flatMap((kind) => {
    const count = (problems[kind] ?? 0) - (check.problems[kind] ?? 0);
    return count > 0 ? [[kind, count] as const] : [];
  });
  return { search: check, hasRemadeSearch: isRemade, mendedSearch: Object.fromEntries(gone) };
}
