/** Words and meaning as one ranking, inside the search worker. */
import { fuseFound } from '#domain/fuse-ranks.ts';
import type { FoundGroup } from '#domain/search.ts';
import type { Meaning } from './meaning.ts';
import type { NearOptions } from './meaning-questions.ts';
import type { SearchEngine } from './search-engine.ts';

/** So many of each ranking are fused. */
const DEPTH = 200;

export interface FusedGroups {
  /** The first of the ranking. */
  readonly groups: readonly FoundGroup[];
  /** Found by meaning alone and only somewhat near: to come after everything that holds the words. */
  readonly farGroups: readonly FoundGroup[];
}

/**
 * Finds by words and by meaning, says of each result by what, and reads the first alone: at most `limit` of
 * the ranking, and as many of what is only somewhat near.
 * @throws OnggiError `model/*`, `app/worker-failed`, `db/*`; the reason of `signal`
 */
export async function findFused(
  { engine, meaning }: { readonly engine: SearchEngine; readonly meaning: Meaning },
  { text, limit, leastCosine }: NearOptions & { readonly text: string },
  words: string,
  signal: AbortSignal,
): Promise<FusedGroups> {
  const owners = await meaning.rank(text, { limit: DEPTH, leastCosine }, signal);
  const byWords = await engine.rank(words, signal);
  const near = owners.slice(0, DEPTH);
  const nearById = new Map(near.map((owner) => [owner.ownerId, owner]));
  const { ids, farIds } = fuseFound(
    byWords.ids.slice(0, DEPTH),
    near.map(({ ownerId, cosine }) => ({ id: ownerId, cosine })),
  );
  const shownIds = [...ids.slice(0, limit), ...farIds.slice(0, limit)];
  const wordIds = new Set(byWords.ids);
  const found = await byWords.read(shownIds.filter((id) => wordIds.has(id)));
  const ofMeaning = await meaning.read(
    shownIds.flatMap((id) => (wordIds.has(id) ? [] : (nearById.get(id) ?? []))),
  );
  signal.throwIfAborted();
  const groups = new Map<string, FoundGroup>(ofMeaning.map((group) => [group.id, group]));
  for (const group of found) {
    // The place that the words found: marked words are worth more to the eye.
    const isBoth = nearById.has(group.id);
    groups.set(group.id, isBoth ? { ...group, foundBy: ['words', 'meaning'] } : group);
  }
  const inOrder = (some: readonly string[]): readonly FoundGroup[] =>
    some.slice(0, limit).flatMap((id) => groups.get(id) ?? []);
  return { groups: inOrder(ids), farGroups: inOrder(farIds) };
}
