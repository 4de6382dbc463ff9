/** Compares the vectors with the texts they stand for, some conversations or documents at a time. */
import type { EmbeddingCollection } from '#domain/embedding.ts';
import type { SearchProblemKind } from '#domain/maintenance.ts';
import type { MeaningPart, MeaningRest, MeaningRun } from './meaning-run.ts';
import type { DamagedVectors } from './verify-vectors.ts';

/** Owners compared at once. */
const PAGE_ROWS = 50;
/** How often a comparison is tried that something is written into. */
const COMPARE_TRIES = 5;

type VectorProblem = Extract<SearchProblemKind, `vector-${string}`>;

export interface VectorFindings {
  readonly problems: Readonly<Record<VectorProblem, number>>;
  readonly collections: readonly CollectionFindings[];
}

interface CollectionFindings {
  readonly collection: EmbeddingCollection;
  /** Conversations or documents that have vectors too many or too few, or are gone. */
  readonly ownerIds: readonly string[];
  readonly damaged: DamagedVectors;
}

/**
 * Compares every conversation and document with its vectors, and every block as it is stored.
 * @throws OnggiError `db/*`; the reason of `signal`; what ended the run.
 */
export async function checkVectors(
  run: Pick<MeaningRun, 'atRest'>,
  onCount: (added: number, total: number) => void,
  signal: AbortSignal,
): Promise<VectorFindings> {
  let [missing, left, unreadable] = [0, 0, 0];

  /** What a page looks like at rest; nothing where something is written each time. */
  async function look(
    collection: EmbeddingCollection,
    ids: readonly string[],
  ): Promise<readonly Difference[]> {
    for (let tries = 0; tries < COMPARE_TRIES; tries += 1) {
      signal.throwIfAborted();
      const seen = await run.atRest(async (rest) => {
        const differences = await compareWithVectors(partOf(rest, collection), ids);
        return (await rest.isBehind()) ? undefined : differences;
      });
      if (seen) return seen;
    }
    return [];
  }

  const all = await run.atRest(({ parts }) =>
    Promise.all(
      parts.map(async ({ source, index }) => ({
        collection: source.collection,
        ids: [...new Set([...(await source.readIds()), ...index.ownerIds()])],
      })),
    ),
  );
  const total = all.reduce((sum, { ids }) => sum + ids.length, 0);
  const collections: CollectionFindings[] = [];
  for (const { collection, ids } of all) {
    const ownerIds: string[] = [];
    for (let from = 0; from < ids.length; from += PAGE_ROWS) {
      const page = ids.slice(from, from + PAGE_ROWS);
      for (const { id, missingCount, leftCount } of await look(collection, page)) {
        ownerIds.push(id);
        missing += missingCount;
        left += leftCount;
      }
      onCount(page.length, total);
    }
    const damaged = await run.atRest((rest) => partOf(rest, collection).index.verify(signal));
    unreadable += damaged.blockIds.length + (damaged.isCopyDamaged ? 1 : 0);
    collections.push({ collection, ownerIds, damaged });
  }
  return {
    problems: {
      'vector-missing': missing,
      'vector-left': left,
      'vector-unreadable': unreadable,
    },
    collections,
  };
}

function partOf({ parts }: MeaningRest, collection: EmbeddingCollection): MeaningPart {
  const part = parts.find(({ source }) => source.collection === collection);
  if (!part) throw new Error(`no vectors of ${collection}`);
  return part;
}

interface Difference {
  readonly id: string;
  readonly missingCount: number;
  readonly leftCount: number;
}

/** Those of some owners whose vectors are not what their texts ask for. */
async function compareWithVectors(
  { source, index }: MeaningPart,
  ids: readonly string[],
): Promise<readonly Difference[]> {
  const owners = new Map((await source.readOwners(ids)).map((owner) => [owner.id, owner]));
  const differences: Difference[] = [];
  for (const id of ids) {
    const wanted = (await owners.get(id)?.read())?.wanted ?? [];
    const difference = index.compare(id, wanted);
    if (difference.missingCount + difference.leftCount > 0) differences.push({ id, ...difference });
  }
  return differences;
}

/** Makes anew what a check found wanting, and lets go of what it found too much. */
export function mendVectors(
  run: Pick<MeaningRun, 'atRest'>,
  { collections }: VectorFindings,
): Promise<void> {
  return run.atRest(async (rest) => {
    for (const { collection, ownerIds, damaged } of collections) {
      const { index, indexer } = partOf(rest, collection);
      await index.distrust(ownerIds, damaged);
      await indexer.catchUp();
    }
  });
}
