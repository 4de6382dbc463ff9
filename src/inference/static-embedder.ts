import type { Embedder, EmbedderIdentity } from '#domain/embedding.ts';
import type { StaticModel } from './static-model.ts';
import { createTokenizer } from './unigram.ts';

/**
 * An embedder over a static model: a text's vector is the sum of its pieces' rows, brought to length 1.
 * It knows no order of words and no negation. The same for questions and passages. Any length of text.
 */
export function createStaticEmbedder(identity: EmbedderIdentity, model: StaticModel): Embedder {
  const { dimension, vocabulary, table, scales } = model;
  const tokenize = createTokenizer(vocabulary);

  function addText(text: string, vector: Float32Array): void {
    for (const piece of tokenize(text)) {
      const scale = scales[piece] ?? 0;
      const row = piece * dimension;
      for (let i = 0; i < dimension; i++) {
        vector[i] = (vector[i] ?? 0) + scale * (table[row + i] ?? 0);
      }
    }
    normalize(vector);
  }

  return {
    ...identity,
    dimension,
    embed: (texts) => {
      const vectors = new Float32Array(texts.length * dimension);
      texts.forEach((text, at) =>
        addText(text, vectors.subarray(at * dimension, (at + 1) * dimension)),
      );
      return Promise.resolve(vectors);
    },
    measureOddness(text) {
      const characters = Array.from(text.replace(/\s/gu, '')).length;
      const cost = tokenize(text).reduce((sum, piece) => sum - (vocabulary.scores[piece] ?? 0), 0);
      return Promise.resolve(cost / Math.max(1, characters));
    },
  };
}

/** Brings a vector to length 1, in place; zeros stay zeros. */
function normalize(vector: Float32Array): void {
  let sum = 0;
  for (const value of vector) sum += value * value;
  if (sum === 0) return;
  const factor = 1 / Math.sqrt(sum);
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) * factor;
}
