import { describe, expect, it } from 'vitest';
import { markdownToHtml } from '#portability/markdown-to-html.ts';

describe('markdownToHtml', () => {
  it.each([
    ['a\nb\n\nc', '<p>a<br>\nb</p>\n<p>c</p>\n'],
    ['# 옹기 #', '<h4>옹기</h4>\n'],
    ['###### deep', '<h6>deep</h6>\n'],
    [
      '**굵게(괄호)**는 *기울여* ~~지움~~',
      '<p><strong>굵게(괄호)</strong>는 <em>기울여</em> <del>지움</del></p>\n',
    ],
    [
      '***both*** and __strong__',
      '<p><strong><em>both</em></strong> and <strong>strong</strong></p>\n',
    ],
    ['2 * 3 * 4, snake_case_name, a ** b', '<p>2 * 3 * 4, snake_case_name, a ** b</p>\n'],
    ['`a < b` and ``x`y``', '<p><code>a &lt; b</code> and <code>x`y</code></p>\n'],
    ['\\*not\\*', '<p>*not*</p>\n'],
    ['> one\n> two', '<blockquote>\n<p>one<br>\ntwo</p>\n</blockquote>\n'],
    ['---', '<hr>\n'],
    [
      '```ts\nif (a < b) {\n```',
      '<pre><span class="lang">ts</span><code>if (a &lt; b) {</code></pre>\n',
    ],
    ['```\nunclosed', '<pre><code>unclosed</code></pre>\n'],
  ])('renders %j', (text, html) => {
    expect(markdownToHtml(text)).toBe(html);
  });

  it('renders lists, nested ones and tasks', () => {
    expect(markdownToHtml('- a\n  - b\n- [x] c\n- [ ] d')).toBe(
      '<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul></li>\n<li>☑ c</li>\n<li>☐ d</li>\n</ul>\n',
    );
    expect(markdownToHtml('3. a\n\n   more\n4. b\n\nafter')).toBe(
      '<ol start="3">\n<li><p>a</p>\n<p>more</p></li>\n<li><p>b</p></li>\n</ol>\n<p>after</p>\n',
    );
  });

  it('renders tables', () => {
    const html = markdownToHtml('| a | b |\n|---|--:|\n| 1 \\| 2 | **3** |\n| 4 |\n\nafter');
    expect(html).toBe(
      '<div class="table"><table><thead><tr><th>a</th><th class="end">b</th></tr>\n</thead><tbody>\n' +
        '<tr><td>1 | 2</td><td class="end"><strong>3</strong></td></tr>\n' +
        '<tr><td>4</td><td class="end"></td></tr>\n</tbody></table></div>\n<p>after</p>\n',
    );
  });

  it('links what leads to the web, and nothing else', () => {
    const to = (address: string, shown = address) =>
      `<a href="${address}" rel="noreferrer noopener">${shown}</a>`;
    expect(
      markdownToHtml(
        '[옹기](https://a.example/x_(y) "t") 와 https://b.example/c을 (https://d.example).',
      ),
    ).toBe(
      `<p>${to('https://a.example/x_(y)', '옹기')} 와 ${to('https://b.example/c')}을 (${to('https://d.example')}).</p>\n`,
    );
    expect(markdownToHtml('[x](javascript:alert(1)) ![p](https://e.example/i.png)')).toBe(
      `<p>x ${to('https://e.example/i.png', 'p')}</p>\n`,
    );
    const picture = 'data:image/png;base64,AAAA';
    expect(markdownToHtml(`![p](${picture}) ![q](data:text/html,<b>)`)).toContain(
      `<img src="${picture}" alt="p">`,
    );
  });

  it.each([
    '<img src=x onerror=alert(1)>',
    '**<script>alert(1)</script>**',
    '[a](https://x.example/"onmouseover="alert(1))',
    '[<svg onload=alert(1)>](https://x.example)',
    '```"><script>alert(1)</script>\nx\n```',
    '| <iframe src=x> |\n|---|\n| <a href=javascript:1>y</a> |',
    '![" onerror="alert(1)](data:image/png;base64,AAAA)',
  ])('lets no text be markup: %s', (text) => {
    const page = markdownToHtml(text);
    const tags = [...page.matchAll(/<\/?([a-z]+[1-6]?)([^>]*)>/g)];
    expect(tags.length).toBeGreaterThan(0);
    for (const [, name, attributes] of tags) {
      expect(name).toMatch(/^(?:p|strong|a|pre|code|span|div|table|thead|tbody|tr|th|td|img)$/);
      expect(attributes).toMatch(/^(?: (?:class|href|rel|src|alt)="[^"<>]*")*$/);
    }
  });

  it.each([
    '*',
    '`',
    '[',
    '> ',
    '- ',
    '**a ',
    '![a](',
    '| ',
    '_a_ ',
    '``a```b`',
    '~~x',
    '1. ',
    '[[[',
  ])('comes to an end with any number of %j', (piece) => {
    expect(markdownToHtml(piece.repeat(19_000 / piece.length))).not.toBe('');
    expect(markdownToHtml(`${piece.repeat(9)}\n`.repeat(15_000 / piece.length))).not.toBe('');
    expect(markdownToHtml(piece.repeat(400_000 / piece.length))).toContain('class="plain"');
  });
});
