/** The text index of a filled database, for the rows that measure search: files are read at once only here. */
import type { OnggiDatabase } from '#db/open-database.ts';
import { confirmFeed, leaveFeed, markFeed, readFeed } from '#db/feed-reader.ts';
import { openNamedDatabase } from '#db/open-database.ts';
import { createConversation, withAddedMessages } from '#domain/conversation.ts';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import { parseSearchQuery } from '#domain/search-query.ts';
import { findUnits } from '#search/find-units.ts';
import { createMeaningIndexer } from '#search/meaning-indexer.ts';
import { openSidecarStore } from '#search/open-sidecar-store.ts';
import { conversationSource } from '#search/passage-source.ts';
import { conversationStamp } from '#search/passages.ts';
import type { SidecarStore } from '#search/sidecar-store.ts';
import { openTextIndex } from '#search/text-index.ts';
import type { TextIndex } from '#search/text-index.ts';
import { createTextIndexer } from '#search/text-indexer.ts';
import type { TextIndexer } from '#search/text-indexer.ts';
import { createTextMemory } from '#search/text-memory.ts';
import { openVectorIndex } from '#search/vector-index.ts';
import { alternate, collectGarbage } from './bench-row.ts';
import type { Pairs } from './bench-row.ts';
import { requestDone, transactionDone } from './raw-idb.ts';
import { createClusters } from './row-8-vectors.ts';
import { messageIdOf } from './seeded-data.ts';

export type AskSearchBench =
  | { readonly kind: 'open'; readonly databaseName: string }
  | {
      readonly kind: 'scan';
      readonly isResident: boolean;
      readonly samples: number;
      /** Asked in turn. */
      readonly queries: readonly string[];
      /** Whether none of them may be anywhere. */
      readonly isMissing: boolean;
    }
  | { readonly kind: 'reopen'; readonly samples: number }
  | { readonly kind: 'update'; readonly samples: number }
  | { readonly kind: 'follow'; readonly samples: number; readonly messageCount: number }
  | { readonly kind: 'hold'; readonly isResident: boolean; readonly vectorCount: number };

export interface SearchBenchAnswer {
  readonly pairs?: Pairs;
  /** What was put into tables meanwhile, and the bytes of it that are vectors and lists of them. */
  readonly putCount?: number;
  readonly putBytes?: number;
  readonly textBytes: number;
  /** Bytes of WebAssembly memory and columns, as the code counts them. */
  readonly memoryBytes: number;
  readonly seconds: number;
}

/** Is nowhere. */
const MISSING = '뷁뷁뷁';
const DIMENSION = 384;
const FILL_ROWS = 2000;
/** Text that is read at once, as the streamed search does. */
const COPY_BYTES = 4 * 1024 * 1024;
const clock = (): number => Date.now();

interface Opened {
  readonly db: OnggiDatabase;
  readonly store: SidecarStore;
  readonly index: TextIndex;
  readonly indexer: TextIndexer;
}
let opened: Opened | undefined;
/** What a row keeps alive while memory is measured. */
const held: unknown[] = [];

addEventListener('message', ({ data }: MessageEvent<AskSearchBench>) => {
  void answer(data).then((said) => postMessage(said));
});

async function answer(ask: AskSearchBench): Promise<SearchBenchAnswer> {
  const start = performance.now();
  opened ??= ask.kind === 'open' ? await open(ask.databaseName) : undefined;
  if (!opened) throw new Error('not open');
  const { index } = opened;
  const result =
    ask.kind === 'scan'
      ? await scan(index, ask)
      : ask.kind === 'reopen'
        ? { pairs: await reopen(opened, ask.samples) }
        : ask.kind === 'update'
          ? { pairs: await update(opened, ask.samples) }
          : ask.kind === 'follow'
            ? await follow(opened, ask)
            : ask.kind === 'hold'
              ? await hold(opened, ask)
              : {};
  const seconds = (performance.now() - start) / 1000;
  return { textBytes: index.table.byteLength, memoryBytes: 0, seconds, ...result };
}

async function open(databaseName: string): Promise<Opened> {
  const ignore = (): undefined => undefined;
  const db = await openNamedDatabase(databaseName, {
    clock,
    events: { onSuperseded: ignore, onBlocked: ignore, onLost: ignore },
  });
  const store = await openSidecarStore(db);
  const index = await openTextIndex(store);
  const indexer = createTextIndexer(db, index, ignore, new AbortController().signal);
  await indexer.catchUp();
  return { db, store, index, indexer };
}

/** One of each kind: all of them at once are more than the page may have. */
const memories = new Map<boolean, ReturnType<typeof createTextMemory>>();
function memoryOf(index: TextIndex, isResident: boolean): ReturnType<typeof createTextMemory> {
  const memory = memories.get(isResident) ?? createTextMemory(index, isResident);
  memories.set(isResident, memory);
  return memory;
}

