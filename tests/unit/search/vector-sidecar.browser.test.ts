import { describe, expect, test } from 'vitest';
import type { OnggiDatabase } from '#db/open-database.ts';
import { conversationPassages } from '#search/passages.ts';
import type { SearchAnswer } from '#search/search-messages.ts';
import { memoryStore } from '#search/sidecar-memory.ts';
import { openOpfsStore } from '#search/sidecar-opfs.ts';
import type { SidecarStore } from '#search/sidecar-store.ts';
import { openVectorIndex } from '#search/vector-index.ts';
import type { VectorIndex } from '#search/vector-index.ts';
import { createPassageRows } from '#search/passage-rows.ts';
import { createVectorRows } from '#search/vector-rows.ts';
import { openVectorSidecar, removeOtherVectorFiles } from '#search/vector-sidecar.ts';
import { createTestClock, openForTest } from '../db/fresh-database.ts';
import {
  TEST_IDENTITY,
  addRows,
  conversationOf,
  createTestEmbedder,
  openTestIndex as open,
  startTestClient,
} from './support.ts';
import { readFile, writeFile } from './sidecar-files.ts';

const embedder = createTestEmbedder();
async function put(index: VectorIndex, id: string, texts: readonly string[]): Promise<void> {
  const { conversation, messages } = conversationOf(id, texts);
  const wanted = conversationPassages(conversation, messages);
  const missing = index.missing(id, wanted).map(({ text }) => text);
  index.put({ id, stamp: texts.join() }, wanted, await embedder.embed(missing, 'passage'));
  await index.flush();
}

async function find(index: VectorIndex, text: string): Promise<readonly unknown[]> {
  const near = await index.nearest(await embedder.embed([text], 'query'), 3);
  return near
    .filter(({ cosine }) => cosine > 0.9)
    .map(({ ownerId, cosine, passage }) => [ownerId, passage.seq, cosine.toFixed(6)]);
}

/** Everything that a question can tell of the index. */
async function describeIndex(index: VectorIndex): Promise<unknown> {
  const texts = ['red apple', 'green pear', 'blue plum', 'yellow lemon', 'w7 x3', 'w1500 x8'];
  const found = [];
  for (const text of texts) found.push(await find(index, text));
  return {
    found,
    stamps: index
      .ownerIds()
      .map((id) => [id, index.stampOf(id)])
      .sort(),
  };
}

/** An index of several steps: rows over the border of a block, some changed and some gone. */
async function fill(db: OnggiDatabase, store: SidecarStore): Promise<unknown> {
  const index = await open(db, store);
  await put(
    index,
    'many',
    Array.from({ length: 1600 }, (_, at) => `w${at} x${at % 11}`),
  );
  await put(index, 'a', ['red apple', 'green pear']);
  await put(index, 'b', ['yellow lemon']);
  await put(index, 'a', ['red apple', 'blue plum']);
  index.remove('b');
  await index.flush();
  await put(index, 'none', []);
  const described = await describeIndex(index);
  index.close();
  return described;
}

async function logName(store: SidecarStore): Promise<string> {
  const name = (await store.list()).find((each) => /-[0-9a-f]+$/.test(each));
  if (name === undefined) throw new Error('no file');
  return name;
}

/** Without the rows of the table only the files can say what they say. */
const clearTable = (db: OnggiDatabase): Promise<void> => db.strict.embeddings.clear();

test('the files alone say what the tables say, and more can be added', async () => {
  const db = await openForTest();
  const store = memoryStore();
  const described = await fill(db, store);
  const blocks = await db.strict.embeddings.toArray();
  await clearTable(db);
  const again = await open(db, store);
  expect(await describeIndex(again)).toEqual(described);
  // What is put now goes on in the last block, which is written whole.
  await put(again, 'c', ['black cherry']);
  const last = await db.strict.embeddings.toArray();
  expect(last.map(({ number }) => number)).toEqual([1]);
  expect(last[0]?.vectors.byteLength).toBe((blocks[1]?.vectors.byteLength ?? 0) + 32 * 4);
  again.close();
  const third = await open(db, store);
  expect(await find(third, 'black cherry')).toEqual([['c', 0, '1.000000']]);
  // And the table holds the same, where there are no files.
  await db.strict.embeddings.bulkPut(blocks.slice(0, 1));
  const plain = await open(db, memoryStore());
  expect(await find(plain, 'black cherry')).toEqual([['c', 0, '1.000000']]);
  expect(await find(plain, 'w7 x3')).toEqual(await find(third, 'w7 x3'));
});

