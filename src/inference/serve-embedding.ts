import type { EmbedderChoice } from '#domain/embedder-choice.ts';
import type { Embedder } from '#domain/embedding.ts';
import { OnggiError } from '#domain/errors.ts';
import { parseToEmbeddingWorker, toFailed } from './embedding-messages.ts';
import type { FromEmbeddingWorker } from './embedding-messages.ts';
import type { OnBytes } from './model-files.ts';

type Post = (message: FromEmbeddingWorker, transfer: Transferable[]) => void;

/** Opens the model that was chosen. @throws OnggiError `model/*` */
export type OpenModel = (
  choice: EmbedderChoice,
  modelsUrl: URL,
  onBytes: OnBytes,
) => Promise<Embedder>;

/** The serving side: opens one model and embeds with it. Gives what takes a message. */
export function serveEmbedding(post: Post, openModel: OpenModel): (data: unknown) => Promise<void> {
  let loading: Promise<Embedder> | undefined;
  const running = new Map<number, AbortController>();

  return async (data) => {
    let number: number | null = null;
    const stop = new AbortController();
    try {
      const message = parseToEmbeddingWorker(data);
      if (message.kind === 'load') {
        loading ??= openModel(message.choice, new URL(message.modelsUrl), (doneBytes, totalBytes) =>
          post({ kind: 'loading', doneBytes, totalBytes }, []),
        );
        const { id, revision, dtype, dimension, pipelineVersion } = await loading;
        const identity = { id, revision, dtype, dimension, pipelineVersion };
        post({ kind: 'ready', identity }, []);
        return;
      }
      if (message.kind === 'cancel') {
        running.get(message.number)?.abort();
        return;
      }
      ({ number } = message);
      if (!loading) throw new OnggiError('app/worker-failed', 'asked to embed without a model');
      running.set(number, stop);
      const embedder = await loading;
      stop.signal.throwIfAborted();
      if (message.kind === 'measure') {
        const oddness = (await embedder.measureOddness?.(message.text)) ?? null;
        post({ kind: 'measured', number, oddness }, []);
        return;
      }
      const vectors = await embedder.embed(message.texts, message.as, stop.signal);
      post({ kind: 'embedded', number, vectors }, [vectors.buffer]);
    } catch (error) {
      if (!stop.signal.aborted) post(toFailed(error, number), []);
    } finally {
      if (number !== null) running.delete(number);
    }
  };
}
