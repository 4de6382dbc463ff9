import { expect, test } from 'vitest';
import type { OnggiDatabase } from '#db/open-database.ts';
import { readStoredEmbedders } from '#db/embeddings.ts';
import { purgeConversations } from '#db/many-conversations.ts';
import { BUILT_IN_CHOICE, embedderIdOf } from '#domain/embedder-choice.ts';
import type { EmbedderChoice } from '#domain/embedder-choice.ts';
import { OnggiError } from '#domain/errors.ts';
import { toConversationId, toEndpointId } from '#domain/ids.ts';
import type { MapPoint } from '#domain/search.ts';
import type { EmbedderWish, MeaningDeps } from '#search/meaning.ts';
import type { SearchClient } from '#search/search-client.ts';
import { searchSimilarConversations } from '#search/search-similar-conversations.ts';
import { openForTest } from '../db/fresh-database.ts';
import { openInPageSearch } from './in-page-search.ts';
import {
  addRows,
  conversationOf,
  createTestEmbedder,
  createTestMeaning,
  startTestClient,
} from './support.ts';

function start(db: OnggiDatabase, changes: Partial<MeaningDeps> = {}) {
  const { embedder, statuses, meaning } = createTestMeaning(db, changes);
  const find = async (text: string): Promise<readonly string[]> =>
    (await meaning.near(text, { limit: 3, leastCosine: 0.6, isInPassing: false })).map(
      ({ id }) => id,
    );
  const isReady = async (): Promise<void> => {
    await expect.poll(() => statuses.at(-1)?.phase).toBe('ready');
  };
  return { meaning, embedder, statuses, find, isReady };
}

test('indexes newest first, follows what changes, and takes up its work after a reload', async () => {
  const db = await openForTest();
  await addRows(
    db,
    conversationOf('old', ['red apple'], { updatedAt: 1 }),
    conversationOf('new', ['green pear'], { updatedAt: 2 }),
    conversationOf('trash', ['blue plum'], { updatedAt: 3, status: 'deleted', deletedAt: 1 }),
  );
  const first = start(db);
  await first.find('anything');
  await first.isReady();
  expect(first.embedder.given).toEqual(['green pear', 'red apple', 'blue plum']);
  expect(first.statuses.at(-1)).toMatchObject({ doneCount: 3, totalCount: 3 });
  expect(await first.find('red apple')).toEqual(['old']);
  expect(await first.find('blue plum')).toEqual([]);

  await addRows(db, conversationOf('old', ['red apple', 'yellow lemon'], { updatedAt: 4 }));
  await expect.poll(() => first.find('yellow lemon'), { timeout: 5000 }).toEqual(['old']);
  expect(first.embedder.given.at(-1)).toBe('yellow lemon');
  await db.strict.conversations.delete(toConversationId('new'));
  await expect.poll(() => first.find('green pear'), { timeout: 5000 }).toEqual([]);
  // What was followed is stored with what is let go of.
  await expect
    .poll(async () => (await db.strict.embeddingCoverage.toArray()).map(({ ownerId }) => ownerId))
    .not.toContain('new');

  // What another embedder left is cleared away once this one has everything.
  const [block] = await db.strict.embeddings.toArray();
  if (block) await db.strict.embeddings.put({ ...block, id: 'x', embedder: 'another' });
  const second = start(db);
  await second.meaning.resume();
  await second.isReady();
  await expect.poll(() => db.strict.embeddings.where('id').equals('x').toArray()).toEqual([]);
  expect(second.embedder.given).toEqual([]);
  expect(await second.find('yellow lemon')).toEqual(['old']);
});

test('of what was deleted for good no record of a vector is left, and none is found', async () => {
  const db = await openForTest();
  await addRows(
    db,
    conversationOf('gone', ['red apple', 'yellow lemon']),
    conversationOf('kept', ['green pear']),
  );
  const { find, isReady } = start(db);
  await find('anything');
  await isReady();
  const covered = async () =>
    (await db.strict.embeddingCoverage.toArray()).filter((row) =>
      JSON.stringify(row).includes('gone'),
    );
  expect((await covered()).length).toBeGreaterThan(0);
  await purgeConversations(db, [toConversationId('gone')]);
  await expect.poll(covered, { timeout: 10_000 }).toEqual([]);
  expect(await find('red apple')).toEqual([]);
  expect(await find('green pear')).toEqual(['kept']);
});

