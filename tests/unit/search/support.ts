import { onTestFinished } from 'vitest';
import type { OnggiDatabase } from '#db/open-database.ts';
import { createConversation, withAddedMessages } from '#domain/conversation.ts';
import type { Conversation } from '#domain/conversation.ts';
import type { EmbedderIdentity } from '#domain/embedding.ts';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import type { MeaningStatus } from '#domain/search.ts';
import { createMeaning } from '#search/meaning.ts';
import type { MeaningDeps } from '#search/meaning.ts';
import type { OpenEmbedder } from '#search/meaning-run.ts';
import { createSearchClient } from '#search/search-client.ts';
import type { SearchClient } from '#search/search-client.ts';
import type { SidecarStore } from '#search/sidecar-store.ts';
import { BUILT_IN_UNRELATED } from '#search/unrelated-cosine.ts';
import { openVectorIndex } from '#search/vector-index.ts';
import type { VectorIndex } from '#search/vector-index.ts';
import { createTestClock } from '../db/fresh-database.ts';

export const TEST_IDENTITY: EmbedderIdentity = {
  id: 'test',
  revision: '1',
  dtype: 'fp32',
  dimension: 32,
  pipelineVersion: 1,
};

/** An embedder for tests: texts that share words are near. It keeps what it was given. */
export function createTestEmbedder(
  identity: Partial<EmbedderIdentity> = {},
): OpenEmbedder & { readonly given: string[] } {
  const { dimension } = TEST_IDENTITY;
  const given: string[] = [];
  return {
    ...TEST_IDENTITY,
    ...identity,
    batchTexts: 8,
    unrelated: BUILT_IN_UNRELATED,
    isWorker: true,
    skipsTrash: false,
    skipsDocuments: false,
    given,
    close: () => undefined,
    embed(texts, kind) {
      if (kind === 'passage') given.push(...texts);
      const vectors = new Float32Array(texts.length * dimension);
      texts.forEach((text, at) => {
        const vector = vectors.subarray(at * dimension, (at + 1) * dimension);
        for (const word of text.split(/\s+/)) {
          let hash = 7;
          for (const character of word) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) | 0;
          const place = Math.abs(hash) % dimension;
          vector[place] = (vector[place] ?? 0) + 1;
        }
        const length = Math.hypot(...vector);
        vector.forEach((value, i) => (vector[i] = value / length));
      });
      return Promise.resolve(vectors);
    },
  };
}

/** Rows of a conversation in which each text follows the one before, question and answer in turn. */
export function conversationOf(
  id: string,
  texts: readonly string[],
  fields: Partial<Conversation> = {},
): { readonly conversation: Conversation; readonly messages: readonly Message[] } {
  const conversationId = toConversationId(id);
  const messages = texts.map((content, seq) =>
    createMessage({
      id: toMessageId(`${id}-${seq}`),
      conversationId,
      sessionId: toSessionId('s'),
      parentId: seq === 0 ? null : toMessageId(`${id}-${seq - 1}`),
      seq,
      role: seq % 2 === 0 ? 'user' : 'assistant',
      content,
      timestamp: 1000 + seq,
    }),
  );
  const empty = createConversation({
    id: conversationId,
    sessionId: toSessionId('s'),
    createdAt: 1000,
    ...fields,
  });
  return { conversation: withAddedMessages(empty, messages, empty.updatedAt), messages };
}

/** Puts rows as a flow would, so that the change feed hears of them. */
export async function addRows(
  { strict: db }: OnggiDatabase,
  ...rows: readonly ReturnType<typeof conversationOf>[]
): Promise<void> {
  await db.transaction('rw', db.conversations, db.messages, async () => {
    await db.conversations.bulkPut(rows.map(({ conversation }) => conversation));
    await db.messages.bulkPut(rows.flatMap(({ messages }) => messages));
  });
}

/** Search by meaning over `db` with an embedder for tests, and what it said of itself. */
export function createTestMeaning(db: OnggiDatabase, changes: Partial<MeaningDeps> = {}) {
  const embedder = createTestEmbedder();
  const statuses: MeaningStatus[] = [];
  const meaning = createMeaning({
    db,
    clock: createTestClock(),
    openEmbedder: () => Promise.resolve(embedder),
    readWish: () => Promise.resolve({ chosen: { kind: 'built-in' } }),
    readHold: () => Promise.resolve(undefined),
    onStatus: (status) => statuses.push(status),
    ...changes,
  });
  return { embedder, statuses, meaning };
}

/** Search through its real worker, until the test is over. */
export function startTestClient(db: OnggiDatabase): SearchClient {
  const client = createSearchClient({
    db,
    createId: () => crypto.randomUUID(),
    createWorker: () =>
      new Worker(new URL('../../../src/search/search.worker.ts', import.meta.url), {
        type: 'module',
      }),
  });
  onTestFinished(() => client.close());
  return client;
}

/** The vectors of conversations of the test's embedder. */
export function openTestIndex(
  db: OnggiDatabase,
  store?: SidecarStore,
  revision = TEST_IDENTITY.revision,
): Promise<VectorIndex> {
  return openVectorIndex({
    db,
    clock: createTestClock(),
    collection: 'conversations',
    identity: { ...TEST_IDENTITY, revision },
    store,
  });
}
