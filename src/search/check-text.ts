/**
 * Compares the text index with the stored rows, a stretch at a time, so that questions are answered in
 * between. What is written meanwhile is taken in first: an index that lags behind is no finding.
 */
import type { OnggiDatabase } from '#db/open-database.ts';
import { readKeyPages } from '#db/staging-rows.ts';
import {
  compareConversations,
  compareDocuments,
  findLeftGroups,
  findMissingChunks,
  findMissingMessages,
} from './compare-rows.ts';
import type { TextProblems } from './compare-rows.ts';
import { createUnitComparison } from './compare-units.ts';
import type { TextIndex } from './text-index.ts';
import type { TextIndexer } from './text-indexer.ts';
import type { UnitTable } from './unit-table.ts';

/** Units compared at once, and bytes of their text; one long text alone may be longer. */
const [STRETCH_UNITS, STRETCH_BYTES] = [500, 1024 * 1024];
/** The files may be written anew while they are looked at; then it begins again, so often. */
const MOST_BEGINNINGS = 3;

export interface TextFindings {
  /** Texts that were compared. */
  readonly textCount: number;
  readonly problems: TextProblems;
}

interface TextCheckDeps {
  readonly db: OnggiDatabase;
  readonly index: TextIndex;
  readonly indexer: Pick<TextIndexer, 'compare'>;
}

/**
 * Compares both ways: what is in the index with its row, and every row with what is in the index.
 * @param onCount Told how many texts and rows were looked at since the last time, of how many in all.
 * @throws OnggiError `db/*`; the reason of `signal`; what the storage throws.
 */
export async function checkText(
  deps: TextCheckDeps,
  onCount: (added: number, total: number) => void,
  signal: AbortSignal,
): Promise<TextFindings> {
  for (let beginning = 1; beginning < MOST_BEGINNINGS; beginning += 1) {
    const found = await checkOnce(deps, onCount, signal, false);
    if (found) return found;
  }
  // Something makes it anew all the time: what can be said of it, is said.
  return (await checkOnce(deps, onCount, signal, true)) ?? { textCount: 0, problems: NONE };
}

const NONE: TextProblems = { 'text-missing': 0, 'text-stale': 0, 'text-left': 0 };

/** @returns undefined when the index was made anew meanwhile, unless what there is will do */
async function checkOnce(
  { db, index, indexer }: TextCheckDeps,
  onCount: (added: number, total: number) => void,
  signal: AbortSignal,
  isEnough: boolean,
): Promise<TextFindings | undefined> {
  const problems = { ...NONE };
  let textCount = 0;
  // Whatever is to be built is built first.
  await indexer.compare(() => Promise.resolve());
  const { table } = index;
  const total = table.aliveCount + table.aliveMessageCount;

  /** One stretch. @returns whether the index is still the one that is being looked at */
  async function look(count: number, work: () => Promise<Partial<TextProblems>>): Promise<boolean> {
    signal.throwIfAborted();
    const seen = await indexer.compare<Partial<TextProblems>>(async () =>
      index.table === table ? work() : {},
    );
    for (const kind of ['text-missing', 'text-stale', 'text-left'] as const) {
      problems[kind] += seen?.[kind] ?? 0;
    }
    onCount(count, total);
    return index.table === table;
  }

  async function lookAtAll(): Promise<boolean> {
    const compare = createUnitComparison(db, index);
    for (let from = 0; from < table.unitCount;) {
      const to = endOfStretch(table, from);
      const alive: number[] = [];
      for (let unit = from; unit < to; unit += 1) if (table.isAlive(unit)) alive.push(unit);
      textCount += alive.length;
      const start = from;
      if (!(await look(alive.length, () => compare(start, to)))) return false;
      from = to;
    }
    for (const ids of slices([...new Set(table.groups.map(({ id }) => id))])) {
      if (!(await look(0, () => findLeftGroups(db, table, ids)))) return false;
    }
    for await (const ids of readKeyPages(db.relaxed.conversations)) {
      if (!(await look(0, () => compareConversations(db, table, ids)))) return false;
    }
    for await (const ids of readKeyPages(db.relaxed.messages)) {
      if (!(await look(ids.length, () => findMissingMessages(db, table, ids)))) return false;
    }
    for await (const ids of readKeyPages(db.relaxed.documents)) {
      if (!(await look(0, () => compareDocuments(db, table, ids)))) return false;
    }
    for await (const ids of readKeyPages(db.relaxed.documentChunks)) {
      if (!(await look(0, () => findMissingChunks(db, table, ids)))) return false;
    }
    return true;
  }

  return (await lookAtAll()) || isEnough ? { textCount, problems } : undefined;
}

function endOfStretch({ starts, unitCount }: UnitTable, from: number): number {
  const most = Math.min(unitCount, from + STRETCH_UNITS);
  let to = from + 1;
  while (to < most && (starts[to + 1] ?? 0) - (starts[from] ?? 0) <= STRETCH_BYTES) to += 1;
  return to;
}

function* slices(ids: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < ids.length; at += STRETCH_UNITS) yield ids.slice(at, at + STRETCH_UNITS);
}
