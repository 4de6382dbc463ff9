import type { Endpoint } from '#domain/endpoint.ts';
import { OnggiError } from '#domain/errors.ts';
import { requireObject } from './ask-once.ts';
import { createClient } from './client.ts';
import { toProviderError } from './errors.ts';
import { limitsOf } from './limits.ts';
import type { ProviderDeps } from './limits.ts';
import { readList, readObject } from './read.ts';

/** What is asked of an endpoint's `/embeddings`. */
export interface EmbeddingRequest {
  readonly endpoint: Pick<Endpoint, 'baseUrl' | 'presetId'>;
  readonly apiKey: string | undefined;
  readonly model: string;
  readonly texts: readonly string[];
}

/**
 * Asks for one vector a text, in the order of the texts. Asks once: whoever has time asks again.
 * Rejects with OnggiError `provider/malformed` when vectors are missing or hold something else than
 * numbers, and as {@link ListChatModels} does.
 */
export type RequestEmbeddings = (
  request: EmbeddingRequest,
  signal?: AbortSignal,
) => Promise<readonly Float32Array[]>;

export function createRequestEmbeddings(deps: ProviderDeps): RequestEmbeddings {
  return async ({ endpoint, apiKey, model, texts }, signal) => {
    signal?.throwIfAborted();
    const { wholeFirstByteMs: firstByteTimeoutMs } = limitsOf(deps);
    const options = { endpoint, apiKey, shape: 'whole' as const, firstByteTimeoutMs };
    try {
      const client = await createClient(deps, options);
      const answer: unknown = await client.post('/embeddings', {
        // The SDK would ask for base64, which many servers do not know.
        body: { model, input: texts, encoding_format: 'float' },
        ...(signal && { signal }),
      });
      return readVectors(requireObject(answer), texts.length);
    } catch (error) {
      signal?.throwIfAborted();
      throw toProviderError(error);
    }
  };
}

/** The vectors of an answer; `index` says whose each is, where it is told. */
function readVectors(answer: object, count: number): readonly Float32Array[] {
  const list = readList(readObject(answer)?.data) ?? [];
  const vectors = new Array<Float32Array | undefined>(count).fill(undefined);
  list.forEach((entry, at) => {
    const object = readObject(entry);
    const index = typeof object?.index === 'number' ? object.index : at;
    const numbers = readList(object?.embedding);
    if (!numbers?.every((value) => typeof value === 'number')) return;
    const vector = Float32Array.from(numbers);
    // More than 32 bits can hold is no number any more.
    if (index in vectors && vector.every(Number.isFinite)) vectors[index] = vector;
  });
  const whole = vectors.filter((vector) => vector !== undefined);
  if (whole.length < count) {
    throw new OnggiError('provider/malformed', `${whole.length} vectors of ${count}`);
  }
  return whole;
}
