import { embedderKey } from '#domain/embedding.ts';
import type { EmbeddingWorkerClient } from '#inference/embedding-client.ts';
import { reopenEmbedder } from './reopen-embedder.ts';

/**
 * An embedder whose worker ends after some time without work and starts again with the next text. One that
 * failed is ended too: an engine that ran out of memory does not come back.
 * @param patienceMs So long an answer may take, not counting what is loaded before: then it has failed.
 * @throws what `open` throws, here and from `embed`; there `model/changed` when the model is another one.
 */
export async function openResting(
  open: () => Promise<EmbeddingWorkerClient>,
  restAfterMs: number,
  patienceMs: number,
): Promise<EmbeddingWorkerClient> {
  const first = await open();
  const key = embedderKey(first);
  let working: Promise<EmbeddingWorkerClient> | undefined = Promise.resolve(first);
  let runningCount = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const closed = new AbortController();
  const isClosed = (): boolean => closed.signal.aborted;

  /** Ends a worker, and forgets it if it is the one that works. */
  function end(ended: Promise<EmbeddingWorkerClient> | undefined): void {
    if (working === ended) working = undefined;
    void ended?.then(
      (client) => client.close(),
      () => undefined,
    );
  }

  return {
    ...first,
    async embed(texts, kind, signal) {
      if (isClosed()) return first.embed(texts, kind, signal);
      clearTimeout(timer);
      runningCount += 1;
      const mine = (working ??= reopenEmbedder(open, key, closed.signal));
      let watch: ReturnType<typeof setTimeout> | undefined;
      try {
        const client = await mine;
        watch = setTimeout(() => end(mine), patienceMs);
        return await client.embed(texts, kind, signal);
      } catch (error) {
        if (!signal?.aborted) end(mine);
        throw error;
      } finally {
        clearTimeout(watch);
        runningCount -= 1;
        clearTimeout(timer);
        if (runningCount === 0 && !isClosed()) timer = setTimeout(() => end(working), restAfterMs);
      }
    },
    close() {
      closed.abort();
      clearTimeout(timer);
      end(working);
      first.close();
    },
  };
}
