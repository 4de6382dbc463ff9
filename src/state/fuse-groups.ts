import { fuseRanks } from '#domain/fuse-ranks.ts';
import type { FoundGroup, NearGroup } from '#domain/search.ts';

/**
 * The results of words and of meaning as one list, by reciprocal rank. What both found is one result that
 * says so, with the place that the words found; marked words are worth more to the eye.
 */
export function fuseGroups(
  byWords: readonly FoundGroup[],
  byMeaning: readonly NearGroup[],
): readonly FoundGroup[] {
  const words = new Map(byWords.map((group) => [group.id, group]));
  const meaning = new Map(byMeaning.map((group) => [group.id, group]));
  const ids = fuseRanks([[...words.keys()], [...meaning.keys()]]);
  return ids.flatMap((id) => {
    const group = words.get(id);
    const near = meaning.get(id);
    if (group && near) return [{ ...group, foundBy: ['words', 'meaning'] as const }];
    return group ?? near ?? [];
  });
}