test('zeros stored for what an endpoint refused are left out, told and let go of; others are not', async () => {
  const db = await openForTest();
  const clock = createTestClock();
  for (const [dtype, count] of [
    ['remote', 1],
    ['fp32', 0],
  ] as const) {
    const store = memoryStore();
    const identity = { ...TEST_IDENTITY, dtype };
    const openIndex = (where: SidecarStore) =>
      openVectorIndex({ db, clock, collection: 'conversations', identity, store: where });
    const index = await openIndex(store);
    const { conversation, messages } = conversationOf('b', ['yellow lemon', 'refused', 'dropped']);
    const wanted = conversationPassages(conversation, messages);
    const vectors = await embedder.embed(
      wanted.map(({ text }) => text),
      'passage',
    );
    index.put({ id: 'b', stamp: 's' }, wanted, vectors.fill(0, vectors.length - 64));
    index.retain('b', wanted.slice(0, -1));
    await index.flush();
    index.close();
    for (const where of [memoryStore(), store]) {
      const again = await openIndex(where);
      expect(again.leftOutCount(), dtype).toBe(count);
      expect(again.forgetLeftOut()).toEqual(count > 0 ? ['b'] : []);
      expect(again.missing('b', wanted.slice(0, -1)).map(({ text }) => text)).toEqual(
        count > 0 ? ['refused'] : [],
      );
      expect(again.leftOutCount()).toBe(0);
      again.close();
    }
  }
});

test('which passages could not be read is known from the files, and from the tables', async () => {
  const db = await openForTest();
  const store = memoryStore();
  const index = await open(db, store);
  await put(index, 'a', ['red apple', 'green pear']);
  const { conversation, messages } = conversationOf('b', ['yellow lemon', 'deadly']);
  const wanted = conversationPassages(conversation, messages);
  const vectors = await embedder.embed(
    wanted.map(({ text }) => text),
    'passage',
  );
  index.put({ id: 'b', stamp: 's' }, wanted, vectors.fill(NaN, vectors.length - 32));
  await index.flush();
  expect(index.leftOutCount()).toBe(1);
  index.close();
  for (const where of [store, memoryStore()]) {
    const again = await open(db, where);
    expect(again.leftOutCount()).toBe(1);
    expect(again.stampOf('b')).toBe('s');
    expect(again.missing('b', wanted)).toEqual([]);
    expect(await find(again, 'yellow lemon')).toEqual([['b', 0, '1.000000']]);
    const damaged = await again.verify(new AbortController().signal);
    expect(damaged).toEqual({ blockIds: [], isCopyDamaged: false });
    again.close();
  }
  const last = await open(db, store);
  last.remove('b');
  expect(last.leftOutCount()).toBe(0);
});

test('many small steps are written together, and nothing is lost by it', async () => {
  const db = await openForTest();
  const store = memoryStore();
  const index = await open(db, store);
  for (let at = 0; at < 150; at += 1) {
    await put(index, `o${at}`, [`w${at} x${at % 11}`]);
    if (at % 5 === 4) index.remove(`o${at - 1}`);
  }
  await index.flush();
  const described = await describeIndex(index);
  index.close();
  await clearTable(db);
  expect(await describeIndex(await open(db, store))).toEqual(described);
});

