import { OnggiError } from '#domain/errors.ts';
import type { Engine } from './engine.ts';
import { openDownload } from './model-store.ts';
import type { OpenModel } from './serve-embedding.ts';
import { fetchServedModel } from './served-model.ts';
import { openTransformersEmbedder } from './transformers-embedder.ts';

/**
 * Opens models that transformers.js runs with that engine: one that was downloaded, or one of the app's own
 * origin. What it gives throws OnggiError `model/*`.
 */
export function openTransformersModel(engine: Engine): OpenModel {
  return async (choice, modelsUrl, onBytes) => {
    if (choice.kind === 'downloaded') {
      return openTransformersEmbedder(
        await openDownload(choice.repository, choice.revision),
        engine,
      );
    }
    if (choice.kind === 'folder') {
      return openTransformersEmbedder(
        await fetchServedModel(modelsUrl, choice.path, onBytes),
        engine,
      );
    }
    throw new OnggiError('app/unexpected', `no model of this worker: ${choice.kind}`);
  };
}
