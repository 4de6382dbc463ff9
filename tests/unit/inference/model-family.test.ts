import { expect, test } from 'vitest';
import { describeModel } from '#inference/model-family.ts';

test.each([
  // https://huggingface.co/intfloat/multilingual-e5-small: with the colon, and with one space behind it.
  ['Xenova/multilingual-e5-small', 'query: ', 'passage: ', 'mean'],
  ['intfloat/e5-base-v2', 'query: ', 'passage: ', 'mean'],
  ['models/e5-small', 'query: ', 'passage: ', 'mean'],
  // Ends in the same letters, and is another family.
  ['someone/move5-small', '', '', 'mean'],
  ['Xenova/all-MiniLM-L6-v2', '', '', 'mean'],
  ['nomic-ai/nomic-embed-text-v1.5', 'search_query: ', 'search_document: ', 'mean'],
  [
    'Xenova/bge-small-en-v1.5',
    'Represent this sentence for searching relevant passages: ',
    '',
    'cls',
  ],
  ['Xenova/bge-small-zh-v1.5', '为这个句子生成表示以用于检索相关文章：', '', 'cls'],
  ['Xenova/bge-m3', '', '', 'cls'],
  ['', '', '', 'mean'],
])('%j is asked with %j and given %j', (id, queryPrefix, passagePrefix, pooling) => {
  expect(describeModel(id)).toEqual({ queryPrefix, passagePrefix, pooling });
});
