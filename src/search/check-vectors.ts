/** Compares the vectors with the texts they stand for, some conversations at a time. */
import { readConversationIds, readConversations } from '#db/conversation-ids.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { readAllMessages } from '#db/table-pages.ts';
import { toConversationId } from '#domain/ids.ts';
import type { ConversationId } from '#domain/ids.ts';
import type { SearchProblemKind } from '#domain/maintenance.ts';
import type { MeaningRest, MeaningRun } from './meaning-run.ts';
import { conversationPassages } from './passages.ts';
import type { DamagedVectors } from './verify-vectors.ts';

/** Conversations compared at once. */
const PAGE_ROWS = 50;
/** How often a comparison is tried that something is written into. */
const COMPARE_TRIES = 5;

type VectorProblem = Extract<SearchProblemKind, `vector-${string}`>;

export interface VectorFindings {
  readonly problems: Readonly<Record<VectorProblem, number>>;
  /** Conversations that have vectors too many or too few, or are gone. */
  readonly ownerIds: readonly string[];
  readonly damaged: DamagedVectors;
}

/**
 * Compares every conversation with its vectors, and every block as it is stored.
 * @param skipsTrash Whether conversations in the trash are to have none.
 * @throws OnggiError `db/*`; the reason of `signal`; what ended the run.
 */
export async function checkVectors(
  db: OnggiDatabase,
  run: Pick<MeaningRun, 'atRest'>,
  skipsTrash: boolean,
  onCount: (added: number, total: number) => void,
  signal: AbortSignal,
): Promise<VectorFindings> {
  const ownerIds: string[] = [];
  let [missing, left] = [0, 0];

  /** What a page looks like at rest; nothing where something is written each time. */
  async function look(ids: readonly ConversationId[]): Promise<readonly Difference[]> {
    for (let tries = 0; tries < COMPARE_TRIES; tries += 1) {
      signal.throwIfAborted();
      const seen = await run.atRest(async (rest) => {
        const differences = await compareWithVectors(db, rest, ids, skipsTrash);
        return (await rest.isBehind()) ? undefined : differences;
      });
      if (seen) return seen;
    }
    return [];
  }

  const stored = await readConversationIds(db, ['active', 'archived', 'deleted']);
  const covered = await run.atRest(({ index }) => Promise.resolve(index.ownerIds()));
  const ids = [...new Set([...stored, ...covered.map(toConversationId)])];
  for (let from = 0; from < ids.length; from += PAGE_ROWS) {
    const page = ids.slice(from, from + PAGE_ROWS);
    for (const { id, missingCount, leftCount } of await look(page)) {
      ownerIds.push(id);
      missing += missingCount;
      left += leftCount;
    }
    onCount(page.length, ids.length);
  }
  const damaged = await run.atRest(({ index }) => index.verify(signal));
  return {
    problems: {
      'vector-missing': missing,
      'vector-left': left,
      'vector-unreadable': damaged.blockIds.length + (damaged.isCopyDamaged ? 1 : 0),
    },
    ownerIds,
    damaged,
  };
}

interface Difference {
  readonly id: string;
  readonly missingCount: number;
  readonly leftCount: number;
}

/** Those of some conversations whose vectors are not what their texts ask for. */
async function compareWithVectors(
  db: OnggiDatabase,
  { index }: MeaningRest,
  ids: readonly ConversationId[],
  skipsTrash: boolean,
): Promise<readonly Difference[]> {
  const rows = await readConversations(db, ids);
  const rowsById = new Map(rows.map((row) => [row.id, row]));
  const differences: Difference[] = [];
  for (const id of ids) {
    const row = rowsById.get(id);
    const isWanted = row !== undefined && !(skipsTrash && row.status === 'deleted');
    const wanted = isWanted ? conversationPassages(row, await readAllMessages(db, id)) : [];
    const difference = index.compare(id, wanted);
    if (difference.missingCount + difference.leftCount > 0) differences.push({ id, ...difference });
  }
  return differences;
}

/** Makes anew what a check found wanting, and lets go of what it found too much. */
export function mendVectors(
  run: Pick<MeaningRun, 'atRest'>,
  { ownerIds, damaged }: VectorFindings,
): Promise<void> {
  return run.atRest(async ({ index, indexer }) => {
    await index.distrust(ownerIds, damaged);
    await indexer.catchUp();
  });
}
