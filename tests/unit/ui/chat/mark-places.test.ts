import { expect, test } from 'vitest';
import { placesIn } from '#ui/chat/mark-places.ts';

function articleOf(html: readonly string[]): HTMLElement {
  const article = document.createElement('article');
  const part = document.createElement('div');
  part.className = 'markdown';
  // Nothing here comes from outside: bare words in elements.
  for (const text of html) {
    const element = document.createElement('b');
    element.textContent = text;
    part.append(element);
  }
  article.append(part);
  return article;
}

test('places lie in the pieces of text they begin and end in, over several and at their borders', () => {
  const article = articleOf(['ab', '', 'c-ab', 'c', 'xx', 'abc']);
  const ranges = placesIn(article, ['abc']);
  expect(ranges.map(String)).toEqual(['abc', 'abc', 'abc']);
  const texts = [...article.querySelectorAll('b')].map((element) => element.firstChild);
  expect(ranges.map(({ startContainer, startOffset }) => [startContainer, startOffset])).toEqual([
    [texts[0], 0],
    [texts[2], 2],
    [texts[5], 0],
  ]);
  expect(ranges.map(({ endContainer, endOffset }) => [endContainer, endOffset])).toEqual([
    [texts[2], 1],
    [texts[3], 1],
    [texts[5], 3],
  ]);
});

test('many places in many pieces are each in the piece that has them', () => {
  const article = articleOf(Array.from({ length: 3000 }, (_, at) => `jar ${at} `));
  const ranges = placesIn(article, ['jar']);
  expect(ranges).toHaveLength(3000);
  const texts = [...article.querySelectorAll('b')].map((element) => element.firstChild);
  expect(ranges.every((range, at) => range.startContainer === texts[at])).toBe(true);
  expect(ranges.every((range, at) => range.endContainer === texts[at])).toBe(true);
});
