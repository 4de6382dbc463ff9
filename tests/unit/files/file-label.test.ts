import { describe, expect, it } from 'vitest';
import { updateCrc32 } from '#files/crc32.ts';
import { baseNameOf, toFileLabel } from '#files/file-label.ts';

describe('toFileLabel', () => {
  it.each([
    ['a/b.json', 'a/b.json'],
    ['../../etc/passwd', 'etc/passwd'],
    ['C:\\Users\\me\\x.zip', 'Users/me/x.zip'],
    ['//server/share', 'server/share'],
    ['a\u0000b\u202ec.txt', 'abc.txt'],
    ['..', ''],
  ])('makes %j a mere label', (path, label) => {
    expect(toFileLabel(path)).toBe(label);
  });
});

describe('baseNameOf', () => {
  it('is the last part in lower case', () => {
    expect(baseNameOf('Archive.zip/Data/Conversations.JSON')).toBe('conversations.json');
    expect(baseNameOf('Plain')).toBe('plain');
  });
});

describe('updateCrc32', () => {
  it('gives the check value of the standard, whole and in pieces', () => {
    const bytes = new TextEncoder().encode('123456789');
    expect(updateCrc32(0, bytes)).toBe(0xcbf43926);
    expect(updateCrc32(updateCrc32(0, bytes.subarray(0, 4)), bytes.subarray(4))).toBe(0xcbf43926);
    expect(updateCrc32(0, new Uint8Array())).toBe(0);
  });
});
