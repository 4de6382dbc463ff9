import { expect, test } from 'vitest';
import { purgeConversations } from '#db/many-conversations.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { BUILT_IN_CHOICE } from '#domain/embedder-choice.ts';
import { OnggiError } from '#domain/errors.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import { createMeaning } from '#search/meaning.ts';
import type { MeaningDeps } from '#search/meaning.ts';
import type { MeaningHold } from '#search/meaning-run.ts';
import { conversationPassages } from '#search/passages.ts';
import { memoryStore } from '#search/sidecar-memory.ts';
import type { SidecarFile, SidecarStore } from '#search/sidecar-store.ts';
import type { VectorIndex } from '#search/vector-index.ts';
import { createVectorRows } from '#search/vector-rows.ts';
import { createTestClock, openForTest } from '../db/fresh-database.ts';
import { placesOf } from './stored-bytes.ts';
import {
  TEST_IDENTITY,
  addRows,
  conversationOf,
  createTestEmbedder,
  openTestIndex as open,
} from './support.ts';

const { dimension } = TEST_IDENTITY;
const GO_ON = (): void => undefined;

/** A vector that no other text has. */
function vectorOf(text: string): Float32Array<ArrayBuffer> {
  let state = 1;
  for (const character of text) state = (state * 31 + (character.codePointAt(0) ?? 0)) | 0;
  const vector = new Float32Array(dimension);
  for (let i = 0; i < dimension; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    vector[i] = state / 2 ** 31;
  }
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

const embedder = {
  ...createTestEmbedder(),
  embed(texts: readonly string[]): Promise<Float32Array<ArrayBuffer>> {
    const vectors = new Float32Array(texts.length * dimension);
    texts.forEach((text, at) => vectors.set(vectorOf(text), at * dimension));
    return Promise.resolve(vectors);
  },
};

async function put(index: VectorIndex, id: string, texts: readonly string[]): Promise<void> {
  const { conversation, messages } = conversationOf(id, texts);
  const wanted = conversationPassages(conversation, messages);
  const missing = index.missing(id, wanted).map(({ text }) => text);
  index.put({ id, stamp: texts.join() }, wanted, await embedder.embed(missing));
}

const many = (name: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `${name} number ${at}`);

/** Everything by which a text could be known: its vector, exact and rounded, and its hash. */
async function tracesOf(text: string): Promise<readonly Uint8Array[]> {
  const vector = vectorOf(text);
  const rows = await createVectorRows(dimension);
  rows.add(vector);
  const { conversation, messages } = conversationOf('x', [text]);
  const [passage] = conversationPassages(conversation, messages);
  return [
    new Uint8Array(vector.buffer),
    rows.bytes(0, 1).slice(),
    new Uint8Array(Int32Array.of(passage?.textHash ?? 0).buffer),
  ];
}

/** Where anything of the texts is stored. */
async function placesOfTexts(
  texts: readonly string[],
  ...where: [OnggiDatabase, SidecarStore?]
): Promise<readonly string[]> {
  const places: string[] = [];
  for (const text of texts) {
    for (const trace of await tracesOf(text)) places.push(...(await placesOf(trace, ...where)));
  }
  return places;
}

/** Whether the texts are found with all their digits. */
async function areFound(index: VectorIndex, texts: readonly string[]): Promise<boolean> {
  for (const text of texts) {
    const [near] = await index.nearest(vectorOf(text), 1);
    if (!near || Math.abs(near.cosine - 1) > 1e-5) return false;
  }
  return true;
}

const isSound = async (index: VectorIndex): Promise<void> => {
  expect(await index.verify(new AbortController().signal)).toEqual({
    blockIds: [],
    isCopyDamaged: false,
  });
};

test.each([true, false])(
  'of what was removed nothing is left in tables and files (files: %s)',
  async (hasFiles) => {
    const db = await openForTest();
    const store = hasFiles ? memoryStore() : undefined;
    const index = await open(db, store);
    await put(index, 'before', many('before', 700));
    await put(index, 'gone', many('gone', 3));
    await put(index, 'changed', ['stays here', 'goes away']);
    await index.flush();
    await put(index, 'after', many('after', 700));
    await put(index, 'late', ['late one', 'late two']);
    await index.flush();
    // A row of every stretch: a full block, and the last one.
    const goneTexts = [...many('gone', 3), 'goes away', 'late one', 'late two'];
    expect((await placesOfTexts(['gone number 1'], db, store)).length).toBe(hasFiles ? 5 : 2);

    index.remove('gone');
    index.remove('late');
    await put(index, 'changed', ['stays here']);
    await index.flush();
    await index.expunge(GO_ON);
    expect(await placesOfTexts(goneTexts, db, store)).toEqual([]);
    const encoded = new TextEncoder().encode('"gone"');
    const named = await placesOf(encoded, db, store);
    // The log of the files names ids that were given out, and nothing of what they stand for.
    expect(named.filter((place) => !place.startsWith('file '))).toEqual([]);

    const kept = ['before number 0', 'before number 699', 'stays here', 'after number 699'];
    expect(await areFound(index, kept)).toBe(true);
    await isSound(index);
    // The files are what they were, and are read again; so are the tables alone.
    for (const from of [store, undefined]) {
      const again = await open(db, from);
      expect(await areFound(again, kept)).toBe(true);
      expect([...again.ownerIds()].sort()).toEqual(['after', 'before', 'changed']);
      await isSound(again);
    }
    expect(await placesOfTexts(goneTexts, db, store)).toEqual([]);
  },
);

test('what is put afterwards lies where it should', async () => {
  const db = await openForTest();
  const store = memoryStore();
  const index = await open(db, store);
  await put(index, 'gone', many('gone', 5));
  await index.flush();
  index.remove('gone');
  await index.flush();
  await index.expunge(GO_ON);
  expect(await placesOfTexts(many('gone', 5), db, store)).toEqual([]);
  for (const id of ['a', 'b']) {
    await put(index, id, many(id, 3));
    await index.flush();
  }
  const kept = [...many('a', 3), ...many('b', 3)];
  for (const from of [store, undefined]) {
    const again = await open(db, from);
    expect(await areFound(again, kept)).toBe(true);
    await isSound(again);
  }
});

/** A store that counts what is written, and can fail. */
function watched(
  inner: SidecarStore,
  onWrite: (name: string, byteLength: number, isOver: boolean) => void,
): SidecarStore {
  return {
    ...inner,
    async open(name): Promise<SidecarFile> {
      const file = await inner.open(name);
      return {
        get size() {
          return file.size;
        },
        read: (target, at) => file.read(target, at),
        append(bytes) {
          onWrite(name, bytes.length, false);
          return file.append(bytes);
        },
        overwrite(bytes, at) {
          onWrite(name, bytes.length, true);
          return file.overwrite(bytes, at);
        },
        truncate: (size) => file.truncate(size),
        flush: () => file.flush(),
        close: () => file.close(),
      };
    },
  };
}

test('one of many costs one block and its own places', async () => {
  const db = await openForTest();
  let written = 0;
  const store = watched(memoryStore(), (_name, byteLength) => (written += byteLength));
  const index = await open(db, store);
  for (const name of ['a', 'b', 'c', 'd', 'e']) await put(index, name, many(name, 1020));
  await put(index, 'gone', ['gone number 0']);
  await put(index, 'f', many('f', 1020));
  await index.flush();
  written = 0;
  const rewritten: string[] = [];
  db.relaxed.embeddings.hook('updating', (_changes, id) => void rewritten.push(id));
  index.remove('gone');
  await index.flush();
  await index.expunge(GO_ON);
  expect(await placesOfTexts(['gone number 0'], db, store)).toEqual([]);
  expect(rewritten).toHaveLength(1);
  // A row of the scan, its digits, its columns, a head, and the frame that says who is gone.
  expect(written).toBeLessThan(1500);
  written = 0;
  await index.expunge(GO_ON);
  expect([written, rewritten.length]).toEqual([0, 1]);
});

test.each(['before anything', 'after the tables', 'in the files'])(
  'cut off %s, it is done the next time',
  async (when) => {
    const db = await openForTest();
    const files = memoryStore();
    let isBroken = false;
    const store = watched(files, (name, _length, isOver) => {
      const isLog = !name.endsWith('-rows') && !name.endsWith('-digits');
      const isHit = when === 'in the files' ? isLog : when === 'after the tables';
      if (isBroken && isOver && isHit) throw new DOMException('full', 'QuotaExceededError');
    });
    const index = await open(db, store);
    await put(index, 'before', many('before', 1020));
    await put(index, 'gone', many('gone', 3));
    await put(index, 'after', many('after', 5));
    await index.flush();
    index.remove('gone');
    await index.flush();
    isBroken = true;
    const stop = (): void => {
      if (when === 'before anything') throw new Error('closed');
    };
    await index.expunge(stop).catch(() => undefined);
    expect((await placesOfTexts(many('gone', 3), db, files)).length).toBeGreaterThan(0);

    const again = await open(db, files);
    await again.expunge(GO_ON);
    expect(await placesOfTexts(many('gone', 3), db, files)).toEqual([]);
    expect(await areFound(again, ['before number 7', 'after number 4'])).toBe(true);
    await isSound(again);
    await isSound(await open(db, files));
  },
);

/** Search by meaning over `db`, with its files. */
function start(db: OnggiDatabase, store: SidecarStore, changes: Partial<MeaningDeps> = {}) {
  const phases: string[] = [];
  const meaning = createMeaning({
    db,
    store,
    clock: createTestClock(),
    openEmbedder: () => Promise.resolve(embedder),
    readWish: () => Promise.resolve({ chosen: BUILT_IN_CHOICE }),
    readHold: () => Promise.resolve(undefined),
    onStatus: ({ phase }) => phases.push(phase),
    ...changes,
  });
  const begin = async (): Promise<void> => {
    const options = { limit: 1, leastCosine: 0.9, isInPassing: false };
    await meaning.near('anything', options).catch(() => undefined);
  };
  const comesTo = (phase: string): Promise<void> =>
    expect.poll(() => phases.at(-1), { timeout: 10_000 }).toBe(phase);
  return { meaning, begin, comesTo };
}

async function fill(db: OnggiDatabase): Promise<void> {
  await addRows(
    db,
    conversationOf('gone', many('gone', 3)),
    conversationOf('kept', ['kept one', 'kept two']),
  );
}

const isGone = (db: OnggiDatabase, store: SidecarStore, texts: readonly string[]): Promise<void> =>
  expect.poll(() => placesOfTexts(texts, db, store), { timeout: 10_000 }).toEqual([]);

test('soon after a purge its vectors are gone, and those of a deleted message', async () => {
  const db = await openForTest();
  const store = memoryStore();
  await fill(db);
  const { begin, comesTo } = start(db, store);
  await begin();
  await comesTo('ready');
  await purgeConversations(db, [toConversationId('gone')]);
  await isGone(db, store, many('gone', 3));
  await deleteLastMessage(db);
  await isGone(db, store, ['kept two']);
  expect((await placesOfTexts(['kept one'], db, store)).length).toBeGreaterThan(0);
});

/** As removing a branch does: the message goes and its conversation is written. */
async function deleteLastMessage({ strict: db }: OnggiDatabase): Promise<void> {
  await db.transaction('rw', db.conversations, db.messages, async () => {
    await db.messages.delete(toMessageId('kept-1'));
    await db.conversations.update(toConversationId('kept'), { updatedAt: 5000, messageCount: 1 });
  });
}

test('a purge waits for no pause, and nobody is embedded meanwhile', async () => {
  const db = await openForTest();
  const store = memoryStore();
  await fill(db);
  let hold: MeaningHold | undefined;
  const { begin, comesTo, meaning } = start(db, store, { readHold: () => Promise.resolve(hold) });
  await begin();
  await comesTo('ready');
  hold = 'paused';
  await addRows(db, conversationOf('new', ['new one']));
  await comesTo('paused');
  await purgeConversations(db, [toConversationId('gone')]);
  await isGone(db, store, many('gone', 3));
  await deleteLastMessage(db);
  await isGone(db, store, ['kept two']);
  expect(await placesOfTexts(['new one'], db, store)).toEqual([]);
  hold = undefined;
  await comesTo('ready');
  // What was followed is stored before its files are looked at.
  await meaning.compact(true);
  expect((await placesOfTexts(['new one'], db, store)).length).toBeGreaterThan(0);
});

test('what goes while it is embedded with others takes no other vector with it', async () => {
  const db = await openForTest();
  const store = memoryStore();
  await fill(db);
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const { begin, comesTo } = start(db, store, {
    openEmbedder: () =>
      Promise.resolve({
        ...embedder,
        batchTexts: 1,
        async embed(texts) {
          if (texts.includes('kept one')) await held;
          return embedder.embed(texts);
        },
      }),
  });
  await begin();
  await comesTo('indexing');
  await purgeConversations(db, [toConversationId('gone')]);
  release();
  await comesTo('ready');
  await isGone(db, store, many('gone', 3));
  const index = await open(db);
  expect(await areFound(index, ['kept one', 'kept two'])).toBe(true);
  expect(index.ownerIds()).toEqual(['kept']);
});

test('where the model cannot be had the check of search does it', async () => {
  const db = await openForTest();
  const store = memoryStore();
  await fill(db);
  const first = start(db, store);
  await first.begin();
  await first.comesTo('ready');
  await purgeConversations(db, [toConversationId('gone')]);
  await isGone(db, store, many('gone', 3));
  // Another visit, in which nothing answers.
  await addRows(db, conversationOf('gone', many('gone', 3)));
  await expect
    .poll(
      async () => {
        await first.meaning.compact(true);
        return (await placesOfTexts(['gone number 0'], db)).length;
      },
      { timeout: 10_000 },
    )
    .toBeGreaterThan(0);
  const failing: Partial<MeaningDeps> = {
    openEmbedder: () => Promise.reject(new OnggiError('model/not-found', 'gone')),
  };
  const files = memoryStore();
  const elsewhere = await copyOf(db);
  const second = start(elsewhere, files, failing);
  await second.begin();
  await purgeConversations(elsewhere, [toConversationId('gone')]);
  const found = await second.meaning.check(() => undefined, new AbortController().signal);
  expect(found).toBe('unready');
  expect(await placesOfTexts(many('gone', 3), elsewhere, files)).toEqual([]);
  expect((await placesOfTexts(['kept one'], elsewhere, files)).length).toBeGreaterThan(0);
});

/** A database with the same rows, which no other search follows. */
async function copyOf(from: OnggiDatabase): Promise<OnggiDatabase> {
  const to = await openForTest();
  const tables = ['conversations', 'messages', 'embeddings', 'embeddingCoverage'] as const;
  for (const name of tables) {
    const rows: readonly unknown[] = await from.strict.table(name).toArray();
    await to.strict.table(name).bulkPut([...rows]);
  }
  return to;
}
