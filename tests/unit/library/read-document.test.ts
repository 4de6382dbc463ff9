import { describe, expect, test } from 'vitest';
import { MAX_DOCUMENT_BYTES } from '#domain/library.ts';
import { readDocument } from '#library/read-document.ts';

const file = (name: string, ...parts: BlobPart[]) => new File(parts, name);
const textOf = async (given: File) => (await readDocument(given)).text;

const TEXT = '장독대에 볕이 든다.\n甕は土の中で呼吸する。\n瓮里的酱。\nA jar keeps. 🏺\n';

function utf16(text: string, isLittle: boolean, hasMark: boolean): Uint8Array<ArrayBuffer> {
  const whole = hasMark ? `\ufeff${text}` : text;
  const view = new DataView(new ArrayBuffer(whole.length * 2));
  for (let at = 0; at < whole.length; at += 1) {
    view.setUint16(at * 2, whole.charCodeAt(at), isLittle);
  }
  return new Uint8Array(view.buffer);
}

describe('a text file', () => {
  test.each([
    ['UTF-8', file('a.txt', TEXT)],
    ['UTF-8 with a byte order mark', file('a.txt', '\ufeff', TEXT)],
    ['UTF-16, little end first', file('a.txt', utf16(TEXT, true, true))],
    ['UTF-16, big end first', file('a.txt', utf16(TEXT, false, true))],
  ])('is read as %s', async (_name, given) => {
    expect(await textOf(given)).toBe(TEXT);
  });

  test('is read as UTF-16 without a mark, as some Windows programs write it', async () => {
    const text = 'Where is the jar? Behind the house.\n'.repeat(200);
    expect(await textOf(file('a.txt', utf16(text, true, false)))).toBe(text);
    expect(await textOf(file('a.txt', utf16(text, false, false)))).toBe(text);
  });

  test('has lines that end in one way', async () => {
    expect(await textOf(file('a.txt', 'one\r\ntwo\rthree\n'))).toBe('one\ntwo\nthree\n');
  });

  test('keeps a character that lies over the border of two pieces', async () => {
    const text = `${'x'.repeat(65_534)}옹기 🏺`;
    expect(await textOf(file('a.txt', text))).toBe(text);
  });

  test.each([
    ['notes.md', 'text/markdown'],
    ['table.csv', 'text/csv'],
    ['data.json', 'application/json'],
    ['main.py', 'text/plain'],
    ['no extension', 'text/plain'],
  ])('has a kind: %s', async (name, mediaType) => {
    expect(await readDocument(file(name, 'MZ세대, GIF 8'))).toEqual({
      text: 'MZ세대, GIF 8',
      mediaType,
    });
  });

  test('with escape sequences, as a log of a terminal has them, is text', async () => {
    const log = '\x1b[31mred\x1b[0m line\n'.repeat(50);
    expect(await textOf(file('run.log', log))).toBe(log);
  });

  test('tells how many bytes were read, and stops when asked to', async () => {
    const read: number[] = [];
    const stop = new AbortController();
    const onBytes = (count: number) => {
      read.push(count);
      if (read.length === 2) stop.abort(new Error('stopped'));
    };
    const given = file('a.txt', 'x'.repeat(300_000));
    await expect(readDocument(given, { signal: stop.signal, onBytes })).rejects.toThrow('stopped');
    expect(read).toEqual([65_536, 65_536]);
  });
});