test('begins with the first question, not with one in passing', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  const { meaning, statuses, isReady } = start(db);
  await meaning.resume();
  const options = { limit: 3, leastCosine: 0.6 };
  expect(await meaning.near('red apple', { ...options, isInPassing: true })).toEqual([]);
  expect(statuses).toEqual([]);
  await meaning.near('red apple', { ...options, isInPassing: false });
  await isReady();
  const [found] = await meaning.near('red apple', { ...options, isInPassing: true });
  expect(found).toMatchObject({
    id: 'a',
    foundBy: ['meaning'],
    places: [{ id: 'a-0', field: 'message', role: 'user', snippet: { text: 'red apple' } }],
  });
});

test('shows Markdown of an answer readable, and what a person wrote as it is', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['**green** pear', '# Red\n\nred **apple**']));
  const { meaning, isReady } = start(db);
  const snippetOf = async (text: string): Promise<string | undefined> => {
    const options = { limit: 1, leastCosine: 0, isInPassing: false };
    return (await meaning.near(text, options))[0]?.places[0]?.snippet.text;
  };
  await snippetOf('pear');
  await isReady();
  expect(await snippetOf('**green** pear')).toBe('**green** pear');
  expect(await snippetOf('# Red red **apple**')).toBe('Red red apple');
});

test('shows below a title that matched what the title does not say', async () => {
  const db = await openForTest();
  await addRows(
    db,
    conversationOf('a', ['red apple', '**Bake** it slowly.'], { title: 'red apple' }),
    conversationOf('b', [], { title: 'green pear' }),
  );
  const { meaning, isReady } = start(db);
  const placeOf = async (text: string) => {
    const options = { limit: 1, leastCosine: 0.9, isInPassing: false };
    return (await meaning.near(text, options))[0]?.places[0];
  };
  await placeOf('x');
  await isReady();
  expect(await placeOf('red apple')).toMatchObject({
    id: 'a-1',
    field: 'title',
    snippet: { text: 'Bake it slowly.', marks: [] },
  });
  expect(await placeOf('green pear')).toMatchObject({ field: 'title', snippet: { text: '' } });
});

test('finds conversations similar to one, without that one', async () => {
  const db = await openForTest();
  await addRows(
    db,
    conversationOf('a', ['red apple pie'], { title: 'apple pie' }),
    conversationOf('b', ['red apple cake']),
    conversationOf('c', ['printer driver']),
  );
  const { meaning, find, isReady } = start(db);
  await find('x');
  await isReady();
  const options = { limit: 5, leastCosine: 0.3 };
  const similar = await meaning.similar(toConversationId('a'), options);
  expect(similar.map(({ id }) => id)).toEqual(['b']);
  expect(await meaning.similar(toConversationId('gone'), options)).toEqual([]);
});

test('begins when conversations similar to one are looked for', async () => {
  const db = await openForTest();
  await addRows(
    db,
    conversationOf('a', ['red apple pie']),
    conversationOf('b', ['red apple cake']),
  );
  const { meaning, isReady } = start(db);
  const options = { limit: 5, leastCosine: 0.3 };
  await meaning.similar(toConversationId('a'), options);
  await isReady();
  const similar = await meaning.similar(toConversationId('a'), options);
  expect(similar.map(({ id }) => id)).toEqual(['b']);
});

