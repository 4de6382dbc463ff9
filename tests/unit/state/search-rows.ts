import type { FoundGroup, MeaningStatus, NearGroup } from '#domain/search.ts';
import { NO_MEANING } from '#search/meaning-run.ts';

/** A conversation that was found by words. */
export const foundGroup = (id: string): FoundGroup => ({
  kind: 'conversation',
  id,
  title: { text: id, marks: [] },
  status: 'active',
  source: 'onggi',
  tags: [],
  updatedAt: 0,
  placeCount: 1,
  places: [],
  foundBy: ['words'],
});

/** A conversation that is near in meaning. */
export const nearGroup = (id: string, foundBy: FoundGroup['foundBy'] = ['meaning']): NearGroup => ({
  ...foundGroup(id),
  foundBy,
  cosine: 0.7,
});

/** An index of meaning that has everything and does nothing. */
export const RESTING: MeaningStatus = { ...NO_MEANING, phase: 'ready' };
