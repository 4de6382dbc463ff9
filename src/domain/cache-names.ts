/** Caches of the origin that hold what is fetched for models, in a file of their own: the service worker has them too. */

/** Models that the person downloaded, piece by piece (`inference/model-store.ts`). */
export const DOWNLOADS_CACHE = 'onggi-downloaded-models';
/** Files of models that lie at the app's own origin, the built-in one among them. */
export const OWN_MODELS_CACHE = 'onggi-models';
/** Programs that few use: the engines of models and SQLite. */
export const FEW_CACHE = 'onggi-wasm';
/** What of {@link FEW_CACHE} is an engine of models. */
export const MODEL_ENGINE = /\/(transformers(-gpu)?\.worker|ort-wasm-simd-threaded(\.asyncify)?)-/;