/** Looks through all, against reading the same bytes once in WebAssembly memory. */
async function scan(
  index: TextIndex,
  { isResident, samples, queries, isMissing }: Extract<AskSearchBench, { kind: 'scan' }>,
): Promise<{ pairs: Pairs; memoryBytes: number }> {
  const memory = memoryOf(index, isResident);
  const swept = memoryOf(index, true);
  let at = 0;
  async function find(by: typeof memory): Promise<void> {
    at += 1;
    const { scan: bytes, loadBlock } = await by.begin();
    const query = parseSearchQuery(queries[at % queries.length] ?? '');
    const signal = new AbortController().signal;
    const options = { now: 0, signal, onPause: () => Promise.resolve() };
    const found = await findUnits(index, bytes, loadBlock, query, options);
    if (isMissing && found.size > 0) throw new Error('it was somewhere');
  }
  await find(swept);
  const sweep = async (): Promise<number> =>
    (await swept.begin()).scan.sweep(index.table.byteLength);
  const pairs = await alternate(() => find(memory), sweep, { samples, warmUp: 3 });
  return { pairs, memoryBytes: memory.byteLength };
}

/**
 * From the files to the end of the first search, which finds nothing, against reading as many bytes. The index is
 * closed afterwards.
 */
async function reopen({ store, index }: Opened, samples: number): Promise<Pairs> {
  index.close();
  let byteLength = 0;
  const open = async (): Promise<void> => {
    const again = await openTextIndex(store);
    if (!again.isWhole) throw new Error('built anew');
    byteLength = again.table.byteLength;
    const { scan: bytes, loadBlock } = await createTextMemory(again, false).begin();
    const options = {
      now: 0,
      signal: new AbortController().signal,
      onPause: () => Promise.resolve(),
    };
    await findUnits(again, bytes, loadBlock, parseSearchQuery(MISSING), options);
    again.close();
  };
  await open();
  // In turn, as in row 10: one that was closed a moment ago takes long to open.
  const plainNames = ['bench-text-a', 'bench-text-b'] as const;
  for (const name of plainNames) {
    const plain = await store.open(name);
    for (let at = 0; at < byteLength; at += COPY_BYTES) {
      await plain.append(new Uint8Array(Math.min(COPY_BYTES, byteLength - at)).fill(7));
    }
    await plain.flush();
    plain.close();
  }
  const window = new Uint8Array(COPY_BYTES);
  let readings = 0;
  const read = async (): Promise<void> => {
    const file = await store.open(plainNames[readings++ % 2 === 0 ? 0 : 1]);
    for (let at = 0; at < byteLength; at += COPY_BYTES) {
      await file.read(window.subarray(0, Math.min(COPY_BYTES, byteLength - at)), at);
    }
    file.close();
  };
  const pairs = await alternate(open, read, { samples, warmUp: 2 });
  for (const name of plainNames) await store.remove(name);
  return pairs;
}

/**
 * Taking one new message in, against putting such a row, without anything around it. What is put off until
 * fifty have come falls on one of them.
 */
async function update({ db, indexer }: Opened, samples: number): Promise<Pairs> {
  const [model] = await db.strict.messages.where('id').equals(messageIdOf(0, 0)).toArray();
  if (!model) throw new Error('nothing there');
  const twin = await openTwin();
  const subject: number[] = [];
  const anchor: number[] = [];
  for (let turn = -3; turn < samples; turn += 1) {
    const id = toMessageId(`bench-${turn + 3}`);
    const row = { ...model, id, seq: 100_000 + turn, content: `${model.content} ${turn}` };
    await db.strict.messages.put(row);
    const start = performance.now();
    await indexer.catchUp();
    const middle = performance.now();
    const transaction = twin.transaction('rows', 'readwrite', { durability: 'strict' });
    transaction.objectStore('rows').put(row);
    await transactionDone(transaction);
    const end = performance.now();
    if (turn < 0) continue;
    subject.push(middle - start);
    anchor.push(end - middle);
  }
  twin.close();
  return { subject, anchor };
}

/** The vectors that the built-in model would give, as far as their cost goes: what it takes itself is left out. */
const FOLLOW_IDENTITY = {
  id: 'bench-follow',
  revision: '1',
  dtype: 'q8',
  dimension: 256,
  pipelineVersion: 1,
};

/**
 * Taking one new message of a conversation of so many into the vectors, against putting such a row. What is put
 * off until fifty have come falls on one of them.
 */
