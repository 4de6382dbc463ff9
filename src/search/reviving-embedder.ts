import { embedderKey } from '#domain/embedding.ts';
import { OnggiError, toOnggiError } from '#domain/errors.ts';
import type { OpenEmbedder } from './meaning-run.ts';
import { openUnlessClosed, reopenEmbedder } from './reopen-embedder.ts';

/**
 * Whether what embeds is no more, or its engine is not to be trusted any more: another is to be begun. What an
 * endpoint did not foresee is no death: asked again, it would be paid for twice.
 */
export function isDeath(error: unknown, { isWorker }: Pick<OpenEmbedder, 'isWorker'>): boolean {
  const { code } = toOnggiError(error);
  return code === 'app/worker-failed' || (isWorker && code === 'app/unexpected');
}

/**
 * An embedder that is opened anew, with the next text, after it died. One that does not answer for longer than it
 * says (`patienceMs`) is ended: what it was asked fails as if it had died.
 * @param givenUp Ends the first opening: nobody waits for it any more.
 * @throws what `open` throws, here and from `embed`; there `model/changed` when the model is another one.
 */
export async function openReviving(
  open: () => Promise<OpenEmbedder>,
  givenUp: AbortSignal,
): Promise<OpenEmbedder> {
  const first = await openUnlessClosed(open, givenUp);
  const key = embedderKey(first);
  let working: Promise<OpenEmbedder> | undefined = Promise.resolve(first);
  const closed = new AbortController();

  function end(ended: Promise<OpenEmbedder> | undefined): void {
    if (working === ended) working = undefined;
    void ended?.then(
      (embedder) => embedder.close(),
      () => undefined,
    );
  }

  /** Uses the one that works, or another in its place. */
  async function use<T>(
    work: (embedder: OpenEmbedder) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    if (closed.signal.aborted) throw new OnggiError('app/worker-failed', 'the model was closed');
    const mine = (working ??= reopenEmbedder(open, key, closed.signal));
    const embedder = await mine.catch((error: unknown) => {
      end(mine);
      throw error;
    });
    const { patienceMs } = embedder;
    const watch = patienceMs === undefined ? undefined : setTimeout(() => end(mine), patienceMs);
    try {
      return await work(embedder);
    } catch (error) {
      // A question that was given up is nobody's death.
      if (!signal?.aborted && isDeath(error, embedder)) end(mine);
      throw error;
    } finally {
      clearTimeout(watch);
    }
  }

  const { measureOddness } = first;
  return {
    ...first,
    embed: (texts, kind, signal) => use((embedder) => embedder.embed(texts, kind, signal), signal),
    measureOddness:
      measureOddness &&
      ((text) => use(async (embedder) => (await embedder.measureOddness?.(text)) ?? null)),
    close() {
      closed.abort();
      end(working);
    },
  };
}
