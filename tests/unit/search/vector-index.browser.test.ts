import { expect, test } from 'vitest';
import { conversationPassages } from '#search/passages.ts';
import type { VectorIndex } from '#search/vector-index.ts';
import { openForTest } from '../db/fresh-database.ts';
import { conversationOf, createTestEmbedder, openTestIndex as open } from './support.ts';

const embedder = createTestEmbedder();
/** @returns the texts that had no vector yet */
async function put(
  index: VectorIndex,
  id: string,
  texts: readonly string[],
): Promise<readonly string[]> {
  const { conversation, messages } = conversationOf(id, texts);
  const wanted = conversationPassages(conversation, messages);
  const missing = index.missing(id, wanted).map(({ text }) => text);
  index.put({ id, stamp: texts.join() }, wanted, await embedder.embed(missing, 'passage'));
  return missing;
}

async function find(
  index: VectorIndex,
  text: string,
): Promise<readonly [string, number, number][]> {
  const near = await index.nearest(await embedder.embed([text], 'query'), 3);
  return near
    .filter(({ cosine }) => cosine > 0.5)
    .map(({ ownerId, cosine, passage }) => [ownerId, passage.seq, Math.round(cosine * 100) / 100]);
}

test('finds the nearest passage of each owner, before and after it is stored', async () => {
  const db = await openForTest();
  const index = await open(db);
  await put(index, 'a', ['red apple', 'green pear']);
  await put(index, 'b', ['red wagon']);
  const expected = [
    ['a', 0, 1],
    ['b', 0, 0.5],
  ].slice(0, 1);
  expect(await find(index, 'red apple')).toEqual(expected);
  await index.flush();
  expect(await find(index, 'green pear')).toEqual([['a', 1, 1]]);
  const again = await open(db);
  expect(await find(again, 'green pear')).toEqual([['a', 1, 1]]);
  expect(again.stampOf('b')).toBe('red wagon');
});

test('an owner that changed keeps the vectors of what stayed and loses the others', async () => {
  const db = await openForTest();
  const index = await open(db);
  await put(index, 'a', ['red apple', 'green pear']);
  await index.flush();
  const again = await open(db);
  expect(await put(again, 'a', ['red apple', 'blue plum'])).toEqual(['blue plum']);
  expect(await find(again, 'green pear')).toEqual([]);
  await again.flush();
  const third = await open(db);
  expect(await find(third, 'green pear')).toEqual([]);
  expect(await find(third, 'blue plum')).toEqual([['a', 1, 1]]);
  third.remove('a');
  await third.flush();
  expect((await open(db)).ownerIds()).toEqual([]);
  expect(await find(third, 'red apple')).toEqual([]);
});

test.each([1023, 1024, 1025, 2049])('keeps %i rows over the borders of blocks', async (count) => {
  const db = await openForTest();
  const index = await open(db);
  const texts = Array.from({ length: count }, (_, at) => `w${at} x${at % 7}`);
  await put(index, 'a', texts);
  await index.flush();
  await put(index, 'b', ['one more passage']);
  await index.flush();
  const again = await open(db);
  expect(await put(again, 'a', texts)).toEqual([]);
  expect(await find(again, 'one more passage')).toContainEqual(['b', 0, 1]);
  // An owner's rows gone, its full blocks go with them.
  again.remove('a');
  await again.flush();
  expect(await db.strict.embeddings.toCollection().primaryKeys()).toHaveLength(1);
  expect(await find(await open(db), 'one more passage')).toEqual([['b', 0, 1]]);
});

test('what is damaged or missing is embedded anew, the rest stays', async () => {
  const db = await openForTest();
  const index = await open(db);
  await put(
    index,
    'a',
    Array.from({ length: 1024 }, (_, at) => `w${at}`),
  );
  await put(index, 'b', ['red apple']);
  await index.flush();
  const [first] = await db.strict.embeddings.toArray();
  if (first) await db.strict.embeddings.put({ ...first, vectors: new ArrayBuffer(12) });
  const again = await open(db);
  expect(again.stampOf('a')).toBeUndefined();
  expect(again.stampOf('b')).toBe('red apple');
  expect(await find(again, 'red apple')).toEqual([['b', 0, 1]]);
  await db.strict.embeddings.clear();
  expect((await open(db)).ownerIds()).toEqual([]);
});
