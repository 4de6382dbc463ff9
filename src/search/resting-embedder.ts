import type { EmbeddingWorkerClient } from '#inference/embedding-client.ts';

/**
 * An embedder whose worker ends after some time without work and starts again with the next text.
 * @param open Gives the same model each time.
 * @throws what `open` throws, here and from `embed`.
 */
export async function openResting(
  open: () => Promise<EmbeddingWorkerClient>,
  restAfterMs: number,
): Promise<EmbeddingWorkerClient> {
  const first = await open();
  let working: Promise<EmbeddingWorkerClient> | undefined = Promise.resolve(first);
  let runningCount = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const closed = new AbortController();
  const isClosed = (): boolean => closed.signal.aborted;

  function rest(): void {
    const ended = working;
    working = undefined;
    void ended?.then(
      (client) => client.close(),
      () => undefined,
    );
  }

  return {
    ...first,
    async embed(texts, kind) {
      if (isClosed()) return first.embed(texts, kind);
      clearTimeout(timer);
      runningCount += 1;
      try {
        working ??= open();
        return await (await working).embed(texts, kind);
      } catch (error) {
        // One that died is not asked again.
        working = undefined;
        throw error;
      } finally {
        runningCount -= 1;
        clearTimeout(timer);
        if (runningCount === 0 && !isClosed()) timer = setTimeout(rest, restAfterMs);
      }
    },
    close() {
      closed.abort();
      clearTimeout(timer);
      rest();
      first.close();
    },
  };
}
