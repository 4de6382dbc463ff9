import { splitIntoTokens } from './conformance-text.mjs';

/** The embedding models of the test server. */
export const EMBEDDING_MODELS = [
  { id: 'embed/small', summary: 'Unit vectors of 32 numbers from letter pairs; for tests only.' },
  { id: 'embed/growing', summary: 'The same, of 48 numbers when it is asked for several texts.' },
  { id: 'embed/wide', summary: 'The same, of 10,000 numbers: scores of words more than a vector.' },
  { id: 'embed/short', summary: 'Forgets the vector of the last text.' },
  { id: 'embed/odd', summary: 'Sends words in the place of numbers.' },
  { id: 'embed/picky', summary: 'Refuses a request in which a text says “refuse me”.' },
];

const DEFAULT_DIMENSIONS = 32;
const WIDE_DIMENSIONS = 10_000;

/**
 * A unit vector counting the letter pairs of the text, so like texts lie near each other.
 * @type {(text: string, dimensions: number) => number[]}
 */
const embed = (text, dimensions) => {
  const vector = Array.from({ length: dimensions }, () => 0);
  const codes = Array.from(` ${text.toLowerCase()} `, (letter) => letter.codePointAt(0) ?? 0);
  for (const [at, code] of codes.entries()) {
    const slot = ((codes[at - 1] ?? 0) * 31 + code) % dimensions;
    vector[slot] = (vector[slot] ?? 0) + 1;
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
};

/** Little-endian float32, as the API packs it. @type {(vector: number[]) => string} */
const toBase64 = (vector) => Buffer.from(new Float32Array(vector).buffer).toString('base64');

/**
 * What a checked embeddings body holds.
 * @typedef {{ model: string, input: string | string[] | number[] | number[][],
 *   dimensions?: number, encoding_format?: 'float' | 'base64' }} EmbeddingBody
 */

/**
 * The answer to a checked body. Lists of token numbers are read as text of numbers.
 * @param {EmbeddingBody} body
 */
export const createEmbeddings = ({ model, input, dimensions, encoding_format: encoding }) => {
  const isOne = typeof input === 'string' || typeof input[0] === 'number';
  const texts = (isOne ? [input] : input).map((item) => String(item));
  const usual = model === 'embed/wide' ? WIDE_DIMENSIONS : DEFAULT_DIMENSIONS;
  const length = dimensions ?? (model === 'embed/growing' && texts.length > 1 ? 48 : usual);
  const answered = model === 'embed/short' ? texts.slice(0, -1) : texts;
  const tokenCount = texts.reduce((sum, text) => sum + splitIntoTokens(text).length, 0);
  return {
    object: 'list',
    model,
    data: answered.map((text, index) => {
      const vector = embed(text, length);
      return {
        object: 'embedding',
        index,
        embedding:
          model === 'embed/odd'
            ? vector.map(String)
            : encoding === 'base64'
              ? toBase64(vector)
              : vector,
      };
    }),
    usage: { prompt_tokens: tokenCount, total_tokens: tokenCount },
  };
};