test('conversations similar to one are found by the vectors it has, and the model is asked nothing', async () => {
  const db = await openForTest();
  await addRows(
    db,
    conversationOf('a', ['red apple pie', 'bake it'], { title: 'apple pie' }),
    conversationOf('b', ['red apple pie with cream']),
    conversationOf('c', ['printer driver']),
  );
  const { questions, embedder } = withQuestions();
  const { meaning, find, isReady } = start(db, { openEmbedder: () => Promise.resolve(embedder) });
  await find('x');
  await isReady();
  const similar = await meaning.similar(toConversationId('a'), { limit: 5, leastCosine: 0.3 });
  expect(similar.map(({ id }) => id)).toEqual(['b']);
  expect(questions).toEqual(['x']);
});

test('waits while it is held, and goes on afterwards', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  let hold: 'paused' | undefined = 'paused';
  const { embedder, statuses, find, isReady } = start(db, {
    readHold: () => Promise.resolve(hold),
  });
  await find('x');
  await expect.poll(() => statuses.at(-1)?.phase).toBe('paused');
  expect(embedder.given).toEqual([]);
  hold = undefined;
  await isReady();
  expect(embedder.given).toEqual(['red apple']);
});

test('who pauses while the model loads ends the loading, and finds nothing by meaning until they go on', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  const embedder = createTestEmbedder();
  const loadings: AbortSignal[] = [];
  let hangs = true;
  const { meaning, statuses, find, isReady } = start(db, {
    openEmbedder(_choice, _onBytes, signal) {
      loadings.push(signal);
      return hangs ? new Promise(() => undefined) : Promise.resolve(embedder);
    },
  });
  const waiting = find('red apple');
  await expect.poll(() => loadings.length).toBe(1);
  expect(statuses.at(-1)?.phase).toBe('loading');
  meaning.setPaused(true);
  expect(await waiting).toEqual([]);
  expect(loadings[0]?.aborted).toBe(true);
  expect(statuses.at(-1)).toMatchObject({ phase: 'paused', inUse: null, coming: null });
  // No question begins it again.
  expect(await find('red apple')).toEqual([]);
  expect(await meaning.map()).toEqual([]);
  expect(loadings).toHaveLength(1);

  hangs = false;
  meaning.setPaused(false);
  await isReady();
  expect(await find('red apple')).toEqual(['a']);
  expect(loadings).toHaveLength(2);
});

test('a model that is chosen while all is paused is not loaded, and the one before it answers', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  let chosen: EmbedderChoice = { kind: 'built-in' };
  const opened: string[] = [];
  const { meaning, statuses, find, isReady } = start(db, {
    openEmbedder({ kind }) {
      opened.push(kind);
      return Promise.resolve(createTestEmbedder({ id: kind }));
    },
    readWish: () => Promise.resolve({ chosen, former: { kind: 'built-in' } }),
  });
  await find('red apple');
  await isReady();
  meaning.setPaused(true);
  chosen = { kind: 'folder', path: 'models/other' };
  await meaning.rechoose();
  expect(statuses.at(-1)?.phase).toBe('paused');
  expect(statuses.at(-1)?.coming).toContain('models/other');
  expect(await find('red apple')).toEqual(['a']);
  expect(opened).toEqual(['built-in']);
  meaning.setPaused(false);
  await expect.poll(() => statuses.at(-1)?.inUse).toContain('models/other');
  expect(opened).toEqual(['built-in', 'folder']);
});

test('finds what was added although it was held in the middle of it', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  const embedder = createTestEmbedder();
  let hold: 'paused' | undefined;
  let holdsNext = false;
  const { statuses, find, isReady } = start(db, {
    readHold: () => Promise.resolve(hold),
    openEmbedder: () =>
      Promise.resolve({
        ...embedder,
        embed: (...given) => {
          if (holdsNext) [hold, holdsNext] = ['paused', false];
          return embedder.embed(...given);
        },
      }),
  });
  await find('x');
  await isReady();
  holdsNext = true;
  const texts = Array.from({ length: 60 }, (_, at) => `green pear ${at}`);
  await addRows(db, conversationOf('b', texts));
  await expect.poll(() => statuses.at(-1)?.phase).toBe('paused');
  expect(embedder.given).not.toContain('green pear 59');
  hold = undefined;
  await isReady();
  expect(await find('green pear')).toEqual(['b']);
});

