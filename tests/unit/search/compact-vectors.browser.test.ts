import { expect, test } from 'vitest';
import { purgeConversations } from '#db/many-conversations.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { toConversationId } from '#domain/ids.ts';
import { conversationPassages } from '#search/passages.ts';
import { memoryStore } from '#search/sidecar-memory.ts';
import type { SidecarStore } from '#search/sidecar-store.ts';
import type { VectorIndex } from '#search/vector-index.ts';
import { openForTest } from '../db/fresh-database.ts';
import {
  addRows,
  conversationOf,
  createTestEmbedder,
  createTestMeaning,
  openTestIndex as open,
} from './support.ts';

const embedder = createTestEmbedder();
/** Vectors of one word each, some of which no model can read. */
async function put(index: VectorIndex, id: string, words: readonly string[]): Promise<void> {
  const { conversation, messages } = conversationOf(id, words);
  const wanted = conversationPassages(conversation, messages);
  const texts = index.missing(id, wanted).map(({ text }) => text);
  const vectors = await embedder.embed(texts, 'passage');
  texts.forEach((text, at) => {
    if (text === 'deadly') vectors.fill(NaN, at * 32, (at + 1) * 32);
  });
  index.put({ id, stamp: words.join() }, wanted, vectors);
}

const ids = Array.from({ length: 600 }, (_, at) => `c${at}`);
/** Ten words that no other conversation has, and one that all have. */
const wordsOf = (id: string): readonly string[] => [
  ...Array.from({ length: 9 }, (_, at) => `${id}w${at}`),
  id === 'c8' ? 'deadly' : 'shared',
];

/** Six blocks, of whose rows a quarter counts, here and there. */
async function fillAndThin(db: OnggiDatabase, store?: SidecarStore): Promise<VectorIndex> {
  const index = await open(db, store);
  for (const id of ids) await put(index, id, wordsOf(id));
  await index.flush();
  ids.filter((_id, at) => at % 4 !== 0).forEach((id) => index.remove(id));
  await index.flush();
  return index;
}

async function describeIndex(index: VectorIndex): Promise<unknown> {
  const found = [];
  for (const word of ['c0w1', 'c4w8', 'c5w1', 'c300w3', 'c596w0', 'shared']) {
    const near = await index.nearest(await embedder.embed([word], 'query'), 3);
    found.push(near.map(({ cosine }) => cosine.toFixed(6)));
  }
  const stamps = index.ownerIds().map((id) => [id, index.stampOf(id)]);
  return { found, stamps: stamps.sort(), leftOut: index.leftOutCount() };
}

async function sizeOf(store: SidecarStore): Promise<number> {
  let sum = 0;
  for (const name of await store.list()) {
    const file = await store.open(name);
    sum += file.size;
    file.close();
  }
  return sum;
}

test('what is dead goes out of tables and files, and everything else is found as before', async () => {
  const db = await openForTest();
  const store = memoryStore();
  const index = await fillAndThin(db, store);
  const described = await describeIndex(index);
  const [before, blocks] = [await sizeOf(store), await db.strict.embeddings.count()];
  expect(blocks).toBe(6);
  // It is not much, and nobody asked.
  expect(await index.compact(true)).toBe(0);
  expect(await db.strict.embeddings.count()).toBe(6);

  // Asked meanwhile, it answers.
  const compacting = index.compact(false);
  expect(await describeIndex(index)).toEqual(described);
  const byteLength = await compacting;
  expect(await db.strict.embeddings.count()).toBeLessThanOrEqual(3);
  expect(await sizeOf(store)).toBe(before - byteLength);
  expect(byteLength).toBeGreaterThan(before / 2);
  expect(await describeIndex(index)).toEqual(described);
  expect(await index.compact(false)).toBe(0);
  expect(await index.verify(new AbortController().signal)).toEqual({
    blockIds: [],
    isCopyDamaged: false,
  });

  // It goes on from there, and so does the next visit, from the files as from the tables.
  await put(index, 'late', ['purple', 'plum']);
  await index.flush();
  const after = await describeIndex(index);
  index.close();
  const rows = await db.strict.embeddings.toArray();
  await db.strict.embeddings.clear();
  const fromFiles = await open(db, store);
  expect(await describeIndex(fromFiles)).toEqual(after);
  fromFiles.close();
  await db.strict.embeddings.bulkPut(rows);
  expect(await describeIndex(await open(db))).toEqual(after);
});

test('without files the tables become smaller', async () => {
  const db = await openForTest();
  const index = await fillAndThin(db);
  const described = await describeIndex(index);
  expect(await index.compact(false)).toBe(0);
  expect(await db.strict.embeddings.count()).toBeLessThanOrEqual(3);
  expect(await describeIndex(index)).toEqual(described);
  expect(await describeIndex(await open(db))).toEqual(described);
});

test('one that was closed meanwhile lets go of its files', async () => {
  const db = await openForTest();
  const store = memoryStore();
  const index = await fillAndThin(db, store);
  const compacting = index.compact(false);
  index.close();
  await compacting;
  const again = await open(db, store);
  expect(await describeIndex(again)).toEqual(await describeIndex(index));
});

test('one that was closed meanwhile stores no more: another may be at work on the same blocks', async () => {
  const db = await openForTest();
  const index = await fillAndThin(db);
  const described = await describeIndex(index);
  // Every step of storing has a stamp of its own.
  const stamps: unknown[] = [];
  db.relaxed.embeddingCoverage.hook('updating', (changes, _id, { ownerId }) => {
    if (!('stamp' in changes) || ids.includes(ownerId)) return;
    stamps.push(changes.stamp);
    index.close();
  });
  await index.compact(false);
  expect(stamps).toHaveLength(1);
  expect(await describeIndex(await open(db))).toEqual(described);
});

test('the maintenance asks for it: where everything is made, and only where there is anything', async () => {
  const db = await openForTest();
  const store = memoryStore();
  for (let from = 0; from < ids.length; from += 100) {
    await addRows(db, ...ids.slice(from, from + 100).map((id) => conversationOf(id, wordsOf(id))));
  }
  const { meaning, statuses } = createTestMeaning(db, { store });
  expect(await meaning.compact(false)).toBe(0);
  expect(statuses).toEqual([]);
  await meaning.near('anything', { limit: 1, leastCosine: 0, isInPassing: false });
  await expect.poll(() => statuses.at(-1)?.phase).toBe('ready');
  expect(await meaning.compact(false)).toBe(0);
  await purgeConversations(db, ids.filter((_id, at) => at % 4 !== 0).map(toConversationId));
  // Once the purge was followed.
  await expect
    .poll(() => db.strict.embeddingCoverage.count(), { timeout: 10_000 })
    .toBeLessThan(200);
  const before = await sizeOf(store);
  const byteLength = await meaning.compact(false);
  expect(byteLength).toBeGreaterThan(before / 2);
  expect(await sizeOf(store)).toBeLessThan(before / 2);
});
