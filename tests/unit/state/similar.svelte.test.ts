import { expect, onTestFinished, test, vi } from 'vitest';
import { OnggiError } from '#domain/errors.ts';
import { toConversationId } from '#domain/ids.ts';
import { DEFAULT_MEANING_SETTINGS } from '#domain/meaning-settings.ts';
import type { MeaningStatus, SearchStatus } from '#domain/search.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import type { SearchWork } from '#state/lazy-search.ts';
import { SimilarConversations } from '#state/similar.svelte.ts';
import { nearGroup, RESTING } from './search-rows.ts';

/** What stands beside the conversation `open`, with a clock that the test turns. */
function openSimilar(embedder?: unknown) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const watchers = new Set<(status: SearchStatus) => void>();
  const signals: (AbortSignal | undefined)[] = [];
  const asked: string[] = [];
  const answer = { ids: ['near'] as readonly string[], error: undefined as Error | undefined };
  const work: SearchWork = {
    watchStatus(onStatus) {
      watchers.add(onStatus);
      return () => watchers.delete(onStatus);
    },
    ask(request, onAnswer, signal) {
      asked.push(request.kind === 'similar' ? request.conversationId : request.kind);
      signals.push(signal);
      if (answer.error) return Promise.reject(answer.error);
      onAnswer({ kind: 'near', groups: answer.ids.map((id) => nearGroup(id)) });
      return Promise.resolve();
    },
  };
  const value = createUserSettings('en', 0);
  const settings = {
    value: { ...value, meaning: { ...DEFAULT_MEANING_SETTINGS, embedder } },
    update: () => Promise.resolve(),
  };
  const similar = new SimilarConversations(work, settings, toConversationId('open'));
  const stop = similar.follow();
  onTestFinished(stop);
  const tell = (changes: Partial<MeaningStatus>): void => {
    const status: SearchStatus = {
      phase: 'ready',
      indexedCount: 0,
      totalCount: 0,
      storage: 'memory',
      isFast: false,
      meaning: { ...RESTING, ...changes },
    };
    watchers.forEach((watch) => watch(status));
  };
  const ids = (): readonly string[] | undefined => similar.groups?.map(({ id }) => id);
  return { similar, stop, tell, ids, asked, signals, answer };
}

test('looks at once, and again when the index has grown or come to rest', async () => {
  const { ids, asked, tell, answer } = openSimilar();
  await vi.advanceTimersByTimeAsync(0);
  expect(ids()).toEqual(['near']);
  answer.ids = ['nearer', 'near'];
  tell({ phase: 'indexing', doneCount: 1, totalCount: 9 });
  tell({ phase: 'indexing', doneCount: 2, totalCount: 9 });
  tell({ phase: 'indexing', doneCount: 3, totalCount: 9 });
  await vi.advanceTimersByTimeAsync(2000);
  // Every message more is no reason of its own.
  expect(asked).toEqual(['open']);
  await vi.advanceTimersByTimeAsync(600);
  expect(asked).toEqual(['open', 'open']);
  expect(ids()).toEqual(['nearer', 'near']);
  answer.ids = [];
  tell({ phase: 'ready', doneCount: 9, totalCount: 9 });
  await vi.advanceTimersByTimeAsync(0);
  expect(ids()).toEqual([]);
});

test('tells why nothing could be looked for, and looks again when asked to', async () => {
  const { similar, ids, asked, answer } = openSimilar();
  answer.error = new OnggiError('model/unreachable', 'gone');
  await similar.again();
  expect(similar.status).toMatchObject({ phase: 'failed', errorCode: 'model/unreachable' });
  // What was found before is no worse for it.
  expect(ids()).toEqual(['near']);
  answer.error = undefined;
  await similar.again();
  expect(similar.status?.phase).not.toBe('failed');
  expect(asked.filter((kind) => kind === 'rechoose')).toHaveLength(2);
});

test('an endpoint that refuses this conversation has not failed', async () => {
  const { similar, tell, answer } = openSimilar();
  tell({});
  answer.error = new OnggiError('provider/context-too-long', 'too long');
  await similar.again();
  expect(similar.isRefused).toBe(true);
  expect(similar.status?.phase).toBe('ready');
});

test('says that nothing was asked of an endpoint where no index was begun', () => {
  const baseUrl = 'https://e.example';
  const { similar, tell } = openSimilar({ kind: 'endpoint', endpointId: 'e', baseUrl, model: 'm' });
  expect(similar.isUnasked).toBe(false);
  tell({ phase: 'off' });
  expect(similar.isUnasked).toBe(true);
  tell({ phase: 'indexing' });
  expect(similar.isUnasked).toBe(false);
});

test('what is left behind asks for nothing more and shows nothing more', async () => {
  const { stop, tell, asked, signals } = openSimilar();
  await vi.advanceTimersByTimeAsync(0);
  tell({ phase: 'indexing', doneCount: 1 });
  tell({ phase: 'indexing', doneCount: 2 });
  stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toEqual(['open']);
  expect(signals[0]?.aborted).toBe(true);
});