test('says why it failed, and begins anew with the next question', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  const embedder = createTestEmbedder();
  let tries = 0;
  const { statuses, find, isReady } = start(db, {
    openEmbedder: () =>
      ++tries === 1
        ? Promise.reject(new OnggiError('model/unreachable', 'no network'))
        : Promise.resolve(embedder),
  });
  await expect(find('red apple')).rejects.toThrow('no network');
  expect(statuses.at(-1)).toMatchObject({ phase: 'failed', errorCode: 'model/unreachable' });
  await find('red apple');
  await isReady();
  expect(await find('red apple')).toEqual(['a']);
});

test('a worker that died while it rested is begun anew by the next question', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  const deaths: (() => void)[] = [];
  const { statuses, find, isReady } = start(db, {
    openEmbedder() {
      const embedder = createTestEmbedder();
      let isDead = false;
      deaths.push(() => (isDead = true));
      return Promise.resolve({
        ...embedder,
        embed: (...given) =>
          isDead
            ? Promise.reject(new OnggiError('app/worker-failed', 'it died', { retryable: true }))
            : embedder.embed(...given),
      });
    },
  });
  await find('anything');
  await isReady();
  deaths[0]?.();
  expect(await find('red apple')).toEqual(['a']);
  await isReady();
  // What changes after that is followed, too.
  await addRows(db, conversationOf('b', ['green pear']));
  await expect.poll(() => find('green pear'), { timeout: 5000 }).toEqual(['b']);
  expect(deaths).toHaveLength(2);
  expect(statuses.map(({ phase }) => phase)).not.toContain('failed');
});

test('a question that kills every worker is given up after the second', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  let opened = 0;
  const { find, isReady } = start(db, {
    openEmbedder() {
      opened += 1;
      const embedder = createTestEmbedder();
      return Promise.resolve({
        ...embedder,
        embed: (texts, as) =>
          texts.includes('deadly')
            ? Promise.reject(new OnggiError('app/worker-failed', 'it died', { retryable: true }))
            : embedder.embed(texts, as),
      });
    },
  });
  await find('anything');
  await isReady();
  await expect(find('deadly')).rejects.toThrow('it died');
  expect(opened).toBe(2);
  expect(await find('red apple')).toEqual(['a']);
});

/** An embedder that keeps the questions it was given, too. */
function withQuestions(embedder = createTestEmbedder()) {
  const questions: string[] = [];
  const embed: typeof embedder.embed = (texts, as) => {
    if (as === 'query') questions.push(...texts);
    return embedder.embed(texts, as);
  };
  return { questions, embedder: { ...embedder, embed } };
}

test('finds the conversations nearest to a vector, five where nobody says how many', async () => {
  const db = await openForTest();
  const fruits = ['apple', 'pear', 'plum', 'fig', 'date', 'kiwi', 'lime'];
  await addRows(db, ...fruits.map((fruit) => conversationOf(fruit, [`red ${fruit}`])));
  const { questions, embedder } = withQuestions();
  const client = openInPageSearch(db, () => Promise.resolve(embedder));
  await whenIndexed(client, fruits.length);
  const vector = await createTestEmbedder().embed(['red plum'], 'query');
  const found = await searchSimilarConversations(client, vector);
  expect(found).toHaveLength(5);
  expect(found[0]).toMatchObject({ id: 'plum', cosine: expect.closeTo(1, 2) as number });
  // Its length says nothing.
  const long = vector.map((value) => value * 7);
  expect((await searchSimilarConversations(client, long, 1))[0]).toMatchObject(found[0] ?? {});
  expect(questions).toEqual([]);
});

