import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { OnggiError } from '#domain/errors.ts';
import { DEFAULT_MEANING_SETTINGS } from '#domain/meaning-settings.ts';
import type { MeaningStatus, NearGroup, SearchStatus } from '#domain/search.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import type { UserSettings } from '#domain/user-settings.ts';
import type { SearchWork } from '#state/lazy-search.ts';
import { NearSearch } from '#state/near-search.svelte.ts';
import { AskedBefore } from '#state/similar.svelte.ts';
import { nearGroup, RESTING } from './search-rows.ts';

/** Search that finds `near` for everything and keeps what it was asked. */
function createWork(near: readonly NearGroup[]): SearchWork & { readonly asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    asked,
    watchStatus: () => () => undefined,
    ask(request, onAnswer) {
      asked.push(request);
      onAnswer({ kind: 'near', groups: near });
      return Promise.resolve();
    },
  };
}

test('points out what was asked before, not the open conversation, and only until it is hidden', async () => {
  const work = createWork([nearGroup('open', ['meaning']), nearGroup('old', ['meaning'])]);
  const before = new AskedBefore(work);
  before.look('short', 'open');
  expect(before.found).toBeUndefined();
  before.look('how do I cook kimchi stew', 'open');
  await expect.poll(() => before.found?.id).toBe('old');
  // In passing: typing begins no index.
  expect(work.asked).toMatchObject([{ kind: 'near', isInPassing: true }]);
  before.dismiss();
  expect(before.found).toBeUndefined();
  before.stop();
});

test('keeps what was asked before while one types on, until the new answer is there', async () => {
  let found: readonly NearGroup[] = [nearGroup('old', ['meaning'])];
  let asked = 0;
  const before = new AskedBefore({
    watchStatus: () => () => undefined,
    ask(_request, onAnswer) {
      asked += 1;
      onAnswer({ kind: 'near', groups: found });
      return Promise.resolve();
    },
  });
  onTestFinished(before.stop);
  before.look('how do I cook kimchi stew', 'open');
  await expect.poll(() => before.found?.id).toBe('old');
  before.look('how do I cook kimchi stew w', 'open');
  expect(before.found?.id).toBe('old');
  found = [];
  before.look('how do I cook kimchi stew well', 'open');
  expect(before.found?.id).toBe('old');
  await expect.poll(() => before.found).toBeUndefined();
  expect(asked).toBe(2);
  found = [nearGroup('old', ['meaning'])];
  before.look('how do I cook kimchi stew', 'open');
  await expect.poll(() => before.found?.id).toBe('old');
  // It may be the very one that was opened.
  before.look('how do I cook kimchi stew', 'old');
  expect(before.found).toBeUndefined();
});

/** A question that search was asked and has not answered. */
interface Asked {
  readonly text: string;
  readonly isGivenUp: () => boolean;
  /** Says that `ids` are near, whoever still listens. */
  readonly answer: (...ids: readonly string[]) => Promise<void>;
  /** Says what the worker fused, and what is only somewhat near. */
  readonly answerFused: (ids: readonly string[], farIds: readonly string[]) => Promise<void>;
  readonly fail: (error: Error) => Promise<void>;
}

/** The search screen's part that finds by meaning, with a clock that the test turns. */
function openNear(changes: Partial<UserSettings> = {}) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const asked: Asked[] = [];
  const watchers = new Set<(status: SearchStatus) => void>();
  const work: SearchWork = {
    watchStatus(onStatus) {
      watchers.add(onStatus);
      return () => watchers.delete(onStatus);
    },
    ask(request, onAnswer, signal) {
      if (request.kind !== 'near') return Promise.resolve();
      return new Promise((resolve, reject) => {
        async function answerFused(ids: readonly string[], farIds: readonly string[]) {
          const toGroups = (all: readonly string[]) => all.map((id) => nearGroup(id, ['meaning']));
          onAnswer({ kind: 'fused', groups: toGroups(ids), farGroups: toGroups(farIds) });
          resolve();
          await vi.advanceTimersByTimeAsync(0);
        }
        asked.push({
          text: request.text,
          isGivenUp: () => signal?.aborted === true,
          answer: (...ids) => answerFused(ids, []),
          answerFused,
          async fail(error) {
            reject(error);
            await vi.advanceTimersByTimeAsync(0);
          },
        });
      });
    },
  };
  const value = { ...createUserSettings('en', 0), ...changes };
  const near = new NearSearch(work, { value, update: () => Promise.resolve() });
  onTestFinished(near.follow());
  const tell = (changed: Partial<MeaningStatus>): void => {
    const meaning = { ...RESTING, ...changed };
    const status: SearchStatus = {
      phase: 'ready',
      indexedCount: 0,
      totalCount: 0,
      storage: 'memory',
      isFast: false,
      meaning,
    };
    for (const watcher of watchers) watcher(status);
  };
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  const shown = (): readonly string[] => near.fuse([]).map(({ id }) => id);
  return { near, asked, tell, pass, shown };
}

