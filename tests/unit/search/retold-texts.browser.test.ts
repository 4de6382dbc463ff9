import { expect, test } from 'vitest';
import type { OnggiDatabase } from '#db/open-database.ts';
import { toConversationId } from '#domain/ids.ts';
import { planNativeUpdate } from '#domain/native-rows.ts';
import { unpackBlock } from '#search/embedding-blocks.ts';
import type { MeaningDeps } from '#search/meaning.ts';
import { conversationPassages, conversationStamp } from '#search/passages.ts';
import { freshNames, openForTest } from '../db/fresh-database.ts';
import { TEST_IDENTITY, addRows, conversationOf, createTestMeaning } from './support.ts';

const BEFORE = conversationOf('a', ['red apple', 'green pear'], { updatedAt: 5000 });
const OTHER = conversationOf('b', ['purple plum'], { updatedAt: 4000 });

/** Merges a copy of {@link BEFORE} in which the answer was changed, and nothing else. */
async function mergeCopy({ strict: db }: OnggiDatabase): Promise<void> {
  const stored = await db.conversations.get(toConversationId('a'));
  if (!stored) throw new Error('the conversation is not there');
  const messages = BEFORE.messages.map((message) =>
    message.seq === 1 ? { ...message, content: 'yellow lemon', changedAt: 9000 } : message,
  );
  const plan = planNativeUpdate(stored, BEFORE.messages, {
    conversation: BEFORE.conversation,
    messages,
  });
  if (!plan) throw new Error('nothing to merge');
  expect(plan.changed.map(({ content }) => content)).toEqual(['yellow lemon']);
  // Its own row says nothing of it.
  expect(conversationStamp(plan.conversation)).toBe(conversationStamp(stored));
  await db.transaction('rw', db.conversations, db.messages, async () => {
    await db.conversations.put(plan.conversation);
    await db.messages.bulkPut([...plan.changed]);
  });
}

function start(db: OnggiDatabase, changes: Partial<MeaningDeps> = {}) {
  const { embedder, statuses, meaning } = createTestMeaning(db, changes);
  const near = async (text: string): Promise<string | undefined> => {
    const options = { limit: 1, leastCosine: 0.9, isInPassing: false };
    return (await meaning.near(text, options))[0]?.places[0]?.snippet.text;
  };
  const isReady = async (): Promise<void> => {
    await near('x');
    await expect.poll(() => statuses.at(-1)?.phase).toBe('ready');
  };
  return { embedder, near, isReady };
}

/** Opened anew with all indexed before, and merged since. */
async function openMergedSince(): Promise<OnggiDatabase> {
  const names = freshNames();
  const before = await openForTest({ names });
  await addRows(before, BEFORE, OTHER);
  await start(before).isReady();
  before.close();
  const db = await openForTest({ names });
  await mergeCopy(db);
  return db;
}

/** The hashes of texts of which something is stored. */
async function storedHashes({ strict: db }: OnggiDatabase): Promise<readonly number[]> {
  const blocks = await db.embeddings.toArray();
  return blocks.flatMap((block) =>
    (unpackBlock(block, TEST_IDENTITY.dimension)?.passages ?? []).map(({ textHash }) => textHash),
  );
}

const hashOf = (text: string): number | undefined => {
  const { conversation, messages } = conversationOf('x', [text]);
  return conversationPassages(conversation, messages)[0]?.textHash;
};

test('finds the text that a merge put under the dates and counts of before, and forgets the old one', async () => {
  const db = await openForTest();
  await addRows(db, BEFORE, OTHER);
  const { embedder, near, isReady } = start(db);
  await isReady();
  expect(await storedHashes(db)).toContain(hashOf('green pear'));
  await mergeCopy(db);
  await expect.poll(() => near('yellow lemon'), { timeout: 5000 }).toBe('yellow lemon');
  expect(await near('green pear')).toBeUndefined();
  await expect.poll(() => storedHashes(db), { timeout: 5000 }).not.toContain(hashOf('green pear'));
  // Only what is new was embedded.
  expect(embedder.given).toEqual(['red apple', 'green pear', 'purple plum', 'yellow lemon']);
});

test('a merge that was not followed before the page was closed is followed after a reload', async () => {
  const db = await openMergedSince();
  const { embedder, near, isReady } = start(db);
  await isReady();
  expect(await near('yellow lemon')).toBe('yellow lemon');
  expect(await near('green pear')).toBeUndefined();
  expect(embedder.given).toEqual(['yellow lemon']);
  await expect.poll(() => storedHashes(db), { timeout: 5000 }).not.toContain(hashOf('green pear'));
});

test('where the change feed does not go back so far every text is compared once', async () => {
  const db = await openMergedSince();
  await db.strict.feedReaders.clear();
  await db.strict.changeFeed.clear();
  const { embedder, near, isReady } = start(db);
  await isReady();
  expect(await near('yellow lemon')).toBe('yellow lemon');
  expect(await near('purple plum')).toBe('purple plum');
  expect(embedder.given).toEqual(['yellow lemon']);
});

test('what a merge took away goes although the indexing is paused', async () => {
  const db = await openForTest();
  await addRows(db, BEFORE);
  const holds: 'paused'[] = [];
  const { near, isReady } = start(db, { readHold: () => Promise.resolve(holds.at(0)) });
  await isReady();
  holds.push('paused');
  await mergeCopy(db);
  await expect.poll(() => storedHashes(db), { timeout: 5000 }).not.toContain(hashOf('green pear'));
  expect(await near('green pear')).toBeUndefined();
  expect(await near('red apple')).toBe('red apple');
});
