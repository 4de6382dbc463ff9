import { expect, test } from 'vitest';
import { readStoredEmbedders } from '#db/embeddings.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { BUILT_IN_CHOICE } from '#domain/embedder-choice.ts';
import type { EmbedderChoice } from '#domain/embedder-choice.ts';
import { embedderKey } from '#domain/embedding.ts';
import { toEndpointId } from '#domain/ids.ts';
import { hasVectorsToEvict } from '#search/evict-vectors.ts';
import { createMeaning } from '#search/meaning.ts';
import { memoryStore } from '#search/sidecar-memory.ts';
import { createTestClock, openForTest } from '../db/fresh-database.ts';
import { TEST_IDENTITY, addRows, conversationOf, createTestEmbedder } from './support.ts';

const PAID: EmbedderChoice = {
  kind: 'endpoint',
  endpointId: toEndpointId('e'),
  baseUrl: 'http://localhost:1/v1',
  model: 'm',
};

/** Search by meaning, whose store says what room there is. */
function start(db: OnggiDatabase, chosen: EmbedderChoice = BUILT_IN_CHOICE) {
  const room = { hasAny: true, asked: 0 };
  const store = {
    ...memoryStore(),
    hasRoom(byteLength: number) {
      room.asked = byteLength;
      return Promise.resolve(room.hasAny);
    },
  };
  const dtype = chosen.kind === 'endpoint' ? 'remote' : 'fp32';
  const embedder = createTestEmbedder({ dtype });
  const phases: string[] = [];
  const meaning = createMeaning({
    db,
    store,
    clock: createTestClock(),
    openEmbedder: () => Promise.resolve(embedder),
    readWish: () => Promise.resolve({ chosen }),
    readHold: () => Promise.resolve(undefined),
    onStatus: ({ phase }) => phases.push(phase),
  });
  const find = async (isInPassing = false): Promise<readonly string[]> =>
    (await meaning.near('red apple', { limit: 3, leastCosine: 0.9, isInPassing })).map(
      ({ id }) => id,
    );
  const comesTo = (phase: string): Promise<void> =>
    expect.poll(() => phases.at(-1), { timeout: 10_000 }).toBe(phase);
  return { meaning, embedder, room, store, phases, find, comesTo };
}

async function begin(db: OnggiDatabase, chosen?: EmbedderChoice) {
  await addRows(db, conversationOf('a', ['red apple']), conversationOf('b', ['green pear']));
  const started = start(db, chosen);
  await started.find();
  await started.comesTo('ready');
  return started;
}

test('vectors go, with their files and nothing else, and come back when there is room', async () => {
  const db = await openForTest();
  const { meaning, room, store, find, comesTo, embedder, phases } = await begin(db);
  expect(await hasVectorsToEvict(db)).toBe(true);
  // Three of the conversations, three of the documents.
  expect(await store.list()).toHaveLength(6);
  const before = {
    conversations: await db.strict.conversations.toArray(),
    messages: await db.strict.messages.toArray(),
  };
  room.hasAny = false;
  const byteLength = await meaning.evict();
  // Two exact rows in a table and in a file, and what the scan wants of them.
  expect(byteLength).toBeGreaterThan(2 * 2 * 32 * 4);
  expect(await readStoredEmbedders(db)).toEqual([]);
  expect(await db.strict.embeddingCoverage.count()).toBe(0);
  expect(await store.list()).toEqual([]);
  expect(await hasVectorsToEvict(db)).toBe(false);
  expect(phases.at(-1)).toBe('evicted');
  expect({
    conversations: await db.strict.conversations.toArray(),
    messages: await db.strict.messages.toArray(),
  }).toEqual(before);

  // Nothing is begun while there is no room, neither by a question nor by a change.
  embedder.given.length = 0;
  expect(await find()).toEqual([]);
  expect(await find(true)).toEqual([]);
  await expect(meaning.map()).rejects.toMatchObject({ code: 'db/quota' });
  expect(await meaning.check(() => undefined, new AbortController().signal)).toBe('off');
  expect(embedder.given).toEqual([]);
  expect(room.asked).toBe(byteLength * 2);

  room.hasAny = true;
  await find();
  await comesTo('ready');
  expect(await find()).toEqual(['a']);
  expect([...embedder.given].sort()).toEqual(['green pear', 'red apple']);
});

test('the person has them made again whatever room there is', async () => {
  const db = await openForTest();
  const { meaning, room, find, comesTo } = await begin(db);
  room.hasAny = false;
  await meaning.evict();
  await meaning.rechoose();
  await comesTo('ready');
  expect(await find()).toEqual(['a']);
});

test('vectors of an endpoint stay: they may have cost money', async () => {
  const db = await openForTest();
  const { meaning, find, phases } = await begin(db, PAID);
  expect(await hasVectorsToEvict(db)).toBe(false);
  expect(await meaning.evict()).toBe(0);
  expect(phases.at(-1)).toBe('ready');
  expect(await readStoredEmbedders(db)).toEqual([
    embedderKey({ ...TEST_IDENTITY, dtype: 'remote' }),
  ]);
  expect(await find()).toEqual(['a']);
});

test('questions that come while vectors go begin nothing', async () => {
  const db = await openForTest();
  const { meaning, room, phases, find } = await begin(db);
  room.hasAny = false;
  const gone = { is: false };
  const evicting = meaning.evict().finally(() => (gone.is = true));
  const asking: Promise<unknown>[] = [];
  while (!gone.is) {
    asking.push(find().catch(() => undefined));
    await new Promise((resolve) => setTimeout(resolve));
  }
  await Promise.all([evicting, ...asking]);
  expect(phases.at(-1)).toBe('evicted');
  expect(await readStoredEmbedders(db)).toEqual([]);
});
