import { describe, expect, test } from 'vitest';
import { LONG_BLOCK, createBlockSplitter, splitBlocks } from '#ui/parts/markdown/split-blocks.ts';
import type { MarkdownBlock } from '#ui/parts/markdown/split-blocks.ts';
import { createMarkdownRenderer, escapeHtml } from '#ui/parts/markdown/to-html.ts';

const renderer = createMarkdownRenderer({ code: 'Code', taskDone: 'done', taskOpen: 'open' });
const { lex } = renderer;

const render = (blocks: readonly MarkdownBlock[]): string =>
  blocks.map((block) => renderer.toHtml(block)).join('');
/** What the text is without having been streamed. */
const whole = (text: string): string => render(splitBlocks(text, lex, false));

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Pieces that open, close and continue one another in every way. */
const PIECES = [
  ...[
    '# Heading',
    '## 제목 🍯',
    'Setext\n===',
    'plain words',
    '한국어 **굵게**와 `코드`',
    '日本語',
  ],
  ...[
    '- one\n- two',
    '  - nested',
    '1. first\n2. second',
    '- [ ] open\n- [x] done',
    '* loose\n\n* list',
  ],
  ...['> quote', '> > deeper', '> - list in a quote', '> [ref]: https://quoted.example'],
  ...['```js\nconst a = 1;\n```', '```\nnever closed', '~~~\ntildes\n~~~', '    indented'],
  ...['| a | b |\n| - | -: |\n| 1 | 2 |', '---', '***', '<b>inline</b>', '<div>\nblock\n</div>'],
  ...['<details>', '<details open><summary>S</summary>', '</details>', 'inside\n</details>'],
  ...['[text][ref]', '[ref]', '[ref]: https://example.com "T"', '[텍스트](https://example.com)'],
  ...[
    '![image](https://example.com/a.png)',
    'https://example.com',
    'hard  \nbreak',
    '\\*',
    '&amp;',
  ],
  ...[
    '<!-- comment',
    '-->',
    '*unclosed',
    '`unclosed',
    '\tTab',
    '$$\nx^2\n$$',
    '[^1]: note',
    '&lt;',
  ],
];
const JOINTS = ['\n\n', '\n\n', '\n', '\n\n\n', ' ', '', '\r\n\r\n', '\n \n'];

function randomText(random: () => number): string {
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? '';
  const count = 1 + Math.floor(random() * 12);
  return Array.from({ length: count }, () => pick(PIECES) + pick(JOINTS)).join('');
}

/** Ends of the text as it grows by pieces of 1 to 20 characters. */
function* growing(text: string, random: () => number): Generator<string> {
  let end = 0;
  while (end < text.length) {
    end += 1 + Math.floor(random() * 20);
    yield text.slice(0, end);
  }
}

describe('a text that streams', () => {
  const SEEDS = Array.from({ length: 600 }, (_value, seed) => seed + 1);

  test('ends as the same text read at once', () => {
    for (const seed of SEEDS) {
      const random = createRandom(seed);
      const text = randomText(random);
      const splitter = createBlockSplitter(lex);
      for (const soFar of growing(text, random)) splitter.split(soFar, true);
      const end = splitter.split(text, false);
      expect(render(end), `seed ${seed}: ${JSON.stringify(text)}`).toBe(whole(text));
      expect(end.every(({ isOpen }) => !isOpen)).toBe(true);
    }
  });

  test('keeps its closed blocks, and only the last one is open', () => {
    let kept = 0;
    for (const seed of SEEDS) {
      const random = createRandom(seed);
      const text = randomText(random);
      const splitter = createBlockSplitter(lex);
      let before: readonly MarkdownBlock[] = [];
      for (const soFar of growing(text, random)) {
        const blocks = splitter.split(soFar, true);
        const closed = before.filter(({ isOpen }) => !isOpen);
        expect(blocks.slice(0, closed.length), `seed ${seed}`).toHaveLength(closed.length);
        for (const [at, block] of closed.entries()) expect(blocks[at]).toBe(block);
        expect(blocks.slice(0, -1).every(({ isOpen }) => !isOpen)).toBe(true);
        kept += closed.length;
        before = blocks;
      }
    }
    expect(kept).toBeGreaterThan(SEEDS.length);
  });

  test('loses no character on the way', () => {
    for (const seed of SEEDS) {
      const random = createRandom(seed);
      const text = randomText(random).replaceAll('\r\n', '\n').replace(/^\n+/, '');
      const splitter = createBlockSplitter(lex);
      for (const soFar of growing(text, random)) {
        if (soFar.trim() === '') continue;
        const shown = splitter
          .split(soFar, true)
          .map(({ raw }) => raw)
          .join('');
        // The parser writes a tab or a blank line its own way; letters it leaves alone.
        const letters = (value: string): string => value.replace(/\s/g, '');
        expect(letters(shown), `seed ${seed}: ${JSON.stringify(soFar)}`).toBe(letters(soFar));
      }
    }
  });

  test('gives the same objects back at its end for what did not change', () => {
    const splitter = createBlockSplitter(lex);
    const text = '# One\n\ntwo\n\nthree\n\nfour';
    const before = splitter.split(text, true);
    const after = splitter.split(text, false);
    expect(after.length).toBe(4);
    expect(after.slice(0, 3)).toEqual(before.slice(0, 3));
    for (const [at, block] of after.slice(0, 3).entries()) expect(block).toBe(before[at]);
    expect(splitter.split(text, false)[3]).toBe(after[3]);
  });

  test('shows a link whose address comes last', () => {
    const splitter = createBlockSplitter(lex);
    const text = '[옹기][jar]\n\nmore\n\n[jar]: https://example.com/jar';
    expect(render(splitter.split(text.slice(0, 20), true))).not.toContain('<a');
    expect(render(splitter.split(text, false))).toContain(
      '<a href="https://example.com/jar">옹기</a>',
    );
  });

  test('begins anew when the text is another one', () => {
    const splitter = createBlockSplitter(lex);
    splitter.split('# One\n\ntwo\n\nthree', true);
    const other = '# Other\n\nfour';
    expect(render(splitter.split(other, true))).toBe(whole(other));
  });
});

