import type { EmbedderChoice } from '#domain/embedder-choice.ts';
import type { Embedder } from '#domain/embedding.ts';
import { BUILT_IN_EMBEDDER, fetchBuiltInModel } from './built-in-model.ts';
import type { OnBytes } from './model-files.ts';
import { createStaticEmbedder } from './static-embedder.ts';
import { readStaticModel } from './static-model.ts';

/** @throws OnggiError `model/*`. */
export async function openBuiltInModel(
  _choice: EmbedderChoice,
  modelsUrl: URL,
  onBytes: OnBytes,
): Promise<Embedder> {
  const files = await fetchBuiltInModel(modelsUrl, { onBytes });
  return createStaticEmbedder(BUILT_IN_EMBEDDER, readStaticModel(files));
}
