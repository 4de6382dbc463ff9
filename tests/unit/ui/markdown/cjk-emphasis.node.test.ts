import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markdownToLine } from '#domain/readable-text.ts';
import { maskCjk } from '#ui/parts/markdown/cjk-emphasis.ts';
import { createBlockSplitter, splitBlocks } from '#ui/parts/markdown/split-blocks.ts';
import { createMarkdownRenderer } from '#ui/parts/markdown/to-html.ts';

const renderer = createMarkdownRenderer({ code: 'Code', taskDone: 'done', taskOpen: 'open' });
const { lex } = renderer;

/** The inside of the paragraph that a line becomes. */
const render = (line: string): string =>
  splitBlocks(line, lex, false)
    .map((block) => renderer.toHtml(block))
    .join('')
    .replace(/^<p>(.*)<\/p>\n$/s, '$1');

/** The text that is read, without marks. */
const textOf = (html: string): string =>
  html
    .replace(/<[^>]+>/g, '')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'");

const CASES: readonly (readonly [line: string, html: string])[] = [
  // Korean
  ['**굵은 글씨(괄호)**는 뒤에', '<strong>굵은 글씨(괄호)</strong>는 뒤에'],
  ['이것은 **"인용"**을 말한다', '이것은 <strong>&quot;인용&quot;</strong>을 말한다'],
  ['**‘된장’**과 **“간장”**의', '<strong>‘된장’</strong>과 <strong>“간장”</strong>의'],
  ['항아리는**(굵게)** 쓴다', '항아리는<strong>(굵게)</strong> 쓴다'],
  ['*기울임(괄호)*은 ~~지움(괄호)~~은', '<em>기울임(괄호)</em>은 <del>지움(괄호)</del>은'],
  ['값은~~(지움)~~이다', '값은<del>(지움)</del>이다'],
  ['**[링크](https://a.example)**는', '<strong><a href="https://a.example">링크</a></strong>는'],
  [
    '**`코드`**를 ***"둘"***을',
    '<strong><code>코드</code></strong>를 <em><strong>&quot;둘&quot;</strong></em>을',
  ],
  ['**비율은 30%**로, **합계:**는', '<strong>비율은 30%</strong>로, <strong>합계:</strong>는'],
  ['앞**(가)**와 **(나)**와 뒤', '앞<strong>(가)</strong>와 <strong>(나)</strong>와 뒤'],
  // Japanese
  ['**太字「引用」**の後', '<strong>太字「引用」</strong>の後'],
  ['これは**「引用」**です', 'これは<strong>「引用」</strong>です'],
  ['**強調です。**次の文', '<strong>強調です。</strong>次の文'],
  ['*斜体（括弧）*は~~取消！~~と', '<em>斜体（括弧）</em>は<del>取消！</del>と'],
  ['Git**「版」**Git', 'Git<strong>「版」</strong>Git'],
  ['𠮷は**「𠮷」**𠮷', '𠮷は<strong>「𠮷」</strong>𠮷'],
  // Chinese
  ['**“引号”**的用法', '<strong>“引号”</strong>的用法'],
  ['使用**《书名》**来', '使用<strong>《书名》</strong>来'],
  ['**注意：**请先(**甲**)乙', '<strong>注意：</strong>请先(<strong>甲</strong>)乙'],
  // English stays as CommonMark has it.
  ['**bold (round)** next', '<strong>bold (round)</strong> next'],
  ['**bold (round)**next', '**bold (round)**next'],
  ['a**"b"**c, 2 ** 3', 'a**&quot;b&quot;**c, 2 ** 3'],
  [
    '*a **b** c* and **a*b*c**',
    '<em>a <strong>b</strong> c</em> and <strong>a<em>b</em>c</strong>',
  ],
  // What is none stays none.
  ['별 ** 둘 ** 과 ~~ 물결', '별 ** 둘 ** 과 ~~ 물결'],
  ['_밑줄(괄호)_은 snake_case_가', '_밑줄(괄호)_은 snake_case_가'],
  ['`**"가"**나` \\*\\*"가"\\*\\*나', '<code>**&quot;가&quot;**나</code> **&quot;가&quot;**나'],
];

describe('emphasis beside Chinese, Japanese and Korean', () => {
  test.each(CASES)('%s', (line, html) => {
    expect(render(line)).toBe(html);
  });

  test.each(CASES)('streamed sign by sign it ends the same: %s', (line, html) => {
    const splitter = createBlockSplitter(lex);
    for (let end = 1; end < line.length; end += 1) splitter.split(line.slice(0, end), true);
    const blocks = splitter.split(line, false);
    expect(blocks.map((block) => renderer.toHtml(block)).join('')).toBe(`<p>${html}</p>\n`);
  });

  test('is left out of the line of a search hit as it is left out of the page', () => {
    // The line does not know CommonMark's rule of three, which the English ones need.
    const closing = CASES.filter(
      ([line, html]) => /[^ -~]/.test(line) && !textOf(html).includes('*') && !line.includes('_'),
    );
    expect(closing.length).toBeGreaterThan(15);
    for (const [line, html] of closing) {
      expect(markdownToLine(line).text).toBe(textOf(html));
    }
  });

  test('the mask is as long as the text, and every run stays in its place', () => {
    const piece = fc.constantFrom(
      '*',
      '**',
      '~~',
      '_',
      '가',
      '「',
      '。',
      '𠮷',
      '🍯',
      '(',
      '"',
      'a',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('');
        const masked = maskCjk(text);
        expect(masked.length).toBe(text.length);
        expect(masked.replace(/[^*~]/g, ' ')).toBe(text.replace(/[^*~]/g, ' '));
      }),
    );
  });

  test('text of other scripts is not touched', () => {
    const piece = fc.constantFrom('*', '**', '~~', '_', 'é', 'я', '🍯', '(', '"', 'a', ' ', '\n');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        expect(maskCjk(pieces.join(''))).toBe(pieces.join(''));
      }),
    );
  });
});