test('says that a vector is none of the model in use', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  const client = openInPageSearch(db, () => Promise.resolve(createTestEmbedder()));
  await whenIndexed(client, 1);
  const ask = (vector: Float32Array): Promise<unknown> =>
    searchSimilarConversations(client, vector);
  await expect(ask(new Float32Array(3).fill(1))).rejects.toMatchObject({ code: 'model/changed' });
  const { dimension } = createTestEmbedder();
  expect(await ask(new Float32Array(dimension))).toEqual([]);
  expect(await ask(new Float32Array(dimension).fill(Number.NaN))).toEqual([]);
  expect(await searchSimilarConversations(client, 'red apple')).toMatchObject([{ id: 'a' }]);
});

/** Begins the index, by a vector of any kind, and waits for so many to be in it. */
async function whenIndexed(client: SearchClient, count: number): Promise<void> {
  await searchSimilarConversations(client, new Float32Array(createTestEmbedder().dimension));
  await new Promise<void>((resolve) =>
    client.watchStatus(({ meaning }) => {
      if (meaning.phase === 'ready' && meaning.doneCount === count) resolve();
    }),
  );
}

test('embeds no question that was given up while the model was loading', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  const { questions, embedder } = withQuestions();
  let load: () => void = () => undefined;
  const loading = new Promise<void>((resolve) => (load = resolve));
  let isAsked: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (isAsked = resolve));
  const client = openInPageSearch(db, async () => {
    isAsked();
    await loading;
    return embedder;
  });
  const typedOver = new AbortController();
  const half = searchSimilarConversations(client, 'red app', 1, { signal: typedOver.signal });
  const isGivenUp = expect(half).rejects.toThrow('typed over');
  await asked;
  typedOver.abort(new Error('typed over'));
  await isGivenUp;
  const whole = searchSimilarConversations(client, 'red apple', 1);
  load();
  await whole;
  expect(questions).toEqual(['red apple']);
});

test('embeds the same question once, however often it is asked while the index grows', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  const { questions, embedder } = withQuestions();
  const { find, isReady } = start(db, { openEmbedder: () => Promise.resolve(embedder) });
  await find('red apple');
  await isReady();
  expect(await find('red apple')).toEqual(['a']);
  expect(questions).toEqual(['red apple']);
  await find('green pear');
  expect(questions).toEqual(['red apple', 'green pear']);
});

test('finds across languages with the built-in model, through the workers', async () => {
  const db = await openForTest();
  await addRows(
    db,
    conversationOf('cat', ['My cat refuses to eat since yesterday', 'Take it to the vet.']),
    conversationOf('printer', ['네트워크 프린터를 어떻게 설정하나요?', '제어판을 여세요.']),
    conversationOf('password', ['パスワードを忘れました', '再設定してください。']),
  );
  const client = startTestClient(db);
  const ask = async (text: string): Promise<string | undefined> => {
    const [nearest] = await searchSimilarConversations(client, text, 1, { leastCosine: 0.3 });
    return nearest?.id;
  };
  await expect.poll(() => ask('고양이가 밥을 안 먹어요'), { timeout: 20_000 }).toBe('cat');
  expect(await ask('how to set up a network printer')).toBe('printer');
  expect(await ask('I forgot my password')).toBe('password');
});

test('draws conversations of one subject close together, and none of the trash', async () => {
  const db = await openForTest();
  const subjects = {
    food: ['김치찌개 맛있게 끓이는 법', '된장국에 어떤 채소를 넣을까', '갈비찜 양념 비율이 궁금해'],
    code: [
      'How to resolve git rebase conflicts',
      'Undo the last git commit',
      'Merge two git branches',
    ],
  };
  const rows = Object.entries(subjects).flatMap(([subject, questions]) =>
    questions.map((question, at) => conversationOf(`${subject}${at}`, [question])),
  );
  await addRows(db, ...rows, conversationOf('thrown', ['Push a git tag'], { status: 'deleted' }));
  const client = startTestClient(db);
  let points: readonly MapPoint[] = [];
  const draw = async (): Promise<number> => {
    await client.ask({ kind: 'map' }, (answer) => {
      if (answer.kind === 'map') ({ points } = answer);
    });
    return points.length;
  };
  await expect.poll(draw, { timeout: 20_000 }).toBe(6);
  const centre = (subject: string) => {
    const own = points.filter(({ id }) => id.startsWith(subject));
    const mean = (axis: 'x' | 'y') => own.reduce((sum, point) => sum + point[axis], 0) / own.length;
    return { x: mean('x'), y: mean('y') };
  };
  const apart = (a: { x: number; y: number }, b: { x: number; y: number }) =>
    Math.hypot(a.x - b.x, a.y - b.y);
  const [food, code] = [centre('food'), centre('code')];
  for (const point of points) {
    const [own, other] = point.id.startsWith('food') ? [food, code] : [code, food];
    expect(apart(point, own), point.id).toBeLessThan(apart(point, other));
  }
});