describe('finding by meaning', () => {
  test('what the worker fused stands first, then words as far as one scrolls, then what is somewhat near', async () => {
    const { near, asked, pass } = openNear();
    near.ask('kimchi', true);
    await pass(120);
    await asked[0]?.answerFused(['both', 'close'], ['far', 'late']);
    const byWords = ['w1', 'both', 'w2', 'late'].map((id) => nearGroup(id, ['words']));
    const ids = near.fuse(byWords).map(({ id }) => id);
    expect(ids).toEqual(['both', 'close', 'w1', 'w2', 'late', 'far']);
    near.ask('weather', true);
    expect(near.fuse(byWords)).toEqual(byWords);
  });

  test('asks when typing rests, and for the last text alone', async () => {
    const { near, asked, pass, shown } = openNear();
    near.ask('kim', true);
    await pass(60);
    near.ask('kimchi', true);
    await pass(120);
    expect(asked.map(({ text }) => text)).toEqual(['kimchi']);
    await asked[0]?.answer('stew');
    expect(shown()).toEqual(['stew']);
    near.ask('', true);
    expect(shown()).toEqual([]);
  });

  test('sends an endpoint no text that is still being typed', async () => {
    const endpoint = {
      kind: 'endpoint',
      endpointId: 'e',
      baseUrl: 'https://e.example',
      model: 'm',
    };
    const meaning = { ...DEFAULT_MEANING_SETTINGS, embedder: endpoint };
    const { near, asked, pass } = openNear({ meaning });
    near.ask('kim', true);
    await pass(650);
    near.ask('kimchi', true);
    await pass(650);
    expect(asked).toEqual([]);
    await pass(50);
    expect(asked.map(({ text }) => text)).toEqual(['kimchi']);
  });

  test('an index that grows all the time puts no question off', async () => {
    const { near, asked, tell, pass } = openNear();
    tell({ phase: 'indexing' });
    near.ask('kimchi', true);
    for (let doneCount = 1; doneCount <= 10; doneCount += 1) {
      tell({ phase: 'indexing', doneCount });
      await pass(30);
    }
    expect(asked.map(({ text }) => text)).toEqual(['kimchi']);
  });

  test('follows an index that grows now and then, and gives up no answer for it', async () => {
    const { near, asked, tell, pass, shown } = openNear();
    near.ask('kimchi', true);
    await pass(120);
    for (let doneCount = 1; doneCount <= 30; doneCount += 1) {
      tell({ phase: 'indexing', doneCount });
      await pass(100);
    }
    expect(asked.map((each) => each.isGivenUp())).toEqual([false]);
    await asked[0]?.answer('stew');
    expect(shown()).toEqual(['stew']);
    await pass(1000);
    await asked[1]?.answer('stew', 'soup');
    expect(shown()).toEqual(['stew', 'soup']);
    await pass(5000);
    expect(asked).toHaveLength(2);
  });

  test('asks nothing by itself once the index failed: that would begin it anew, to fail again', async () => {
    const { near, asked, tell, pass } = openNear();
    near.ask('kimchi', true);
    await pass(120);
    await asked[0]?.answer('stew');
    tell({ phase: 'indexing', doneCount: 5 });
    tell({ phase: 'failed', doneCount: 5, errorCode: 'model/no-gpu' });
    await pass(5000);
    expect(asked).toHaveLength(1);
    near.ask('kimchi stew', true);
    await pass(120);
    expect(asked).toHaveLength(2);
  });

  test('an answer to an earlier question is never shown for a later one', async () => {
    const { near, asked, tell, pass, shown } = openNear();
    near.ask('kimchi', true);
    await pass(120);
    tell({ phase: 'indexing', doneCount: 1 });
    await pass(1000);
    near.ask('weather', true);
    await pass(120);
    const earlier = asked.filter(({ text }) => text === 'kimchi');
    expect(earlier.map((each) => each.isGivenUp())).toEqual(earlier.map(() => true));
    for (const each of earlier) await each.answer('stew');
    expect(shown()).toEqual([]);
    await asked.at(-1)?.answer('rain');
    expect(shown()).toEqual(['rain']);
  });

  test('tells when there is nothing more to wait for', async () => {
    const { near, asked, pass } = openNear();
    expect(near.isSettled).toBe(true);
    near.ask('kimchi', true);
    expect(near.isSettled).toBe(false);
    await pass(120);
    near.ask('weather', true);
    await asked[0]?.answer('stew');
    expect(near.isSettled).toBe(false);
    await pass(120);
    await asked[1]?.answer();
    expect(near.isSettled).toBe(true);
    near.ask('rain', true);
    await pass(120);
    await asked[2]?.fail(new OnggiError('model/unreachable', 'no network'));
    expect(near.isSettled).toBe(true);
    near.ask('snow', true);
    near.ask('', true);
    expect(near.isSettled).toBe(true);
  });

  test.each([
    ['kimchi', false],
    ['kimchi role:user', true],
    ['"kimchi stew"', true],
    ['“kimchi stew”', true],
    ['kimchi -stew', true],
    ['', false],
  ])('of %j tells whether meaning is left out', async (query, isExact) => {
    const { near, asked, pass } = openNear();
    near.ask(query, true);
    await pass(120);
    expect(near.isExact).toBe(isExact);
    expect(asked).toHaveLength(isExact || query === '' ? 0 : 1);
  });

  test('says why it failed, and a try again asks anew', async () => {
    const { near, asked, tell, pass, shown } = openNear();
    tell({});
    near.ask('kimchi', true);
    await pass(120);
    await asked[0]?.fail(new OnggiError('app/worker-failed', 'gone'));
    expect(near.status).toMatchObject({ phase: 'failed', errorCode: 'app/worker-failed' });
    await near.again();
    await pass(0);
    await asked[1]?.answer('stew');
    expect(shown()).toEqual(['stew']);
    // It answers again: the worker that was ready all the time has nothing new to tell.
    expect(near.status).toEqual(RESTING);
  });
});

test('the ranking of words and meaning goes on before one has scrolled to its end', async () => {
  const all = Array.from({ length: 130 }, (_, at) => nearGroup(`g${at}`, ['words', 'meaning']));
  const limits: number[] = [];
  const work: SearchWork = {
    watchStatus: () => () => undefined,
    ask(request, onAnswer) {
      const limit = request.kind === 'near' ? request.limit : 0;
      limits.push(limit);
      onAnswer({ kind: 'fused', groups: all.slice(0, limit), farGroups: [] });
      return Promise.resolve();
    },
  };
  const value = createUserSettings('en', 0);
  const near = new NearSearch(work, { value, update: () => Promise.resolve() });
  const shown = () => near.fuse([]).length;
  near.ask('kimchi', true);
  near.reach(20);
  await expect.poll(shown).toBe(40);
  near.reach(20);
  near.reach(40);
  await expect.poll(shown).toBe(80);
  near.reach(60);
  near.reach(100);
  await expect.poll(shown).toBe(120);
  near.reach(120);
  await expect.poll(shown).toBe(130);
  // It has ended.
  near.reach(160);
  near.ask('stew', true);
  await expect.poll(shown).toBe(40);
  expect(limits).toEqual([40, 80, 120, 160, 40]);
});
