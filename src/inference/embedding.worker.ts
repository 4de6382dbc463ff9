/** One embedding model beside the page. */
import { serveEmbedding } from './serve-embedding.ts';

const take = serveEmbedding((message, transfer) => postMessage(message, { transfer }));

addEventListener('message', ({ data }: MessageEvent<unknown>) => void take(data));
