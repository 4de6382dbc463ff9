/** One embedding model of transformers.js beside the page: about 0.5 MB, and an engine of 14 MB. */
import { CPU_ENGINE } from './cpu-engine.ts';
import { openTransformersModel } from './open-transformers-model.ts';
import { serveEmbedding } from './serve-embedding.ts';

const take = serveEmbedding(
  (message, transfer) => postMessage(message, { transfer }),
  openTransformersModel(CPU_ENGINE),
);

addEventListener('message', ({ data }: MessageEvent<unknown>) => void take(data));
