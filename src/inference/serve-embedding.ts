import type { Embedder } from '#domain/embedding.ts';
import { OnggiError } from '#domain/errors.ts';
import { BUILT_IN_EMBEDDER, fetchBuiltInModel } from './built-in-model.ts';
import { parseToEmbeddingWorker, toFailed } from './embedding-messages.ts';
import type { FromEmbeddingWorker, ToEmbeddingWorker } from './embedding-messages.ts';
import { createStaticEmbedder } from './static-embedder.ts';
import { readStaticModel } from './static-model.ts';

type Post = (message: FromEmbeddingWorker, transfer: Transferable[]) => void;

/** The worker's side: loads one model and embeds with it. Gives what takes a message. */
export function serveEmbedding(post: Post): (data: unknown) => Promise<void> {
  let loading: Promise<Embedder> | undefined;

  async function load({ modelsUrl }: Extract<ToEmbeddingWorker, { kind: 'load' }>) {
    const files = await fetchBuiltInModel(new URL(modelsUrl), {
      onBytes: (doneBytes, totalBytes) => post({ kind: 'loading', doneBytes, totalBytes }, []),
    });
    return createStaticEmbedder(BUILT_IN_EMBEDDER, readStaticModel(files));
  }

  return async (data) => {
    let number: number | null = null;
    try {
      const message = parseToEmbeddingWorker(data);
      if (message.kind === 'load') {
        loading ??= load(message);
        const { id, revision, dtype, dimension, pipelineVersion } = await loading;
        const identity = { id, revision, dtype, dimension, pipelineVersion };
        post({ kind: 'ready', identity }, []);
        return;
      }
      ({ number } = message);
      if (!loading) throw new OnggiError('app/worker-failed', 'asked to embed without a model');
      const vectors = await (await loading).embed(message.texts, message.as);
      post({ kind: 'embedded', number, vectors }, [vectors.buffer]);
    } catch (error) {
      post(toFailed(error, number), []);
    }
  };
}
