import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { BUILT_IN_EMBEDDER } from '#inference/built-in-model.ts';
import { createStaticEmbedder } from '#inference/static-embedder.ts';
import { readStaticModel } from '#inference/static-model.ts';
import { splitWords } from '#inference/unigram.ts';
import { dot, readBuiltInFiles, readBuiltInModel } from './built-in-files.ts';

const embedder = createStaticEmbedder(BUILT_IN_EMBEDDER, readBuiltInModel());

async function cosine(a: string, b: string): Promise<number> {
  const { dimension } = embedder;
  const vectors = await embedder.embed([a, b], 'query');
  return dot(vectors.subarray(0, dimension), vectors.subarray(dimension));
}

describe('the built-in model', () => {
  test('is the one whose revision is written beside its vectors', () => {
    const { onnx } = readBuiltInFiles();
    const digest = createHash('sha256').update(new Uint8Array(onnx)).digest('hex');
    expect(digest.slice(0, 12)).toBe(BUILT_IN_EMBEDDER.revision);
    expect(embedder.dimension).toBe(BUILT_IN_EMBEDDER.dimension);
  });

  test('knows what belongs together across languages', async () => {
    const question = '고양이가 밥을 안 먹어요';
    const same = await cosine(question, 'My cat refuses to eat');
    const other = await cosine(question, 'How do I configure a network printer?');
    expect(same).toBeGreaterThan(0.45);
    expect(other).toBeLessThan(same - 0.2);
  });

  test('gives vectors of length 1, and zeros where there is nothing it knows', async () => {
    const { dimension } = embedder;
    const texts = [
      '',
      '   \n',
      '\ud800',
      '\u{1F9FF}\u{1F9FF}',
      '배포 오류',
      'a\u0301'.repeat(50_000),
    ];
    const vectors = await embedder.embed(texts, 'passage');
    const lengths = texts.map((_, at) => {
      const vector = vectors.subarray(at * dimension, (at + 1) * dimension);
      return Math.round(dot(vector, vector) * 1e4) / 1e4;
    });
    expect(lengths.slice(0, 3)).toEqual([0, 0, 0]);
    expect(lengths.slice(4)).toEqual([1, 1]);
  });
});

describe('words', () => {
  test.each([
    ['Hello, World', ['▁hello', ',', '▁world']],
    ['검색했습니다.', ['검색했습니다', '.']],
    ['ＡＢＣ가def', ['▁abc가▁def']],
    ['  \t ', []],
    ['a+b=c', ['▁a', '+', '▁b', '=', '▁c']],
  ])('%j', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });
});

describe('files that are no static model', () => {
  const files = readBuiltInFiles();
  test.each([
    ['a page for a configuration', { ...files, config: '<!doctype html>' }],
    ['a transformer without a table', { ...files, config: { model_type: 'bert' } }],
    ['another tokenizer', { ...files, tokenizer: { model: { type: 'WordPiece', vocab: {} } } }],
    ['a file cut at 60 %', { ...files, onnx: files.onnx.slice(0, files.onnx.byteLength * 0.6) }],
    ['nothing', { ...files, onnx: new ArrayBuffer(0) }],
  ])('%s', (_name, broken) => {
    expect(() => readStaticModel(broken)).toThrow(
      expect.objectContaining({ code: 'model/damaged' }) as Error,
    );
  });
});
