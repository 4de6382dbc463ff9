import { describe, expect, it } from 'vitest';
import { createThinkSplitter } from '#provider/think-splitter.ts';

function split(pieces: readonly string[]): { text: string; reasoning: string } {
  const splitter = createThinkSplitter();
  const parts = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.flush()];
  const join = (kind: string): string =>
    parts.map((part) => (part.kind === kind ? part.text : '')).join('');
  return { text: join('text'), reasoning: join('reasoning') };
}

const CASES: readonly (readonly [input: string, reasoning: string, text: string])[] = [
  ['', '', ''],
  ['plain', '', 'plain'],
  ['  indented', '', '  indented'],
  ['<think>생각</think>답', '생각', '답'],
  ['\n <think>\nthought\n</think>\n\nanswer', 'thought\n', 'answer'],
  ['<think></think>answer', '', 'answer'],
  ['<think>never closed </thin', 'never closed </thin', ''],
  ['<think>a < b </ think></think>c', 'a < b </ think>', 'c'],
  ['<details type="reasoning">a</details>\nb', 'a', 'b'],
  ['<details type="reasoning" done="true" duration="3">a</details>b', 'a', 'b'],
  ['<details><summary>x</summary></details>', '', '<details><summary>x</summary></details>'],
  ['<thinking>x</thinking>', '', '<thinking>x</thinking>'],
  ['<thi', '', '<thi'],
  ['first <think>no</think>', '', 'first <think>no</think>'],
  ['<think>a</think>b<think>c</think>', 'a', 'b<think>c</think>'],
  [
    '<details type="reasoning"' + 'x'.repeat(300) + '>',
    '',
    '<details type="reasoning"' + 'x'.repeat(300) + '>',
  ],
  ['🤔 <think>no', '', '🤔 <think>no'],
];

describe('createThinkSplitter', () => {
  it.each(CASES)('%j', (input, reasoning, text) => {
    expect(split([input])).toEqual({ reasoning, text });
  });

  it.each(CASES)('%j cut at every place gives the same', (input, reasoning, text) => {
    for (let at = 0; at <= input.length; at += 1) {
      expect(split([input.slice(0, at), input.slice(at)])).toEqual({ reasoning, text });
    }
    expect(split(input.split(''))).toEqual({ reasoning, text });
  });

  it('holds plain text back no longer than it may become a tag', () => {
    const splitter = createThinkSplitter();
    expect(splitter.push('<')).toEqual([]);
    expect(splitter.push('b>')).toEqual([{ kind: 'text', text: '<b>' }]);
    expect(splitter.push('<')).toEqual([{ kind: 'text', text: '<' }]);
  });
});
