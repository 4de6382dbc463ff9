import { expect, test, vi } from 'vitest';
import { OnggiError } from '#domain/errors.ts';
import type { EmbeddingWorkerClient } from '#inference/embedding-client.ts';
import { openResting } from '#search/resting-embedder.ts';
import { createTestEmbedder } from './support.ts';

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
    const embedder = await openResting(open, 1000);
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
  const embedder = await openResting(open, 60_000);
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
  const embedder = await openResting(open, 60_000);
  state.isFailing = true;
  await embedder.embed(['a'], 'passage').catch(() => undefined);
  Object.assign(state, { isFailing: false, revision: '2' });
  await expect(embedder.embed(['a'], 'passage')).rejects.toThrow(
    expect.objectContaining({ code: 'model/changed' }) as Error,
  );
  expect(running.size).toBe(0);
  embedder.close();
});
