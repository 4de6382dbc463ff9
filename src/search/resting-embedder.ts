import { embedderKey } from '#domain/embedding.ts';
import { OnggiError } from '#domain/errors.ts';
import type { EmbeddingWorkerClient } from '#inference/embedding-client.ts';

/**
 * An embedder whose worker ends after some time without work and starts again with the next text. One that
 * failed is ended too: an engine that ran out of memory does not come back.
 * @throws what `open` throws, here and from `embed`; there `model/changed` when the model is another one.
 */
export async function openResting(
  open: () => Promise<EmbeddingWorkerClient>,
  restAfterMs: number,
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

  async function reopen(): Promise<EmbeddingWorkerClient> {
    const client = await open();
    if (embedderKey(client) === key && !isClosed()) return client;
    client.close();
    throw new OnggiError('model/changed', 'the files are of another model now');
  }

  return {
    ...first,
    async embed(texts, kind, signal) {
      if (isClosed()) return first.embed(texts, kind, signal);
      clearTimeout(timer);
      runningCount += 1;
      working ??= reopen();
      const mine = working;
      try {
        return await (await mine).embed(texts, kind, signal);
      } catch (error) {
        if (!signal?.aborted) end(mine);
        throw error;
      } finally {
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
