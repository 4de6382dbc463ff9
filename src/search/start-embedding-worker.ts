/** Starts an embedding worker from within another worker, where no policy asks for trusted addresses. */
import embeddingWorkerUrl from '#inference/embedding.worker.ts?worker&url';

export const startEmbeddingWorker = (): Worker =>
  new Worker(embeddingWorkerUrl, { type: 'module', name: 'embedding' });
