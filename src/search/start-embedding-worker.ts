/** Starts embedding workers from within another worker, where no policy asks for trusted addresses. */
import embeddingWorkerUrl from '#inference/embedding.worker.ts?worker&url';
import gpuWorkerUrl from '#inference/transformers-gpu.worker.ts?worker&url';
import transformersWorkerUrl from '#inference/transformers.worker.ts?worker&url';

export const startEmbeddingWorker = (): Worker =>
  new Worker(embeddingWorkerUrl, { type: 'module', name: 'embedding' });

export const startGpuWorker = (): Worker =>
  new Worker(gpuWorkerUrl, { type: 'module', name: 'transformers-gpu' });

export const startTransformersWorker = (): Worker =>
  new Worker(transformersWorkerUrl, { type: 'module', name: 'transformers' });