async function follow(
  { db, store }: Opened,
  { samples, messageCount }: { readonly samples: number; readonly messageCount: number },
): Promise<Pick<SearchBenchAnswer, 'pairs' | 'putCount' | 'putBytes'>> {
  const id = toConversationId(`bench-chat-${messageCount}`);
  const sessionId = toSessionId('bench-session');
  const messageOf = (seq: number): Message =>
    createMessage({
      id: toMessageId(`${id}-${seq}`),
      conversationId: id,
      sessionId,
      parentId: seq === 0 ? null : toMessageId(`${id}-${seq - 1}`),
      seq,
      role: seq % 2 === 0 ? 'user' : 'assistant',
      content: `message ${seq} of a long conversation`,
      timestamp: seq,
    });
  const messages = Array.from({ length: messageCount }, (_, seq) => messageOf(seq));
  const empty = createConversation({ id, sessionId, createdAt: 0, title: 'a chat' });
  let conversation = withAddedMessages(empty, messages, messageCount);
  await db.strict.messages.bulkPut(messages);
  await db.strict.conversations.put(conversation);
  const deps = {
    db,
    clock,
    collection: 'conversations',
    identity: FOLLOW_IDENTITY,
    store,
  } as const;
  const index = await openVectorIndex(deps);
  const source = conversationSource(db, false);
  const indexer = createMeaningIndexer({
    source,
    embedder: {
      ...FOLLOW_IDENTITY,
      embed: (texts) =>
        Promise.resolve(new Float32Array(texts.length * FOLLOW_IDENTITY.dimension).fill(1 / 16)),
    },
    index,
    batchTexts: 256,
    mayGoOn: () => Promise.resolve(),
    goOn: () => undefined,
    onProgress: () => undefined,
  });
  await indexer.follow([id]);
  await indexer.settle(true);
  let { seq: at } = await markFeed(db);
  const twin = await openTwin();
  const [subject, anchor]: [number[], number[]] = [[], []];
  const counted = countPuts();
  for (let turn = 0; turn < samples; turn += 1) {
    const message = messageOf(messageCount + turn);
    conversation = withAddedMessages(conversation, [message], messageCount + turn);
    await db.strict.messages.put(message);
    await db.strict.conversations.put(conversation);
    counted.isOn = true;
    const start = performance.now();
    const changes = await readFeed(db, at, 500);
    at = changes.at(-1)?.seq ?? at;
    await indexer.follow([id], () => true, await source.readWritten(changes));
    if ((await indexer.settle(false)) === 0) await confirmFeed(db, 'bench-follow', at);
    const middle = performance.now();
    counted.isOn = false;
    const transaction = twin.transaction('rows', 'readwrite', { durability: 'strict' });
    transaction.objectStore('rows').put(message);
    await transactionDone(transaction);
    anchor.push(performance.now() - middle);
    subject.push(middle - start);
  }
  counted.stop();
  if (index.stampOf(id) !== conversationStamp(conversation)) throw new Error('not followed');
  twin.close();
  index.close();
  await leaveFeed(db, 'bench-follow');
  return { pairs: { subject, anchor }, putCount: counted.count, putBytes: counted.bytes };
}

/** Counts what is put into tables while it is on. */
function countPuts() {
  const { prototype } = IDBObjectStore;
  const original = Object.getOwnPropertyDescriptor(prototype, 'put');
  if (!original) throw new Error('no IndexedDB here');
  const counted = {
    isOn: false,
    count: 0,
    bytes: 0,
    stop: () => Object.defineProperty(prototype, 'put', original),
  };
  prototype.put = function (this: IDBObjectStore, ...given) {
    if (counted.isOn) {
      counted.count += 1;
      for (const value of Object.values(given[0] as object)) {
        if (value instanceof ArrayBuffer || ArrayBuffer.isView(value))
          counted.bytes += value.byteLength;
      }
    }
    return Reflect.apply(original.value as IDBObjectStore['put'], this, given);
  };
  return counted;
}

function openTwin(): Promise<IDBDatabase> {
  const opening = indexedDB.open(`bench-put-${crypto.randomUUID()}`, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('rows', { keyPath: 'id' });
  return requestDone(opening);
}

/** Opens everything that search has, asks once for words and once for meaning, and keeps it. */
async function hold(
  { db, store, index }: Opened,
  { isResident, vectorCount }: { readonly isResident: boolean; readonly vectorCount: number },
): Promise<{ memoryBytes: number }> {
  held.length = 0;
  const identity = {
    id: 'b',
    revision: '1',
    dtype: 'q8',
    dimension: DIMENSION,
    pipelineVersion: 1,
  };
  const deps = { db, clock, collection: 'conversations', identity, store } as const;
  let vectors = await openVectorIndex(deps);
  if (vectors.ownerIds().length === 0) {
    for (let from = 0; from < vectorCount; from += FILL_ROWS) {
      const id = `owner-${from}`;
      const passages = Array.from({ length: FILL_ROWS }, (_, seq) => ({
        ...({ ownerId: id, kind: 'message', start: 0, end: 1, text: '' } as const),
        ...{ seq, textHash: seq },
      }));
      vectors.put({ id, stamp: '1' }, passages, createClusters(FILL_ROWS, from + 1));
      await vectors.flush();
    }
    vectors.close();
    vectors = await openVectorIndex(deps);
  }
  await vectors.nearest(createClusters(1, 99), 10);
  const memory = createTextMemory(index, isResident);
  const { scan: bytes, loadBlock } = await memory.begin();
  const options = {
    now: 0,
    signal: new AbortController().signal,
    onPause: () => Promise.resolve(),
  };
  await findUnits(index, bytes, loadBlock, parseSearchQuery(MISSING), options);
  vectors.close();
  held.push(vectors, memory);
  collectGarbage();
  return { memoryBytes: memory.byteLength + vectors.memoryBytes() };
}