describe('<details>', () => {
  const text =
    'before\n\n<details>\n<summary>S</summary>\n\ninside **bold**\n\n</details>\n\nafter';
  const raws = (value: string, isStreaming: boolean): string[] =>
    splitBlocks(value, lex, isStreaming).map(({ raw }) => raw.trim());

  test('is one block with all between', () => {
    const blocks = raws(text, false);
    expect(blocks.length).toBe(3);
    expect(blocks[1]).toMatch(/^<details>[\s\S]*inside[\s\S]*<\/details>$/);
    expect(whole(text)).toContain('<strong>bold</strong>');
  });

  test('stays open until it is closed, with one inside it too', () => {
    const nested = text.replace('inside', '<details>\n\ndeep\n\n</details>\n\ninside');
    expect(raws(nested, false).length).toBe(3);
    const half = nested.slice(0, nested.indexOf('inside'));
    const blocks = splitBlocks(half, lex, true);
    expect(blocks.map(({ isOpen }) => isOpen)).toEqual([false, true]);
  });

  test('that is never closed is one block to the end; a closing one alone is nothing special', () => {
    expect(raws('<details>\n\na\n\nb', false).length).toBe(1);
    expect(raws('</details>\n\na\n\nb', false).length).toBe(3);
  });
});

describe('a block without end', () => {
  const long = '가'.repeat(LONG_BLOCK + 1);

  test('is shown as plain text', () => {
    expect(whole(`**${long}** <b>`)).toBe(`<p class="long">${escapeHtml(`**${long}** <b>`)}</p>`);
    const fits = '가'.repeat(LONG_BLOCK - 4);
    expect(whole(`**${fits}**`)).toContain('<strong>');
  });

  test('is not parsed again for every piece while it streams', () => {
    let lexed = 0;
    const counting: typeof lex = (text) => {
      lexed += 1;
      return lex(text);
    };
    const splitter = createBlockSplitter(counting);
    const text = `head\n\n**${long}**`;
    splitter.split(text, true);
    const before = lexed;
    for (let more = 1; more <= 50; more += 1) {
      const blocks = splitter.split(text + 'x'.repeat(more), true);
      expect(blocks.at(-1)).toMatchObject({ isOpen: true });
    }
    expect(lexed).toBeLessThanOrEqual(before + 1);
    const end = `${text}${'x'.repeat(50)}\n\n# tail`;
    expect(render(splitter.split(end, false))).toBe(whole(end));
  });

  test('may be code, which is shown as code', () => {
    const html = whole(`\`\`\`js\n${'a;\n'.repeat(LONG_BLOCK)}\`\`\``);
    expect(html).toMatch(/^<div class="code">/);
  });
});

test.each([
  ['', ''],
  ['plain 한글 🍯', 'plain 한글 🍯'],
  [
    `<a href="x" title='y'>&amp;</a>`,
    '&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;',
  ],
])('escapeHtml writes %j as text', (text, expected) => {
  expect(escapeHtml(text)).toBe(expected);
});

test('nesting without end does not exhaust the parser', () => {
  for (const open of ['>', '[', '*', '(', '_']) {
    expect(whole(open.repeat(50_000)).length).toBeGreaterThan(0);
  }
});
