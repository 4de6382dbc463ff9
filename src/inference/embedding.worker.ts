/** The built-in embedding model beside the page. */
import { openBuiltInModel } from './open-built-in-model.ts';
import { serveEmbedding } from './serve-embedding.ts';

const take = serveEmbedding(
  (message, transfer) => postMessage(message, { transfer }),
  openBuiltInModel,
);

addEventListener('message', ({ data }: MessageEvent<unknown>) => void take(data));
