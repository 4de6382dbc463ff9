import { describe, expect, it } from 'vitest';
import { createUniqueNames, toDayText, toSafeName } from '#portability/safe-file-name.ts';

describe('names of files from titles', () => {
  it.each([
    ['옹기가 뭐야?', '옹기가 뭐야'],
    ['\u1112\u1161\u11ab\u1100\u1173\u11af', '한글'],
    ['../../etc/passwd', 'etc passwd'],
    ['C:\\Windows\\a', 'C Windows a'],
    ['a<b>c|d"e*f', 'a b c d e f'],
    ['line\nbreak\0\u0007', 'line break'],
    ['invoice\u202egnp.exe', 'invoice gnp.exe'],
    ['CON', '_CON'],
    ['nul.txt', '_nul.txt'],
    ['console', 'console'],
    ['...', 'untitled'],
    ['', 'untitled'],
    ['\ud800x', 'x'],
    ['ends with dots. . .', 'ends with dots'],
    ['👩‍👩‍👧 family', '👩‍👩‍👧 family'],
    ['日本語 中文 العربية', '日本語 中文 العربية'],
  ])('makes %j %j', (title, name) => {
    expect(toSafeName(title, 'untitled')).toBe(name);
  });

  it('cuts long titles between characters', () => {
    const name = toSafeName('가'.repeat(500), '');
    expect(new TextEncoder().encode(name)).toHaveLength(150);
    expect(toSafeName('👩‍👩‍👧'.repeat(100), '').endsWith('👩‍👩‍👧')).toBe(true);
  });

  it('gives each name once, upper and lower case alike', () => {
    const toUnique = createUniqueNames();
    const names = ['a', 'A', 'a (2)', 'b', 'a', '한글'.normalize('NFD'), '한글'];
    expect(names.map(toUnique)).toEqual([
      ...['a', 'A (2)', 'a (2) (2)', 'b', 'a (3)', '한글'.normalize('NFD'), '한글 (2)'],
    ]);
  });

  it('stays quick when thousands share a name', () => {
    const toUnique = createUniqueNames();
    const names = new Set(Array.from({ length: 50_000 }, () => toUnique('New chat')));
    expect(names.size).toBe(50_000);
  });

  it('names a day in a zone', () => {
    expect(toDayText(Date.UTC(2026, 0, 1, 23), 'UTC')).toBe('2026-01-01');
    expect(toDayText(Date.UTC(2026, 0, 1, 23), 'Asia/Seoul')).toBe('2026-01-02');
    expect(toDayText(8.64e15, 'UTC')).toBe('9999-12-31');
  });
});
