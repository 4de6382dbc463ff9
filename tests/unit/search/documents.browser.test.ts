import { describe, expect, onTestFinished, test } from 'vitest';
import {
  addDocument,
  putDocumentTexts,
  removeDocuments,
  renameDocument,
  replaceDocument,
} from '#db/documents.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { watchFeed } from '#db/watch-feed.ts';
import { embedderIdOf, skipsDocuments } from '#domain/embedder-choice.ts';
import type { EmbedderChoice } from '#domain/embedder-choice.ts';
import { toEndpointId } from '#domain/ids.ts';
import { createDocumentRows } from '#domain/library.ts';
import { OnggiError } from '#domain/errors.ts';
import type { MeaningStatus } from '#domain/search.ts';
import { openForTest } from '../db/fresh-database.ts';
import { find, findIds, openEngine, store } from './engine-support.ts';
import { addRows, conversationOf, createTestEmbedder, createTestMeaning } from './support.ts';

const note = (id: string, text: string, updatedAt = 1) => ({
  id,
  name: `${id}.txt`,
  mediaType: 'text/plain',
  sizeBytes: text.length,
  text,
  createdAt: updatedAt,
  updatedAt,
  source: 'file',
});

/** Three chunks, the word in the last. */
const long = (word: string) => `${'filler text goes on. '.repeat(160)}\n\n${word} stands here.`;