describe('files that are not what the tables say', () => {
  type Damage = (store: SidecarStore, name: string) => Promise<void>;
  const flip =
    (part: number, suffix: string): Damage =>
    async (store, name) => {
      const bytes = await readFile(store, name + suffix);
      const at = Math.floor((bytes.length - 1) * part);
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      await writeFile(store, name + suffix, bytes);
    };
  const cut =
    (by: number, suffix = ''): Damage =>
    async (store, name) => {
      const bytes = await readFile(store, name + suffix);
      await writeFile(store, name + suffix, bytes.subarray(0, Math.max(0, bytes.length - by)));
    };
  const cases: [string, Damage][] = [
    ['with a torn tail', cut(3)],
    ['that end after the first head', (store, name) => cutTo(store, name, 28)],
    ['emptied', cut(1e9)],
    ['whose rows are cut', cut(1, '-rows')],
    ['whose digits are cut', cut(1, '-digits')],
    ['of which the log is missing', (store, name) => store.remove(name)],
    ['of which the rows are missing', (store, name) => store.remove(`${name}-rows`)],
    ['of which the digits are missing', (store, name) => store.remove(`${name}-digits`)],
    ['of something else', (store, name) => writeFile(store, name, new Uint8Array(5000).fill(7))],
    ...[0, 0.001, 0.3, 0.7, 0.9, 0.97, 1].map((part): [string, Damage] => [
      `with a flipped bit at ${part} of the log`,
      flip(part, ''),
    ]),
    ...[0, 0.4, 1].map((part): [string, Damage] => [
      `with a flipped bit at ${part} of the rows`,
      flip(part, '-rows'),
    ]),
  ];
  async function cutTo(store: SidecarStore, name: string, size: number): Promise<void> {
    await writeFile(store, name, (await readFile(store, name)).subarray(0, size));
  }

  test.each(cases)('%s are noticed and written anew', async (_what, damage) => {
    const db = await openForTest();
    const store = memoryStore();
    const described = await fill(db, store);
    await damage(store, await logName(store));
    const again = await open(db, store);
    expect(await describeIndex(again)).toEqual(described);
    again.close();
    await clearTable(db);
    expect(await describeIndex(await open(db, store))).toEqual(described);
  });

  test('of an earlier step are noticed and written anew', async () => {
    const db = await openForTest();
    const store = memoryStore();
    await fill(db, store);
    const name = await logName(store);
    const names = ['', '-rows', '-digits'].map((suffix) => name + suffix);
    const before = await Promise.all(names.map((each) => readFile(store, each)));
    const index = await open(db, store);
    await put(index, 'a', ['purple grape']);
    const described = await describeIndex(index);
    index.close();
    // The page ended after the tables were written and before the files were.
    for (const [at, each] of names.entries()) {
      await writeFile(store, each, before[at] ?? new Uint8Array(0));
    }
    const again = await open(db, store);
    expect(await describeIndex(again)).toEqual(described);
    expect(await find(again, 'purple grape')).toContainEqual(['a', 0, '1.000000']);
    again.close();
    await clearTable(db);
    expect(await describeIndex(await open(db, store))).toEqual(described);
  });

  test('with damaged exact numbers are made up for by the table', async () => {
    const db = await openForTest();
    const store = memoryStore();
    const described = await fill(db, store);
    const name = `${await logName(store)}-digits`;
    const bytes = await readFile(store, name);
    // All rows of the first block; those of the last are looked at when it is taken up again.
    for (let row = 0; row < 1024; row += 1) bytes[row * 32 * 4 + 2] = 0x55;
    await writeFile(store, name, bytes);
    expect(await describeIndex(await open(db, store))).toEqual(described);
  });
});

test('another embedder begins with nothing, and its files take the place of the old ones', async () => {
  const db = await openForTest();
  const store = memoryStore();
  const described = await fill(db, store);
  const old = await logName(store);
  const other = await open(db, store, '2');
  expect(other.ownerIds()).toEqual([]);
  await put(other, 'a', ['red apple']);
  expect(await describeIndex(await open(db, store))).toEqual(described);
  await removeOtherVectorFiles(store, 'conversations', 'test|2|fp32|32|v1');
  expect(await store.list()).toHaveLength(3);
  expect(await store.list()).not.toContain(old);
});

describe('the files of one embedder', () => {
  const EMBEDDERS = ['one|1|fp32|32|v1', 'two|1|fp32|32|v1'] as const;

  async function openFiles(store: SidecarStore, collection: string, embedder: string) {
    const rows = await createVectorRows(32);
    const passages = createPassageRows();
    const readOwners = () => [];
    const deps = { store, collection, embedder, rows, passages, readOwners };
    return { rows, passages, sidecar: await openVectorSidecar(deps) };
  }

  test('are not taken under the name of another, nor of another collection, even with its stamp', async () => {
    const [one, two] = EMBEDDERS;
    const store = memoryStore();
    const { rows, passages, sidecar } = await openFiles(store, 'conversations', one);
    const vector = await embedder.embed(['red apple'], 'passage');
    rows.add(vector);
    passages.numberOwner('a');
    passages.add(0, { ownerId: 'a', kind: 'message', seq: 0, start: 0, end: 9, textHash: 1 });
    await sidecar.addExact(vector);
    await sidecar.commit({ stamp: 'the same', owners: [['a', 's']], dead: [] });
    sidecar.close();
    const names = await store.list();
    const own = (await openFiles(store, 'conversations', one)).sidecar;
    expect(await own.load('the same')).toEqual(new Map([['a', 's']]));

    for (const [collection, other] of [
      ['conversations', two],
      ['documents', one],
    ] as const) {
      const { sidecar: target } = await openFiles(store, collection, other);
      const taken = (await store.list()).filter((name) => !names.includes(name));
      for (const [at, name] of taken.entries()) {
        await writeFile(store, name, await readFile(store, names[at] ?? ''));
      }
      expect(await target.load('the same')).toBeUndefined();
      for (const name of taken) await store.remove(name);
    }
  });

  test('are closed again when one of them cannot be opened', async () => {
    const inner = memoryStore();
    const open = new Set<string>();
    const store: SidecarStore = {
      ...inner,
      async open(name) {
        if (name.endsWith('-digits')) throw new DOMException('busy', 'NoModificationAllowedError');
        const file = await inner.open(name);
        open.add(name);
        return { ...file, size: file.size, close: () => open.delete(name) };
      },
    };
    await expect(openFiles(store, 'conversations', EMBEDDERS[0])).rejects.toThrow('busy');
    expect([...open]).toEqual([]);
  });
});

