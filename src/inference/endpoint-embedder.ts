/** An embedder whose model is at an endpoint: the texts leave the device. */
import { embedderIdOf } from '#domain/embedder-choice.ts';
import type { EmbedderChoice } from '#domain/embedder-choice.ts';
import { MAX_DIMENSION, isRefusal } from '#domain/embedding.ts';
import type { EmbedTexts, Embedder } from '#domain/embedding.ts';
import { OnggiError } from '#domain/errors.ts';

/** Raised when what becomes of a text changes; see `EmbedderIdentity.pipelineVersion`. */
const PIPELINE_VERSION = 1;
/** Endpoints refuse texts over their model's limit, often 8,192 tokens, instead of cutting them. */
const MAX_TEXT_UNITS = 8000;

/**
 * Asks for one vector, to learn how long they are.
 * @throws OnggiError `provider/*`, `model/not-embedding`.
 */
export async function openEndpointEmbedder(
  choice: Extract<EmbedderChoice, { kind: 'endpoint' }>,
  embedTexts: EmbedTexts,
): Promise<Embedder> {
  const ask = (texts: readonly string[], signal?: AbortSignal): Promise<readonly Float32Array[]> =>
    embedTexts(choice, texts, signal);
  /** One text that an endpoint does not want must not keep the others from being found. @returns null for it */
  async function askInHalvesIfRefused(
    texts: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly (Float32Array | null)[]> {
    signal?.throwIfAborted();
    try {
      return await ask(texts, signal);
    } catch (error) {
      if (!(error instanceof OnggiError) || !isRefusal(error.code)) throw error;
      if (texts.length === 1) return [null];
      const half = Math.ceil(texts.length / 2);
      const first = await askInHalvesIfRefused(texts.slice(0, half), signal);
      return [...first, ...(await askInHalvesIfRefused(texts.slice(half), signal))];
    }
  }
  const [first] = await ask(['onggi']);
  const dimension = first?.length ?? 0;
  if (dimension === 0 || dimension > MAX_DIMENSION) {
    throw new OnggiError('model/not-embedding', `a vector of ${dimension} numbers`);
  }
  return {
    id: embedderIdOf(choice),
    // Endpoints do not say in which state their model is.
    revision: choice.model,
    dtype: 'remote',
    dimension,
    pipelineVersion: PIPELINE_VERSION,
    async embed(texts, kind, signal) {
      const all = new Float32Array(texts.length * dimension);
      // Endpoints refuse empty texts, and with them the whole request.
      const told = texts.flatMap((text, at) => (text.trim() === '' ? [] : [at]));
      if (told.length === 0) return all;
      const sendable = told.map((at) => toSendable(texts[at] ?? ''));
      // A question that is refused is to be told of; it is one text, and failed.
      const vectors = await (kind === 'query' ? ask : askInHalvesIfRefused)(sendable, signal);
      told.forEach((at, row) => {
        const vector = vectors[row];
        // Zeros are found by nothing, as what is refused.
        if (vector === null || (kind === 'passage' && vector?.every((value) => value === 0))) {
          all.fill(NaN, at * dimension, (at + 1) * dimension);
          return;
        }
        if (vector?.length !== dimension) {
          throw new OnggiError('model/changed', `${vector?.length ?? 0} numbers, not ${dimension}`);
        }
        all.set(toUnitLength(vector), at * dimension);
      });
      return all;
    },
  };
}

/** Half of a surrogate pair is refused by strict servers. */
const toSendable = (text: string): string =>
  text.slice(0, MAX_TEXT_UNITS).replace(/\p{Cs}/gu, '\ufffd');

function toUnitLength(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length > 0 ? vector.map((value) => value / length) : vector;
}
