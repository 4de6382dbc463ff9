/** The embedding model that comes with onggi, and where its files are. See docs/models.md. */
import type { EmbedderIdentity } from '#domain/embedding.ts';
import { fetchModelFile, readBytes, readJson } from './model-files.ts';
import type { OnBytes } from './model-files.ts';
import type { StaticModelFiles } from './static-model.ts';

/** What the built-in embedder writes beside its vectors. */
export const BUILT_IN_EMBEDDER: EmbedderIdentity = {
  id: 'onggi/static-multilingual',
  /** Begin of the SHA-256 of `onnx/model_quantized.onnx`. */
  revision: '40d6f3e58f72',
  dtype: 'q8',
  dimension: 256,
  pipelineVersion: 1,
};

/**
 * Fetches the files from the app's own origin. The revision stands in every address, so that what a
 * service worker or the browser kept of an older model is never taken for this one.
 * @param base Address of the folder `models/`, with its slash.
 * @throws as {@link fetchModelFile}.
 */
export async function fetchBuiltInModel(
  base: URL,
  { onBytes, signal }: { readonly onBytes?: OnBytes; readonly signal?: AbortSignal } = {},
): Promise<StaticModelFiles> {
  const { id, revision } = BUILT_IN_EMBEDDER;
  const get = (file: string): Promise<Response> =>
    fetchModelFile(new URL(`${id}/${file}?revision=${revision}`, base), { signal });
  const [config, tokenizer, onnx] = await Promise.all([
    get('config.json').then(readJson),
    get('tokenizer.json').then(readJson),
    get('onnx/model_quantized.onnx').then((response) => readBytes(response, onBytes)),
  ]);
  return { config, tokenizer, onnx };
}
