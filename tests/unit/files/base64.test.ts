import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64 } from '#files/base64.ts';

const toText = (bytes: Uint8Array): string => [...encodeBase64(bytes)].join('');

describe('base64', () => {
  it.each([0, 1, 2, 3, 24_575, 24_576, 24_577, 100_000])(
    'takes %i bytes there and back',
    (length) => {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 7) % 256);
      const text = toText(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64'));
      expect(new Uint8Array(decodeBase64(text) ?? new ArrayBuffer(1))).toEqual(bytes);
    },
  );

  it('passes over line breaks and refuses what is none', () => {
    expect(new Uint8Array(decodeBase64('AQ\nID') ?? new ArrayBuffer())).toEqual(
      Uint8Array.of(1, 2, 3),
    );
    expect(decodeBase64('옹기')).toBeUndefined();
    expect(decodeBase64('A')).toBeUndefined();
  });
});
