import { describe, expect, test } from 'vitest';
import { digestSha256 } from '#vault/digest.ts';
import { createSha256 } from '#vault/sha-256.ts';

const toHex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

// NIST, examples of FIPS 180-4.
const VECTORS = [
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
] as const;

describe('SHA-256', () => {
  test.each(VECTORS)('of %o is that of the standard, at once and in pieces', async (text, hex) => {
    expect(toHex(await digestSha256(encode(text)))).toBe(hex);
    const running = createSha256();
    for (const byte of encode(text)) running.update(Uint8Array.of(byte));
    expect(toHex(running.finish())).toBe(hex);
  });

  test('in pieces of any size gives what WebCrypto gives', async () => {
    for (const size of [1, 55, 56, 63, 64, 65, 119, 120, 128, 5000, 65_537]) {
      const bytes = new Uint8Array(size);
      for (let at = 0; at < size; at += 1) bytes[at] = (at * 31 + (at >> 3)) & 0xff;
      const running = createSha256();
      for (let at = 0, step = 1; at < size; at += step, step = ((step * 7 + 1) % 190) + 1) {
        running.update(bytes.subarray(at, at + step));
      }
      expect(toHex(running.finish()), String(size)).toBe(toHex(await digestSha256(bytes)));
    }
  });

  test('is not changed by what happens to the bytes afterwards', async () => {
    const bytes = encode('abc');
    const running = createSha256();
    running.update(bytes);
    const digesting = digestSha256(bytes);
    bytes.fill(0);
    expect(toHex(await digesting)).toBe(VECTORS[1][1]);
    expect(toHex(running.finish())).toBe(VECTORS[1][1]);
  });
});
