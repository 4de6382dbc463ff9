import { describe, expect, it } from 'vitest';
import { htmlToMarkdown } from '#portability/html-to-markdown.ts';

describe('htmlToMarkdown', () => {
  it.each([
    ['<p>Hello <b>big</b> <i>world</i></p><p>Two</p>', 'Hello **big** *world*\n\nTwo'],
    ['<h1>Top</h1><h3>옹기 🏺</h3>text', '# Top\n\n### 옹기 🏺\n\ntext'],
    ['a<br>b', 'a  \nb'],
    ['one<hr>two', 'one\n\n---\n\ntwo'],
    ['<b> spaced </b>out', '**spaced** out'],
    ['<b><strong>once</strong></b>', '**once**'],
    ['<b></b>empty', 'empty'],
    ['<p>a\n   b\t c</p>', 'a b c'],
    ['<del>gone</del>', '~~gone~~'],
    ['&lt;b&gt; &amp;amp; &eacute;&#x1f3fa;', '\\<b> &amp;amp; é🏺'],
    ['<p>open<p>next', 'open\n\nnext'],
    ['<b><p>block in bold</p></b>', 'block in bold'],
    ['', ''],
  ])('%s', (html, markdown) => {
    expect(htmlToMarkdown(html)).toBe(markdown);
  });

  it('writes lists with their nesting, numbers and check boxes', () => {
    expect(htmlToMarkdown('<ul><li>a<ul><li>b</li></ul></li><li>c</ul>')).toBe('- a\n  - b\n- c');
    expect(htmlToMarkdown('<ol start="3"><li>a<li><p>b</p><p>c</p></ol>')).toBe(
      '3. a\n4. b\n\n   c',
    );
    expect(htmlToMarkdown('<ul><li><input type="checkbox" checked>done</ul>')).toBe('- [x] done');
  });

  it('keeps code as it is, in a fence that the code cannot end', () => {
    expect(
      htmlToMarkdown('<pre><code class="language-ts">const a = `x`;\n  b &lt; c;\n</code></pre>'),
    ).toBe('```ts\nconst a = `x`;\n  b < c;\n```');
    expect(htmlToMarkdown('<pre>```\ninner\n```</pre>')).toBe('````\n```\ninner\n```\n````');
    expect(htmlToMarkdown('<code>a`b</code>')).toBe('``a`b``');
    expect(htmlToMarkdown('<code>*not bold*</code>')).toBe('`*not bold*`');
  });

  it('writes tables, with bars escaped and layout tables taken apart', () => {
    const html =
      '<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1|2</td><td><p>x</p><p>y</p></td></tr><tr><td>3</table>';
    expect(htmlToMarkdown(html)).toBe('| a | b |\n| --- | --- |\n| 1\\|2 | x y |\n| 3 |');
    expect(htmlToMarkdown('<table><tr><td><p>only</p><p>layout</p></td></tr></table>')).toBe(
      'only\n\nlayout',
    );
  });

  it('quotes with a mark on every line', () => {
    expect(htmlToMarkdown('<blockquote><p>a</p><p>b</p></blockquote>')).toBe('> a\n>\n> b');
  });

  it('drops scripts, styles, frames and their contents', () => {
    const html =
      'a<script>alert("<b>x")</script><style>p{}</style><iframe src="https://x">y</iframe>' +
      '<svg><script>1</script><text>t</text></svg><template><p>q</p></template>b<!-- c -->';
    expect(htmlToMarkdown(html)).toBe('ab');
  });

  it.each([
    ['<a href="https://x.org/a_(b)">t</a>', '[t](https://x.org/a_%28b%29)'],
    ['<a href="mailto:a@b.org">m</a>', '[m](mailto:a@b.org)'],
    ['<a href="https://x.org/"></a>', '<https://x.org/>'],
    ['<a href="javascript:alert(1)">j</a>', 'j'],
    ['<a href=" JaVaScRiPt:alert(1)">j</a>', 'j'],
    ['<a href="data:text/html,x">d</a>', 'd'],
    ['<a href="/relative">r</a>', 'r'],
    ['<a>none</a>', 'none'],
    ['<img src="https://x.org/i.png" alt="a [b]">', '[a \\[b\\]](https://x.org/i.png)'],
    ['<img src="data:image/png;base64,AA==" alt="dot">', 'dot'],
    ['<img src=x onerror=alert(1)>', ''],
    [
      '<a href="https://x.org/)%20[y](javascript:1)">t</a>',
      '[t](https://x.org/%29%20[y]%28javascript:1%29)',
    ],
  ])('lets only safe addresses through: %s', (html, markdown) => {
    expect(htmlToMarkdown(html)).toBe(markdown);
  });

  it('escapes text that Markdown would read as markup', () => {
    expect(htmlToMarkdown('<p># no heading</p><p>- no list</p><p>1. none</p>')).toBe(
      '\\# no heading\n\n\\- no list\n\n1\\. none',
    );
    expect(htmlToMarkdown('2 * 3 * 4, snake_case, _x_, [a](b), `c`')).toBe(
      '2 \\* 3 \\* 4, snake_case, \\_x\\_, \\[a\\](b), \\`c\\`',
    );
    expect(htmlToMarkdown('&lt;img src=x onerror=alert(1)&gt;')).toBe(
      '\\<img src=x onerror=alert(1)>',
    );
  });

  it.each([
    'div',
    'b',
    'blockquote',
    'ul',
    'ul><li',
    'table><tr><td',
    'a href="https://x"',
    'span',
  ])('reads 100,000 open <%s> without overflowing the stack', (tag) => {
    expect(htmlToMarkdown(`<${tag}>`.repeat(100_000) + 'deep')).toContain('deep');
  });

  it('keeps the text of what is too deep, and what follows it', () => {
    const html = `${'<div>'.repeat(5000)}<b>in</b>${'</div>'.repeat(5000)}<p>after</p>`;
    expect(htmlToMarkdown(html)).toBe('in\n\nafter');
  });

  it('reads broken markup of any kind', () => {
    for (const html of [
      '<',
      '<a',
      '<a href="',
      '</',
      '<!--',
      '<![CDATA[',
      '&#x110000;',
      '&',
      '<p a=1 a=2 a',
      '</p></div>x',
      '\u0000<b>\ud800',
    ]) {
      expect(htmlToMarkdown(html)).toBeTypeOf('string');
    }
  });

  it.each([
    ['spaces in a cell', (n: number) => `<table><tr><td><pre>${' '.repeat(n)}x</pre><td>y</table>`],
    ['stray end tags', (n: number) => '</b>'.repeat(n)],
    ['one open tag', (n: number) => `<a ${'b '.repeat(n)}`],
    ['line breaks in bold', (n: number) => `<b>${'<br>x'.repeat(n)}</b>`],
    [
      'short and long rows',
      (n: number) => `<table><tr>${'<td>h'.repeat(200)}${'<tr><td>1'.repeat(n)}`,
    ],
    ['backticks', (n: number) => `<pre>${'` '.repeat(n)}</pre>`],
  ])('takes time in step with the length: %s', (_name, make) => {
    // A square would need hours for a million; the limit of the test run is the assertion.
    expect(htmlToMarkdown(make(200_000)).length).toBeLessThan(20_000_000);
  });
});
