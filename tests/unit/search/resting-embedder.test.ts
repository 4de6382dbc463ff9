import { expect, test, vi } from 'vitest';
import { OnggiError } from '#domain/errors.ts';
import type { EmbeddingWorkerClient } from '#inference/embedding-client.ts';
import { openResting } from '#search/resting-embedder.ts';
import { openReviving } from '#search/reviving-embedder.ts';
import { createTestEmbedder } from './support.ts';

const PATIENCE_MS = 60_000;

/** Opens workers, and knows which of them still run. */
function createOpener() {
  const running = new Set<EmbeddingWorkerClient>();
  const state = { revision: '1', isFailing: false, openedCount: 0 };
  return {
    running,
    state,
    open: (): Promise<EmbeddingWorkerClient> => {
      state.openedCount += 1;
      const embedder = createTestEmbedder({ revision: state.revision });
      const client: EmbeddingWorkerClient = {
        ...embedder,
        embed: (texts, kind) =>
          state.isFailing
            ? Promise.reject(new OnggiError('app/worker-failed', 'out of memory'))
            : embedder.embed(texts, kind),
        close: () => running.delete(client),
      };
      running.add(client);
      return Promise.resolve(client);
    },
  };
}

test('ends its worker after a rest, and starts it with the next text', async () => {
  vi.useFakeTimers();
  try {
    const { open, running, state } = createOpener();
    const embedder = await openResting(open, 1000, PATIENCE_MS);
    await embedder.embed(['a'], 'passage');
    await vi.advanceTimersByTimeAsync(999);
    expect(running.size).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(running.size).toBe(0);
    expect((await embedder.embed(['a'], 'passage')).length).toBe(embedder.dimension);
    expect(state.openedCount).toBe(2);
    embedder.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(running.size).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('ends a worker that failed, and goes on with another', async () => {
  const { open, running, state } = createOpener();
  const embedder = await openResting(open, 60_000, PATIENCE_MS);
  state.isFailing = true;
  await expect(embedder.embed(['a'], 'passage')).rejects.toThrow('out of memory');
  await Promise.resolve();
  expect(running.size).toBe(0);
  state.isFailing = false;
  await embedder.embed(['a'], 'passage');
  expect(running.size).toBe(1);
  embedder.close();
});

test('does not go on with another model', async () => {
  const { open, running, state } = createOpener();
  const embedder = await openResting(open, 60_000, PATIENCE_MS);
  state.isFailing = true;
  await embedder.embed(['a'], 'passage').catch(() => undefined);
  Object.assign(state, { isFailing: false, revision: '2' });
  await expect(embedder.embed(['a'], 'passage')).rejects.toThrow(
    expect.objectContaining({ code: 'model/changed' }) as Error,
  );
  expect(running.size).toBe(0);
  embedder.close();
});

/** A worker that rests, and whose model takes as long as it is told to load again. */
async function startResting(patienceMs: number) {
  const { open, running, state } = createOpener();
  let loaded: Promise<unknown> = Promise.resolve();
  const opening = () => loaded.then(open);
  const embedder = await openResting(opening, 1000, patienceMs);
  await vi.advanceTimersByTimeAsync(0);
  await embedder.embed(['a'], 'passage');
  await vi.advanceTimersByTimeAsync(1000);
  expect(running.size).toBe(0);
  return { embedder, running, state, load: (next: Promise<unknown>): void => void (loaded = next) };
}

test('has patience with an answer, and not counted what is loaded before it', async () => {
  vi.useFakeTimers();
  try {
    const { embedder, running, load } = await startResting(5000);
    load(new Promise((resolve) => setTimeout(resolve, 60_000)));
    const slow = embedder.embed(['a'], 'passage');
    await vi.advanceTimersByTimeAsync(60_000);
    expect((await slow).length).toBe(embedder.dimension);
    const [worker] = running;
    if (!worker) throw new Error('no worker runs');
    let fail: (error: OnggiError) => void = () => undefined;
    Object.assign(worker, {
      embed: () => new Promise((_resolve, reject) => (fail = reject)),
      // As a worker's client does: what it was asked fails with its end.
      close: () => fail(new OnggiError('app/worker-failed', 'it was ended')),
    });
    const hanging = expect(embedder.embed(['a'], 'passage')).rejects.toThrow('it was ended');
    await vi.advanceTimersByTimeAsync(5000);
    await hanging;
  } finally {
    vi.useRealTimers();
  }
});

test('closed while it loads again, it fails at once, and what is loaded then is closed', async () => {
  vi.useFakeTimers();
  try {
    const { embedder, running, state, load } = await startResting(PATIENCE_MS);
    let finish: () => void = () => undefined;
    load(new Promise<void>((resolve) => (finish = resolve)));
    const closed = expect(embedder.embed(['a'], 'passage')).rejects.toThrow(
      expect.objectContaining({ code: 'app/worker-failed' }) as Error,
    );
    await vi.advanceTimersByTimeAsync(0);
    embedder.close();
    await closed;
    finish();
    await vi.advanceTimersByTimeAsync(0);
    expect(state.openedCount).toBe(2);
    expect(running.size).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('closed while another is begun after a death, it fails at once', async () => {
  let isDead = true;
  const embedder = createTestEmbedder();
  const embed: typeof embedder.embed = () =>
    Promise.reject(new OnggiError('app/worker-failed', 'it died'));
  const { signal } = new AbortController();
  const reviving = await openReviving(
    () => (isDead ? Promise.resolve({ ...embedder, embed }) : new Promise(() => undefined)),
    signal,
  );
  await expect(reviving.embed(['a'], 'passage')).rejects.toThrow('it died');
  isDead = false;
  const closed = expect(reviving.embed(['a'], 'passage')).rejects.toThrow('the model was closed');
  reviving.close();
  await closed;
});