describe('by words', () => {
  test('a document is found in its text and by its name, and says where', async () => {
    const db = await openForTest();
    await addDocument(db, note('notes', long('장독대')));
    await store(db, 'talk', ['장독대 이야기']);
    const engine = await openEngine(db);
    const { groups } = await find(engine, '장독대');
    expect(groups.map(({ kind, id }) => [kind, id]).sort()).toEqual([
      ['conversation', 'talk'],
      ['document', 'notes'],
    ]);
    const inText = groups.find(({ kind }) => kind === 'document');
    expect(inText?.places).toMatchObject([{ id: 'notes.2', field: 'passage' }]);
    const snippet = inText?.places[0]?.snippet;
    const marked = snippet?.marks.map(([from, to]) => snippet.text.slice(from, to));
    expect(marked).toEqual(['장독대']);

    const [byName] = (await find(engine, 'notes.txt')).groups;
    expect(byName).toMatchObject({
      kind: 'document',
      title: { text: 'notes.txt', marks: [[0, 9]] },
      places: [{ id: null, field: 'title' }],
    });
    expect(byName?.places[0]?.snippet.text).toMatch(/^filler/);
  });

  test('words that lie in two neighbouring passages are found together, those further apart are not', async () => {
    const db = await openForTest();
    const filler = 'filler text goes on. '.repeat(70);
    // Each paragraph becomes a passage of its own; the tenth and eleventh tell numbers from letters.
    const paragraphs = Array.from({ length: 13 }, (_, at) => `${filler} place${at}x.`);
    await addDocument(db, note('doc', paragraphs.join('\n\n')));
    await addDocument(db, note('whole', 'place3x and place4x together'));
    const engine = await openEngine(db);
    const chunks = await db.strict.documentChunks.where('documentId').equals('doc').toArray();
    expect(chunks).toHaveLength(13);
    expect(await findIds(engine, 'place3x place4x')).toEqual(['whole', 'doc']);
    expect(await findIds(engine, 'place9x place10x')).toEqual(['doc']);
    expect(await findIds(engine, 'place4x place6x')).toEqual([]);
    expect(await findIds(engine, 'place5x place6x place7x')).toEqual([]);
    expect(await findIds(engine, 'place3x place4x -together')).toEqual(['doc']);
    expect(await findIds(engine, 'place9x filler -place10x')).toEqual(['doc']);
    expect(await findIds(engine, 'place9x place10x -place9x')).toEqual([]);
    const page = await find(engine, 'place9x place10x');
    expect(page.groups[0]?.places[0]).toMatchObject({ id: 'doc.9', field: 'passage' });
    expect(page.placeCount).toBe(1);
  });

  test('what was quoted, or a word, is found where it lies over the border of two passages', async () => {
    const db = await openForTest();
    const words = Array.from({ length: 900 }, (_, at) => `word${at}`).join(' ');
    // Without a space it is cut where a passage is full.
    const signs = Array.from({ length: 4000 }, (_, at) => String.fromCodePoint(0x4e00 + at)).join(
      '',
    );
    await addDocument(db, note('words', words));
    await addDocument(db, note('signs', signs));
    const chunks = await db.strict.documentChunks.toArray();
    const textOf = (id: string) => chunks.find((chunk) => chunk.id === id)?.text ?? '';
    const last = textOf('words.1').trim().split(' ').at(-1) ?? '';
    const next = textOf('words.2').split(' ')[0] ?? '';
    const torn = textOf('signs.0').slice(-2) + textOf('signs.1').slice(0, 2);
    for (const withSimd of [true, false]) {
      const engine = await openEngine(db, { withSimd });
      const { groups } = await find(engine, `"${last} ${next}"`);
      expect(groups).toMatchObject([{ id: 'words', places: [{ id: 'words.1' }] }]);
      const snippet = groups[0]?.places[0]?.snippet;
      expect(snippet?.marks.map(([from, to]) => snippet.text.slice(from, to))).toEqual([
        `${last} ${next}`,
      ]);
      expect(await findIds(engine, torn)).toEqual(['signs']);
      expect(await findIds(engine, `"${last} ${next}" word1`)).toEqual([]);
      expect(await findIds(engine, `${last} ${next} -"${last} ${next}"`)).toEqual([]);
      expect(await findIds(engine, `"${next} ${last}"`)).toEqual([]);
      expect(await findIds(engine, `${torn}${torn}`)).toEqual([]);
    }
  });

  test('the border of a passage that a document got back is found as before', async () => {
    const db = await openForTest();
    const text = Array.from({ length: 900 }, (_, at) => `word${at}`).join(' ');
    await addDocument(db, note('words', text));
    const chunks = await db.strict.documentChunks.orderBy('[documentId+seq]').toArray();
    expect(chunks.length).toBeGreaterThan(3);
    const borders = chunks.slice(1).map((after, at) => {
      const last = chunks[at]?.text.trim().split(' ').at(-1) ?? '';
      return `"${last} ${after.text.split(' ')[0] ?? ''}"`;
    });
    const engine = await openEngine(db);
    const findBorders = async () => {
      const found = [];
      for (const border of borders) found.push(await findIds(engine, border));
      return found;
    };
    const all = borders.map(() => ['words']);
    expect(await findBorders()).toEqual(all);
    await db.strict.documentChunks.delete('words.2');
    await engine.catchUp();
    expect(await findBorders()).not.toEqual(all);
    // As a copy elsewhere gives it back: the document itself stays as it is.
    await putDocumentTexts(db.strict, [{ id: 'words', text }]);
    await store(db, 'talk', ['in between']);
    await engine.catchUp();
    expect(await findBorders()).toEqual(all);
    // Its name, and each passage once.
    expect((await find(engine, 'word')).placeCount).toBe(1 + chunks.length);
  });

  test('two passages are neighbours where one block of the text ends and the next begins', async () => {
    const db = await openForTest();
    const words = Array.from({ length: 480_000 }, (_, at) => `word${at}`).join(' ');
    await addDocument(db, note('doc', words));
    const chunks = await db.strict.documentChunks.orderBy('[documentId+seq]').toArray();
    const blockBytes = 4 * 1024 * 1024;
    let size = 'doc.txt'.length + 1;
    const first = chunks.findIndex(({ text }) => (size += text.length + 1) > blockBytes);
    expect(first).toBeGreaterThan(0);
    const before = chunks[first - 1]?.text.trim().split(' ') ?? [];
    const after = chunks[first]?.text.trim().split(' ') ?? [];
    const [last, next] = [before.at(-1) ?? '', after[0] ?? ''];
    const places = async (isResident: boolean, query: string) => {
      const engine = await openEngine(db, { isResident });
      return (await find(engine, query)).groups.map(({ places: [place] }) => place?.id);
    };
    for (const isResident of [false, true]) {
      const id = chunks[first - 1]?.id;
      expect(await places(isResident, `${before[0]} ${after.at(-1)}`)).toEqual([id]);
      expect(await places(isResident, `"${last} ${next}"`)).toEqual([id]);
      expect(await places(isResident, `${last} ${next} -${after[1]}`)).toEqual([]);
      expect(await places(isResident, `${last} ${next} nowhere`)).toEqual([]);
    }
  });

  test('what was renamed, replaced or deleted is found as it is now', async () => {
    const db = await openForTest();
    await addDocument(db, note('a', long('apple')));
    const engine = await openEngine(db);
    await renameDocument(db, 'a', 'pear.txt', 2);
    await engine.catchUp();
    expect(await findIds(engine, 'pear')).toEqual(['a']);
    await replaceDocument(db, createDocumentRows(note('a', 'short plum', 3)));
    await engine.catchUp();
    expect(await findIds(engine, 'apple')).toEqual([]);
    expect(await findIds(engine, 'plum')).toEqual(['a']);
    await removeDocuments(db, ['a']);
    await engine.catchUp();
    expect(await findIds(engine, 'plum')).toEqual([]);
    expect(await findIds(engine, 'txt')).toEqual([]);
  });
});

