import { expect, it } from 'vitest';
import { linksOfPart } from '#domain/part-links.ts';

it.each<[string, unknown, readonly string[]]>([
  [
    'an address of its own',
    { type: 'link', url: 'https://a.example/옹기' },
    ['https://a.example/옹기'],
  ],
  ['a picture', { image_url: { url: 'http://a.example/p.png' } }, ['http://a.example/p.png']],
  ['a picture by its address', { imageUrl: 'https://a.example' }, ['https://a.example']],
  [
    'what a search found',
    {
      type: 'search_results',
      items: [{ link: 'https://a.example' }, { uri: 'https://b.example' }],
    },
    ['https://a.example', 'https://b.example'],
  ],
  [
    'the same address twice',
    { url: 'https://a.example', link: 'https://a.example' },
    ['https://a.example'],
  ],
  ['an address within a text', { text: 'https://a.example', url: 'see https://a.example' }, []],
  ['bytes and scripts', { url: 'data:image/png;base64,AA', link: 'javascript:alert(1)' }, []],
  [
    'what lies too deep',
    { a: { b: { c: { d: { e: { f: { url: 'https://a.example' } } } } } } },
    [],
  ],
  ['nothing', null, []],
  ['a word', 'https://a.example', []],
])('finds the addresses of %s', (_name, part, links) => {
  expect(linksOfPart(part)).toEqual(links);
});

it('gives no more than 20', () => {
  const items = Array.from({ length: 50 }, (_, at) => ({ url: `https://a.example/${at}` }));
  expect(linksOfPart({ items })).toEqual(items.slice(0, 20).map(({ url }) => url));
});
