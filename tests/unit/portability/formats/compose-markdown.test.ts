import { describe, expect, it } from 'vitest';
import {
  composeFence,
  composeLink,
  composeQuote,
  joinParagraphs,
} from '#portability/formats/compose-markdown.ts';

describe('composeFence', () => {
  it.each([
    ['a', null, '```\na\n```'],
    ['a\n', 'ts', '```ts\na\n```'],
    ['```\nx\n```', 'c++', '````c++\n```\nx\n```\n````'],
    ['`````', 'bad word\n<x>', '``````\n`````\n``````'],
  ])('encloses %j so that nothing inside ends it', (code, language, fence) => {
    expect(composeFence(code, language)).toBe(fence);
  });
});

describe('composeLink', () => {
  it.each([
    ['김치', 'https://a.example/x(1)', '[김치](<https://a.example/x(1)>)'],
    ['a ](b) \n c', 'http://a.example', '[a \\](b) c](<http://a.example>)'],
    [null, 'https://a.example', '<https://a.example>'],
    ['T', 'javascript:alert(1)', 'T'],
    ['T', 'https://a.example/> <b>', 'T'],
    [null, null, ''],
  ])('%j with %j', (title, url, link) => {
    expect(composeLink(title, url)).toBe(link);
  });
});

it('quotes every line and names the source below', () => {
  expect(composeQuote('a\n\nb', 'T', 'https://a.example')).toBe(
    '> a\n>\n> b\n>\n> — [T](<https://a.example>)',
  );
  expect(composeQuote('a', null, null)).toBe('> a');
  expect(composeQuote('', 'T', null)).toBe('> — T');
});

it('joins what is not empty', () => {
  expect(joinParagraphs(['a', null, '', 'b'])).toBe('a\n\nb');
  expect(joinParagraphs([])).toBe('');
});