describe('by meaning', () => {
  async function start(db: OnggiDatabase) {
    const { embedder, statuses, meaning } = createTestMeaning(db);
    const near = (text: string, withDocuments = true) =>
      meaning.near(text, { limit: 5, leastCosine: 0.9, isInPassing: false, withDocuments });
    const ids = async (text: string) => (await near(text)).map(({ id }) => id);
    const isReady = () => expect.poll(() => statuses.at(-1)?.phase).toBe('ready');
    await near('anything');
    await isReady();
    return { meaning, embedder, statuses, near, ids, isReady };
  }

  const covered = async (db: OnggiDatabase, id: string) =>
    (await db.strict.embeddingCoverage.toArray()).filter(({ ownerId }) => ownerId === id).length;

  test('documents are found beside conversations, where they are asked for, and counted', async () => {
    const db = await openForTest();
    await addRows(db, conversationOf('talk', ['red apple']));
    await addDocument(db, note('doc', `${'filler text goes on. '.repeat(76)}\n\nred apple`));
    const { near, statuses } = await start(db);
    expect(statuses.at(-1)).toMatchObject({ doneCount: 2, totalCount: 2 });
    const found = await near('red apple');
    expect(found.map(({ kind, id }) => [kind, id]).sort()).toEqual([
      ['conversation', 'talk'],
      ['document', 'doc'],
    ]);
    expect(found.find(({ kind }) => kind === 'document')).toMatchObject({
      title: { text: 'doc.txt' },
      foundBy: ['meaning'],
      places: [{ id: 'doc.1', field: 'passage', snippet: { text: 'red apple' } }],
    });
    expect((await near('red apple', false)).map(({ id }) => id)).toEqual(['talk']);
    const [byName] = await near('doc.txt');
    expect(byName).toMatchObject({ id: 'doc', places: [{ id: null, field: 'title' }] });
    expect(byName?.places[0]?.snippet.text).toMatch(/^filler/);
    // In a collection of their own, as the specification has it.
    const blocks = await db.strict.embeddings.toArray();
    expect(new Set(blocks.map(({ collection }) => collection))).toEqual(
      new Set(['conversations', 'documents']),
    );
  });

  test('what is added, changed, deleted and brought back is followed', async () => {
    const db = await openForTest();
    await addDocument(db, note('old', 'green pear'));
    const { ids, embedder } = await start(db);
    await addDocument(db, note('new', 'yellow lemon'));
    await expect.poll(() => ids('yellow lemon'), { timeout: 10_000 }).toEqual(['new']);
    await replaceDocument(db, createDocumentRows(note('old', 'blue plum', 2)));
    await expect.poll(() => ids('blue plum'), { timeout: 10_000 }).toEqual(['old']);
    expect(await ids('green pear')).toEqual([]);
    // The name stayed, and its vector with it.
    expect(embedder.given.filter((text) => text === 'old.txt')).toHaveLength(1);
    await removeDocuments(db, ['new']);
    await expect.poll(() => ids('yellow lemon'), { timeout: 10_000 }).toEqual([]);
    await expect.poll(() => covered(db, 'new'), { timeout: 10_000 }).toBe(0);
  });

  test('a document that is deleted while it is embedded is given to the embedder no further', async () => {
    const db = await openForTest();
    const chunkCount = 60;
    const text = Array.from({ length: chunkCount }, (_, at) => `p${at} ${'filler '.repeat(225)}`);
    await addDocument(db, note('gone', text.join('\n\n')));
    const embedder = createTestEmbedder();
    let isRemoved = false;
    const { meaning, statuses } = createTestMeaning(db, {
      openEmbedder: () =>
        Promise.resolve({
          ...embedder,
          async embed(texts, kind) {
            if (kind === 'passage' && !isRemoved) {
              isRemoved = true;
              const told = new Promise<void>((resolve) => {
                onTestFinished(watchFeed(db, resolve));
              });
              await removeDocuments(db, ['gone']);
              await told;
            }
            return embedder.embed(texts, kind);
          },
        }),
    });
    const options = { limit: 5, leastCosine: 0.9, isInPassing: false, withDocuments: true };
    await meaning.near('anything', options);
    await expect.poll(() => statuses.at(-1)?.phase, { timeout: 10_000 }).toBe('ready');
    expect(isRemoved).toBe(true);
    expect(embedder.given.length).toBeLessThan(chunkCount / 2);
    expect(await covered(db, 'gone')).toBe(0);
    expect(await db.strict.embeddings.toArray()).toEqual([]);
  });

  test('of a deleted document no vector is left in the table', async () => {
    const db = await openForTest();
    await addDocument(db, note('gone', 'red apple'));
    await addDocument(db, note('kept', 'green pear'));
    const { ids } = await start(db);
    const named = async () =>
      (await db.strict.embeddings.toArray()).some((block) => block.ownerIds.includes('gone'));
    expect(await named()).toBe(true);
    await removeDocuments(db, ['gone']);
    await expect.poll(named, { timeout: 10_000 }).toBe(false);
    expect(await ids('green pear')).toEqual(['kept']);
  });

  test('a reload embeds nothing anew, and a check finds and mends what was lost', async () => {
    const db = await openForTest();
    await addDocument(db, note('a', 'red apple'));
    await addRows(db, conversationOf('talk', ['green pear']));
    await start(db);
    const { meaning, embedder, ids } = await start(db);
    expect(embedder.given).toEqual([]);
    const check = () => meaning.check(() => undefined, new AbortController().signal);
    expect(await check()).toMatchObject({
      problems: { 'vector-missing': 0, 'vector-left': 0, 'vector-unreadable': 0 },
    });
    const [block] = await db.strict.embeddings
      .filter(({ collection }) => collection === 'documents')
      .toArray();
    if (!block) throw new Error('no vectors of documents');
    await db.strict.embeddings.put({ ...block, vectors: new ArrayBuffer(3) });
    const findings = await check();
    if (typeof findings === 'string') throw new Error(findings);
    expect(findings.problems['vector-unreadable']).toBe(1);
    await meaning.mend(findings);
    expect(await check()).toMatchObject({ problems: { 'vector-unreadable': 0 } });
    expect(await ids('red apple')).toEqual(['a']);
  });

  /** Meaning by an endpoint that the person let have documents, and what it was given. */
  function startEndpoint(db: OnggiDatabase, mostTexts = Infinity) {
    const endpoint = { kind: 'endpoint', endpointId: toEndpointId('e'), model: 'm' } as const;
    const earlier = { ...endpoint, baseUrl: 'https://e.example' };
    const wish = { chosen: { ...earlier, sendsDocuments: true } as EmbedderChoice };
    const limits = { mostTexts };
    const given: string[] = [];
    const statuses: MeaningStatus[] = [];
    const { meaning } = createTestMeaning(db, {
      onStatus: (status) => statuses.push(status),
      readWish: () => Promise.resolve(wish),
      openEmbedder(choice) {
        const embedder = createTestEmbedder({ id: embedderIdOf(choice) });
        const embed: typeof embedder.embed = (texts, kind) => {
          if (given.length >= limits.mostTexts) throw new OnggiError('model/damaged', 'no more');
          given.push(...texts);
          return embedder.embed(texts, kind);
        };
        return Promise.resolve({ ...embedder, embed, skipsDocuments: skipsDocuments(choice) });
      },
    });
    const options = { limit: 5, leastCosine: 0.9, isInPassing: false, withDocuments: true };
    const ids = async (text: string) => (await meaning.near(text, options)).map(({ id }) => id);
    const isReady = () => expect.poll(() => statuses.at(-1)?.phase).toBe('ready');
    return { meaning, earlier, wish, limits, given, statuses, ids, isReady };
  }

  test('an endpoint gets no document before the person was asked, and those it had stay', async () => {
    const db = await openForTest();
    await addRows(db, conversationOf('talk', ['green pear']));
    await addDocument(db, note('old', 'red apple'));
    const { meaning, earlier, wish, given, statuses, ids, isReady } = startEndpoint(db);
    await ids('anything');
    await isReady();
    expect(await ids('red apple')).toEqual(['old']);

    // As it was written down before documents were spoken of.
    wish.chosen = earlier;
    given.length = statuses.length = 0;
    await meaning.rechoose();
    await addDocument(db, note('new', 'blue plum'));
    await addRows(db, conversationOf('later', ['green grape']));
    // Compares when all that was written is followed, of both collections.
    expect(await meaning.check(() => undefined, new AbortController().signal)).toMatchObject({
      problems: { 'vector-missing': 0, 'vector-left': 0, 'vector-unreadable': 0 },
    });
    expect(given).toContain('green grape');
    expect(await ids('red apple')).toEqual(['old']);
    expect(await ids('blue plum')).toEqual([]);
    expect(given).not.toContain('new.txt');
    expect(given.filter((text) => text === 'blue plum')).toHaveLength(1);

    wish.chosen = { ...earlier, sendsDocuments: true };
    given.length = 0;
    await meaning.rechoose();
    await expect.poll(() => ids('blue plum')).toEqual(['new']);
    expect(given).toContain('new.txt');
    // What it had was not paid for again.
    expect(given).not.toContain('old.txt');
  });

  test('what an endpoint has of a document that was renamed, changed or not finished stays until then', async () => {
    const db = await openForTest();
    const parts = Array.from({ length: 200 }, (_, at) => `part${at} ${'word '.repeat(70)}`);
    const both = `${'filler text goes on. '.repeat(76)}\n\n`;
    await addDocument(db, note('cut', parts.join('\n\n')));
    await addDocument(db, note('named', 'red apple', 2));
    await addDocument(db, note('varied', `${both}blue plum`, 3));
    const { meaning, earlier, wish, limits, given, statuses, ids, isReady } = startEndpoint(
      db,
      150,
    );
    await ids('anything');
    await expect.poll(() => statuses.at(-1)?.phase).toBe('failed');
    await expect.poll(() => covered(db, 'cut')).toBe(1);

    wish.chosen = earlier;
    limits.mostTexts = Infinity;
    given.length = statuses.length = 0;
    await renameDocument(db, 'named', 'pear.txt', 4);
    await replaceDocument(db, createDocumentRows(note('varied', `${both}green grape`, 5)));
    await meaning.rechoose();
    await isReady();
    expect(given).toEqual([]);
    expect(await ids('cut.txt')).toEqual(['cut']);
    expect(await ids('red apple')).toEqual(['named']);
    expect(await ids('varied.txt')).toEqual(['varied']);
    // What does not stand there any more is not found, what stands there now not yet.
    expect(await ids('blue plum')).toEqual([]);
    expect(await ids('green grape')).toEqual([]);

    wish.chosen = { ...earlier, sendsDocuments: true };
    given.length = 0;
    await meaning.rechoose();
    await expect.poll(() => ids('green grape')).toEqual(['varied']);
    await isReady();
    expect(given).toContain('pear.txt');
    // What it had was not paid for again.
    expect(given.filter((text) => text === 'red apple' || text === 'varied.txt')).toEqual([]);
    expect(given.filter((text) => text.startsWith('part')).length).toBeLessThan(100);
  });

  test('a large document that was cut off on the way goes on where it was', async () => {
    const db = await openForTest();
    const paragraphs = Array.from({ length: 200 }, (_, at) => `part${at} ${'word '.repeat(70)}`);
    await addDocument(db, note('large', paragraphs.join('\n\n')));
    const parts = (given: readonly string[]): readonly string[] =>
      given.flatMap((text) => /part\d+/.exec(text)?.[0] ?? []);
    const given: string[] = [];
    const broken = createTestMeaning(db, {
      openEmbedder: () => {
        const embedder = createTestEmbedder();
        const embed: typeof embedder.embed = (texts, kind) => {
          if (parts(given).length >= 150) throw new OnggiError('model/damaged', 'no more');
          given.push(...texts);
          return embedder.embed(texts, kind);
        };
        return Promise.resolve({ ...embedder, embed });
      },
    });
    const options = { limit: 5, leastCosine: 0.1, isInPassing: false, withDocuments: true };
    await broken.meaning.near('anything', options);
    await expect.poll(() => broken.statuses.at(-1)?.phase).toBe('failed');
    await expect.poll(() => covered(db, 'large')).toBe(1);

    const { embedder, isReady, ids } = await start(db);
    await isReady();
    // Two stretches of 64 were put, and the third was not whole.
    const again = parts(embedder.given).filter((part) => parts(given).includes(part));
    expect(new Set(parts([...given, ...embedder.given])).size).toBe(200);
    expect(parts(embedder.given).length).toBeLessThan(100);
    expect(again.length).toBeLessThan(64);
    expect(await ids('large.txt')).toEqual(['large']);
    const third = await start(db);
    await third.isReady();
    expect(third.embedder.given).toEqual([]);
  });
});