describe('an HTML page', () => {
  const read = async (html: string) => textOf(file('page.html', html));

  test('gives the words a person reads, paragraph by paragraph', async () => {
    const html = `<!doctype html><html><head><title>T</title><style>p{}</style></head><body>
      <h1>장  담그기</h1><p>콩을 <b>삶고</b>,<br>찧는다 &amp; 띄운다.</p>
      <ul><li>소금</li><li>물</li></ul>
      <table><tr><td>콩</td><td>5&nbsp;kg</td></tr></table><pre>a\n  b</pre></body></html>`;
    expect(await read(html)).toBe(
      '장 담그기\n\n콩을 삶고,\n찧는다 & 띄운다.\n\n- 소금\n- 물\n\n콩\t5 kg\n\na\n  b',
    );
  });

  test('gives nothing of scripts, frames and attributes', async () => {
    const html =
      '<p>safe<script>alert("stolen")</script><img src=x onerror=alert(1) alt="no">' +
      '<iframe srcdoc="<p>inside"></iframe><svg><text>drawn</text></svg></p>';
    expect(await read(html)).toBe('safe');
  });

  test('is known by its beginning where its name does not say it', async () => {
    expect(await textOf(file('saved', '<!DOCTYPE html><p>words</p>'))).toBe('words');
  });

  test.each([200, 40_000])('that nests %i deep is read', async (depth) => {
    expect(await read(`${'<div>'.repeat(depth)}deep${'</div>'.repeat(depth)}`)).toBe('deep');
  });

  test.each([
    ['code keeps its lines', '<pre>\nl1\n<b>l2</b>\n  l3\n</pre><p>p</p>', 'l1\nl2\n  l3\n\np'],
    [
      'code in pieces',
      '<pre><code><i>const</i> a = 1;\n<i>const</i> b = 2;\n</code></pre>',
      'const a = 1;\nconst b = 2;',
    ],
    [
      'items with paragraphs',
      '<ul><li><p>one</p><p>more</p></li><li><p>two</p></li><li></li></ul><p>p</p>',
      '- one\n\nmore\n\n- two\n\np',
    ],
    ['items in items', '<ul><li>a<ul><li>b</li></ul></li></ul>', '- a\n\n- b'],
    [
      'cells with paragraphs',
      '<table><tr><td><p>a</p></td><td><p>b</p></td></tr><tr><td>c</td><td>d</td></tr></table>',
      'a\tb\n\nc\td',
    ],
    [
      'empty cells',
      '<table><tr><td>x</td></tr><tr><td></td><td>b</td><td> </td><td>d</td></tr></table>',
      'x\n\tb\t\td',
    ],
    [
      'tables for layout',
      '<table><tr><td><p>a</p><p>b</p></td></tr><tr><td><table><tr><td>1</td><td>2</td></tr></table></td></tr></table>',
      'a\n\nb\n\n1\t2',
    ],
  ])('reads %s as they stand', async (_what, html, text) => {
    expect(await read(html)).toBe(text);
  });

  test('reads a long run of spaces without hanging', async () => {
    expect(await read(`<pre>a${' '.repeat(2_000_000)}b</pre>`)).toHaveLength(2_000_002);
  });

  test('longer than a piece is read as if it was one', async () => {
    const html = '<p>one &amp; two</p>'.repeat(6000);
    expect(await read(html)).toBe(Array<string>(6000).fill('one & two').join('\n\n'));
  });
});

describe('refused, by its own reason, is', () => {
  const bytes = (...values: number[]) => new Uint8Array(values);
  test.each([
    ['a PDF', file('a.pdf', '%PDF-1.7\n1 0 obj'), 'library/not-text'],
    ['a Word file', file('a.docx', 'PK\x03\x04 word/document.xml'), 'library/not-text'],
    ['an old Word file', file('a.doc', bytes(0xd0, 0xcf, 0x11, 0xe0, 1, 2)), 'library/not-text'],
    ['rich text', file('a.rtf', '{\\rtf1 Hello'), 'library/not-text'],
    ['a picture', file('a.png', bytes(0x89, 0x50, 0x4e, 0x47, 13, 10)), 'library/not-text'],
    ['a program', file('a.bin', bytes(0x7f, 0x45, 0x4c, 0x46, 0, 0, 0, 7)), 'library/not-text'],
    ['a late zero', file('a.txt', 'x'.repeat(9000), '\0', 'y'), 'library/not-text'],
    ['noise', file('a.txt', '\x01\x02\x03 word \x04\x05'), 'library/not-text'],
    // '장독' in EUC-KR.
    ['EUC-KR', file('a.txt', bytes(0xc0, 0xe5, 0xb5, 0xb6)), 'library/unknown-encoding'],
    ['a character cut off', file('a.txt', 'x', bytes(0xec, 0x9e)), 'library/unknown-encoding'],
    ['an empty file', file('a.txt'), 'file/empty'],
    ['only white space', file('a.txt', ' \n\t\n'), 'file/empty'],
    ['a page without words', file('a.html', '<script>x()</script>'), 'file/empty'],
    [
      'one byte too many',
      file('a.txt', new Uint8Array(MAX_DOCUMENT_BYTES + 1)),
      'library/too-large',
    ],
  ])('%s', async (_name, given, code) => {
    await expect(readDocument(given)).rejects.toMatchObject({ code });
  });
});
