import { expect, test } from 'vitest';
import { markFeed, readFeed } from '#db/feed-reader.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { withAddedMessages } from '#domain/conversation.ts';
import { toMessageId } from '#domain/ids.ts';
import { createMeaningIndexer } from '#search/meaning-indexer.ts';
import { conversationSource } from '#search/passage-source.ts';
import { conversationStamp } from '#search/passages.ts';
import { countReads } from '../../bench/page/count-idb.ts';
import { openForTest } from '../db/fresh-database.ts';
import { TEST_IDENTITY, addRows, conversationOf, openTestIndex } from './support.ts';

const LENGTH = 600;
const textOf = (seq: number): string => `word${seq} of a long conversation`;
const CHAT = conversationOf(
  'chat',
  Array.from({ length: LENGTH }, (_, seq) => textOf(seq)),
);
const ALL = (): boolean => true;

/** Gives each text a vector of its own, and keeps what it was given. */
function createOwnEmbedder() {
  const { dimension } = TEST_IDENTITY;
  const given: string[] = [];
  return {
    ...TEST_IDENTITY,
    given,
    embed(texts: readonly string[], kind: 'query' | 'passage') {
      if (kind === 'passage') given.push(...texts);
      const vectors = new Float32Array(texts.length * dimension);
      texts.forEach((text, at) => {
        let state = 1;
        for (const character of text) state = (state * 31 + character.charCodeAt(0)) | 0;
        const vector = Array.from({ length: dimension }, () => {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
          return state / 2 ** 31;
        });
        const length = Math.hypot(...vector);
        vectors.set(
          vector.map((value) => value / length),
          at * dimension,
        );
      });
      return Promise.resolve(vectors);
    },
  };
}

/** The vectors of conversations, which follow what is written when they are told to. */
async function openFollowed(db: OnggiDatabase) {
  const embedder = createOwnEmbedder();
  const index = await openTestIndex(db);
  const source = conversationSource(db, false);
  const indexer = createMeaningIndexer({
    source,
    embedder,
    index,
    batchTexts: 64,
    mayGoOn: () => Promise.resolve(),
    goOn: () => undefined,
    onProgress: () => undefined,
  });
  let { seq: at } = await markFeed(db);
  async function follow(): Promise<number> {
    const changes = await readFeed(db, at, 500);
    at = changes.at(-1)?.seq ?? at;
    const written = await source.readWritten(changes);
    await indexer.follow(changes.flatMap(source.changedIds), ALL, written);
    return indexer.settle(false);
  }
  const nearest = async (text: string) => {
    const query = await embedder.embed([text], 'query');
    const [near] = await index.nearest(query, 1);
    return near && near.cosine > 0.999 ? near.passage.seq : undefined;
  };
  return { embedder, index, indexer, follow, nearest };
}

/** A conversation of 600 messages, all in the vectors, and stored. */
async function openLong(db: OnggiDatabase) {
  await addRows(db, CHAT);
  const followed = await openFollowed(db);
  await followed.indexer.follow(['chat']);
  await followed.indexer.settle(true);
  followed.embedder.given.length = 0;
  let { conversation } = CHAT;
  let seq = LENGTH;
  /** Adds a message, as somebody who goes on. */
  async function add(): Promise<void> {
    const id = toMessageId(`chat-${seq}`);
    const parentId = toMessageId(`chat-${seq - 1}`);
    const [model] = CHAT.messages;
    if (!model) throw new Error('no message');
    const message = { ...model, id, parentId, seq, content: textOf(seq), timestamp: 1000 + seq };
    conversation = withAddedMessages(conversation, [message], message.timestamp);
    await addRows(db, { conversation, messages: [message] });
    seq += 1;
  }
  return { ...followed, add, stamp: () => conversationStamp(conversation) };
}

const storedRows = async ({ strict: db }: OnggiDatabase): Promise<number> =>
  (await db.embeddings.toArray()).reduce(
    (sum, { passages }) => sum + passages.byteLength / 4 / 6,
    0,
  );

test('of a long conversation a new message alone is read, cut and embedded', async () => {
  const db = await openForTest();
  const { add, follow, embedder, index, nearest, stamp } = await openLong(db);
  await add();
  const { rows } = await countReads(follow);
  expect(rows).toBeLessThan(30);
  expect(embedder.given).toEqual([textOf(LENGTH)]);
  expect(index.stampOf('chat')).toBe(stamp());
  expect(await nearest(textOf(LENGTH))).toBe(LENGTH);
  expect(await nearest(textOf(300))).toBe(300);
});

test('a message that was changed has its new text alone, and one that was removed none', async () => {
  const db = await openForTest();
  const { follow, nearest } = await openLong(db);
  const [message] = await db.strict.messages.where('id').equals('chat-300').toArray();
  if (!message) throw new Error('no message');
  await db.strict.messages.put({ ...message, content: 'something else' });
  await follow();
  expect(await nearest('something else')).toBe(300);
  expect(await nearest(textOf(300))).toBeUndefined();
  await db.strict.transaction('rw', db.strict.messages, db.strict.conversations, async () => {
    await db.strict.messages.delete(toMessageId('chat-400'));
    await db.strict.conversations.put({ ...CHAT.conversation, messageCount: LENGTH - 1 });
  });
  await follow();
  expect(await nearest(textOf(400))).toBeUndefined();
  expect(await nearest(textOf(500))).toBe(500);
});

test('new messages are found at once and stored fifty at a time', async () => {
  const db = await openForTest();
  const { add, follow, nearest } = await openLong(db);
  for (let count = 1; count < 50; count += 1) {
    await add();
    expect(await follow()).toBeGreaterThan(0);
  }
  expect(await nearest(textOf(LENGTH + 48))).toBe(LENGTH + 48);
  expect(await storedRows(db)).toBe(LENGTH);
  await add();
  expect(await follow()).toBe(0);
  expect(await storedRows(db)).toBe(LENGTH + 50);
});

test('what was not stored before the page was closed is embedded again, and no more', async () => {
  const db = await openForTest();
  const { add, follow } = await openLong(db);
  await add();
  await follow();
  const { indexer, embedder, nearest } = await openFollowed(db);
  await indexer.follow(['chat']);
  expect(embedder.given).toEqual([textOf(LENGTH)]);
  expect(await nearest(textOf(LENGTH))).toBe(LENGTH);
});

// More than are embedded at once have a way of their own.
test.each([2, 450])(
  'a question is not left out because an answer went on while both were embedded, among %i',
  async (count) => {
    const db = await openForTest();
    const { add, indexer, embedder, index, nearest } = await openLong(db);
    for (let at = 0; at < count; at += 1) await add();
    const last = LENGTH + count - 1;
    const [answer] = await db.strict.messages.where('id').equals(`chat-${last}`).toArray();
    if (!answer) throw new Error('no message');
    const embed = embedder.embed.bind(embedder);
    embedder.embed = async (texts, kind) => {
      embedder.embed = embed;
      await db.strict.messages.put({ ...answer, status: 'streaming' });
      await indexer.letGo(['chat'], true, ALL);
      return embed(texts, kind);
    };
    // As after a reload: nobody knows what was written.
    await indexer.catchUp();
    expect(await nearest(textOf(LENGTH))).toBeUndefined();
    const settled = { ...answer, content: 'it went on' };
    await db.strict.messages.put(settled);
    await indexer.follow(['chat'], ALL, new Map([['chat', [settled]]]));
    expect(await nearest('it went on')).toBe(last);
    expect(await nearest(textOf(LENGTH))).toBe(LENGTH);
    expect(index.stampOf('chat')).not.toBe('');
  },
);
