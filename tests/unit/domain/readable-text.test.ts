import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fenceAt, markdownToLine, plainToLine } from '#domain/readable-text.ts';

/** The readable text with the marks of all places of `wanted` in the source. */
function marked(source: string, wanted: string): string {
  const start = source.indexOf(wanted);
  const { text, toReadable } = markdownToLine(source, [[start, start + wanted.length]]);
  const [from, to] = [toReadable(start), toReadable(start + wanted.length)];
  return `${text.slice(0, from)}[${text.slice(from, to)}]${text.slice(to)}`;
}

describe('Markdown as one line', () => {
  test.each([
    ['nothing', '', ''],
    ['plain text', '김치는 겨울에\n담가요.', '김치는 겨울에 담가요.'],
    ['headings', '# 하나\n\n## two ##\n###세 개', '하나 two ###세 개'],
    [
      'emphasis',
      '**굵게**는 *기울여* ***both*** __두__ _one_ ~~gone~~',
      '굵게는 기울여 both 두 one gone',
    ],
    ['emphasis before a particle, in quotes', '**"따옴표"**는 이렇게', '"따옴표"는 이렇게'],
    ['emphasis in emphasis', '**a *b* c**', 'a b c'],
    [
      'signs that are none',
      'a * b * c, 2 ** 3, snake_case_name, **left open',
      'a * b * c, 2 ** 3, snake_case_name, **left open',
    ],
    ['lists', '- one\n* two\n+ three\n1. four\n- [x] five', '• one • two • three 1. four • five'],
    ['quotes', '> said\n> > before', 'said before'],
    ['code', 'call `a*b*c` and ``x ` y``', 'call a*b*c and x ` y'],
    ['blocks of code', 'so:\n```c\n# a **b** `c`\n- d\n```\n**e**', 'so: # a **b** `c` - d e'],
    ['a block of code in a longer one', '````\n```js\n*a*\n```\n````\n*b*', '```js *a* ``` b'],
    [
      'links and images',
      '[text](https://a.b/c_(d) "t") ![picture](x.png) [![alt](y)](z) <https://e.f>',
      'text picture alt https://e.f',
    ],
    ['brackets that are none', 'a[i] (b) [c]', 'a[i] (b) [c]'],
    ['tables', '| 이름 | `a|b` |\n|:---|---:|\n| x | **y** |', '이름 · a|b x · y'],
    ['pipes elsewhere', 'ls | wc -l', 'ls | wc -l'],
    ['rules', 'a\n\n---\n\nb\n***\nc\n====', 'a b c'],
    ['escapes', '\\*not\\* 1\\. \\\\', '*not* 1. \\'],
    ['breaks', 'a<br>b<br/>c', 'a b c'],
  ])('%s', (_name, source, text) => {
    expect(markdownToLine(source).text).toBe(text);
  });

  test.each([
    ['within markup', 'a **bold** b', 'bold', 'a [bold] b'],
    ['across where markup begins', 'so **bold** b', 'so **bo', '[so bo]ld b'],
    ['across where markup ends', 'a **bold**er', 'ld**er', 'a bo[lder]'],
    ['with its own signs', 'a `code` b', '`code`', 'a [code] b'],
    [
      'in an address, which then stays',
      '[here](https://onggi.example) **b**',
      'onggi',
      '[here](https://[onggi].example) b',
    ],
    ['that is markup, which then stays', 'a **b** c **d**', '**', 'a [**]b** c d'],
    ['over the end of a cell', '| a | b |', 'a | b', '[a · b]'],
    ['in another script', '# 제목\n**김치찌개**를 끓여요', '찌개**를', '제목 김치[찌개를] 끓여요'],
  ])('a hit %s is where it was', (_name, source, wanted, text) => {
    expect(marked(source, wanted)).toBe(text);
  });

  test('a cut in a block of code knows it', () => {
    const source = 'a\n```\n# b\n**c**\n```\n# d';
    const at = source.indexOf('# b');
    expect(markdownToLine(source.slice(at), [], fenceAt(source, at)).text).toBe('# b **c** d');
    expect(fenceAt(source, source.indexOf('# d'))).toBeUndefined();
  });

  test('whatever the text, there is one line, places rise, and what is wanted is to be seen', () => {
    const piece = fc.constantFrom(
      ...[
        '**',
        '*',
        '_',
        '`',
        '```',
        '\n',
        '# ',
        '> ',
        '- ',
        '|',
        '[',
        '](',
        ')',
        '~~',
        '\\',
        '<',
        ' ',
        '김치',
        'b',
        'ab',
        '\ud83d',
        '🫙',
        '---',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const source = pieces.join('');
        const { text, toReadable } = markdownToLine(source);
        expect(text).not.toMatch(/[\n\t]| {2}|^ | $/);
        let last = 0;
        for (let at = 0; at <= source.length; at += 1) {
          expect(toReadable(at)).toBeGreaterThanOrEqual(last);
          last = toReadable(at);
        }
        expect(last).toBe(text.length);
        // A stretch that is wanted is always to be seen, unless it is only space.
        for (let start = 0; start < source.length; start += 1) {
          if (/\s/.test(source.charAt(start))) continue;
          const { toReadable: kept } = markdownToLine(source, [[start, start + 1]]);
          expect(kept(start + 1)).toBeGreaterThan(kept(start));
        }
      }),
      { numRuns: 300, seed: 4 },
    );
  });
});

test('plain text only becomes one line', () => {
  const { text, toReadable } = plainToLine('  a **b**\n\n c ');
  expect(text).toBe('a **b** c');
  expect(toReadable(2)).toBe(0);
});