const FOLDER_CHOICE = { kind: 'folder', path: 'new' } as const;

/** Two models: the built-in one, and one that a person may choose. */
function startWithTwo(db: OnggiDatabase, wish: { current: EmbedderWish }) {
  const opened: string[] = [];
  const embedders = {
    'built-in': createTestEmbedder({ id: 'onggi/static-multilingual' }),
    folder: createTestEmbedder({ id: 'models/new', revision: '2' }),
  };
  let mayEmbed: Promise<void> = Promise.resolve();
  const started = start(db, {
    readWish: () => Promise.resolve(wish.current),
    openEmbedder({ kind }) {
      opened.push(kind);
      const embedder = kind === 'folder' ? embedders.folder : embedders['built-in'];
      const embed: typeof embedder.embed = async (...given) => {
        if (kind === 'folder') await mayEmbed;
        return embedder.embed(...given);
      };
      return Promise.resolve({ ...embedder, embed });
    },
  });
  return {
    ...started,
    opened,
    embedders,
    /** The new model waits; @returns what lets it go on */
    hold(): () => void {
      let letGo = (): void => undefined;
      mayEmbed = new Promise((resolve) => (letGo = resolve));
      return () => letGo();
    },
  };
}

test('makes the vectors of another model beside the old ones, and then changes', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']), conversationOf('b', ['green pear']));
  const wish = { current: { chosen: BUILT_IN_CHOICE } as EmbedderWish };
  const started = startWithTwo(db, wish);
  const { meaning, statuses, find, isReady, embedders } = started;
  await find('x');
  await isReady();
  const letGo = started.hold();
  wish.current = { chosen: FOLDER_CHOICE, former: BUILT_IN_CHOICE };
  await meaning.rechoose();
  await expect
    .poll(() => statuses.at(-1))
    .toMatchObject({ phase: 'indexing', inUse: 'onggi/static-multilingual', coming: 'models/new' });
  // The old model answers meanwhile, and follows what is written.
  expect(await find('red apple')).toEqual(['a']);
  await addRows(db, conversationOf('c', ['yellow lemon']));
  await expect.poll(() => find('yellow lemon'), { timeout: 5000 }).toEqual(['c']);
  letGo();
  await expect
    .poll(() => statuses.at(-1), { timeout: 5000 })
    .toMatchObject({ phase: 'ready', inUse: 'models/new', coming: null });
  expect(embedders.folder.given).toContain('red apple');
  expect(await find('yellow lemon')).toEqual(['c']);
  // The vectors of one model are left: those in use.
  await expect
    .poll(async () => (await readStoredEmbedders(db)).map((key) => key.split('|')[0]))
    .toEqual(['models/new']);
  // And the new one follows what is written.
  await addRows(db, conversationOf('d', ['purple plum']));
  await expect.poll(() => find('purple plum'), { timeout: 5000 }).toEqual(['d']);
  expect((await db.strict.feedReaders.toArray()).length).toBe(1);
});

