/** Compares everything search keeps with the stored rows, and makes anew what differs. */
import type { SearchCheck, SearchProblemKind } from '#domain/maintenance.ts';
import type { TextFindings } from './check-text.ts';
import type { VectorFindings } from './check-vectors.ts';
import type { Meaning } from './meaning.ts';
import type { SearchEngine } from './search-engine.ts';

interface CheckedParts {
  readonly engine: Pick<SearchEngine, 'check' | 'rebuild'>;
  readonly meaning: Pick<Meaning, 'check' | 'mend'>;
}

/** Told after every stretch, and now and then while something is waited for. */
type OnProgress = (doneCount: number, totalCount: number) => void;

/** Whoever waits for the vectors hears so often that somebody is there, milliseconds. */
const SIGN_OF_LIFE_MS = 3000;

interface Findings {
  readonly texts: TextFindings;
  readonly vectors: VectorFindings | 'off' | 'unready';
}

/** Compares, first texts, then vectors. @throws OnggiError `db/*`; the reason of `signal` */
export async function checkSearch(
  parts: CheckedParts,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<SearchCheck> {
  return toCheck(await compare(parts, onProgress, signal));
}

/**
 * Compares, makes anew what differs, and compares again: all texts, because reading them is cheap, and
 * only those vectors that are wanting.
 * @param isByItself True when nobody asked for it: see `Meaning.mend`.
 * @throws as {@link checkSearch}; OnggiError `model/*`
 */
export async function mendSearch(
  parts: CheckedParts,
  onProgress: OnProgress,
  signal: AbortSignal,
  isByItself: boolean,
): Promise<{ readonly check: SearchCheck; readonly isRemade: boolean }> {
  const found = await compare(parts, onProgress, signal);
  const { texts, vectors } = found;
  const areTextsWrong = hasAny(texts.problems);
  const areVectorsWrong = typeof vectors !== 'string' && hasAny(vectors.problems);
  if (!areTextsWrong && !areVectorsWrong) return { check: toCheck(found), isRemade: false };
  if (areTextsWrong) await parts.engine.rebuild();
  signal.throwIfAborted();
  const hasMended = areVectorsWrong && (await parts.meaning.mend(vectors, isByItself));
  if (!areTextsWrong && !hasMended) return { check: toCheck(found), isRemade: false };
  return { check: await checkSearch(parts, onProgress, signal), isRemade: true };
}

async function compare(
  { engine, meaning }: CheckedParts,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<Findings> {
  let done = 0;
  let total = 0;
  const count = (added: number, all: number): void => {
    done += added;
    total = Math.max(done, all);
    onProgress(done, total);
  };
  const texts = await engine.check(count, signal);
  const looked = done;
  const alive = setInterval(() => onProgress(done, total), SIGN_OF_LIFE_MS);
  try {
    const vectors = await meaning.check((added, all) => count(added, looked + all), signal);
    return { texts, vectors };
  } finally {
    clearInterval(alive);
  }
}

const hasAny = (problems: Readonly<Record<string, number>>): boolean =>
  Object.values(problems).some((count) => count > 0);

function toCheck({ texts, vectors }: Findings): SearchCheck {
  const all: Readonly<Partial<Record<SearchProblemKind, number>>> = {
    ...texts.problems,
    ...(typeof vectors === 'string' ? {} : vectors.problems),
  };
  return {
    textCount: texts.textCount,
    vectors: typeof vectors === 'string' ? vectors : 'checked',
    problems: Object.fromEntries(Object.entries(all).filter(([, count]) => count > 0)),
  };
}
