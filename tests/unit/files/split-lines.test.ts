import { describe, expect, it } from 'vitest';
import { splitLines } from '#files/split-lines.ts';

async function lines(text: string, size: number, max?: number) {
  async function* chunks() {
    for (let at = 0; at < text.length; at += size) {
      yield await Promise.resolve(text.slice(at, at + size));
    }
  }
  const all = [];
  for await (const some of splitLines(chunks(), max)) all.push(...some);
  return all;
}

describe('splitLines', () => {
  it.each([1, 2, 3, 100])(
    'gives lines at chunks of %i, with any line end, blank ones left out',
    async (size) => {
      expect(await lines('{"a":1}\r\n\n  \n{"b":"옹"}\nlast', size)).toEqual([
        '{"a":1}',
        '{"b":"옹"}',
        'last',
      ]);
      expect(await lines('', size)).toEqual([]);
      expect(await lines('one\n', size)).toEqual(['one']);
    },
  );

  it.each([1, 3, 100])('gives null for a line that is too long, and the others', async (size) => {
    expect(await lines('ab\nabcdefgh\ncd', size, 4)).toEqual(['ab', null, 'cd']);
  });
});
