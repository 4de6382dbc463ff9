import { expect, test } from 'vitest';
import type { FoundGroup, NearGroup } from '#domain/search.ts';
import { fuseGroups } from '#state/fuse-groups.ts';
import type { SearchWork } from '#state/lazy-search.ts';
import { AskedBefore } from '#state/similar.svelte.ts';

function groupOf(id: string, foundBy: FoundGroup['foundBy']): NearGroup {
  return {
    kind: 'conversation',
    id,
    title: { text: id, marks: [] },
    status: 'active',
    source: 'onggi',
    tags: [],
    updatedAt: 0,
    placeCount: 1,
    places: [],
    foundBy,
    cosine: 0.7,
  };
}

/** Search that finds `near` for everything and keeps what it was asked. */
function createWork(near: readonly NearGroup[]): SearchWork & { readonly asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    asked,
    watchStatus: () => () => undefined,
    ask(request, onAnswer) {
      asked.push(request);
      onAnswer({ kind: 'near', groups: near });
      return Promise.resolve();
    },
  };
}

test('says of each result why it is there, and puts first what both found', () => {
  const fused = fuseGroups(
    [groupOf('a', ['words']), groupOf('b', ['words'])],
    [groupOf('c', ['meaning']), groupOf('b', ['meaning'])],
  );
  expect(fused.map(({ id, foundBy }) => [id, foundBy])).toEqual([
    ['b', ['words', 'meaning']],
    ['a', ['words']],
    ['c', ['meaning']],
  ]);
});

test('points out what was asked before, not the open conversation, and only until it is hidden', async () => {
  const work = createWork([groupOf('open', ['meaning']), groupOf('old', ['meaning'])]);
  const before = new AskedBefore(work);
  before.look('short', 'open');
  expect(before.found).toBeUndefined();
  before.look('how do I cook kimchi stew', 'open');
  await expect.poll(() => before.found?.id).toBe('old');
  // In passing: typing begins no index.
  expect(work.asked).toMatchObject([{ kind: 'near', isInPassing: true }]);
  before.dismiss();
  expect(before.found).toBeUndefined();
  before.stop();
});
