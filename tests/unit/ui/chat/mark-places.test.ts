import { expect, test } from 'vitest';
import { passageIn, placesIn } from '#ui/chat/mark-places.ts';

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

test('a passage is found where it is shown with other signs and spaces, and its end where its middle differs', () => {
  const article = articleOf([
    'Use ',
    'dict.fromkeys',
    ':\n',
    'it keeps the order',
    ' of a list that somebody has written down.',
    ' And more.',
  ]);
  expect(
    String(
      passageIn(
        article,
        'Use dict.fromkeys: it keeps the order of a list that somebody has written down.',
      ),
    ),
  ).toBe('Use dict.fromkeys:\nit keeps the order of a list that somebody has written down');
  expect(
    String(
      passageIn(
        article,
        'dict.fromkeys: it keeps the order (¹) so to say of a list that somebody has written down. And more.',
      ),
    ),
  ).toBe('dict.fromkeys:\nit keeps the order of a list that somebody has written down. And more');
  expect(passageIn(article, 'nothing of the kind')).toBeUndefined();
  expect(passageIn(article, '…')).toBeUndefined();
});

test('the text of a step that is not shown by itself is looked through too', () => {
  const step = document.createElement('details');
  step.setAttribute('data-message', 'c/1');
  const [summary, text] = [document.createElement('summary'), document.createElement('p')];
  summary.textContent = 'a jar';
  text.textContent = 'in the jar';
  step.append(summary, text);
  expect(placesIn(step, ['jar']).map(({ startContainer }) => startContainer)).toEqual([
    text.firstChild,
  ]);
});
