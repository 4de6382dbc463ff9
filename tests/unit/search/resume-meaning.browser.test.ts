import { expect, test } from 'vitest';
import { readFeedReaders } from '#db/feed-reader.ts';
import { readStoredEmbedders } from '#db/embeddings.ts';
import { OnggiError } from '#domain/errors.ts';
import type { MeaningDeps } from '#search/meaning.ts';
import { openForTest } from '../db/fresh-database.ts';
import { addRows, conversationOf, createTestEmbedder, createTestMeaning } from './support.ts';

const never = (): Promise<never> => new Promise<never>(() => undefined);

/** What the visit before did not come to the end of, and what its status is then. */
const UNFINISHED: readonly (readonly [
  name: string,
  phase: string,
  openEmbedder: MeaningDeps['openEmbedder'],
])[] = [
  ['the model was being loaded', 'loading', never],
  [
    'the first texts were being embedded',
    'indexing',
    () => Promise.resolve({ ...createTestEmbedder(), embed: never }),
  ],
];

test.each(UNFINISHED)(
  'while %s the page went away: the next visit goes on although nobody asks',
  async (_name, phase, openEmbedder) => {
    const db = await openForTest();
    await addRows(db, conversationOf('a', ['red apple']), conversationOf('b', ['green pear']));
    const before = createTestMeaning(db, { openEmbedder });
    before.meaning.near('red apple', { limit: 1, leastCosine: 0, isInPassing: false }).then(
      () => undefined,
      () => undefined,
    );
    await expect.poll(() => before.statuses.at(-1)?.phase).toBe(phase);
    await expect.poll(() => readFeedReaders(db, 'meaning')).toHaveLength(1);
    expect(await readStoredEmbedders(db)).toEqual([]);

    const after = createTestMeaning(db);
    await after.meaning.resume();
    await expect.poll(() => after.statuses.at(-1)?.phase).toBe('ready');
    expect(after.embedder.given.toSorted()).toEqual(['green pear', 'red apple']);
  },
);

test('a model that could not be loaded is not begun by the next visit, one that has vectors is, where it was', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  const options = { limit: 1, leastCosine: 0, isInPassing: false };
  const openEmbedder = () => Promise.reject(new OnggiError('model/not-found', 'gone'));
  const failing = createTestMeaning(db, { openEmbedder });
  await expect(failing.meaning.near('red apple', options)).rejects.toThrow('gone');
  await expect.poll(() => readFeedReaders(db, 'meaning')).toEqual([]);
  const later = createTestMeaning(db);
  await later.meaning.resume();
  expect(later.statuses).toEqual([]);

  await later.meaning.near('red apple', options);
  await expect.poll(() => later.statuses.at(-1)?.phase).toBe('ready');
  const followed = await db.strict.feedReaders.toArray();
  expect(followed.map(({ seq }) => seq > 0)).toEqual([true]);
  const failed = createTestMeaning(db, { openEmbedder });
  await expect(failed.meaning.near('red apple', options)).rejects.toThrow('gone');
  await expect.poll(() => failed.statuses.at(-1)?.phase).toBe('failed');
  expect(await db.strict.feedReaders.toArray()).toEqual(followed);
});
