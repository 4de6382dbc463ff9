/** As transformers.worker.ts, by the graphics processor: an engine of 27 MB. See [Note: Two engines]. */
import { GPU_ENGINE } from './gpu-engine.ts';
import { openTransformersModel } from './open-transformers-model.ts';
import { serveEmbedding } from './serve-embedding.ts';

const take = serveEmbedding(
  (message, transfer) => postMessage(message, { transfer }),
  openTransformersModel(GPU_ENGINE),
);

addEventListener('message', ({ data }: MessageEvent<unknown>) => void take(data));