test('goes on with a change after a reload, answering with the old model until it is made', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  const wish = { current: { chosen: BUILT_IN_CHOICE } as EmbedderWish };
  const first = startWithTwo(db, wish);
  await first.find('x');
  await first.isReady();

  wish.current = { chosen: FOLDER_CHOICE, former: BUILT_IN_CHOICE };
  const second = startWithTwo(db, wish);
  const letGo = second.hold();
  await second.meaning.resume();
  expect(await second.find('red apple')).toEqual(['a']);
  expect(second.statuses.at(-1)).toMatchObject({ coming: 'models/new' });
  letGo();
  await expect.poll(() => second.statuses.at(-1)?.inUse, { timeout: 5000 }).toBe('models/new');
  await expect.poll(async () => (await readStoredEmbedders(db)).length).toBe(1);

  // Nothing of the old model is left, so a third start does not ask for it.
  const third = startWithTwo(db, wish);
  expect(await third.find('red apple')).toEqual(['a']);
  expect(third.opened).toEqual(['folder']);
});

test('a choice taken back leaves the old vectors, and nothing of the new model', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  const wish = { current: { chosen: BUILT_IN_CHOICE } as EmbedderWish };
  const started = startWithTwo(db, wish);
  const { meaning, statuses, find, isReady, embedders } = started;
  await find('x');
  await isReady();
  started.hold();
  wish.current = { chosen: FOLDER_CHOICE, former: BUILT_IN_CHOICE };
  await meaning.rechoose();
  await expect.poll(() => statuses.at(-1)?.coming).toBe('models/new');
  wish.current = { chosen: BUILT_IN_CHOICE, former: BUILT_IN_CHOICE };
  await meaning.rechoose();
  await isReady();
  expect(statuses.at(-1)).toMatchObject({ inUse: 'onggi/static-multilingual', coming: null });
  expect(await find('red apple')).toEqual(['a']);
  expect(embedders['built-in'].given).toEqual(['red apple']);
  expect((await readStoredEmbedders(db)).map((key) => key.split('|')[0])).toEqual([
    'onggi/static-multilingual',
  ]);
  // Its place in the change feed is free.
  await expect.poll(async () => (await db.strict.feedReaders.toArray()).length).toBe(1);
});

test('an endpoint that is not chosen any more is asked nothing more, and nothing in passing', async () => {
  const db = await openForTest();
  await addRows(
    db,
    conversationOf('a', ['red apple']),
    conversationOf('b', ['blue plum'], { status: 'deleted', deletedAt: 1 }),
  );
  const choice = {
    kind: 'endpoint',
    endpointId: toEndpointId('e'),
    baseUrl: 'https://e.example',
    model: 'm',
  } as const;
  const wish = { current: { chosen: choice } as EmbedderWish };
  const asked: string[] = [];
  const remote = { ...createTestEmbedder({ id: embedderIdOf(choice) }), skipsTrash: true };
  const local = createTestEmbedder({ id: 'onggi/static-multilingual' });
  let mayLoad: () => void = () => undefined;
  const loaded = new Promise<void>((resolve) => (mayLoad = resolve));
  const { meaning, statuses, find, isReady } = start(db, {
    readWish: () => Promise.resolve(wish.current),
    async openEmbedder({ kind }) {
      if (kind === 'built-in') return loaded.then(() => local);
      const embed: typeof remote.embed = (texts, as) => {
        asked.push(...texts);
        return remote.embed(texts, as);
      };
      return { ...remote, embed };
    },
  });
  await find('x');
  await isReady();
  // What is in the trash stayed here.
  expect(asked).toContain('red apple');
  expect(asked).not.toContain('blue plum');
  const passing = { limit: 3, leastCosine: 0, isInPassing: true };
  expect(await meaning.near('not sent yet', passing)).toEqual([]);
  // Nor does it leave the trash to be compared.
  asked.length = 0;
  const similar = { limit: 3, leastCosine: -1 };
  expect(await meaning.similar(toConversationId('b'), similar)).toEqual([]);
  await meaning.similar(toConversationId('a'), similar);
  expect(asked).toEqual([]);
  wish.current = { chosen: BUILT_IN_CHOICE, former: choice };
  await meaning.rechoose();
  await addRows(db, conversationOf('c', ['yellow lemon']));
  const found = find('yellow lemon');
  mayLoad();
  await found;
  await isReady();
  await expect.poll(() => find('yellow lemon'), { timeout: 5000 }).toEqual(['c']);
  expect(asked).toEqual([]);
  expect(statuses.at(-1)?.inUse).toBe('onggi/static-multilingual');
});