test('a full disk takes the files away and nothing else', async () => {
  const db = await openForTest();
  const inner = memoryStore();
  let room = 100_000;
  const store: SidecarStore = {
    ...inner,
    async open(name) {
      const file = await inner.open(name);
      return {
        ...file,
        get size() {
          return file.size;
        },
        append(bytes) {
          room -= bytes.length;
          if (room < 0) throw new DOMException('full', 'QuotaExceededError');
          return file.append(bytes);
        },
      };
    },
  };
  const described = await fill(db, store);
  expect(room).toBeLessThan(0);
  expect(await describeIndex(await open(db, memoryStore()))).toEqual(described);
});

describe('in the file system of the origin', () => {
  function startClient(db: OnggiDatabase) {
    const client = startTestClient(db);
    const phases: string[] = [];
    client.watchStatus(({ meaning }) => phases.push(meaning.phase));
    return {
      close: () => client.close(),
      isReady: () => expect.poll(() => phases.at(-1), { timeout: 20_000 }).toBe('ready'),
      async ask(text: string): Promise<unknown> {
        const answers: SearchAnswer[] = [];
        const asked = {
          kind: 'near',
          text,
          limit: 1,
          leastCosine: 0.3,
          isInPassing: false,
        } as const;
        await client.ask(asked, (answer) => answers.push(answer));
        const [answer] = answers;
        return answer?.kind === 'near' ? answer.groups.map(({ id }) => id) : undefined;
      },
    };
  }

  const folderOf = async (name: string): Promise<FileSystemDirectoryHandle> => {
    const root = await navigator.storage.getDirectory();
    return (await root.getDirectoryHandle('search', { create: true })).getDirectoryHandle(name);
  };

  test('a damaged file is mended, and folders of lost databases are cleared away', async () => {
    const db = await openForTest();
    await addRows(
      db,
      conversationOf('cat', ['My cat refuses to eat since yesterday']),
      conversationOf('printer', ['네트워크 프린터를 어떻게 설정하나요?']),
    );
    const root = await navigator.storage.getDirectory();
    const search = await root.getDirectoryHandle('search', { create: true });
    const lost = `lost-${crypto.randomUUID()}`;
    await (
      await search.getDirectoryHandle(lost, { create: true })
    ).getFileHandle('f', { create: true });

    const first = startClient(db);
    await first.ask('고양이');
    await first.isReady();
    expect(await first.ask('고양이가 밥을 안 먹어요')).toEqual(['cat']);
    first.close();
    await expect(search.getDirectoryHandle(lost)).rejects.toThrow();

    const folder = await folderOf(db.name);
    const names: string[] = [];
    for await (const name of folder.keys())
      if (name.startsWith('vectors-conversations-')) names.push(name);
    expect(names).toHaveLength(3);
    const handle = await folder.getFileHandle(names.find((name) => name.endsWith('-rows')) ?? '');
    const whole = new Uint8Array(await (await handle.getFile()).arrayBuffer());
    const damaged = whole.slice();
    damaged[100] = (damaged[100] ?? 0) ^ 1;
    await expect.poll(() => write(handle, damaged), { timeout: 5000 }).toBe(true);

    const second = startClient(db);
    await second.ask('printer');
    await second.isReady();
    expect(await second.ask('고양이가 밥을 안 먹어요')).toEqual(['cat']);
    second.close();
    const mended = new Uint8Array(await (await handle.getFile()).arrayBuffer());
    expect([...mended]).toEqual([...whole]);
  });

  /** @returns false while the ended worker still has the file */
  async function write(
    handle: FileSystemFileHandle,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<boolean> {
    try {
      const writable = await handle.createWritable();
      await writable.write(bytes);
      await writable.close();
      return true;
    } catch {
      return false;
    }
  }

  test('where files cannot be read at once, as on a page, there are none', async () => {
    const db = await openForTest();
    expect(await openOpfsStore(db.name)).toBeUndefined();
  });
});
