import { fuseRanks } from '#domain/fuse-ranks.ts';
import type { FoundGroup, NearGroup } from '#domain/search.ts';

/**
 * From this cosine on a result of meaning alone may stand among those that hold the words: the nearest
 * wrong conversation is beyond it for ten questions of a hundred.
 */
const CLOSE = 0.6;

/**
 * The results of words and of meaning as one list, by reciprocal rank. What both found is one result that
 * says so, with the place that the words found; marked words are worth more to the eye. Words are found
 * only where all of them stand: what is not {@link CLOSE} by meaning alone comes after.
 */
export function fuseGroups(
  byWords: readonly FoundGroup[],
  byMeaning: readonly NearGroup[],
): readonly FoundGroup[] {
  const words = new Map(byWords.map((group) => [group.id, group]));
  const meaning = new Map(byMeaning.map((group) => [group.id, group]));
  const isFar = (id: string): boolean => !words.has(id) && (meaning.get(id)?.cosine ?? 0) < CLOSE;
  const ids = fuseRanks([[...words.keys()], [...meaning.keys()]]);
  const ordered = [...ids.filter((id) => !isFar(id)), ...ids.filter(isFar)];
  return ordered.flatMap((id) => {
    const group = words.get(id);
    const near = meaning.get(id);
    if (group && near) return [{ ...group, foundBy: ['words', 'meaning'] as const }];
    return group ?? near ?? [];
  });
}