test('what fails for the moment is tried again by itself; what fails for good frees its place', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  const embedder = createTestEmbedder();
  const failures = [
    new OnggiError('provider/rate-limited', 'slow down', { retryable: true }),
    undefined,
    new OnggiError('provider/unauthorized', 'no more'),
  ];
  const { statuses, find } = start(db, {
    openEmbedder: () =>
      Promise.resolve({
        ...embedder,
        embed: (texts, kind) => {
          const failure = kind === 'passage' ? failures.shift() : undefined;
          return failure ? Promise.reject(failure) : embedder.embed(texts, kind);
        },
      }),
  });
  await find('x');
  await expect.poll(() => statuses.at(-1)?.phase, { timeout: 10_000 }).toBe('ready');
  expect(statuses.map(({ phase }) => phase)).toContain('retrying');
  expect(await find('red apple')).toEqual(['a']);
  await addRows(db, conversationOf('b', ['green pear']));
  await expect
    .poll(() => statuses.at(-1)?.errorCode, { timeout: 5000 })
    .toBe('provider/unauthorized');
  await expect.poll(async () => db.strict.feedReaders.toArray()).toEqual([]);
});

test('a model that cannot be had is said so, and the old one goes on answering', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  const embedder = createTestEmbedder({ id: 'onggi/static-multilingual' });
  const wish = { current: { chosen: BUILT_IN_CHOICE } as EmbedderWish };
  let opens = 0;
  const { meaning, statuses, find, isReady } = start(db, {
    readWish: () => Promise.resolve(wish.current),
    openEmbedder({ kind }) {
      if (kind === 'built-in') return Promise.resolve(embedder);
      opens += 1;
      return Promise.reject(new OnggiError('model/not-found', 'no such model'));
    },
  });
  await find('x');
  await isReady();
  wish.current = { chosen: FOLDER_CHOICE, former: BUILT_IN_CHOICE };
  await meaning.rechoose();
  await expect
    .poll(() => statuses.at(-1))
    .toMatchObject({ phase: 'failed', errorCode: 'model/not-found', coming: 'models/new' });
  expect(await find('red apple')).toEqual(['a']);
  // A question does not ask for it again, the person does.
  expect(opens).toBe(1);
  await meaning.rechoose();
  await expect.poll(() => opens).toBe(2);
});

test('another place to run the same model is taken at once, with the vectors there are', async () => {
  const db = await openForTest();
  await addRows(db, conversationOf('a', ['red apple']));
  const folder = { kind: 'folder', path: 'a/b' } as const;
  const wish = { chosen: folder as EmbedderChoice };
  const opened: EmbedderChoice[] = [];
  const given: string[] = [];
  const { meaning, statuses } = createTestMeaning(db, {
    readWish: () => Promise.resolve(wish),
    openEmbedder(choice) {
      opened.push(choice);
      const embedder = createTestEmbedder({ id: embedderIdOf(choice) });
      const embed: typeof embedder.embed = (texts, kind) => {
        if (kind === 'passage') given.push(...texts);
        return embedder.embed(texts, kind);
      };
      return Promise.resolve({ ...embedder, embed });
    },
  });
  const options = { limit: 5, leastCosine: 0.9, isInPassing: false };
  await meaning.near('red apple', options);
  await expect.poll(() => statuses.at(-1)?.phase).toBe('ready');
  wish.chosen = { ...folder, usesGpu: true };
  given.length = statuses.length = 0;
  await meaning.rechoose();
  await expect.poll(() => statuses.at(-1)?.phase).toBe('ready');
  expect(opened).toEqual([folder, { ...folder, usesGpu: true }]);
  expect((await meaning.near('red apple', options)).map(({ id }) => id)).toEqual(['a']);
  expect(given).toEqual([]);
});
