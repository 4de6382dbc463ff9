import type { EmbedderChoice } from '#domain/embedder-choice.ts';
import type { Embedder } from '#domain/embedding.ts';
import { OnggiError } from '#domain/errors.ts';
import type { OnBytes } from './model-files.ts';
import { openDownload } from './model-store.ts';
import { fetchServedModel } from './served-model.ts';
import { openTransformersEmbedder } from './transformers-embedder.ts';

/**
 * Opens a model that transformers.js runs: one that was downloaded, or one of the app's own origin.
 * @throws OnggiError `model/*`.
 */
export async function openTransformersModel(
  choice: EmbedderChoice,
  modelsUrl: URL,
  onBytes: OnBytes,
): Promise<Embedder> {
  if (choice.kind === 'downloaded') {
    return openTransformersEmbedder(await openDownload(choice.repository, choice.revision));
  }
  if (choice.kind === 'folder') {
    return openTransformersEmbedder(await fetchServedModel(modelsUrl, choice.path, onBytes));
  }
  throw new OnggiError('app/unexpected', `no model of this worker: ${choice.kind}`);
}
