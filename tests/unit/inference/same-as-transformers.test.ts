import { env, pipeline } from '@xenova/transformers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { en } from '#i18n/en.ts';
import { ja } from '#i18n/ja.ts';
import { ko } from '#i18n/ko.ts';
import { zh } from '#i18n/zh.ts';
import { BUILT_IN_EMBEDDER } from '#inference/built-in-model.ts';
import { createStaticEmbedder } from '#inference/static-embedder.ts';
import { dot, readBuiltInModel } from './built-in-files.ts';

const ODD_TEXTS = [
  'ㅋㅋㅋ 진짜요? 👍🏽👨‍👩‍👧‍👦',
  '안녕 hello こんにちは 你好',
  'ＦＵＬＬ　ｗｉｄｔｈ ｶﾀｶﾅ ①②③ ㈱ ﬁne',
  '한글café naïve Straße İstanbul ǅ',
  'iPhone16으로 찍은 사진을 Python3.12로 처리하기',
  'const x = await fetch(`/api/${id}?q=1&r=2`);',
  '2026-11-28T06:10:31Z, 3.14159, −40 °C, €1,234.50',
  'ᄒ\u1161\u11ab글 (분리된 자모) 한글',
  'ﷺ ½ ℃ ㎏ ㍿ Ⅷ',
  'мир العربية हिन्दी ไทย',
  '……——「」『』【】〜・',
  '!!!???...,,,',
  'ㄱㅅ',
  'a'.repeat(300),
  '가나다라마바사아자차카타파하'.repeat(30),
  'x\u0301y\u200bz\u00adw',
  '𠮷野家で𩸽を食べる',
  'https://example.com/경로/파일?이름=값#조각',
  '\u2581밑줄 ▁already marked',
  'tab\there\nnew line\r\n　全角空白',
  '大規模言語モデル（LLM）のファインチューニング方法',
];

test('the port finds the vectors that transformers.js finds in the same files', async () => {
  env.allowRemoteModels = false;
  env.localModelPath = fileURLToPath(new URL('../../../public/models/', import.meta.url));
  const theirs = await pipeline('feature-extraction', BUILT_IN_EMBEDDER.id, { dtype: 'q8' });
  const port = createStaticEmbedder(BUILT_IN_EMBEDDER, readBuiltInModel());

  const catalogs = [ko, en, ja, zh].flatMap((texts) => Object.values(texts).slice(0, 200));
  const plain = catalogs.map((text) => (typeof text === 'string' ? text : Object.values(text)[0]));
  const texts = [...plain.filter((text) => text !== undefined), ...ODD_TEXTS];
  expect(texts.length).toBeGreaterThan(800);
  const { dimension } = port;
  const vectors = await port.embed(texts, 'passage');
  const distant: [string, number][] = [];
  for (const [at, text] of texts.entries()) {
    const { data } = await theirs(text, { pooling: 'mean', normalize: true });
    const expected = Float32Array.from(data as Float32Array);
    const ours = vectors.subarray(at * dimension, (at + 1) * dimension);
    // Where the vocabulary knows nothing they divide zero by zero, and we leave the zeros.
    if (expected.some(Number.isNaN) && ours.every((value) => value === 0)) continue;
    const cosine = dot(ours, expected);
    if (!(cosine >= 0.99999)) distant.push([text, cosine]);
  }
  expect(distant).toEqual([]);
}, 120_000);
